"""What one speaker's nature makes of brows and mouth, beside another's."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.datatypes import ARKIT_INDEX, F32
from vasa_avatar.motion.dynamics.brows import BrowMotion
from vasa_avatar.motion.dynamics.temper import Temper
from vasa_avatar.motion.idle import IdleFace

FPS = 25
FIVE_MINUTES = 300 * FPS


def _brows(pace: float) -> F32:
    brows = BrowMotion(np.random.default_rng(1), Temper(brow_set=0.4, brow_pace=pace))
    return np.array([brows.step(n / FPS, 1.0 / FPS).inner_up for n in range(FIVE_MINUTES)])


def _corners(smile_set: float, smile_swing: float) -> tuple[F32, F32]:
    temper = Temper(smile_set=smile_set, smile_swing=smile_swing)
    face = IdleFace(np.random.default_rng(1), temper)
    frames = np.array([face.step(1.0 / FPS, 1.0, None) for _ in range(FIVE_MINUTES)])
    return tuple(frames[:, ARKIT_INDEX[name]] for name in ("mouthSmileLeft", "mouthFrownLeft"))  # type: ignore[return-value]


def test_quick_brows_go_faster_and_no_farther() -> None:
    slow, quick = _brows(0.6), _brows(1.6)
    assert quick.std() == pytest.approx(slow.std(), rel=0.1)
    assert np.abs(np.diff(quick)).mean() > 2.0 * np.abs(np.diff(slow)).mean()


def test_brows_go_faster_where_they_go_farther() -> None:
    brows = _brows(1.0).reshape(-1, 2 * FPS)
    far, speed = np.log(brows.std(axis=1)), np.log(np.abs(np.diff(brows)).mean(axis=1))
    assert np.polyfit(far, speed, 1)[0] > 0.85  # two thirds of it come from how far alone


def test_a_smiler_is_serious_between_smiles_and_does_not_grin() -> None:
    smile, frown = _corners(0.3, 0.4)
    assert smile.max() < 0.61 and smile.std() > 0.1
    assert frown.max() < 0.36 and frown.mean() < 0.2 * smile.mean()
