"""Speech features: chunks, pitch, voicing, bands."""

from __future__ import annotations

import numpy as np
import pytest
from sounds import speech_like

from vasa_avatar.audio import SpeechFeatures, SpeechFeatureStream


def _all(pcm: np.ndarray) -> SpeechFeatures:
    stream = SpeechFeatureStream()
    return _join([stream.push(pcm), stream.flush()])


def _join(parts: list[SpeechFeatures]) -> SpeechFeatures:
    names = ("level_db", "f0_hz", "voicing", "bands_db")
    return SpeechFeatures(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


def _voice(f0_hz: float, formant_hz: float, seconds: float = 0.5) -> np.ndarray:
    t = np.arange(int(16_000 * seconds)) / 16_000
    gains = [(h, 1 / (1 + ((h * f0_hz - formant_hz) / 150) ** 2)) for h in range(1, 20)]
    sound = sum(gain * np.sin(2 * np.pi * h * f0_hz * t) for h, gain in gains)
    return (0.2 * sound).astype(np.float32)


def test_any_split_gives_the_same_rows() -> None:
    pcm = speech_like(1.7, 16_000).astype(np.float32) / 32768
    whole = _all(pcm)
    stream = SpeechFeatureStream()
    rng = np.random.default_rng(1)
    parts, at = [], 0
    while at < len(pcm):
        n = int(rng.integers(0, 900))
        parts.append(stream.push(pcm[at : at + n]))
        at += n
    joined = _join([*parts, stream.flush()])
    assert len(whole) == 170
    for name in ("level_db", "f0_hz", "voicing", "bands_db"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))


@pytest.mark.parametrize("f0_hz", [90.0, 120.0, 180.0, 260.0, 390.0])
def test_the_pitch_of_a_voice_is_found(f0_hz: float) -> None:
    rows = _all(_voice(f0_hz, 700))
    middle = slice(10, 40)
    assert (rows.voicing[middle] > 0.6).all()
    np.testing.assert_allclose(rows.f0_hz[middle], f0_hz, rtol=0.01)


def test_noise_has_no_pitch_and_silence_nothing() -> None:
    noise = (0.1 * np.random.default_rng(2).standard_normal(8_000)).astype(np.float32)
    assert (_all(noise).voicing < 0.6).all()
    silence = _all(np.zeros(8_000, np.float32))
    assert (silence.f0_hz == 0).all() and (silence.voicing == 0).all()
    assert (silence.level_db <= -119).all()


def test_level_and_bands_mean_what_they_say() -> None:
    t = np.arange(8_000) / 16_000
    rows = _all((0.5 * np.sin(2 * np.pi * 700 * t)).astype(np.float32))
    np.testing.assert_allclose(rows.level_db[10:40], 20 * np.log10(0.5 / np.sqrt(2)), atol=0.1)
    assert (rows.bands_db[20].argmax()) == 2
    assert rows.bands_db[20, 2] - rows.bands_db[20, 6] > 60
