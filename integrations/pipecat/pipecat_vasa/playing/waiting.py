"""Waiting for a condition or a point in time on the event loop's clock, without a task for each."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable


class Waiting:
    """One task waits, others wake it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._sleep: asyncio.Future[None] | None = None

    def now_s(self) -> float:
        """The event loop's clock."""
        return self._loop.time()

    def wake(self) -> None:
        """Have the waiting task look again."""
        if self._sleep is not None and not self._sleep.done():
            self._sleep.set_result(None)

    async def until(self, is_done: Callable[[], bool], limit_s: Callable[[], float]) -> None:
        """Wait until a condition holds or a point in time, which may move, has come."""
        while not is_done():
            limit = limit_s()
            if self.now_s() >= limit:
                return
            await self.sleep_until(limit)

    async def sleep_until(self, when_s: float = math.inf) -> None:
        """Sleep until a point in time, or until woken."""
        self._sleep = self._loop.create_future()
        alarm = None if math.isinf(when_s) else self._loop.call_at(when_s, self.wake)
        try:
            await self._sleep
        finally:
            if alarm is not None:
                alarm.cancel()
