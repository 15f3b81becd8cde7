"""Ten minutes of conversation through a real pipeline, in virtual time: no drift, no growth.

The face is a plain one; tests/session/test_long_runs.py has the real engine's long runs.
"""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from pipecat.frames.frames import InterruptionFrame
from pipecat_rig import RATE_HZ, SIZE_PX, PlainRenderer, Rig, RigEngine, now_s, running, staircase
from pipecat_vasa.engine import SessionOptions
from virtual_time import run_virtual

from vasa_avatar.datatypes import I16, U8, AvatarFrame, Controls, FaceMotion, Feeling
from vasa_avatar.motion import Attention
from vasa_avatar.session import LOOKAHEAD_MS, MotionFrame

MINUTES = 10
WARM_REPLIES = 25
GROWTH_BYTES = 300_000


FRAME = RATE_HZ // 25


class PlainFace:
    """A face that only counts: each picture is stamped with its first sample."""

    def __init__(self, options: SessionOptions) -> None:
        self._lookahead = RATE_HZ * LOOKAHEAD_MS[options.realtime] // 1000
        self._motion = FaceMotion()
        self.interrupt()

    def interrupt(self) -> None:
        self._sound, self._is_flushed = np.zeros(0, np.int16), False

    @property
    def is_ready(self) -> bool:
        return len(self._sound) >= self._lookahead or (self._is_flushed and len(self._sound) > 0)

    def push(self, pcm_i16: I16) -> None:
        if self._is_flushed:
            self.interrupt()
        self._sound = np.concatenate([self._sound, pcm_i16])

    def flush(self) -> None:
        self._is_flushed = True

    def pull_motion(self) -> Iterator[MotionFrame]:
        while self.is_ready:
            audio, self._sound = self._sound[:FRAME], self._sound[FRAME:]
            yield MotionFrame(self._motion, audio, 0, True, False)

    def idle_motion(self) -> MotionFrame:
        return MotionFrame(self._motion, np.zeros(0, np.int16), 0, False, False)

    def render(self, frame: MotionFrame, out: U8 | None = None) -> AvatarFrame:
        picture = np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8) if out is None else out
        step = int(frame.audio[0]) if len(frame.audio) else 0
        picture[0, 0] = (frame.is_speech, step >> 8, step & 255)
        return AvatarFrame(picture, frame.audio, 0, frame.motion, frame.is_speech)

    def set_controls(self, controls: Controls) -> None: ...

    def feel(self, feeling: Feeling | None) -> None: ...

    def attend(self, attention: Attention) -> None: ...

    def hear(self, pcm_i16: I16, rate_hz: int) -> None: ...

    def nod(self, strength: float) -> None: ...


def plain_engine() -> RigEngine:
    engine = RigEngine(PlainFace, size_px=SIZE_PX)
    engine.renderer = PlainRenderer()
    return engine


async def converse(rig: Rig, minutes: float) -> tuple[list[float], list[int]]:
    """Replies of 2 to 8 s with pauses, some interrupted; median skew (ms) and memory after each."""
    chance = np.random.default_rng(3)
    skews_ms: list[float] = []
    memory: list[int] = []
    until, number = now_s() + 60 * minutes, 0
    while now_s() < until:
        number += 1
        starts, stops = rig.bot_starts(), rig.bot_stops()
        seconds = float(chance.uniform(2, 8))
        await rig.speak(staircase(seconds), context=str(number))
        await rig.until(lambda before=starts: rig.bot_starts() > before)
        if number % 5 == 0:
            await asyncio.sleep(seconds / 2)
            await rig.send(InterruptionFrame())
        await rig.until(lambda before=stops: rig.bot_stops() > before)
        await asyncio.sleep(float(chance.uniform(0.3, 1.5)))
        skews_ms.append(float(np.median(rig.record.skews_ms())))
        rig.record.seen.clear()
        rig.record.heard.clear()
        if number == WARM_REPLIES:
            tracemalloc.start()
        if number in (WARM_REPLIES + 5, WARM_REPLIES + 10):
            gc.collect()
            memory.append(tracemalloc.get_traced_memory()[0])
        if number == WARM_REPLIES + 10:
            tracemalloc.stop()
    return skews_ms, memory


@pytest.mark.slow
def test_ten_minutes_without_drift_or_growth() -> None:
    async def go() -> tuple[list[float], list[int], Rig]:
        async with running(engine=engine, keeps=False) as rig:
            return *await converse(rig, MINUTES), rig

    engine = plain_engine()
    skews_ms, memory, rig = run_virtual(go())
    engine.close()
    assert not rig.errors()
    assert len(skews_ms) > 80
    assert max(skews_ms) - min(skews_ms) < 10
    assert abs(float(np.median(skews_ms))) < 30
    assert memory[1] - memory[0] < GROWTH_BYTES
    stats = rig.avatar.stats
    assert (stats.frames_failed, stats.frames_dropped, stats.voice_gap_ms) == (0, 0, 0.0)
