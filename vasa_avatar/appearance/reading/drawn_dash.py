"""A mouth read as a line to the short dash that is really drawn, measured by its ink.

A mouth of a few pixels is read too wide where skin goes on beside it. The ink says how wide it is,
but only where the rest of what was read is bare: strokes that are broken or fade out, folds and
shades beside a mouth all show ink, and there the reading is the better one by far.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.reading.drawn_crop import Square
from vasa_avatar.datatypes import F32, F64, U8

VIEW_PX, VIEW_WIDTHS = 120, 3.0
"""Side of the view, and how many widths of the mouth it shows."""
THICKEST_PX = 31
"""of a stroke in the view"""
MIN_INK = 25.0
"""how much darker than the skin above and below, of 255"""
END_INK, REST_INK = 0.35, 0.35
"""Ink at a dash's ends, and the most there may be beside it, over its darkest."""
MAX_SHARE = 0.5
"""A dash is at most so much of what was read."""
MAX_HEIGHT = 0.3
"""of a mouth that is one line, over its width"""
_STEP_PX, _NEAR_PX, _BESIDE_PX = 2, 6, 3


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """The dark line along a mouth, in a view of it."""

    rows: F64
    """(VIEW_PX,) where it lies in each column"""
    ink: F32
    """(VIEW_PX,) how dark it is there"""
    darkest: int
    """column"""


def dash_points(image_rgb: U8, mouth_px: F32) -> F32 | None:
    """(8, 2) the dash that lies in a mouth read too wide, or None where the reading stands.

    Args:
        image_rgb: (H, W, 3)
        mouth_px: (8, 2) see drawn_layout
    """
    across = mouth_px[4] - mouth_px[0]
    width = float(np.linalg.norm(across))
    if width < 1.0 or np.linalg.norm(mouth_px[2] - mouth_px[6]) > MAX_HEIGHT * width:
        return None
    x, y = (mouth_px[0] + mouth_px[4]) / 2
    angle = float(np.arctan2(across[1], across[0]))
    square = Square(float(x), float(y), VIEW_WIDTHS * width, angle)
    read = square.to_unit(mouth_px) * VIEW_PX
    ink = _ink(square.cut(image_rgb, VIEW_PX))
    line = _line(ink, read)
    most = float(line.ink[line.darkest])
    if most < MIN_INK:
        return None
    left, right = _ends(line, END_INK * most)
    first, last = int(read[0, 0]), int(read[4, 0])
    if right - left > MAX_SHARE * (last - first):
        return None
    beside = np.r_[first : left - _BESIDE_PX, right + _BESIDE_PX + 1 : last + 1]
    low, high = int(read[:, 1].min()) - 8, int(read[:, 1].max()) + 8
    if not len(beside) or ink[low:high, beside].max() > REST_INK * most:
        return None
    columns = np.linspace(left, right, 5).round().astype(int)
    upper = np.stack([columns, line.rows[columns]], -1)
    dash = np.concatenate([upper, upper[3:0:-1]])
    return square.to_picture(((dash + 0.5) / VIEW_PX).astype(np.float32))


def _ink(view_rgb: U8) -> F32:
    """(VIEW_PX, VIEW_PX) how much darker each pixel is than what lies above and below."""
    light = cv2.GaussianBlur(view_rgb[..., 1].astype(np.float32), (0, 0), 0.8)
    upright = np.ones((THICKEST_PX, 1), np.uint8)
    return np.asarray(cv2.morphologyEx(light, cv2.MORPH_CLOSE, upright) - light, np.float32)


def _line(ink: F32, read: F32) -> _Line:
    """From the darkest place in what was read outward, a few rows up or down at each column."""
    every = np.arange(VIEW_PX)
    upper, lower = read[:5], read[[0, 7, 6, 5, 4]]
    middle = (
        np.interp(every, upper[:, 0], upper[:, 1]) + np.interp(every, lower[:, 0], lower[:, 1])
    ) / 2

    def darkest(column: int, row: float, reach: int) -> int:
        low = max(0, round(row) - reach)
        return low + int(np.argmax(ink[low : round(row) + reach + 1, column]))

    inside = range(int(read[0, 0]), int(read[4, 0]) + 1)
    tops = {column: darkest(column, middle[column], _NEAR_PX) for column in inside}
    start = max(inside, key=lambda column: float(ink[tops[column], column]))
    rows = np.full(VIEW_PX, tops[start], np.float64)
    for direction in (-1, 1):
        row = tops[start]
        for column in range(start + direction, VIEW_PX if direction > 0 else -1, direction):
            rows[column] = darkest(column, row, _STEP_PX)
            if ink[int(rows[column]), column] > 0.15 * ink[tops[start], start]:
                row = int(rows[column])
    return _Line(rows, ink[rows.astype(int), every], start)


def _ends(line: _Line, least: float) -> tuple[int, int]:
    """First and last column of the dark run, over gaps of a few columns."""
    ends = []
    for direction in (-1, 1):
        end = line.darkest
        for column in range(end, VIEW_PX if direction > 0 else -1, direction):
            if line.ink[column] >= least:
                end = column
            elif abs(column - end) > 4:
                break
        ends.append(end)
    return ends[0], ends[1]
