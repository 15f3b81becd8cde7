"""The clock that a live runner lives by; tests bring their own."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now_s(self) -> float:
        """Seconds since any fixed moment; never goes back."""
        ...

    def wait(self, condition: threading.Condition, timeout_s: float) -> None:
        """Wait on a condition that the caller holds, at most `timeout_s`."""
        ...


class SystemClock:
    """The machine's monotonic clock."""

    def now_s(self) -> float:
        """Seconds since some moment before the process began."""
        return time.monotonic()

    def wait(self, condition: threading.Condition, timeout_s: float) -> None:
        """Wait on a condition that the caller holds, at most `timeout_s`."""
        condition.wait(timeout_s)
