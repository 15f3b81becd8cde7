"""Streaming resampling: chunks, delay, tone accuracy, stop band."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.audio import StreamResampler, resample
from vasa_avatar.errors import AudioError

RATES = (8_000, 11_127, 16_000, 22_050, 24_000, 44_100, 48_000)


def _noise(n: int) -> np.ndarray:
    return (np.random.default_rng(3).standard_normal(n) * 6000).astype(np.int16)


def _tone(hz: float, rate: int, seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
def test_any_split_gives_the_same_samples(rate: int) -> None:
    pcm = _noise(rate // 2)
    whole = resample(pcm, rate)
    stream = StreamResampler(rate)
    rng = np.random.default_rng(rate)
    parts, at = [], 0
    while at < len(pcm):
        n = int(rng.integers(0, 700))
        parts.append(stream.push(pcm[at : at + n]))
        at += n
    parts.append(stream.flush())
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert len(whole) == -(-len(pcm) * 16_000 // rate)


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_stays_where_it_was_in_time(rate: int) -> None:
    out = resample(_tone(440, rate, 0.5), rate)
    expected = _tone(440, 16_000, 0.5)
    middle = slice(800, 7200)
    assert np.abs(out[middle] - expected[middle]).max() < 2e-3


@pytest.mark.parametrize("rate", [24_000, 44_100, 48_000])
def test_tones_above_the_new_nyquist_disappear(rate: int) -> None:
    out = resample(_tone(9_500, rate, 0.5), rate)
    assert np.abs(out[800:7200]).max() < 2e-3


@pytest.mark.parametrize("rate", RATES)
def test_the_stated_lookahead_suffices_and_is_at_most_4_ms(rate: int) -> None:
    stream = StreamResampler(rate)
    assert stream.lookahead_samples <= rate * 4 // 1000
    n_in = rate // 5
    n_out = len(stream.push(_noise(n_in)))
    next_time = n_out * rate // 16_000  # the first output not yet given
    assert next_time + stream.lookahead_samples > n_in


def test_reset_equals_new() -> None:
    stream = StreamResampler(22_050)
    stream.push(_noise(5000))
    stream.reset()
    np.testing.assert_array_equal(
        stream.push(_noise(3000)), StreamResampler(22_050).push(_noise(3000))
    )


def test_a_long_stream_does_not_drift() -> None:
    stream = StreamResampler(44_100)
    block = np.zeros(44_100, np.int16)
    total = sum(len(stream.push(block)) for _ in range(600)) + len(stream.flush())
    assert total == 600 * 16_000


def test_unusable_sound_is_refused() -> None:
    with pytest.raises(AudioError, match="expected 4000 to 384000 Hz"):
        StreamResampler(1_000)
    with pytest.raises(AudioError, match=r"shape \(10, 2\); expected \(N,\)"):
        StreamResampler(24_000).push(np.zeros((10, 2), np.int16))
    with pytest.raises(AudioError, match="float64; expected int16 or float32"):
        StreamResampler(24_000).push(np.zeros(10))
