"""Barge-in: nothing stale, a closing mouth, and what must survive."""

from __future__ import annotations

import asyncio

import numpy as np
from pipecat.frames.frames import (
    DataFrame,
    InterruptionFrame,
    OutputImageRawFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat_rig import RATE_HZ, PlainRenderer, Rig, now_s, running, staircase
from virtual_time import run_virtual

WIDE_S = 0.5


async def speak_and_interrupt(rig: Rig, after_s: float = 0.6) -> float:
    """Returns when the interruption was sent."""
    await rig.until(lambda: len(rig.record.seen) > 3)
    await rig.speak(staircase(4.0))
    await rig.until(lambda: rig.bot_starts() == 1)
    await asyncio.sleep(after_s)
    at = now_s()
    await rig.send(InterruptionFrame())
    return at


def test_nothing_old_is_seen_or_heard_after_it() -> None:
    async def go() -> tuple[Rig, float]:
        async with running() as rig:
            at = await speak_and_interrupt(rig)
            await asyncio.sleep(0.6)
        return rig, at

    rig, at = run_virtual(go())
    passed = next(t for t, f in rig.after.down if isinstance(f, InterruptionFrame))
    assert passed - at < WIDE_S
    behind = [f for t, f in rig.after.down if t > passed]
    assert not [f for f in behind if isinstance(f, TTSAudioRawFrame)]
    pictures = [f for f in behind if isinstance(f, OutputImageRawFrame)]
    assert pictures and all(f.image[0] == 0 for f in pictures)
    first_idle = next(s.at_s for s in rig.record.seen if s.at_s > passed and not s.is_speech)
    assert first_idle - at < WIDE_S
    assert not [s for s in rig.record.seen if s.at_s > first_idle and s.is_speech]
    assert max(piece.at_s for piece in rig.record.heard if piece.pcm.any()) < passed + 0.1
    assert rig.bot_stops() == 1


def test_the_mouth_closes_and_stays_closed() -> None:
    async def go() -> tuple[Rig, float]:
        async with running() as rig:
            await rig.until(lambda: len(rig.record.seen) > 3)
            rng = np.random.default_rng(1)
            at = np.arange(3 * RATE_HZ) / RATE_HZ
            voice = 6000 * np.sin(2 * np.pi * 150 * at) * (np.sin(2 * np.pi * 4 * at) > -0.5)
            noise = rng.standard_normal(len(at)) * 900
            await rig.speak((voice + noise).astype(np.int16))
            await rig.until(lambda: rig.bot_starts() == 1)
            await rig.until(lambda: bool(rig.record.seen) and rig.record.seen[-1].jaw > 0.05)
            sent = now_s()
            await rig.send(InterruptionFrame())
            await asyncio.sleep(0.8)
        return rig, sent

    rig, sent = run_virtual(go())
    later = [s for s in rig.record.seen if s.at_s > sent + 0.4]
    before = max(s.jaw for s in rig.record.seen if s.at_s <= sent)
    assert before > 0.05
    assert later and max(s.jaw for s in later) < 0.5 * before


def test_the_next_answer_is_whole_and_in_step() -> None:
    async def go() -> Rig:
        async with running() as rig:
            await speak_and_interrupt(rig)
            await rig.speak(staircase(1.0, first_step=2000), context="two")
            await rig.until(lambda: rig.bot_stops() == 2)
        return rig

    rig = run_virtual(go())
    heard = [int(v) for v in np.unique(np.concatenate([h.pcm for h in rig.record.heard]))]
    assert [v for v in heard if v > 2000] == list(range(2001, 2101))
    assert abs(float(np.median(rig.record.skews_ms()))) < 60


def test_many_in_a_row_do_no_harm() -> None:
    async def go() -> Rig:
        async with running() as rig:
            for i in range(6):
                await rig.speak(staircase(1.0, first_step=1000 * i), context=str(i))
                await asyncio.sleep(0.03 * i)
                await rig.send(InterruptionFrame(), InterruptionFrame())
            await rig.speak(staircase(0.5, first_step=9000), context="last")
            await rig.until(lambda: rig.bot_stops() >= 1 and rig.record.heard_at().get(9050, 0) > 0)
        return rig

    rig = run_virtual(go())
    assert not rig.errors()
    assert [s for s in rig.record.first_shown() if s.step > 9000]


class Precious(DataFrame):
    """A frame that must not be lost."""

    def __init__(self) -> None:
        super().__init__()
        self.interruptible = False


def test_what_must_survive_survives() -> None:
    async def go() -> Rig:
        async with running() as rig:
            await rig.speak(staircase(3.0), stop=False)
            await rig.send(Precious(), TTSStoppedFrame(context_id="one"))
            await rig.until(lambda: rig.bot_starts() == 1)
            await rig.send(InterruptionFrame())
            await rig.until(lambda: bool(rig.end.frames(Precious)))
        return rig

    rig = run_virtual(go())
    assert not rig.after.frames(TTSStoppedFrame)


def test_speech_that_may_not_be_interrupted_is_said_to_its_end() -> None:
    async def go() -> Rig:
        async with running() as rig:
            sound = TTSAudioRawFrame(staircase(1.0).tobytes(), RATE_HZ, 1, context_id="mhm")
            stop = TTSStoppedFrame(context_id="mhm")
            sound.interruptible = stop.interruptible = False
            await rig.send(TTSStartedFrame(context_id="mhm"), sound, stop)
            await rig.until(lambda: rig.bot_starts() == 1)
            await rig.send(InterruptionFrame())
            await rig.until(lambda: rig.record.heard_at().get(100, 0) > 0)
        return rig

    rig = run_virtual(go())
    assert len(rig.record.first_shown()) > 15


def test_it_works_while_the_renderer_is_slow() -> None:
    async def go() -> tuple[Rig, float]:
        renderer = PlainRenderer()
        renderer.seconds = 0.12
        async with running(renderer=renderer) as rig:
            at = await speak_and_interrupt(rig)
            await asyncio.sleep(0.8)
        return rig, at

    rig, at = run_virtual(go())
    passed = next(t for t, f in rig.after.down if isinstance(f, InterruptionFrame))
    later = [f for t, f in rig.after.down if t > passed and isinstance(f, OutputImageRawFrame)]
    assert passed - at < WIDE_S and later and all(f.image[0] == 0 for f in later)
