"""An eye without lines, a plain white area on skin of another colour, read to that area's edge.

The eye net learned that lines bound an eye; without one it often stops inside the white. Where the
white is flat and far from what lies around, the picture itself says how far the eye goes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.picture import grown, touching
from vasa_avatar.appearance.reading.drawn_crop import Square
from vasa_avatar.appearance.reading.drawn_nets import PartReading
from vasa_avatar.datatypes import F32, U8
from vasa_avatar.geometry.drawn_layout import INNER, IRIS, OUTER

VIEW_PX, VIEW_SIZES = 120, 2.6
"""side of the view, and how many sizes of the eye it shows"""
ALIKE, APART = 24.0, 80.0
"""colour distance within which a pixel is the eye's white; least between it and what is around"""
GREY, PLAIN = 40.0, 0.62
"""most by which the channels of a white differ; share of the white read that must be alike"""
MIN_PIXELS = 40
"""of white that the net must see"""
LEAST_OVERLAP, SAME = 0.4, 0.9
"""of what was read with the white's outline: with less it is another thing, more is the same"""
RIM_PX, BARE = 7, 0.68
"""how wide the rim around the outline is in the view, and how much of it must be of the colour that
goes on around it: flat avatars without lashes have .7 and more, anime's eyes .2 and less"""
SURE = 0.5
OTHER_CLASS, WHITE_CLASS, IRIS_CLASS = 0, 1, 2
_Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _White:
    """A plain white eye in the view."""

    white: _Mask
    """(VIEW_PX, VIEW_PX) all of its white"""
    whole: _Mask
    """(VIEW_PX, VIEW_PX) the convex area of white and iris"""
    overlap: float
    """0..1 with what was read"""


def with_whole_white(image_rgb: U8, eye: PartReading) -> PartReading:
    """The reading with its points and its white reaching to the edge of a plain white, or as it is.

    Args:
        image_rgb: (H, W, 3)
        eye: as the net reads it.
    """
    view = _view(eye)
    contour = view.to_unit(eye.points_px[:IRIS]) * VIEW_PX
    rgb = view.cut(image_rgb, VIEW_PX).astype(np.float32)
    white, iris = (_warped(eye.classes[k], eye.square, view) for k in (WHITE_CLASS, IRIS_CLASS))
    found = _plain_white(rgb, white > SURE, iris > SURE, _filled(contour))
    if found is None:
        return eye
    points = eye.points_px.copy()
    if found.overlap < SAME:
        points[:IRIS] = view.to_picture(_points_around(found.whole, contour))
    whole = _warped(found.white.astype(np.float32), view, eye.square, eye.classes.shape[1])
    classes = eye.classes * (1.0 - whole)
    classes[OTHER_CLASS] += classes[WHITE_CLASS]
    classes[WHITE_CLASS] = whole
    return replace(eye, points_px=points, classes=classes)


def _view(eye: PartReading) -> Square:
    low, high = eye.points_px[:IRIS].min(0), eye.points_px[:IRIS].max(0)
    x, y = (low + high) / 2
    side = VIEW_SIZES * max(float((high - low).max()), 2.0)
    return replace(eye.square, x=float(x), y=float(y), side=side)


def _warped(plane: F32, own: Square, other: Square, side_px: int = VIEW_PX) -> F32:
    """(side_px, side_px) what a plane that shows one square says of another."""
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], np.float32)
    cells = own.to_unit(other.to_picture(corners)) * len(plane) - 0.5
    matrix = cv2.getAffineTransform(corners * side_px - 0.5, cells)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(plane, matrix, (side_px, side_px), flags=flags), np.float32)


def _plain_white(rgb: F32, white: _Mask, iris: _Mask, inside: _Mask) -> _White | None:
    """The eye's whole white in the view (VIEW_PX, VIEW_PX, 3), if it is plain and lies bare."""
    seen = white & ~iris & inside
    if seen.sum() < MIN_PIXELS:
        return None
    colour = np.median(rgb[seen], 0)
    alike = np.linalg.norm(rgb - colour, axis=2) < ALIKE
    own = touching(alike, seen)
    runs_out = own[[0, -1]].any() or own[:, [0, -1]].any()
    is_plain = alike[seen].mean() > PLAIN and np.ptp(colour) < GREY
    if not is_plain or runs_out:
        return None
    edge = np.argwhere(own | (iris & inside))[:, ::-1].astype(np.float32)
    whole = _filled(np.asarray(cv2.convexHull(edge).reshape(-1, 2), np.float32))
    overlap = (whole & inside).sum() / max(int((whole | inside).sum()), 1)
    near, wide = (grown(whole, reach) > 0 for reach in (RIM_PX, 2 * RIM_PX))
    usual = np.median(rgb[wide & ~near], 0)
    bare = (np.linalg.norm(rgb[near & ~whole] - usual, axis=1) < ALIKE).mean()
    if overlap < LEAST_OVERLAP or bare < BARE or np.linalg.norm(usual - colour) < APART:
        return None
    return _White(own & ~iris, whole, float(overlap))


def _filled(ring: F32) -> _Mask:
    """(VIEW_PX, VIEW_PX) what lies within a ring (n, 2)."""
    mask = np.zeros((VIEW_PX, VIEW_PX), np.uint8)
    cv2.fillPoly(mask, [np.rint(ring).astype(np.int32)], 1)
    return mask > 0


def _points_around(whole: _Mask, contour: F32) -> F32:
    """(8, 2) an eye's points on an area's edge, 0..1 of the view.

    Corners lie on the same sides as those of the contour that was read.
    """
    columns = np.flatnonzero(whole.any(0))
    outer, inner = columns[0], columns[-1]
    if contour[OUTER, 0] > contour[INNER, 0]:
        outer, inner = inner, outer
    across = np.rint(outer + np.linspace(0.0, 1.0, 5) * (inner - outer)).astype(int)
    rows = [np.flatnonzero(whole[:, column]) for column in across]
    upper = [(column, row[0]) for column, row in zip(across, rows, strict=True)]
    lower = [(column, row[-1] + 1) for column, row in zip(across, rows, strict=True)]
    for corner in (0, 4):
        upper[corner] = (across[corner], rows[corner].mean())
    points = np.array([*upper, *lower[3:0:-1]], np.float32)
    points[:, 0] += 0.5
    return points / np.float32(VIEW_PX)
