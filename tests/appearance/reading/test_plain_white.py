"""An eye that is a plain white area is read to that area's edge; what has lines stays as read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance.reading import PartReading, Square
from vasa_avatar.appearance.reading.plain_white import WHITE_CLASS, with_whole_white
from vasa_avatar.datatypes import F32, U8

SKIN, WHITE, INK = (248, 210, 92), (255, 255, 255), (40, 30, 30)
CENTRE, RADIUS = np.array([70.0, 60.0]), 30.0
SQUARE = Square(70.0, 60.0, 100.0, 0.0)
PHASES = np.pi + np.arange(8) * np.pi / 4


def picture(line_px: int = 0, white: tuple[int, int, int] = WHITE) -> U8:
    """A round eye with a dark iris on skin, perhaps with a line around it."""
    rgb = np.full((120, 140, 3), SKIN, np.uint8)
    middle = (70, 60)
    if line_px:
        cv2.circle(rgb, middle, int(RADIUS) + line_px, INK, -1, cv2.LINE_AA)
    cv2.circle(rgb, middle, int(RADIUS), white, -1, cv2.LINE_AA)
    cv2.circle(rgb, middle, 12, INK, -1, cv2.LINE_AA)
    return rgb


def ring(radius: float) -> F32:
    around = np.stack([np.cos(PHASES), np.sin(PHASES)], -1)
    return np.asarray(CENTRE + radius * around, np.float32)


def read(radius: float) -> PartReading:
    """A reading whose contour and white end at a radius."""
    cells = SQUARE.to_picture((np.indices((64, 64))[::-1].reshape(2, -1).T + 0.5) / 64)
    apart = np.linalg.norm(cells - CENTRE, axis=1).reshape(64, 64)
    iris, white = apart < 12, (apart >= 12) & (apart < radius)
    planes = [~(iris | white), white, iris, np.zeros_like(iris), np.zeros_like(iris)]
    points = np.vstack([ring(radius), CENTRE[None]]).astype(np.float32)
    ones = np.ones(9, np.float32)
    return PartReading(SQUARE, points, ones, np.stack(planes).astype(np.float32), 0.0, 1.0)


@pytest.mark.parametrize("radius", [22.0, 34.0])
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_a_plain_white_is_read_to_its_edge(radius: float, is_mirrored: bool) -> None:
    eye = read(radius)
    if is_mirrored:
        classes = np.ascontiguousarray(eye.classes[..., ::-1])
        points = np.vstack([eye.points_px[[4, 3, 2, 1, 0, 7, 6, 5]], eye.points_px[8:]])
        eye = PartReading(SQUARE.mirrored(), points, eye.peaks, classes, 0.0, 1.0)
    found = with_whole_white(picture(), eye)
    off = np.linalg.norm(found.points_px[:8] - CENTRE, axis=1) - RADIUS
    assert np.abs(off).max() < 2.5
    corners = found.points_px[[0, 4], 0] - CENTRE[0]
    assert np.sign(corners).tolist() == np.sign(eye.points_px[[0, 4], 0] - CENTRE[0]).tolist()
    share = (found.classes[WHITE_CLASS] > 0.5).mean() * 100.0**2
    assert abs(share - np.pi * (RADIUS**2 - 12**2)) < 250.0
    assert np.allclose(found.classes.sum(0), 1.0, atol=1e-4)


@pytest.mark.parametrize(
    "rgb",
    [picture(line_px=4), picture(white=(250, 225, 130)), picture(white=(250, 200, 255))],
    ids=["with a line", "like skin", "pink"],
)
def test_other_eyes_stay_as_read(rgb: U8) -> None:
    eye = read(22.0)
    assert with_whole_white(rgb, eye) is eye


def test_a_white_that_runs_out_stays_as_read() -> None:
    rgb = picture()
    rgb[40:80, :70] = WHITE
    eye = read(22.0)
    assert with_whole_white(rgb, eye) is eye
