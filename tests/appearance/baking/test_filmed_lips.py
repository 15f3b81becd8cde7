"""Rounded lips swell below, nothing else moves."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.appearance.baking import load_face_model
from vasa_avatar.appearance.baking.filmed_lips import LOWER_LIP_SWELL, with_filmed_lips
from vasa_avatar.datatypes import ARKIT_INDEX, F32
from vasa_avatar.geometry import face_topology as topo

UPPER, LOWER = list(topo.LIP_INNER_UPPER), list(topo.LIP_INNER_LOWER)


@pytest.fixture(scope="module")
def learned() -> F32:
    return load_face_model().displacement[:, : topo.N_MESH]


@pytest.fixture(scope="module")
def filmed(learned: F32) -> F32:
    return with_filmed_lips(learned, load_face_model().mean_shape)


@pytest.mark.parametrize("name", LOWER_LIP_SWELL)
def test_rounded_lips_swell_below(learned: F32, filmed: F32, name: str) -> None:
    unit = ARKIT_INDEX[name]
    inner, outer = LOWER[5], topo.LIP_OUTER_LOWER[5]
    thicker = [float(moves[unit, outer, 1] - moves[unit, inner, 1]) for moves in (learned, filmed)]
    assert thicker[0] < 0.0 < thicker[1]
    still = [*UPPER, *LOWER, *topo.LIP_OUTER_UPPER, topo.CHIN, topo.NOSE_TIP]
    np.testing.assert_allclose(filmed[unit, still], learned[unit, still], atol=2e-4)


def test_all_other_units_are_as_learned(learned: F32, filmed: F32) -> None:
    changed = {ARKIT_INDEX[name] for name in LOWER_LIP_SWELL}
    others = [unit for unit in range(len(learned)) if unit not in changed]
    np.testing.assert_array_equal(filmed[others], learned[others])
