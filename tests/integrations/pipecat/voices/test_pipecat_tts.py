"""The offline voices as Pipecat services."""

from __future__ import annotations

import ctypes.util
import sys
from typing import Any

import numpy as np
import pytest
from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.services.tts_service import TTSService
from pipecat.tests.utils import SleepFrame, run_test
from pipecat_rig import running
from pipecat_vasa import HibariTTSService, HibariTTSSettings, Pyttsx3TTSService, Pyttsx3TTSSettings
from pipecat_vasa.voices import pyttsx3_tts
from virtual_time import run_virtual

from vasa_avatar.profiles import load_profile

REPLY = ["Hello there, ", "my friend. How", " are you today?"]


def say(service: TTSService, seconds: float = 1.0) -> tuple[list[Frame], list[Frame]]:
    frames = [LLMFullResponseStartFrame(), *(LLMTextFrame(text) for text in REPLY)]
    frames += [LLMFullResponseEndFrame(), SleepFrame(sleep=seconds)]
    down, up = run_virtual(run_test(service, frames_to_send=frames))
    return list(down), list(up)


def check(down: list[Frame], up: list[Frame], rate_hz: int) -> np.ndarray[Any, Any]:
    assert not up
    sound = [frame for frame in down if isinstance(frame, TTSAudioRawFrame)]
    assert {frame.sample_rate for frame in sound} == {rate_hz}
    contexts = {frame.context_id for frame in sound}
    assert len(contexts) == 1
    kinds = [type(f) for f in down if isinstance(f, TTSStartedFrame | TTSStoppedFrame)]
    assert kinds == [TTSStartedFrame, TTSStoppedFrame]
    assert down.index(sound[-1]) < next(
        i for i, f in enumerate(down) if isinstance(f, TTSStoppedFrame)
    )
    words = [frame for frame in down if isinstance(frame, TTSTextFrame)]
    assert " ".join(word.text for word in words).split() == "".join(REPLY).split()
    times = [word.pts for word in words]
    assert all(times) and times == sorted(times)  # type: ignore[type-var]
    pcm = np.concatenate([np.frombuffer(frame.audio, np.int16) for frame in sound])
    duration_s = len(pcm) / rate_hz
    assert 1.5 < duration_s < 8.0
    assert (times[-1] - times[0]) / 1e9 < duration_s  # type: ignore[operator]
    assert np.abs(pcm.astype(int)).max() > 2000
    return pcm


@pytest.mark.parametrize("rate_hz", [24_000, 16_000])
def test_hibari_speaks_at_the_rate_it_is_given(rate_hz: int) -> None:
    check(*say(HibariTTSService(sample_rate=rate_hz)), rate_hz)


def test_hibari_takes_the_voice_of_a_character() -> None:
    profile = load_profile("leo")
    service = HibariTTSService.for_character(profile)
    assert service.settings.given_fields()["pitch_ratio"] == profile.voice.pitch
    check(*say(service), 24_000)


def test_hibari_changes_while_it_runs_and_refuses_nonsense() -> None:
    async def go(delta: HibariTTSSettings) -> tuple[float, list[Frame]]:
        service = HibariTTSService()
        frames = [
            TTSUpdateSettingsFrame(delta=delta),
            TTSSpeakFrame("This sentence is always the same."),
            SleepFrame(sleep=1.0),
        ]
        down, up = await run_test(service, frames_to_send=frames)
        n = sum(frame.num_frames for frame in down if isinstance(frame, TTSAudioRawFrame))
        return n / 24_000, list(up)

    normal, _ = run_virtual(go(HibariTTSSettings(speed=1.0)))
    fast, _ = run_virtual(go(HibariTTSSettings(speed=1.6)))
    refused, errors = run_virtual(go(HibariTTSSettings(speed=9.0)))
    assert fast < 0.8 * normal
    assert refused == pytest.approx(normal, rel=0.05)
    assert "speed is 9" in str(errors[0])


def test_hibari_is_interrupted_and_speaks_again() -> None:
    async def go() -> float:
        service = HibariTTSService()
        async with running(extra=[service]) as rig:
            await rig.send(TTSSpeakFrame("One. Two. Three. Four. Five. Six. Seven. Eight. Nine."))
            await rig.until(lambda: rig.bot_starts() == 1)
            await rig.send(InterruptionFrame())
            await rig.until(lambda: rig.bot_stops() == 1)
            await rig.send(TTSSpeakFrame("Yes?"))
            await rig.until(lambda: rig.bot_stops() == 2)
            return sum(
                frame.num_frames / frame.sample_rate for frame in rig.after.frames(TTSAudioRawFrame)
            )

    assert run_virtual(go()) < 4.0


def can_speak() -> bool:
    return sys.platform in ("darwin", "win32") or ctypes.util.find_library("espeak-ng") is not None


def test_pyttsx3_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyttsx3_tts.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ImportError, match="pip install pyttsx3"):
        Pyttsx3TTSService()


@pytest.mark.skipif(not can_speak(), reason="this system has no voice")
def test_pyttsx3_speaks_with_the_system_voice() -> None:
    pytest.importorskip("pyttsx3")
    settings = Pyttsx3TTSSettings(words_per_minute=200)
    check(*say(Pyttsx3TTSService(settings=settings, sample_rate=16_000), 3.0), 16_000)


def test_pyttsx3_reports_a_helper_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyttsx3")
    monkeypatch.setattr(pyttsx3_tts, "_HELPER", "no such helper")
    frames = [TTSSpeakFrame("Anybody?"), SleepFrame(sleep=1.5)]
    _, up = run_virtual(run_test(Pyttsx3TTSService(), frames_to_send=frames))
    assert [frame for frame in up if "the speech helper ended" in str(frame)]
