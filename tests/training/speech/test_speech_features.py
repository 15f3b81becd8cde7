"""What the network is trained on equals what it hears in the engine; noises are what they say."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from vasa_avatar.audio.log_mel import log_mel
from vasa_avatar.training.speech.augment import (
    FLOOR,
    augment,
    band_centres_hz,
    telephone,
    time_warp_path,
)
from vasa_avatar.training.speech.features import warped_log_mel
from vasa_avatar.training.speech.noise import KINDS


def test_unwarped_rows_equal_the_engines() -> None:
    pcm = np.random.default_rng(1).standard_normal(7_003).astype(np.float32) * 0.1
    np.testing.assert_allclose(warped_log_mel(pcm)[0], log_mel(pcm), atol=2e-5)


def test_a_warp_moves_a_tone_by_its_factor() -> None:
    tone = np.sin(2 * np.pi * 2000 * np.arange(16_000) / 16_000).astype(np.float32)
    higher, same, lower = warped_log_mel(tone, (0.86, 1.0, 1.15))[:, 50].argmax(axis=1)
    assert lower < same < higher


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_noises_have_the_length_asked_for_and_are_heard(kind: str) -> None:
    sound = KINDS[kind](16_000 * 4, np.random.default_rng(2))
    assert sound.shape == (64_000,) and sound.dtype == np.float32
    assert np.isfinite(sound).all() and 0.1 < np.abs(sound).max() < 1.5


def test_augmented_rows_keep_their_shape_and_floor() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(-4, 2, (200, 40)).astype(np.float32)
    made = [augment(rows, rows, rng) for _ in range(30)]
    assert all(m.shape == rows.shape and m.min() >= FLOOR and np.isfinite(m).all() for m in made)
    assert len({float(m.sum()) for m in made}) == 30


def test_singing_holds_vowels_only() -> None:
    rng = np.random.default_rng(4)
    is_vowel = np.zeros(100, bool)
    is_vowel[40:60] = True
    path = time_warp_path(100, rng, is_vowel, sing=True)
    inside = ((path > 40) & (path < 59)).sum() / 19
    outside = (path < 39).sum() / 39
    assert inside > 1.15 * outside


def test_telephone_rows_are_those_of_sound_sent_at_8_khz() -> None:
    sound = KINDS["music"](16_000 * 2, np.random.default_rng(5)) + KINDS["noise"](
        16_000 * 2, np.random.default_rng(6)
    )
    sent = soxr.resample(soxr.resample(sound, 16_000, 8_000), 8_000, 16_000).astype(np.float32)
    full, heard = log_mel(sound), log_mel(sent)
    made = telephone(full, np.random.default_rng(7))
    below, above = band_centres_hz() < 3300, band_centres_hz() > 4200
    np.testing.assert_allclose(made[:, below], full[:, below], atol=1e-5)
    assert np.abs(made[:, below] - heard[:, below]).mean() < 0.15
    assert (made[:, above] < full[:, above] - 5).all()
    assert (heard[:, above] < full[:, above] - 5).mean() > 0.95
