"""RGB image and eye contours to iris centres, found in the picture itself.

The landmark net moves its iris points too little when only the iris moves and the lids stay
(measured: .6 of a sideways and .2 of a vertical move). Here a circle of known radius is placed
where the brightness rises most across its visible rim (Daugman 1993, eq. 1, on the arc between the
lids) and its inside is dark. Coordinates are image pixels, 0, 0 = the image's corner.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike

from vasa_avatar.datatypes import F32, F64, U8, Floats
from vasa_avatar.geometry.face_topology import (
    LEFT_EYE_HOLE,
    LEFT_EYE_UPPER,
    LEFT_IRIS,
    RIGHT_EYE_HOLE,
    RIGHT_EYE_UPPER,
    RIGHT_IRIS,
)

IRIS_RADIUS_RATIO = 0.222
"""iris radius / distance of the eye's corners; median of the landmark net over 26 filmed people"""
_EYE_PX = 72
"""the eye's corners are this far apart in the working picture"""
_WIDTH_PX, _HEIGHT_PX = 112, 80
_ANGLES = np.deg2rad(np.arange(0, 360, 9))
"""where the rim is looked at"""
_LID_MARGIN_PX = 1.5
"""a rim this close to a lid is the lid's edge"""
_LASH_MARGIN_PX = 3.0
"""pixels this close to a lid may be lashes, dark as an iris"""
_MIN_OPENING_PX = 40
"""pixels between the lids that a comparison of dark and light needs"""
_DISC_WEIGHT = 0.8
"""of the disc's darkness beside the rim's rise"""
_MIN_VISIBLE = 0.12
"""least visible share of the rim; with less the landmark net's centre is kept"""

_EYES = (
    (RIGHT_EYE_UPPER[0], RIGHT_EYE_UPPER[-1], RIGHT_EYE_HOLE, RIGHT_IRIS),
    (LEFT_EYE_UPPER[-1], LEFT_EYE_UPPER[0], LEFT_EYE_HOLE, LEFT_IRIS),
)
"""viewer's left corner, right corner, opening, iris: the character's right eye, then the left"""


@dataclass(frozen=True, slots=True, eq=False)
class Irises:
    """Both irises; the character's right one first."""

    centre_px: F32
    """(2, 2) x, y"""
    visibility: F32
    """(2,) share of the rim between the lids; below 0.12 the centre is only the landmark net's"""


@dataclass(frozen=True, slots=True, eq=False)
class _EyeView:
    """One eye, upright, its corners _EYE_PX apart."""

    to_view: F64
    """(2, 3) image pixels to view pixels, whole numbers are pixel centres"""
    grey: F32
    inside: F32
    """distance to the opening's rim, positive inside; view pixels"""
    centre: F64
    """(2,) the landmark net's iris centre"""


def locate_irises(image_rgb: U8, points_px: Floats) -> Irises:
    """Find both irises near the landmarks.

    Args:
        image_rgb: (H, W, 3)
        points_px: (478, 3), see FaceLandmarks.
    """
    centres, visible = [], []
    for corner_a, corner_b, opening, iris in _EYES:
        view = _view_of_eye(image_rgb, points_px, corner_a, corner_b, opening, iris[0])
        found, share = _fit_circle(view, IRIS_RADIUS_RATIO * _EYE_PX)
        back = cv2.invertAffineTransform(view.to_view)
        centres.append(back[:, :2] @ found + back[:, 2] + 0.5)
        visible.append(share)
    return Irises(np.array(centres, np.float32), np.array(visible, np.float32))


def _view_of_eye(
    image_rgb: U8,
    points_px: Floats,
    corner_a: int,
    corner_b: int,
    opening: tuple[int, ...],
    iris: int,
) -> _EyeView:
    a, b = (points_px[i, :2].astype(np.float64) - 0.5 for i in (corner_a, corner_b))
    axis = (b - a) / max(float((b - a) @ (b - a)), 1e-6) * _EYE_PX
    linear = np.array([[axis[0], axis[1]], [-axis[1], axis[0]]])
    middle = np.array([_WIDTH_PX / 2, _HEIGHT_PX / 2])
    to_view = np.column_stack([linear, middle - linear @ ((a + b) / 2)])
    size = (_WIDTH_PX, _HEIGHT_PX)
    crop = cv2.warpAffine(
        image_rgb, to_view, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)
    # Skin is bright in red, the iris is not: red keeps the lids apart from it.
    grey = _f32(cv2.GaussianBlur(0.7 * crop[..., 0] + 0.3 * crop[..., 1], (0, 0), 1.3))
    rim = (points_px[list(opening), :2] - 0.5) @ linear.T + to_view[:, 2]
    mask = np.zeros((_HEIGHT_PX, _WIDTH_PX), np.uint8)
    cv2.fillPoly(mask, [np.round(rim * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    inside = _f32(cv2.distanceTransform(mask, cv2.DIST_L2, 3))
    centre = linear @ (points_px[iris, :2] - 0.5) + to_view[:, 2]
    return _EyeView(to_view, grey, inside, centre)


def _f32(array: ArrayLike) -> F32:
    return np.asarray(array, np.float32)


def _fit_circle(view: _EyeView, radius: float) -> tuple[F64, float]:
    """Centre (2,) and visible share of the best circle.

    The radius is fixed: with little of the rim between the lids, a larger circle that lies higher
    would fit as well.
    """
    contrast = float(np.std(view.grey[view.inside > 0])) if (view.inside > 0).any() else 0.0
    gx, gy = (_f32(cv2.Sobel(view.grey, cv2.CV_32F, *d, scale=1 / 8)) for d in ((1, 0), (0, 1)))
    coarse_x, coarse_y = np.arange(-20, 21, 2.0), np.arange(-12, 13, 2.0)
    fine = np.arange(-2, 3, 1.0)
    score, _ = _rim_scores(view, gx, gy, radius, coarse_x, coarse_y)
    score = score + _disc_scores(view, radius, coarse_x, coarse_y, 2)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    near_x, near_y = coarse_x[column] + fine, coarse_y[row] + fine
    score, visible = _rim_scores(view, gx, gy, radius, near_x, near_y)
    score = score + _disc_scores(view, radius, near_x, near_y, 1)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    share = float(visible[row, column])
    if share < _MIN_VISIBLE or score[row, column] < 0.05 * contrast:
        return view.centre, min(share, _MIN_VISIBLE - 0.01)
    offset = _peak(score, int(row), int(column)) + (near_x[column], near_y[row])
    return view.centre + offset, share


def _rim_scores(
    view: _EyeView, gx: F32, gy: F32, radius: float, steps_x: F64, steps_y: F64
) -> tuple[F64, F64]:
    """Mean outward rise of brightness along the visible rim, and the visible share, per centre."""
    cx = view.centre[0] + steps_x[None, :, None]
    cy = view.centre[1] + steps_y[:, None, None]
    shape = (len(steps_y), len(steps_x), len(_ANGLES))
    x = np.broadcast_to(cx + radius * np.cos(_ANGLES), shape)
    y = np.broadcast_to(cy + radius * np.sin(_ANGLES), shape)
    column = np.clip(np.rint(x), 0, _WIDTH_PX - 1).astype(np.int32)
    row = np.clip(np.rint(y), 0, _HEIGHT_PX - 1).astype(np.int32)
    visible = np.clip((view.inside[row, column] - _LID_MARGIN_PX) / 2.0, 0.0, 1.0)
    rise = np.clip(
        gx[row, column] * np.cos(_ANGLES) + gy[row, column] * np.sin(_ANGLES), -20.0, 20.0
    )
    amount = visible.sum(-1)
    score = (visible * rise).sum(-1) / np.maximum(amount, 6.0)
    # The net's centre is a weak prior.
    far = (steps_x[None, :] / 22.0) ** 2 + (steps_y[:, None] / 14.0) ** 2
    return score * (1.0 - 0.25 * far), amount / len(_ANGLES)


def _disc_scores(view: _EyeView, radius: float, steps_x: F64, steps_y: F64, stride: int) -> F64:
    """How much darker the opening is inside the circle than outside, per centre.

    The rim alone says little where lids hide most of it.
    """
    rows, columns = np.nonzero(view.inside > _LASH_MARGIN_PX)
    rows, columns = rows[::stride], columns[::stride]
    shape = (len(steps_y), len(steps_x))
    if len(rows) < _MIN_OPENING_PX:
        return np.zeros(shape)
    grey = np.minimum(view.grey[rows, columns], np.quantile(view.grey[rows, columns], 0.9))
    across = view.centre[0] + steps_x[None, :, None] - columns
    along = view.centre[1] + steps_y[:, None, None] - rows
    share = np.clip(radius - np.hypot(across, along) + 0.5, 0.0, 1.0)
    n_in = share.sum(-1)
    n_out = len(rows) - n_in
    dark_in = (share @ grey) / np.maximum(n_in, 1.0)
    light_out = (grey.sum() - share @ grey) / np.maximum(n_out, 1.0)
    # The root of the variance between both classes: few pixels on either side count little.
    balance = np.sqrt(n_in * n_out) / len(rows)
    return np.asarray(_DISC_WEIGHT * balance * (light_out - dark_in))


def _peak(score: F64, row: int, column: int) -> F64:
    """Sub-pixel x, y of a maximum, by parabolas through its neighbours."""
    offset = np.zeros(2)
    for axis, (index, line) in enumerate(((column, score[row]), (row, score[:, column]))):
        if 0 < index < len(line) - 1:
            before, at, after = line[index - 1 : index + 2]
            curve = before - 2 * at + after
            offset[axis] = 0.5 * (before - after) / curve if curve < -1e-9 else 0.0
    return np.clip(offset, -0.5, 0.5)
