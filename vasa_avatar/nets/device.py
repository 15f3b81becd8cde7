"""On what nets compute: `VASA_DEVICE` (auto, cpu, cuda) to onnxruntime's providers.

The packages onnxruntime and onnxruntime-gpu write the same folder. With both installed the one that
came last is there, often the one without CUDA: that is told with the command that mends it.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Mapping
from contextlib import redirect_stdout
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from vasa_avatar.errors import ModelStoreError

log = logging.getLogger(__name__)
DEVICE_VARIABLE = "VASA_DEVICE"
DEVICES = ("auto", "cpu", "cuda")
_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_INSTALL = 'pip install "vasa-avatar[gpu]"'
_NO_CARD = "onnxruntime-gpu is installed and finds no CUDA here"
_WARNING, _FATAL = 2, 4
"""severities of onnxruntime's own log; the first is what it starts with"""
_SMALLEST_NET = bytes.fromhex(
    "08083a370a100a017812017922084964656e746974791201675a0f"
    "0a0178120a0a08080112040a020801620f0a0179120a0a08080112040a0208014202100d"
)
"""ONNX: the identity of one number"""
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
    has_gpu_package = _is_installed("onnxruntime-gpu")
    if _CUDA in onnxruntime.get_available_providers():
        if _finds_cuda():
            return (_CUDA, _CPU)
        problem = _NO_CARD
    elif has_gpu_package and _is_installed("onnxruntime"):
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


def _finds_cuda() -> bool:
    """onnxruntime offers CUDA wherever its package is, and computes without it where no card is.

    A smallest net tells; what onnxruntime would print about each session that falls back is not
    shown. NVIDIA's libraries may have come as packages, which have to be loaded by name.
    """
    import onnxruntime

    said = io.StringIO()
    with redirect_stdout(said):
        if hasattr(onnxruntime, "preload_dlls"):
            onnxruntime.preload_dlls()
    log.debug("CUDA's libraries: %s", said.getvalue() or "found")
    onnxruntime.set_default_logger_severity(_FATAL)
    try:
        session = onnxruntime.InferenceSession(_SMALLEST_NET, providers=[_CUDA, _CPU])
    finally:
        onnxruntime.set_default_logger_severity(_WARNING)
    return _CUDA in session.get_providers()


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False
