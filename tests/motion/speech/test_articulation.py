"""Articulators to coefficients: a closure shuts whatever the jaw does."""

from __future__ import annotations

import numpy as np
import pytest
from lip_activities import activities

from vasa_avatar.datatypes import ARKIT_INDEX
from vasa_avatar.motion.speech.articulation import ARTICULATORS, REST, decode, lip_coefficients


def test_rest_is_exactly_nothing() -> None:
    assert not decode(np.full((3, len(ARTICULATORS)), REST, np.float32)).any()


@pytest.mark.parametrize("jaw", [0.0, 0.1, 0.4, 0.9])
def test_closure_cancels_the_jaw_and_the_lips_lift(jaw: float) -> None:
    row = decode(activities(jaw=jaw, closure=0.85, lower=0.5, upper=0.5))[0]
    assert row[ARKIT_INDEX["mouthClose"]] >= row[ARKIT_INDEX["jawOpen"]]
    assert row[ARKIT_INDEX["mouthLowerDownLeft"]] == 0
    assert row[ARKIT_INDEX["mouthUpperUpRight"]] == 0


def test_sides_are_alike() -> None:
    rng = np.random.default_rng(0)
    rows = decode(rng.random((50, len(ARTICULATORS))).astype(np.float32))
    for name, index in ARKIT_INDEX.items():
        if name.startswith("mouth") and name.endswith("Left") and name != "mouthLeft":
            np.testing.assert_array_equal(rows[:, index], rows[:, ARKIT_INDEX[name[:-4] + "Right"]])


def test_tuck_rolls_the_lower_lip_in() -> None:
    row = decode(activities(tuck=1.0, jaw=0.1))[0]
    assert row[ARKIT_INDEX["mouthRollLower"]] > 0.4
    assert row[ARKIT_INDEX["mouthLowerDownLeft"]] == 0


def test_a_likely_tuck_is_not_shut_and_a_likely_closure_is() -> None:
    tucked = decode(activities(closure=0.25, tuck=0.8, jaw=0.2))[0]
    assert tucked[ARKIT_INDEX["mouthClose"]] < 0.6 * tucked[ARKIT_INDEX["jawOpen"]]
    assert tucked[ARKIT_INDEX["mouthRollLower"]] > 0.35
    shut = decode(activities(closure=0.8, tuck=0.3, jaw=0.2))[0]
    assert shut[ARKIT_INDEX["mouthClose"]] >= shut[ARKIT_INDEX["jawOpen"]]


def test_numbers_and_arrays_agree() -> None:
    rng = np.random.default_rng(1)
    rows = rng.uniform(-0.1, 1.1, (200, len(ARTICULATORS))).astype(np.float32)
    decoded = decode(rows)
    for name, values in lip_coefficients(rows).items():
        for side in ("", "Left", "Right"):
            if name + side in ARKIT_INDEX:
                column = decoded[:, ARKIT_INDEX[name + side]]
                np.testing.assert_allclose(column, values.clip(0, 1), atol=1e-6)


def test_rounded_lips_cover_the_teeth() -> None:
    bare = decode(activities(jaw=0.1, lower=0.2, upper=0.2))[0]
    round_ = decode(activities(jaw=0.1, lower=0.2, upper=0.2, pucker=0.4))[0]
    for name in ("mouthLowerDownLeft", "mouthUpperUpLeft"):
        assert round_[ARKIT_INDEX[name]] < 0.5 * bare[ARKIT_INDEX[name]]
