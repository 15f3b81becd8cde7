"""The upper lip shades what is behind it, goes with it, and grows short as the jaw drops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.appearance import Avatar, load_avatar
from vasa_avatar.appearance.baking.lip_shade import REACH, SEEN_DARKNESS, SHADE_RGB, out_of_shade
from vasa_avatar.appearance.baking.mouth_light import MouthLight
from vasa_avatar.datatypes import ARKIT_INDEX, F32, FaceMotion, K
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import MeshRenderer

UPPER, LOWER, CHEEK = topo.LIP_INNER_UPPER[5], topo.LIP_INNER_LOWER[5], 205


@pytest.fixture(scope="module", params=["iris", "greta", "sami"])
def renderer(request: pytest.FixtureRequest) -> MeshRenderer:
    home = Path(__file__).parents[3] / "character_profiles"
    avatar: Avatar = load_avatar(home / request.param / "avatar.npz")
    return MeshRenderer(avatar, 512)


def down_the_gap(renderer: MeshRenderer, jaw: float) -> F32:
    """Brightness over the cheek's down the middle of the mouth, from lip to lip."""
    expression = np.zeros(K, np.float32)
    expression[ARKIT_INDEX["jawOpen"]] = jaw
    motion = FaceMotion(expression=expression)
    place = np.rint(renderer.vertices_px(motion)).astype(int)
    grey = renderer.render(motion).astype(np.float32).mean(2)
    (x, top), (_, foot), (u, v) = place[UPPER], place[LOWER], place[CHEEK]
    gap = grey[top + 2 : foot - 1, x - 6 : x + 7].mean(1)
    return np.asarray(gap / grey[v - 3 : v + 4, u - 3 : u + 4].mean(), np.float32)


def test_teeth_are_brightest_away_from_the_lip(renderer: MeshRenderer) -> None:
    gap = down_the_gap(renderer, 0.3)
    brightest = int(gap.argmax())
    assert brightest >= 3
    assert gap[0] < 0.85 * gap[brightest]


def test_narrow_openings_are_dark_and_wide_ones_bright(renderer: MeshRenderer) -> None:
    """Filmed teeth have .6 of the cheek's light in a narrow opening, .8 in a wide one (GRID)."""
    assert down_the_gap(renderer, 0.06).max() < 0.8 * down_the_gap(renderer, 0.35).max()


def test_own_teeth_come_out_of_the_shade_that_they_were_photographed_in() -> None:
    """A portrait shows them under its own lip, and the strip shades them once more."""
    lit = np.full((3, 1, 3), (200.0, 180.0, 170.0), np.float32)
    below = np.array([0.0, 0.5 * REACH, REACH], np.float32).reshape(3, 1, 1)
    alpha = SEEN_DARKNESS * np.array([1.0, 0.5, 0.0], np.float32).reshape(3, 1, 1)
    seen = lit + alpha * (np.array(SHADE_RGB, np.float32) - lit)
    daylight = MouthLight(np.ones(3, np.float32), 1.0)
    np.testing.assert_allclose(out_of_shade(seen, below, daylight), lit, atol=0.5)
