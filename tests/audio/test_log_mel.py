"""Streaming log-mel rows equal the offline ones and mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.audio import LogMelStream, log_mel
from vasa_avatar.audio.log_mel import mel_filters


def _sound(n: int) -> np.ndarray:
    return (np.random.default_rng(5).standard_normal(n) * 0.1).astype(np.float32)


@pytest.mark.parametrize("n_mels", [20, 40, 80])
def test_any_split_gives_the_offline_rows(n_mels: int) -> None:
    pcm = _sound(8_037)
    stream = LogMelStream(n_mels)
    rng = np.random.default_rng(n_mels)
    parts, at = [], 0
    while at < len(pcm):
        n = int(rng.integers(0, 500))
        parts.append(stream.push(pcm[at : at + n]))
        at += n
    parts.append(stream.flush())
    rows = np.concatenate(parts)
    assert rows.shape == (51, n_mels)
    np.testing.assert_array_equal(rows, log_mel(pcm, n_mels))


def test_a_row_needs_no_more_than_the_stated_lookahead() -> None:
    stream = LogMelStream()
    pcm = _sound(4_000)
    rows = stream.push(pcm)
    assert (len(rows) - 1) * 160 + stream.lookahead_samples <= 4_000
    assert len(rows) * 160 + stream.lookahead_samples > 4_000
    changed = pcm.copy()
    changed[1600 + stream.lookahead_samples :] = 0
    np.testing.assert_array_equal(log_mel(changed)[:11], rows[:11])


def test_a_tone_lights_up_its_own_band() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000).astype(np.float32)
    row = log_mel(tone, 40)[50]
    bin_hz = np.arange(257) * 31.25
    centre_hz = (mel_filters(40) * bin_hz[:, None]).sum(axis=0)
    assert abs(centre_hz[row.argmax()] - 1000) < 80


def test_silence_is_the_floor_and_reset_equals_new() -> None:
    stream = LogMelStream(20)
    stream.push(_sound(1_000))
    stream.reset()
    np.testing.assert_allclose(stream.push(np.zeros(800, np.float32)), np.log(1e-10), rtol=1e-6)


def test_every_band_is_fed() -> None:
    assert (mel_filters(80).sum(axis=0) > 0.99).all()
    with pytest.raises(ValueError, match="n_mels is 100; expected 20 to 80"):
        LogMelStream(100)
