"""Curves that make a reading straight, and slopes that bear a few wild readings."""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.baking.calibrate import (
    UNIT_LEVELS,
    UNIT_RANGE,
    _robust_slope,
    _straightening,
)

STEPS = np.linspace(0.0, 1.0, 5)
AMOUNTS = np.array([0.0, *UNIT_LEVELS])


def test_straight_readings_keep_straight_curves() -> None:
    curve = _straightening(AMOUNTS, np.minimum(AMOUNTS, 1.0), STEPS)
    np.testing.assert_allclose(curve, STEPS, atol=0.01)


def test_a_late_reading_is_met_halfway() -> None:
    readings = np.clip(AMOUNTS, 0, 1) ** 2
    curve = _straightening(AMOUNTS, readings, STEPS)
    before = np.corrcoef(STEPS, np.interp(STEPS, AMOUNTS, readings))[0, 1]
    after = np.corrcoef(STEPS, np.interp(curve, AMOUNTS, readings))[0, 1]
    assert after > before
    assert (np.diff(curve) > 0).all()
    assert (curve[1:] <= UNIT_RANGE[1] * STEPS[1:] + 1e-3).all()


def test_a_dead_reading_stays_in_range() -> None:
    curve = _straightening(AMOUNTS, np.zeros(len(AMOUNTS)), STEPS)
    assert (np.diff(curve) > 0).all()
    assert curve[-1] <= UNIT_RANGE[1] + 1e-3


def test_slope_without_the_wild_readings() -> None:
    x = np.array([-0.3, -0.2, -0.1, 0.1, 0.2, 0.3])
    y = 0.8 * x
    y[0], y[3] = 0.5, 0.9
    assert abs(_robust_slope(x, y) - 0.8) < 1e-6
