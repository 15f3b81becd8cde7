"""Eyes that are a mere dot: which they are, and the room in which they slide with the gaze.

A plain dark shape without white says where it looks by where it lies: animators move it whole over
the skin. The mesh's opening is made a little larger than the dot, with skin behind it.
"""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from vasa_avatar.appearance.baking.drawn_parts import SURE, DrawnParts, PartOnCanvas
from vasa_avatar.appearance.picture import grown, texture
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry import face_topology as topo

MOST_WHITE = 0.06
"""share of white in what a dot's opening shows"""
PLAIN, PLAIN_SHARE = 0.18, 0.75
"""so much of a dot differs less from its usual colour than so, over how much darker than skin it is
(58 eyes of the artist without white, ten of them dots)"""
LEAST_DARKER = 35.0
"""levels by which a dot is darker than skin"""
MIN_TEXELS = 20
ROOM, LEAST_ROOM_PX = 0.36, 2.0
"""around a dot, over half its width, and at least in design pixels"""
FALL = 1.5
"""how far from a dot landmarks still give way to that room, over its size"""
LEAST_FREE = 0.75
"""share of skin around a dot: one that hair borders on has no room"""
STILL = (16.0, 32.0)
"""colour distance from skin of what lies beside a dot and stays where it is"""
EDGE = (0.15, 0.85)
"""of the way from skin to a dot's ink: where its soft edge begins and ends"""
EDGE_TEXELS = 5
"""around a dot that are its own edge"""


def with_dots(parts: DrawnParts) -> DrawnParts:
    """The parts, each eye that is a dot marked as one, with nothing but an iris."""
    right, left = (_as_dot(eye, parts.skin_rgb) for eye in (parts.right_eye, parts.left_eye))
    return dataclasses.replace(parts, right_eye=right, left_eye=left)


def room_around(part: PartOnCanvas) -> float:
    """How far a dot slides at most, design pixels."""
    return max(LEAST_ROOM_PX, ROOM * float(np.ptp(part.points_px[:8, 0])) / 2)


def room_for_dots(landmarks_px: F32, parts: DrawnParts) -> F32:
    """(478, 3) the landmarks with the lids of dots so far away that the dots can move."""
    moved = landmarks_px.copy()
    for part, upper, lower in (
        (parts.right_eye, topo.RIGHT_EYE_UPPER, topo.RIGHT_EYE_LOWER),
        (parts.left_eye, topo.LEFT_EYE_UPPER, topo.LEFT_EYE_LOWER),
    ):
        if not part.is_dot:
            continue
        rim = moved[[*upper, *lower], :2]
        middle, half = (rim.max(0) + rim.min(0)) / 2, np.ptp(rim, axis=0) / 2
        off = moved[: topo.N_MESH, :2] - middle
        away = np.linalg.norm(off / np.maximum(half, 1.0), axis=1)
        share = np.clip(1.0 - (away - 1.0) / FALL, 0.0, 1.0)
        moved[: topo.N_MESH, :2] += (
            off / np.maximum(half, 1.0) * (room_around(part) * share[:, None])
        )
    return moved


def _as_dot(part: PartOnCanvas, skin_rgb: F32) -> PartOnCanvas:
    if part.state > SURE or not _is_dot(part, skin_rgb):
        return part
    c = part.classes
    shape = np.clip(c["white"] + c["iris"], 0.0, 1.0)
    near = grown(shape, EDGE_TEXELS)
    ink = np.median(part.rgb[c["iris"] > SURE], 0)
    off = np.linalg.norm(part.rgb - skin_rgb, axis=2) / max(
        float(np.linalg.norm(ink - skin_rgb)), 1.0
    )
    edge = texture.smoothstep(*EDGE, off) * near * (1.0 - c["cover"])
    iris = np.maximum(shape, edge).astype(np.float32)
    lash = c["lash"] * (1.0 - near)
    other = _not_skin(part, skin_rgb) * (1.0 - np.maximum(near, c["lash"]))
    classes = c | {
        "iris": iris,
        "white": np.zeros_like(iris),
        "lash": np.asarray(lash, np.float32),
        "cover": np.asarray(np.maximum(c["cover"] * (1.0 - shape), other), np.float32),
    }
    return dataclasses.replace(part, classes=classes, is_dot=True)


def _not_skin(part: PartOnCanvas, skin_rgb: F32) -> F32:
    """(h, w) 0..1"""
    off = np.linalg.norm(cv2.medianBlur(part.rgb.astype(np.float32), 5) - skin_rgb, axis=2)
    return np.asarray(texture.smoothstep(*STILL, off), np.float32)


def _is_dot(part: PartOnCanvas, skin_rgb: F32) -> bool:
    white, iris = part.classes["white"] > SURE, part.classes["iris"] > SURE
    inner = cv2.erode(iris.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if inner.sum() < MIN_TEXELS or white.sum() > MOST_WHITE * (white.sum() + iris.sum()):
        return False
    own = part.rgb[inner]
    usual = np.median(own, 0)
    darker = float(skin_rgb.mean() - usual.mean())
    spread = float(np.quantile(np.linalg.norm(own - usual, axis=1), PLAIN_SHARE))
    if darker < LEAST_DARKER or spread > PLAIN * darker:
        return False
    reach = max(2, round(ROOM * float(np.ptp(part.points_texels[:8, 0])) / 2)) + EDGE_TEXELS
    shape = iris.astype(np.uint8)
    around = grown(shape, reach)
    near = grown(shape, EDGE_TEXELS)
    free = 1.0 - _not_skin(part, skin_rgb)[(around > 0) & (near == 0)]
    return float(free.mean()) >= LEAST_FREE
