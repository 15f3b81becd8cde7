"""Nothing is sent: the networks' runtime is told so before it is first imported."""

from __future__ import annotations

import logging
import os
import sys

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
