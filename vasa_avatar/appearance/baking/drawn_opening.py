"""The mesh's lids brought to the edge of what a drawn eye shows of white and iris.

The nets say where an eye is with eight points, and with a mask what its opening shows. Lids lie on
the mask's edge, so that a round eye has a round opening; what is near goes along.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.baking.drawn_parts import SURE, DrawnParts, PartOnCanvas
from vasa_avatar.appearance.picture import Canvas, texture
from vasa_avatar.datatypes import F32, F64
from vasa_avatar.geometry import face_topology as topo

INWARD, OUTWARD, STEPS = 0.16, 0.4, 56
"""how far from a lid's landmark its edge is looked for, over its distance from the middle"""
ROOM_TEXELS = 1.2
"""between that edge and the lid: the edge is soft, and no skin may look out of it"""
N_UPPER = 9
"""lids from corner to corner that never go inward: white and iris darken under the lash line"""
FALL = 0.8
"""how far from a lid landmarks go along with it, over half the eye's size"""


def lids_on_edges(canvas: Canvas, landmarks_px: F32, parts: DrawnParts) -> F32:
    """(478, 3) the landmarks with the lids moved to the edges of the drawn eyes' openings.

    Each lies where the ray from the eye's middle leaves the opening, if that is near.
    """
    moved = landmarks_px.copy()
    for part, hole, upper, lower in (
        (parts.right_eye, topo.RIGHT_EYE_HOLE, topo.RIGHT_EYE_UPPER, topo.RIGHT_EYE_LOWER),
        (parts.left_eye, topo.LEFT_EYE_HOLE, topo.LEFT_EYE_UPPER, topo.LEFT_EYE_LOWER),
    ):
        if part.state > SURE:  # a shut eye has no opening, and nothing of it moves
            moved[list(upper), :2] = moved[list(lower), :2] = (
                moved[list(upper), :2] + moved[list(lower), :2]
            ) / 2
            continue
        if part.is_dot:
            continue
        ring = [*upper, *lower[-2:0:-1]]
        middle = moved[list(hole), :2].mean(0)
        texels = canvas.to_texels(np.vstack([middle, moved[ring, :2]])) - part.first
        grown = _edges(part, texels[0], texels[1:])
        shifts = (grown - 1.0)[:, None] * (moved[ring, :2] - middle)
        _carry(moved, ring, shifts)
    return moved


def _edges(part: PartOnCanvas, middle: F32, ring: F32) -> F64:
    """(16,) where the rays from the middle to a ring of lids leave the opening, 1 at the lids."""
    opening = np.clip(part.classes["white"] + part.classes["iris"], 0.0, 1.0)
    contour = texture.polygon_mask(opening.shape, part.points_texels[:8])
    opening = np.asarray(np.maximum(opening, contour * part.classes["cover"]), np.float32)
    shares = np.linspace(1.0 - INWARD, 1.0 + OUTWARD, STEPS)
    grown = np.ones(len(ring))
    for i, texel in enumerate(ring):
        line = middle + shares[:, None] * (texel - middle)
        left = np.flatnonzero(texture.sample(opening, line) <= SURE)
        if len(left) and left[0] > 0:
            grown[i] = shares[left[0]] + ROOM_TEXELS / float(np.linalg.norm(texel - middle))
    smooth: F64 = (np.roll(grown, 1) + 2.0 * grown + np.roll(grown, -1)) / 4.0
    smooth[:N_UPPER] = np.maximum(smooth[:N_UPPER], 1.0)
    return smooth


def _carry(moved: F32, ring: list[int], shifts: F32) -> None:
    """Move the lids, and what is near them in proportion."""
    lids = moved[ring, :2].copy()
    reach = FALL * float(np.ptp(lids, axis=0).max()) / 2
    others = np.setdiff1d(np.arange(topo.N_MESH), ring)
    apart = np.linalg.norm(moved[others, None, :2] - lids, axis=2)
    share = np.clip(1.0 - apart.min(1) / max(reach, 1.0), 0.0, 1.0)
    weight = 1.0 / (apart + 1.0) ** 2
    weight /= weight.sum(1, keepdims=True)
    moved[others, :2] += share[:, None] * (weight @ shifts)
    moved[ring, :2] += shifts
