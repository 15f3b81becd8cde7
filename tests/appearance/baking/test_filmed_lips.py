"""An open jaw leaves the mouth's corners higher, rounded lips swell below, nothing else moves."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.appearance.baking import load_face_model
from vasa_avatar.appearance.baking.filmed_lips import LOWER_LIP_SWELL, with_filmed_lips
from vasa_avatar.datatypes import ARKIT_INDEX, F32
from vasa_avatar.geometry import face_topology as topo

CORNERS = [topo.LIP_OUTER_LOWER[0], topo.LIP_OUTER_LOWER[-1]]
UPPER, LOWER = list(topo.LIP_INNER_UPPER), list(topo.LIP_INNER_LOWER)


@pytest.fixture(scope="module")
def learned() -> F32:
    return load_face_model().displacement[:, : topo.N_MESH]


@pytest.fixture(scope="module")
def filmed(learned: F32) -> F32:
    return with_filmed_lips(learned, load_face_model().mean_shape)


def test_corners_stay_up_and_the_opening_keeps_its_size(learned: F32, filmed: F32) -> None:
    """Filmed corners fall by .31 of an opening within it; the learned jaw's alone by .37."""
    before, after = learned[ARKIT_INDEX["jawOpen"]], filmed[ARKIT_INDEX["jawOpen"]]
    opening = before[LOWER[5], 1] - before[UPPER[5], 1]
    sinking = (after[CORNERS, 1].mean() - after[UPPER[5], 1]) / opening
    assert 0.24 < sinking < 0.32
    gaps = [(moves[LOWER] - moves[UPPER])[:, 1] for moves in (before, after)]
    np.testing.assert_allclose(gaps[1], gaps[0], atol=0.02 * float(opening))


@pytest.mark.parametrize("name", LOWER_LIP_SWELL)
def test_rounded_lips_swell_below(learned: F32, filmed: F32, name: str) -> None:
    unit = ARKIT_INDEX[name]
    inner, outer = LOWER[5], topo.LIP_OUTER_LOWER[5]
    thicker = [float(moves[unit, outer, 1] - moves[unit, inner, 1]) for moves in (learned, filmed)]
    assert thicker[0] < 0.0 < thicker[1]
    still = [*UPPER, *LOWER, *topo.LIP_OUTER_UPPER, topo.CHIN, topo.NOSE_TIP]
    np.testing.assert_allclose(filmed[unit, still], learned[unit, still], atol=2e-4)


def test_all_other_units_are_as_learned(learned: F32, filmed: F32) -> None:
    changed = {ARKIT_INDEX["jawOpen"], *(ARKIT_INDEX[name] for name in LOWER_LIP_SWELL)}
    others = [unit for unit in range(len(learned)) if unit not in changed]
    np.testing.assert_array_equal(filmed[others], learned[others])
