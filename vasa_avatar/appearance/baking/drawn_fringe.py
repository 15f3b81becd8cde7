"""What lies before a drawn forehead: a fringe, a hat's brim, a flower.

It stays where it is when the brows move; only skin and the brows' own strokes go with them.
"""

from __future__ import annotations

import cv2
import numpy as np

from vasa_avatar.appearance.baking import lids
from vasa_avatar.appearance.baking.drawn_parts import NOT_SKIN, SURE
from vasa_avatar.appearance.picture import Canvas, texture
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry import face_topology as topo

BROWS = (topo.RIGHT_BROW_LOWER, topo.LEFT_BROW_LOWER)
STROKE = 0.035
"""of what a brow's or a wrinkle's stroke fits into, over the face's width; hair is wider"""
NEAR_BROW = 0.06
"""half the band around an uncovered brow that is the brow itself, likewise"""
HIDDEN = (0.35, 0.6)
"""share of that band that is not skin: a brow, and hair instead of it"""
FREE_FROM = 0.065
"""distance from a fringe, over the face's width, from which a landmark is free: nearer, it would
carry the fringe's edge along, as the mesh is no finer"""


def covered_landmarks(
    canvas: Canvas, landmarks_px: F32, skin_rgb: F32, brows_seen: tuple[float, float]
) -> F32:
    """How far each landmark lies under something that is not the face's own.

    Args:
        canvas: the picture.
        landmarks_px: (478, 3) design pixels.
        skin_rgb: (3,) the face's plain skin.
        brows_seen: 0..1 right and left brow: how far no fringe covers it.

    Returns:
        (468,) 0..1; 0 below the eyes' upper edges.
    """
    texels = canvas.to_texels(np.asarray(landmarks_px[:, :2], np.float32))
    eyes = lids.RIGHT_EYE, lids.LEFT_EYE
    width = float(np.ptp(texels[: topo.N_MESH, 0]))
    other = texture.smoothstep(*NOT_SKIN, np.linalg.norm(canvas.rgb - skin_rgb, axis=2)).astype(
        np.float32
    )
    for brow, seen in zip(BROWS, brows_seen, strict=True):
        band = np.zeros_like(other)
        line = np.round(texels[list(brow)]).astype(np.int32)
        cv2.polylines(band, [line], False, 1.0, max(1, round(2 * NEAR_BROW * width)))
        hidden = float(texture.smoothstep(*HIDDEN, other[band > 0].mean()))
        other *= 1.0 - seen * (1.0 - hidden) * band
    radius = max(1, round(STROKE * width))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    free = (cv2.morphologyEx(other, cv2.MORPH_OPEN, disc) < SURE).astype(np.uint8)
    apart = np.asarray(cv2.distanceTransform(free, cv2.DIST_L2, 5), np.float32) / (
        FREE_FROM * width
    )
    points = texels[: topo.N_MESH]
    covered = 1.0 - texture.smoothstep(0.0, 1.0, texture.sample(apart, points))
    lids_line = float(np.mean([texels[list(eye.upper), 1].min() for eye in eyes]))
    return np.where(points[:, 1] < lids_line, covered, 0.0).astype(np.float32)
