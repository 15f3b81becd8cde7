"""Waiting for a condition or a point in time on the event loop's clock."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable


class Waiting:
    """One task waits, others wake it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def now_s(self) -> float:
        """The event loop's clock."""
        return self._loop.time()

    def wake(self) -> None:
        """Have the waiting task look again."""
        self._event.set()

    async def until(self, is_done: Callable[[], bool], limit_s: Callable[[], float]) -> None:
        """Wait until a condition holds or a point in time, which may move, has come."""
        while not is_done():
            limit = limit_s()
            if self.now_s() >= limit:
                return
            await self.sleep_until(limit)

    async def sleep_until(self, when_s: float = math.inf) -> None:
        """Sleep until a point in time, or until woken."""
        self._event.clear()
        timeout = None if math.isinf(when_s) else max(0.0, when_s - self.now_s())
        try:
            await asyncio.wait_for(self._event.wait(), timeout)
        except TimeoutError:
            pass
