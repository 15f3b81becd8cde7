"""Nothing is sent, nothing personal is logged: the networks' runtime is told so before it is first
imported, and of an error only its kind and place are written down."""

from __future__ import annotations

import logging
import os
import sys
import traceback

log = logging.getLogger(__name__)
VARIABLE = "ORT_DISABLE_TELEMETRY"


def forbid_telemetry() -> None:
    """Keep onnxruntime from writing a device id and from queueing what it runs.

    It reads the variable once, while it is imported (1.32; calling its own switch later stops
    nothing). A value that the user has set stands.
    """
    is_late = "onnxruntime" in sys.modules and VARIABLE not in os.environ
    os.environ.setdefault(VARIABLE, "1")
    if is_late:
        log.warning(
            "onnxruntime was imported before vasa_avatar and may send telemetry; import "
            "vasa_avatar first, or set %s=1 in the environment",
            VARIABLE,
        )


def fault_of(error: BaseException) -> str:
    """Kind and place of an error, without what it says: that may quote what somebody said."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + place
