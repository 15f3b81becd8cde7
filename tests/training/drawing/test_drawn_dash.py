"""Short dashes are measured by their ink; whatever else a mouth's line may be is left as read."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.appearance.reading.drawn_dash import dash_points
from vasa_avatar.datatypes import F32, U8
from vasa_avatar.training.drawing.paper import Paper

SKIN = np.array([248, 226, 210], np.float32)
BROWN = np.array([110, 60, 50], np.float32)
MIDDLE = np.array([80.0, 70.0])


def on_paper(*strokes: tuple[float, float, float]) -> Paper:
    """Level strokes on skin: each from, to (pixels from the middle) and how opaque."""
    paper = Paper(160, 140, SKIN)
    for start, end, alpha in strokes:
        line = MIDDLE + np.array([[start, 0.0], [end, 0.0]])
        paper.stroke(line.astype(np.float32), 1.4, BROWN, None, alpha)
    return paper


def read_mouth(half_width_px: float, height_px: float = 0.0) -> F32:
    """(8, 2) a level mouth about the middle."""
    x = np.array([-1.0, -0.5, 0.0, 0.5, 1.0, 0.5, 0.0, -0.5]) * half_width_px
    y = np.array([0.0, -0.5, -0.5, -0.5, 0.0, 0.5, 0.5, 0.5]) * height_px
    return (MIDDLE + np.stack([x, y], -1)).astype(np.float32)


@pytest.mark.parametrize("length_px", [3.0, 4.0, 5.0, 6.0, 8.0])
@pytest.mark.parametrize("aside_px", [-2.0, 0.0])
def test_dash_is_as_wide_as_its_ink(length_px: float, aside_px: float) -> None:
    start, end = aside_px - length_px / 2, aside_px + length_px / 2
    dash = dash_points(on_paper((start, end, 0.9)).finish(), read_mouth(1.2 * length_px + 3))
    assert dash is not None
    ends = dash[[0, 4], 0] - MIDDLE[0]
    assert np.abs(ends - [start, end]).max() < 1.2
    assert np.abs(dash[:, 1] - MIDDLE[1]).max() < 1.0


@pytest.mark.parametrize(
    "strokes",
    [
        [(-15, 15, 0.9)],
        [(-15, -5, 0.9), (3, 15, 0.9)],
        [(-15, -5, 0.35), (-5, 4, 0.9), (4, 15, 0.35)],
        [],
    ],
    ids=["whole", "broken", "fading", "bare"],
)
def test_strokes_are_left_as_read(strokes: list[tuple[float, float, float]]) -> None:
    assert dash_points(on_paper(*strokes).finish(), read_mouth(15)) is None


def test_open_mouth_is_left_as_read() -> None:
    assert dash_points(on_paper((-3, 3, 0.9)).finish(), read_mouth(10, height_px=12)) is None


def test_line_of_the_chin_and_fold_are_not_followed() -> None:
    paper = on_paper((-3, 3, 0.9))
    chin = np.array([[40, 60], [60, 85], [80, 92], [100, 85], [120, 60]], np.float32)
    paper.stroke(chin, 2.0, BROWN)
    dash = dash_points(paper.finish(), read_mouth(9))
    assert dash is not None and np.ptp(dash[:, 0]) < 8.5


def test_picture_smaller_than_the_view_is_read() -> None:
    picture: U8 = on_paper((-3, 3, 0.9)).finish()[60:80, 68:92]
    dash = dash_points(picture, read_mouth(8) - np.array([68, 60], np.float32))
    assert dash is not None and 5.0 < np.ptp(dash[:, 0]) < 8.5
