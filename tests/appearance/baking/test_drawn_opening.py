"""Lids lie on the edge of what a drawn eye shows; an edge far away leaves them where they are."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.appearance.baking.drawn_opening import lids_on_edges
from vasa_avatar.appearance.baking.drawn_parts import DrawnParts, PartOnCanvas
from vasa_avatar.appearance.picture import MARGIN_PX, Canvas, Square
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry import face_topology as topo

SIDE = 512 + 2 * MARGIN_PX
MIDDLE = np.array([200.0, 200.0])
RING = [*topo.RIGHT_EYE_UPPER, *topo.RIGHT_EYE_LOWER[-2:0:-1]]
TURNS = np.linspace(-np.pi, np.pi, len(RING), endpoint=False)
REACH = 40.0 / (np.abs(np.cos(TURNS)) ** 1.3 + np.abs(np.sin(TURNS)) ** 1.3) ** (1 / 1.3)


def lids_of(shown_radius_px: float) -> F32:
    """(16,) distances of lids from an eye's middle, from a rounded diamond put on the edge."""
    window = 160
    ys, xs = np.mgrid[:window, :window]
    first = MIDDLE + MARGIN_PX - window / 2
    apart = np.hypot(xs - window / 2, ys - window / 2)
    iris = (apart < shown_radius_px).astype(np.float32)
    none = np.zeros_like(iris)
    phase = np.linspace(-np.pi, np.pi, 8, endpoint=False)
    contour = window / 2 + 40.0 * np.stack([np.cos(phase), np.sin(phase)], -1)
    points = np.vstack([contour, [[window / 2] * 2]]).astype(np.float32)
    classes = {"white": none, "iris": iris, "lash": none, "cover": none, "other": 1.0 - iris}
    rgb = np.full((window, window, 3), 200.0, np.float32)
    place = (int(first[0]), int(first[1]))
    eye = PartOnCanvas(place, rgb, classes, points, points, 0.0)
    shut = PartOnCanvas(place, rgb, classes, points, points, 1.0)
    landmarks = np.zeros((topo.N_LANDMARKS, 3), np.float32)
    landmarks[: topo.N_MESH, :2] = MIDDLE + 90.0
    way = np.stack([np.cos(TURNS), np.sin(TURNS)], -1)
    landmarks[RING, :2] = MIDDLE + REACH[:, None] * way
    canvas = Canvas(np.zeros((SIDE, SIDE, 3), np.float32), 1.0, Square(0, 0, 512))
    moved = lids_on_edges(canvas, landmarks, DrawnParts(eye, shut, eye, rgb[0, 0]))
    np.testing.assert_allclose(moved[topo.CHIN], landmarks[topo.CHIN], atol=1e-3)
    return np.linalg.norm(moved[RING, :2] - MIDDLE, axis=1)


def test_a_round_eye_has_a_round_opening() -> None:
    reach = np.delete(lids_of(36.0), [0, 4, 8])  # the upper lid's own that would go inward
    assert np.ptp(reach) < 5.0 and reach.min() > 33.0


@pytest.mark.parametrize("radius_px", [10.0, 79.0])
def test_an_edge_out_of_reach_moves_nothing(radius_px: float) -> None:
    np.testing.assert_allclose(lids_of(radius_px), REACH, rtol=1e-3)
