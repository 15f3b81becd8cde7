"""Lips under emotions are scored rightly, and really keep to what is said."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.training.speech.bench_moods import score_mood


def test_a_mouth_that_hangs_open_is_found_out() -> None:
    plain = np.abs(np.sin(np.linspace(0.0, 20.0, 200))).astype(np.float32) * 0.15
    is_closure = plain < 0.01
    same = score_mood(plain, plain, is_closure)
    assert (same.agreement, same.spread, same.kept_shut) == pytest.approx((1.0, 1.0, 1.0))
    wide = score_mood(plain, 1.3 * plain, is_closure)
    assert wide.agreement == pytest.approx(1.0) and wide.spread == pytest.approx(1.3)
    assert score_mood(plain, np.maximum(plain, 0.05), is_closure).kept_shut == 0.0
    assert score_mood(plain, plain[::-1], is_closure).agreement < 0.9
