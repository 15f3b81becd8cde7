"""On what nets compute: `VASA_DEVICE` (auto, cpu, cuda) to onnxruntime's providers.

The packages onnxruntime and onnxruntime-gpu write the same folder. With both installed the one that
came last is there, often the one without CUDA: that is told with the command that mends it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from vasa_avatar.errors import ModelStoreError

log = logging.getLogger(__name__)
DEVICE_VARIABLE = "VASA_DEVICE"
DEVICES = ("auto", "cpu", "cuda")
_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_INSTALL = 'pip install "vasa-avatar[gpu]"'
_NO_CARD = "onnxruntime-gpu is installed and finds no CUDA here"
_MEND = "pip install --force-reinstall --no-deps onnxruntime-gpu"


def chosen_device(environment: Mapping[str, str] | None = None) -> str:
    """What `VASA_DEVICE` says; `auto` when it says nothing.

    Raises:
        ModelStoreError: it says something else.
    """
    device = (os.environ if environment is None else environment).get(DEVICE_VARIABLE) or "auto"
    if device not in DEVICES:
        raise ModelStoreError(
            f"{DEVICE_VARIABLE} is {device!r}; expected one of {', '.join(DEVICES)}"
        )
    return device


@lru_cache(maxsize=len(DEVICES))
def providers_of(device: str) -> tuple[str, ...]:
    """onnxruntime's providers for a device, the first one first.

    Args:
        device: `auto` takes CUDA where it is there; `cuda` insists on it.

    Raises:
        ModelStoreError: CUDA is wanted and not there; says why, and what to do.
    """
    import onnxruntime

    if device == "cpu":
        return (_CPU,)
    if _CUDA in onnxruntime.get_available_providers():
        return (_CUDA, _CPU)
    has_gpu_package = _is_installed("onnxruntime-gpu")
    if has_gpu_package and _is_installed("onnxruntime"):
        problem = (
            "onnxruntime and onnxruntime-gpu are both installed, and the one without CUDA came "
            f"last; this puts the other one in its place: {_MEND}"
        )
    elif has_gpu_package:
        problem = _NO_CARD
    else:
        problem = f"onnxruntime has no CUDA; {_INSTALL}, then {_MEND}"
    if device == "cuda":
        raise ModelStoreError(f"{DEVICE_VARIABLE} is cuda, but {problem}")
    if has_gpu_package:
        log.warning("nets compute on the processor: %s", problem)
    return (_CPU,)


def check_providers(device: str, got: Sequence[str]) -> None:
    """onnxruntime offers CUDA wherever its package is, and computes without it where no card is.

    Args:
        device: that was chosen.
        got: providers of a session that was made.

    Raises:
        ModelStoreError: CUDA is wanted and not there.
    """
    if device == "cuda" and _CUDA not in got:
        raise ModelStoreError(f"{DEVICE_VARIABLE} is cuda, but {_NO_CARD}")


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False
