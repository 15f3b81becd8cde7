"""Training in tests uses one thread: more would fight with the other worker for the same cores."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("triton"):
    import triton  # noqa: F401  now: after Mesa's LLVM, which tests of OpenGL load, it crashes

if find_spec("torch"):
    import torch

    torch.set_num_threads(1)
