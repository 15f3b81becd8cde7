"""How long each callback of an event loop computes, for tests that nothing holds the loop up."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

CallbackTimes = list[tuple[float, str]]
"""seconds of computing, and what ran"""


@contextmanager
def callback_times(monkeypatch: pytest.MonkeyPatch) -> Iterator[CallbackTimes]:
    """Times of all callbacks while it lasts, without the collector's; loops run inside."""
    taken: CallbackTimes = []
    original = asyncio.events.Handle._run

    def timed(handle: asyncio.events.Handle) -> None:
        began_s = time.thread_time()
        original(handle)
        taken.append((time.thread_time() - began_s, repr(handle)))

    gc.collect()
    gc.disable()
    try:
        monkeypatch.setattr(asyncio.events.Handle, "_run", timed)
        yield taken
    finally:
        gc.enable()
