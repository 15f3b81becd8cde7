"""Squares of a picture: points go there and back, a mirror mirrors, pixels lie where points say."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.appearance.reading import FACE_MARGIN, Square, face_square
from vasa_avatar.geometry import drawn_layout as names

SQUARES = [Square(40, 30, 25, 0.0), Square(50.5, 61.2, 80, 0.7), Square(10, 90, 33, -0.4, True)]


@pytest.mark.parametrize("square", SQUARES)
def test_points_come_back(square: Square) -> None:
    points = np.random.default_rng(1).uniform(0, 100, (20, 2))
    there = square.to_unit(points.astype(np.float32))
    np.testing.assert_allclose(square.to_picture(there), points, atol=1e-3)


def test_the_middle_is_the_middle_and_right_is_right() -> None:
    square = Square(40, 30, 20, 0.0)
    np.testing.assert_allclose(
        square.to_unit(np.array([[40, 30], [50, 30], [40, 40]])),
        [[0.5, 0.5], [1, 0.5], [0.5, 1]],
        atol=1e-6,
    )
    np.testing.assert_allclose(
        square.mirrored().to_unit(np.array([[50, 30]])), [[0, 0.5]], atol=1e-6
    )


@pytest.mark.parametrize("square", SQUARES)
@pytest.mark.parametrize("side_px", [16, 64])
def test_pixels_lie_where_points_say(square: Square, side_px: int) -> None:
    """A picture whose colours are its own places: each cut pixel shows its centre's."""
    y, x = np.mgrid[0:120, 0:120]
    image = np.stack([2 * x, 2 * y, 0 * x], -1).astype(np.uint8)
    cut = square.cut(image, side_px).astype(float)
    centre = (np.stack(np.meshgrid(np.arange(side_px), np.arange(side_px)), -1) + 0.5) / side_px
    place = square.to_picture(centre.reshape(-1, 2).astype(np.float32)).reshape(side_px, side_px, 2)
    inside = ((place > 2) & (place < 118)).all(-1)
    assert inside.any()
    off = np.abs(cut[..., :2] - 2 * (place - 0.5))[inside]
    assert off.max() < 4.0


def test_what_is_made_much_smaller_is_averaged() -> None:
    stripes = np.zeros((120, 120, 3), np.uint8)
    stripes[:, ::2] = 200
    cut = Square(60.5, 60, 64, 0.3).cut(stripes, 16)
    assert cut.std() < 20.0, "no pattern that is not there"


def test_face_square_follows_the_face() -> None:
    points = np.zeros((names.N_POINTS, 2), np.float32)
    points[names.RIGHT_EYE], points[names.LEFT_EYE] = [30, 40], [70, 40]
    points[names.RIGHT_BROW], points[names.LEFT_BROW] = [30, 30], [70, 30]
    points[names.OUTLINE] = np.stack([np.linspace(10, 90, 7), [40, 60, 80, 90, 80, 60, 40]], -1)
    square = face_square(points)
    assert (square.x, square.y) == pytest.approx((50, 60))
    assert square.side == pytest.approx(80 * FACE_MARGIN)
    assert square.angle_rad == pytest.approx(0.0)
    c, s = np.cos(0.4), np.sin(0.4)
    turned = face_square((points @ np.array([[c, s], [-s, c]])).astype(np.float32))
    assert turned.angle_rad == pytest.approx(0.4, abs=1e-5)
    assert turned.side == pytest.approx(square.side, rel=1e-4)
