"""Laughs, sighs, rises and song are heard, and speech is taken for none of them."""

from __future__ import annotations

import numpy as np
from sounds import speech_like, tone_of_voice, vowel

from vasa_avatar.audio import resample
from vasa_avatar.audio.hibari_voice import HibariVoice, VoiceStyle
from vasa_avatar.datatypes import F32
from vasa_avatar.motion.dynamics.arousal import Arousal
from vasa_avatar.motion.dynamics.prosody import ProsodyRow, ProsodyStream
from vasa_avatar.motion.dynamics.voice_events import VoiceEvent, VoiceEvents

RATE = 16_000


def rows_of(pcm: F32) -> list[ProsodyRow]:
    stream = ProsodyStream()
    return [*stream.push(pcm), *stream.flush()]


def events_in(pcm: F32) -> list[VoiceEvent]:
    events = VoiceEvents()
    return [event for row in rows_of(pcm) for event in events.push(row)]


def seconds(length_s: float) -> F32:
    return np.arange(int(length_s * RATE)) / RATE


def said(text: str) -> F32:
    voice = HibariVoice(VoiceStyle())
    pcm = np.concatenate(list(voice.stream(text)))
    return resample(pcm, voice.sample_rate_hz)


def test_a_laugh_is_heard() -> None:
    t = seconds(3.0)
    beat = ((t - 0.8) % 0.2 < 0.09) & (t > 0.8) & (t < 2.1)
    breath = 0.004 * np.random.default_rng(1).standard_normal(len(t)) * ((t > 0.8) & (t < 2.1))
    laugh = tone_of_voice(np.full(len(t), 260.0), beat.astype(float)) + breath
    assert VoiceEvent.LAUGH in events_in(laugh.astype(np.float32))
    assert VoiceEvent.LAUGH in events_in(said("Ha ha ha ha ha!"))


def test_speech_is_no_laugh_and_no_sigh() -> None:
    text = "We do not deliver on Sundays. It is small, but it has a lovely view of the old harbour."
    for pcm in (said(text), resample(speech_like(20.0, RATE, seed=4), RATE)):
        assert not {VoiceEvent.LAUGH, VoiceEvent.SIGH} & set(events_in(pcm))


def test_a_question_rises_and_a_statement_falls() -> None:
    t = seconds(2.8)
    syllables = np.sin(2 * np.pi * (3.1 * t + 0.5 * np.sin(3 * t))) > -0.7
    level = (syllables & (t > 0.2) & (t < 1.9)).astype(float)
    flat = 150 - 12 * t
    rise = np.where(t < 1.5, flat, 132 * 2 ** (np.clip((t - 1.5) / 0.35, 0, 1) * 7 / 12))
    assert events_in(tone_of_voice(rise, level)) == [VoiceEvent.RISE]
    assert events_in(tone_of_voice(flat, level)) == []


def test_a_sigh_is_a_breath_that_dies_away() -> None:
    t = seconds(3.6)
    level = ((np.sin(2 * np.pi * 3.3 * t) > -0.6) & (t < 1.6)).astype(float)
    voice = tone_of_voice(140 - 10 * t, level)
    air = np.clip(1.0 - (t - 2.0) / 0.9, 0.0, 1.0) * (t > 2.0) * np.clip((t - 2.0) / 0.1, 0, 1)
    breath = 0.02 * air * np.random.default_rng(2).standard_normal(len(t))
    assert VoiceEvent.SIGH in events_in((voice + breath).astype(np.float32))
    assert VoiceEvent.SIGH not in events_in(voice)


def test_song_is_held_tones() -> None:
    def singing(pcm: F32) -> float:
        events, most = VoiceEvents(), 0.0
        for row in rows_of(pcm):
            events.push(row)
            most = max(most, events.singing)
        return most

    rest = np.zeros(1600, np.float32)
    scale = [np.concatenate((vowel("ah", 0.8, hz), rest)) for hz in (220, 247, 262, 294, 330)]
    assert singing(np.concatenate(scale)) > 0.25
    assert singing(said("The next train leaves from platform four at ten fifteen.")) < 0.1


def test_arousal_is_against_the_speakers_own_mean() -> None:
    t = seconds(24.0)
    syllables = ((t * 4.0) % 1.0 < 0.6) & ((t % 2.5) < 2.1)
    is_roused = (t > 14.0) & (t < 19.0)
    f0 = 140 + 12 * np.sin(2 * np.pi * 0.9 * t)
    roused = tone_of_voice(
        np.where(is_roused, 1.35 * f0, f0), syllables * np.where(is_roused, 1.0, 0.35)
    )

    def levels(pcm: F32) -> F32:
        arousal = Arousal()
        out = []
        for row in rows_of(pcm):
            arousal.push(row)
            out.append(arousal.level)
        return np.array(out)

    course = levels(roused)
    assert np.abs(course[:300]).max() == 0.0, "nobody knows the speaker yet"
    assert course[1550:1800].max() > 1.0
    assert np.abs(course[1000:1350]).max() < 0.7
    quiet = levels((0.1 * roused).astype(np.float32))
    assert np.abs(quiet - course).max() < 0.6, "a quiet microphone is no subdued speaker"


def test_any_split_hears_the_same() -> None:
    pcm = said("Ha ha ha ha ha! Are you sure?")
    stream, events, got = ProsodyStream(), VoiceEvents(), []
    for first in range(0, len(pcm), 700):
        for row in stream.push(pcm[first : first + 700]):
            got += events.push(row)
    for row in stream.flush():
        got += events.push(row)
    assert got == events_in(pcm)
