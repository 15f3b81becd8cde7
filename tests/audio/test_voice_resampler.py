"""A voice at another rate: splits, length, tone, loud peaks."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.audio import VoiceResampler
from vasa_avatar.errors import AudioError

PAIRS = [(24_000, 48_000), (48_000, 24_000), (22_050, 24_000), (24_000, 44_100), (8_000, 24_000)]


def _tone(hz: float, rate: int, level: float = 12_000.0, seconds: float = 1.0) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)).astype(np.int16)


@pytest.mark.parametrize(("rate_in", "rate_out"), PAIRS)
def test_any_split_gives_the_same_samples_and_the_right_length(rate_in: int, rate_out: int) -> None:
    voice = _tone(440.0, rate_in)
    whole = VoiceResampler(rate_in, rate_out)
    expected = np.concatenate([whole.push(voice), whole.flush()])
    stream = VoiceResampler(rate_in, rate_out)
    rng = np.random.default_rng(rate_in)
    parts, at = [], 0
    while at < len(voice):
        n = int(rng.integers(0, 3_000))
        parts.append(stream.push(voice[at : at + n]))
        at += n
    got = np.concatenate([*parts, stream.flush()])
    assert np.array_equal(got, expected)
    assert len(got) == rate_out
    inner = slice(rate_out // 20, -rate_out // 20)
    error = got[inner].astype(int) - _tone(440.0, rate_out)[inner]
    assert np.abs(error).max() <= 4


def test_what_would_alias_is_gone() -> None:
    stream = VoiceResampler(48_000, 24_000)
    high = np.concatenate([stream.push(_tone(15_000.0, 48_000)), stream.flush()])
    assert np.abs(high[1_000:-1_000]).max() <= 2, "80 dB below what came in"


def test_loud_peaks_do_not_wrap_around() -> None:
    square = np.where(_tone(300.0, 24_000) > 0, 32_767, -32_768).astype(np.int16)
    stream = VoiceResampler(24_000, 48_000)
    loud = np.concatenate([stream.push(square), stream.flush()])
    assert loud.max() == 32_767 and loud.min() == -32_768
    assert np.abs(np.diff(loud.astype(int))).max() < 50_000, "no sample jumps to the other end"


def test_a_rate_that_is_none_is_refused() -> None:
    with pytest.raises(AudioError, match="sample rate is 100 Hz; expected 4000 to 384000 Hz"):
        VoiceResampler(100, 24_000)
