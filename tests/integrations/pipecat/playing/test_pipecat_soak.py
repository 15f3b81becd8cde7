"""Ten minutes of conversation: no drift, no growth. The event loop's clock, which the service, the
transport and the rig all live by, runs five times as fast as the sun; drawing does not, so this is
a harder ten minutes than real ones."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Coroutine
from typing import Any

import numpy as np
import pytest
from pipecat.frames.frames import InterruptionFrame
from pipecat_rig import Rig, now_s, running, staircase
from pipecat_vasa.playing import drawing

SPEED = 5
MINUTES = 10


class FastLoop(asyncio.SelectorEventLoop):
    """Its time passes SPEED times as fast."""

    def __init__(self) -> None:
        super().__init__()
        selector, select = self._selector, self._selector.select  # type: ignore[attr-defined]

        def hurried(timeout: float | None = None) -> Any:
            return select(timeout / SPEED if timeout else timeout)

        selector.select = hurried

    def time(self) -> float:
        return super().time() * SPEED


def run_fast(work: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        return runner.run(work)


async def converse(rig: Rig, minutes: float) -> list[tuple[float, float, int]]:
    """Replies of 2 to 8 s with pauses, some interrupted; (time, skew in ms, memory) of each."""
    chance = np.random.default_rng(3)
    log: list[tuple[float, float, int]] = []
    until, number = now_s() + 60 * minutes, 0
    while now_s() < until:
        number += 1
        starts, stops = rig.bot_starts(), rig.bot_stops()
        seconds = float(chance.uniform(2, 8))
        await rig.speak(staircase(seconds), context=str(number))
        await rig.until(lambda before=starts: rig.bot_starts() > before, 300)
        if number % 5 == 0:
            await asyncio.sleep(seconds / 2)
            await rig.send(InterruptionFrame())
        await rig.until(lambda before=stops: rig.bot_stops() > before, 300)
        await asyncio.sleep(float(chance.uniform(0.3, 1.5)))
        skews = rig.record.skews_ms()
        rig.record.seen.clear()
        rig.record.heard.clear()
        for tap in (rig.before, rig.after, rig.end):
            tap.down[:] = [entry for entry in tap.down if "Stopped" in type(entry[1]).__name__]
        gc.collect()
        mean = float(np.median(skews)) if len(skews) else 0.0
        log.append((now_s(), mean, tracemalloc.get_traced_memory()[0]))
    return log


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_minutes_without_drift_or_growth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "HANG_S", 60.0)  # drawing lives by the sun

    async def go() -> tuple[list[tuple[float, float, int]], Rig]:
        async with running() as rig:
            tracemalloc.start()
            try:
                return await converse(rig, MINUTES), rig
            finally:
                tracemalloc.stop()

    log, rig = run_fast(go())
    assert not rig.errors()
    assert len(log) > 20
    third = len(log) // 3
    early = float(np.median([skew for _, skew, _ in log[:third]]))
    late = float(np.median([skew for _, skew, _ in log[-third:]]))
    assert abs(late - early) < 150, "in milliseconds that pass five times as fast"
    warm = float(np.median([memory for _, _, memory in log[third : 2 * third]]))
    end = float(np.median([memory for _, _, memory in log[-third:]]))
    assert end - warm < 3_000_000
    assert rig.avatar.stats.frames_failed == 0


def test_a_little_of_the_same_in_real_time() -> None:
    async def go() -> tuple[list[tuple[float, float, int]], Rig]:
        async with running() as rig:
            tracemalloc.start()
            try:
                return await converse(rig, 0.2), rig
            finally:
                tracemalloc.stop()

    log, rig = asyncio.run(go())
    assert not rig.errors()
    assert abs(float(np.median([skew for _, skew, _ in log]))) < 60
