"""Moves the landmarks of the inner lips to where teeth or the dark between them really end.

The landmark net likes mouths shut: between slightly parted lips it draws the lower contour across
the teeth. Walking up and down from the mouth's line, whatever is not lip coloured (bright and pale:
tooth; dark: gap) belongs to the opening.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

import cv2
import numpy as np

from vasa_avatar.appearance.picture import Canvas, texture
from vasa_avatar.datatypes import F32, F64
from vasa_avatar.geometry import face_topology as topo

REACH = 0.055
"""farthest that a contour is moved, in mouth widths times two"""
MIN_COLUMNS = 3
"""columns that must show a wider opening before anything is moved"""
PALE = 0.66
"""saturation of a tooth over the lips'"""


def open_to_teeth(canvas: Canvas, landmarks_px: F32) -> F32:
    """Landmarks with the inner lips opened as far as teeth are seen.

    Args:
        canvas: the picture.
        landmarks_px: (478, 3) design pixels.

    Returns:
        (478, 3), unchanged for a mouth that is shut.
    """
    xy = landmarks_px[:, :2].astype(np.float64)
    width = float(np.linalg.norm(xy[61] - xy[291]))
    steps = np.arange(0.0, 2.0 * REACH * width, 0.5)
    picture = np.asarray(cv2.GaussianBlur(canvas.rgb, (0, 0), 0.8), np.float32)
    lip_saturation, lip_light = _lip_colour(picture, canvas, xy)
    moved = landmarks_px.copy()
    widened = 0
    for up, low in zip(topo.LIP_INNER_UPPER[2:-2], topo.LIP_INNER_LOWER[2:-2], strict=True):
        middle = 0.5 * (xy[up] + xy[low])
        axis = np.array([0.0, 1.0])
        for index, sign in ((low, 1.0), (up, -1.0)):
            line = middle + sign * steps[:, None] * axis
            colours = texture.sample(picture, canvas.to_texels(line))
            run = _opening_run(colours, lip_saturation, lip_light) * 0.5
            own = abs(float(xy[index, 1] - middle[1]))
            if run > own + 0.012 * width:
                moved[index, 1] = middle[1] + sign * run
                widened += sign > 0
    if widened < MIN_COLUMNS:
        return landmarks_px
    _smooth(moved, landmarks_px)
    return moved


def _lip_colour(picture: F32, canvas: Canvas, xy: F64) -> tuple[float, float]:
    """Typical saturation and brightness of the lips."""
    inner = xy[list(topo.LIP_INNER_LOWER[3:-3])]
    outer = xy[list(topo.LIP_OUTER_LOWER[3:-3])]
    points = np.concatenate([inner + t * (outer - inner) for t in (0.5, 0.65, 0.8)])
    colours = texture.sample(picture, canvas.to_texels(points))
    saturation = 1.0 - colours.min(1) / np.maximum(colours.max(1), 1.0)
    return float(np.median(saturation)), float(np.median(colours.max(1)))


def _opening_run(colours: F32, lip_saturation: float, lip_light: float) -> int:
    """Samples from the start that are tooth or gap, single lip coloured ones forgiven."""
    bright = colours.max(1)
    saturation = 1.0 - colours.min(1) / np.maximum(bright, 1.0)
    is_tooth = (saturation < PALE * lip_saturation) & (bright > 0.75 * lip_light)
    is_gap = bright < 0.45 * lip_light
    is_open = is_tooth | is_gap
    misses, last_tooth = 0, 0
    for i, here in enumerate(is_open):
        misses = 0 if here else misses + 1
        if misses > 3:
            break
        if is_tooth[i]:
            last_tooth = i + 1
    return last_tooth


def _smooth(moved: F32, before: F32) -> None:
    """Even out the contours, corners kept."""
    for ring in (topo.LIP_INNER_UPPER, topo.LIP_INNER_LOWER):
        index = list(ring)
        shift = moved[index, 1] - before[index, 1]
        padded = np.pad(shift, 1, mode="edge")
        smooth = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
        strongest = np.where(np.abs(shift) > np.abs(smooth), shift, smooth)
        strongest[[0, -1]] = 0.0
        moved[index, 1] = before[index, 1] + strongest
