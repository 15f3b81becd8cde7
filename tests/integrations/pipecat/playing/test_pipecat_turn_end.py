"""The end of the bot's turn: told once, exactly with a stop mark, by Pipecat's silence without."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from pipecat.frames.frames import (
    BotStoppedSpeakingFrame,
    OutputAudioRawFrame,
    OutputImageRawFrame,
    SpeechOutputAudioRawFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
)
from pipecat.transports.base_output import BOT_VAD_STOP_FALLBACK_SECS
from pipecat_rig import RATE_HZ, Rig, running, staircase
from virtual_time import run_virtual

SILENCE_S = BOT_VAD_STOP_FALLBACK_SECS


def stops_s(rig: Rig) -> list[float]:
    """When the transport said that the bot had stopped, in seconds after its last sound."""
    last = rig.record.heard[-1]
    end_s = last.at_s + len(last.pcm) / RATE_HZ
    return [at - end_s for at, f in rig.end.down if isinstance(f, BotStoppedSpeakingFrame)]


@pytest.mark.parametrize("kind", [TTSAudioRawFrame, SpeechOutputAudioRawFrame])
def test_a_voice_without_a_stop_ends_after_silence_once(kind: type[OutputAudioRawFrame]) -> None:
    async def go() -> Rig:
        async with running() as rig:
            await rig.send(TTSStartedFrame(), kind(staircase(1.0).tobytes(), RATE_HZ, 1))
            await asyncio.sleep(12.0)
        return rig

    rig = run_virtual(go())
    told = stops_s(rig)
    assert len(told) == 1
    assert SILENCE_S <= told[0] < SILENCE_S + 1.0
    upstream = [f for _, f in rig.before.up if isinstance(f, BotStoppedSpeakingFrame)]
    assert len(upstream) == 1
    assert rig.avatar.stats.frames_idle == pytest.approx(12 * 25 - 25, abs=15), "it lives on"


def test_with_a_stop_it_ends_with_the_last_sample() -> None:
    async def go() -> Rig:
        async with running() as rig:
            await rig.speak(staircase(1.0))
            await asyncio.sleep(8.0)
        return rig

    rig = run_virtual(go())
    assert len(stops_s(rig)) == 1
    assert abs(stops_s(rig)[0]) < 0.1
    idle = [f for f in rig.after.frames(OutputImageRawFrame) if f.image[0] == 0]
    assert all(image.sync_with_audio for image in idle), "all ride in the sound's queue as ever"


def test_late_sound_begins_a_new_turn() -> None:
    async def go() -> Rig:
        async with running() as rig:
            await rig.speak(staircase(1.0), stop=False)
            await rig.until(lambda: rig.bot_stops() == 1)
            await asyncio.sleep(2.0)
            await rig.speak(staircase(1.0, first_step=100), stop=False, context="two")
            await rig.until(lambda: rig.bot_stops() == 2)
            await asyncio.sleep(8.0)
        return rig

    rig = run_virtual(go())
    assert (rig.bot_starts(), rig.bot_stops()) == (2, 2)
    assert sorted(rig.record.heard_at()) == list(range(1, 201))
    assert abs(float(np.median(rig.record.skews_ms()))) < 40
    assert len(rig.record.first_shown()) > 40


def test_a_pause_within_the_speech_is_no_end() -> None:
    async def go() -> Rig:
        async with running() as rig:
            pause_s = SILENCE_S - 0.5
            await rig.speak(staircase(2.0), pace=lambda i: pause_s if i == 10 else 0.0, stop=False)
            await asyncio.sleep(8.0)
        return rig

    rig = run_virtual(go())
    assert (rig.bot_starts(), rig.bot_stops()) == (1, 1)
