"""Beyond the picture's border: hair is rounded, shoulders go on at their slope."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.appearance.layers.margin import round_hair
from vasa_avatar.appearance.picture import MARGIN_PX, Canvas, Square
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry.face_topology import CHIN, FACE_OVAL
from vasa_avatar.render.assets import DESIGN_PX

SIDE = int(DESIGN_PX + 2 * MARGIN_PX)
CANVAS = Canvas(np.zeros((SIDE, SIDE, 3), np.float32), 1.0, Square(0, 0, 512))


def landmarks() -> F32:
    points = np.full((478, 2), 256.0, np.float32)
    angle = np.linspace(0, 2 * np.pi, len(FACE_OVAL), endpoint=False)
    oval = np.column_stack([256 + 100 * np.sin(angle), 250 - 130 * np.cos(angle)])
    points[list(FACE_OVAL)] = oval
    points[CHIN] = (256, 380)
    return points


def on_canvas(inside: np.ndarray) -> F32:
    """A matte of the frame, its border repeated into the margin, as the bake begins."""
    return np.pad(inside.astype(np.float32), MARGIN_PX, "edge")


def test_hair_cut_off_above_is_a_shallow_dome() -> None:
    y, x = np.mgrid[:512, :512]
    alpha = on_canvas(np.hypot(x - 256, y - 120) < 150)
    round_hair(alpha, CANVAS, landmarks())
    middle = alpha[:MARGIN_PX, SIDE // 2] > 0.5
    width = (alpha[MARGIN_PX] > 0.5).sum()
    assert 0.1 * width < middle.sum() < 0.4 * width
    rows = (alpha[: MARGIN_PX + 1] > 0.5).sum(1)
    assert (np.diff(rows) >= 0).all(), "it narrows upwards"


def test_hair_cut_off_beside_the_head_ends_within_the_margin() -> None:
    y, x = np.mgrid[:512, :512]
    alpha = on_canvas(np.hypot(x - 30, y - 200) < 60)
    round_hair(alpha, CANVAS, landmarks())
    assert (alpha[:, MARGIN_PX] > 0.5).any()
    assert not (alpha[:, 0] > 0.5).any()


@pytest.mark.parametrize("is_right", [False, True])
def test_shoulders_go_on_at_their_slope(is_right: bool) -> None:
    y, x = np.mgrid[:512, :512]
    x = 511 - x if is_right else x
    alpha = on_canvas(y > 420 + 0.5 * (100 - x).clip(0))
    round_hair(alpha, CANVAS, landmarks())
    if is_right:
        alpha = alpha[:, ::-1]
    top = [int(np.flatnonzero(alpha[:, c] > 0.5)[0]) - MARGIN_PX for c in (MARGIN_PX, 34, 4)]
    expected = [470, 485, 500]
    assert np.abs(np.subtract(top, expected)).max() <= 6
    below = alpha[-1, MARGIN_PX : MARGIN_PX + 300]
    assert below.min() == 1.0, "what is cut off below stays"
