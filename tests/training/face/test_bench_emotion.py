"""The bench of emotions counts rightly."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.datatypes import EMOTIONS
from vasa_avatar.training.face.bench_emotion import told_apart


def test_what_differs_is_told_apart_and_what_is_alike_is_not() -> None:
    rng = np.random.default_rng(0)
    shown = rng.normal(0.0, 1.0, (len(EMOTIONS), 52)).astype(np.float32)
    faces = rng.normal(0.0, 0.05, (5, 1, 52)).astype(np.float32)
    share, taken_for = told_apart(shown[None] + faces)
    assert share == pytest.approx(1.0)
    assert taken_for.sum(axis=1) == pytest.approx(np.ones(len(EMOTIONS)))
    alike = np.repeat(faces, len(EMOTIONS), axis=1)
    assert told_apart(alike)[0] == pytest.approx(1.0 / len(EMOTIONS)), "the first is always taken"
