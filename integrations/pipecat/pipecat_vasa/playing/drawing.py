"""Runs drawings in the engine's threads, times them, and tells one failed frame from a broken
renderer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

from pipecat_vasa.engine import VasaEngine
from pipecat_vasa.playing.meter import Meter
from pipecat_vasa.playing.painter import Painting

HANG_S = 5.0
MAX_FAILURES = 3


class Drawing:
    """One session's way to the drawing threads; one drawing at a time."""

    def __init__(
        self, engine: VasaEngine, meter: Meter, on_broken: Callable[[Exception], Awaitable[None]]
    ) -> None:
        """Start whole.

        Args:
            engine: where to draw.
            meter: counts failures and times.
            on_broken: told once when it makes no sense to go on.
        """
        self.is_broken = False
        self._engine, self._meter, self._on_broken = engine, meter, on_broken
        self._failures = 0
        self._loop = asyncio.get_running_loop()

    async def run(self, work: Callable[[], Painting], left_s: float) -> Painting | None:
        """Draw; None when it failed, which is counted.

        Args:
            work: draws one frame.
            left_s: in how many seconds it has to be ready.
        """
        begin_s = self._loop.time()
        try:
            painting = await self._in_thread(work, left_s)
        except Exception as problem:
            self._failures += 1
            self._meter.failed()
            if self._failures >= MAX_FAILURES or isinstance(problem, TimeoutError):
                await self._break(problem)
            return None
        if painting.rgb is not None:
            self._failures = 0
            self._meter.rendered(painting.seconds, self._loop.time() - begin_s)
        return painting

    def mend(self) -> None:
        """Try again after a fault."""
        self.is_broken, self._failures = False, 0

    async def _in_thread(self, work: Callable[[], Painting], left_s: float) -> Painting:
        future: Future[Painting] = self._engine.submit(work, left_s)
        wrapped = asyncio.wrap_future(future)
        await asyncio.wait({wrapped}, timeout=HANG_S)
        if not wrapped.done():
            wrapped.add_done_callback(_forget)
            raise TimeoutError(f"drawing one frame took more than {HANG_S:g} s")
        return wrapped.result()

    async def _break(self, problem: Exception) -> None:
        if not self.is_broken:
            self.is_broken = True
            await self._on_broken(problem)


def _forget(future: asyncio.Future[Painting]) -> None:
    """Take a late result, so that asyncio does not report it as lost."""
    if not future.cancelled():
        future.exception()
