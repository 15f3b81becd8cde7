"""The offline voice: sample rate, sentence by sentence, seeds, pitch, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.audio.hibari_voice import HIBARI_RATE_HZ, HibariVoice, VoiceStyle
from vasa_avatar.datatypes import F32, I16
from vasa_avatar.errors import AudioError

TEXT = "Good morning to you all. Where shall we begin today?"


@pytest.fixture(scope="module")
def voice() -> HibariVoice:
    return HibariVoice()


def median_pitch_hz(pcm: I16) -> float:
    """Median of autocorrelation pitch over loud, periodic windows of 50 ms."""
    window = 1200
    found: list[float] = []
    shortest, longest = HIBARI_RATE_HZ // 400, HIBARI_RATE_HZ // 60
    for start in range(0, len(pcm) - window, window // 2):
        piece = pcm[start : start + window].astype(np.float32) * np.hanning(window)
        if piece.std() < 500:
            continue
        similarity: F32 = np.correlate(piece, piece, "full")[window - 1 :]
        lag = shortest + int(similarity[shortest:longest].argmax())
        if similarity[lag] > 0.5 * similarity[0]:
            found.append(HIBARI_RATE_HZ / lag)
    return float(np.median(found))


def test_two_sentences_come_as_two_pieces_of_int16(voice: HibariVoice) -> None:
    pieces = list(voice.stream(TEXT))
    assert len(pieces) == 2
    assert all(piece.dtype == np.int16 and piece.ndim == 1 for piece in pieces)
    seconds = sum(map(len, pieces)) / HIBARI_RATE_HZ
    assert 2.0 < seconds < 8.0


def test_the_whole_is_the_pieces_and_the_same_seed_gives_the_same_samples(
    voice: HibariVoice,
) -> None:
    whole = voice.speak(TEXT, seed=3)
    assert np.array_equal(whole, np.concatenate(list(voice.stream(TEXT, seed=3))))
    assert not np.array_equal(whole, voice.speak(TEXT, seed=4))


def test_pitch_and_speed_are_what_was_asked(voice: HibariVoice) -> None:
    plain = voice.speak(TEXT)
    deep = HibariVoice(VoiceStyle(pitch_ratio=0.7, formant_ratio=0.9)).speak(TEXT)
    fast = HibariVoice(VoiceStyle(speed=1.5)).speak(TEXT)
    assert median_pitch_hz(deep) / median_pitch_hz(plain) == pytest.approx(0.7, abs=0.07)
    assert len(deep) / len(plain) == pytest.approx(1.0, abs=0.12)
    assert len(fast) / len(plain) == pytest.approx(1 / 1.5, abs=0.12)


def test_sentences_keep_titles_together(voice: HibariVoice) -> None:
    assert voice.sentences("Dr. Smith came. He left!") == ["Dr. Smith came.", "He left!"]


def test_refusals_say_what_is_wrong(voice: HibariVoice) -> None:
    with pytest.raises(AudioError, match="nothing can be spoken"):
        voice.speak("  \n ")
    assert list(voice.stream("")) == []
    with pytest.raises(AudioError, match="there is no voice 'nobody'.*heart"):
        HibariVoice(VoiceStyle(speaker="nobody"))
    with pytest.raises(ValueError, match=r"pitch_ratio is 3\.0; expected 0\.5 to 1\.6"):
        VoiceStyle(pitch_ratio=3.0)
