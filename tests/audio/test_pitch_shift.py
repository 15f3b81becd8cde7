"""Pitch shifting: the pitch moves by the ratio, the resonance and the length stay."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.audio.pitch_shift import shift_pitch
from vasa_avatar.datatypes import F32

RATE_HZ = 24_000
HOP = 300
RESONANCE_HZ = 1_500.0


def buzz(pitch_hz: float, seconds: float = 1.0) -> F32:
    """Pulses through one resonance: the simplest vowel."""
    pulses = np.zeros(int(RATE_HZ * seconds), np.float32)
    pulses[:: round(RATE_HZ / pitch_hz)] = 1.0
    t = np.arange(400) / RATE_HZ
    ring = np.exp(-t * 900) * np.sin(2 * np.pi * RESONANCE_HZ * t)
    return np.convolve(pulses, ring)[: len(pulses)].astype(np.float32)


def strongest_lag(wave: F32) -> int:
    middle = wave[6_000:12_000].astype(np.float64)
    similarity = np.correlate(middle, middle, "full")[len(middle) - 1 :]
    return 60 + int(similarity[60:400].argmax())


@pytest.mark.parametrize("ratio", [0.6, 0.8, 1.25])
def test_the_pitch_moves_and_the_resonance_stays(ratio: float) -> None:
    wave = buzz(200)
    shifted = shift_pitch(wave, np.full(80, 200, np.float32), HOP, RATE_HZ, ratio)
    assert len(shifted) == len(wave)
    assert strongest_lag(wave) == 120
    assert strongest_lag(shifted) == pytest.approx(120 / ratio, abs=1.5)
    spectrum = np.abs(np.fft.rfft(shifted[4_000:20_000]))
    peak_hz = np.fft.rfftfreq(16_000, 1 / RATE_HZ)[spectrum.argmax()]
    assert peak_hz == pytest.approx(RESONANCE_HZ, abs=160)


def test_a_ratio_of_one_changes_next_to_nothing() -> None:
    wave = buzz(200)
    same = shift_pitch(wave, np.full(80, 200, np.float32), HOP, RATE_HZ, 1.0)
    inside = slice(500, -500)
    assert np.corrcoef(wave[inside], same[inside])[0, 1] > 0.93


def test_unvoiced_sound_keeps_its_spectrum() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE_HZ).astype(np.float32)
    shifted = shift_pitch(noise, np.zeros(80, np.float32), HOP, RATE_HZ, 0.6)
    inside = slice(500, -500)
    assert np.corrcoef(noise[inside], shifted[inside])[0, 1] > 0.99


def test_very_short_sound_comes_back() -> None:
    tiny = np.ones(3, np.float32)
    assert np.array_equal(shift_pitch(tiny, np.zeros(1, np.float32), HOP, RATE_HZ, 0.6), tiny)
