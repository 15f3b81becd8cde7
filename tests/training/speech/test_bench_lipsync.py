"""The bench's own arithmetic: closures are counted and offsets found where they were put."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.datatypes import ARKIT_INDEX, K
from vasa_avatar.training.speech.bench_closures import count_closures
from vasa_avatar.training.speech.bench_lipsync import mouth_measures, score
from vasa_avatar.training.speech.clips import Clip, ridge_predictions
from vasa_avatar.training.speech.phones import TimedPhone


def test_closures_are_counted_once_each() -> None:
    phones = [TimedPhone(p, 1600.0 * i, 1600.0 * (i + 1), 0) for i, p in enumerate(" amaaaapaaaa ")]
    times_s = np.arange(130, dtype=np.float32) / 100
    is_shut = (np.abs(times_s - 0.25) < 0.02) | (np.abs(times_s - 0.55) < 0.025)
    met, asked, shut_elsewhere, elsewhere = count_closures(phones, times_s, is_shut)
    assert (met, asked) == (1, 2)
    assert shut_elsewhere == int((np.abs(times_s - 0.55) < 0.025).sum())
    assert 40 <= elsewhere <= 62


def test_mouth_measures_read_jaw_and_smile() -> None:
    rows = np.zeros((3, K), np.float32)
    rows[1, ARKIT_INDEX["jawOpen"]] = 0.5
    rows[2, ARKIT_INDEX["mouthSmileLeft"]] = rows[2, ARKIT_INDEX["mouthSmileRight"]] = 0.5
    opening, width = mouth_measures(rows)
    assert opening[0] == 0 and opening[1] > 0.2 and width[2] > 0.05 > abs(width[1])


def clip(name: str, seed: int) -> Clip:
    """Noise whose loudness opens the mouth."""
    rng = np.random.default_rng(seed)
    loud = np.repeat(rng.uniform(0.02, 1.0, 60), 10)
    pcm = (np.repeat(loud, 160) * rng.standard_normal(96_000) * 0.2).astype(np.float32)
    return Clip(name, name, pcm, (loud * 0.1).astype(np.float32), loud.astype(np.float32), True)


def test_score_is_one_for_the_film_itself() -> None:
    clips = [clip("a", 1), clip("b", 2)]
    result = score(clips, lambda c: (c.opening * 2, c.width))
    assert result.opening == pytest.approx(1.0, abs=1e-3)
    assert result.width == pytest.approx(1.0, abs=1e-3)
    assert result.opening_gain == pytest.approx(2.0, abs=1e-3)
    assert result.width_gain == pytest.approx(1.0, abs=1e-3)
    assert result.seconds == pytest.approx(12.0)


def test_ridge_learns_from_other_speakers_only() -> None:
    clips = [clip(n, i) for i, n in enumerate("abc")]
    said = ridge_predictions(clips, "opening", 3)
    for c in clips:
        assert np.corrcoef(said[c.name], c.opening)[0, 1] > 0.6
