"""What lies beyond the picture's border: the person goes on there, as far as that can be told.

When head or body move inwards, the canvas's margin comes into view. Hair that the picture cuts off
is rounded, shoulders go on at their slope, and both take the person's colours.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.picture import MARGIN_PX, Canvas, texture
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry.face_topology import CHIN, FACE_OVAL

HAIR_RADIUS = 0.75
"""of the dome that hair beyond the picture's edge makes, in face widths"""
SLOPE_REACH = 0.25
"""how far inside the picture the slope of a shoulder is read, over that radius"""
MAX_SLOPE = 2.0
"""columns per row that a shoulder falls outwards at most"""
MAX_DOME = 0.8
"""half the width of such a dome at the edge over its radius"""


def round_hair(alpha: F32, canvas: Canvas, landmarks_px: F32) -> None:
    """Hair that the picture cuts off above or beside the head goes on as a dome, not as a column.

    Args:
        alpha: (C, C) the matte on the canvas, its margin repeated; written.
        canvas: the frame and its margin.
        landmarks_px: (478, 2) design pixels; what is cut off at a side and reaches lower than the
            chin is shoulder or long hair and goes on.
    """
    first = int(round(MARGIN_PX * canvas.texels_per_px))
    width = float(np.ptp(landmarks_px[list(FACE_OVAL), 0]))
    radius = HAIR_RADIUS * width * canvas.texels_per_px
    _round_edge(alpha, first, alpha.shape[1], radius)
    chin = first + int(round(float(landmarks_px[CHIN, 1]) * canvas.texels_per_px))
    for turned in (alpha.T, alpha[:, ::-1].T):
        _round_edge(turned, first, chin, radius)


def _round_edge(alpha: F32, first: int, last: int, radius: float) -> None:
    """Round what lies beyond row `first` where it is cut off before column `last`.

    What reaches further (shoulders, long hair) goes on at the slope that it has inside.
    """
    solid = np.concatenate([[0], (alpha[first] > 0.5).astype(np.int8), [0]])
    starts, ends = np.flatnonzero(np.diff(solid) == 1), np.flatnonzero(np.diff(solid) == -1)
    columns = np.arange(alpha.shape[1])[None, :]
    up = np.arange(first, 0, -1)[:, None]
    kept = np.zeros((first, alpha.shape[1]), np.float32)
    for start, end in zip(starts, ends, strict=True):
        if end > last:
            edge = columns - start - up * _slope(alpha, first, int(start), radius)
        else:
            half, centre = 0.5 * (end - start), 0.5 * (start + end)
            bend = max(radius, half / MAX_DOME)
            middle = np.sqrt(bend**2 - half**2)
            dome = np.sqrt(np.clip(bend**2 - (middle + up) ** 2, 0.0, None))
            edge = dome - np.abs(columns - centre)
        kept = np.maximum(kept, np.clip(edge / 3.0, 0.0, 1.0) * (columns < end + 4))
    alpha[:first] = np.minimum(alpha[:first], kept)


def _slope(alpha: F32, first: int, start: int, radius: float) -> float:
    """Columns per row by which an edge that crosses row `first` at `start` falls outwards."""
    depth = max(2, int(SLOPE_REACH * radius))
    inside = alpha[min(first + depth, len(alpha) - 1), : start + 1] > 0.5
    gaps = np.flatnonzero(~inside)
    above = start - (int(gaps[-1]) if len(gaps) else 0)
    return float(np.clip(above / depth, 0.0, MAX_SLOPE))


def fill_margin(canvas: Canvas, foreground: F32, matte: F32, alpha: F32) -> F32:
    """Foreground colour on the canvas; beyond the picture where the mirror shows the person."""
    colour = canvas.resample(foreground)
    mirrored = canvas.resample(matte * 255.0) / 255.0
    solid = texture.smoothstep(0.5, 0.95, mirrored).astype(np.float32)
    missing = (alpha > 0.01) & (mirrored < alpha - 0.05)
    if not missing.any():
        return colour
    filled = texture.fill(colour, solid)
    share = np.where(missing, 1.0 - solid, 0.0)[..., None]
    return np.asarray(colour * (1.0 - share) + filled * share, np.float32)
