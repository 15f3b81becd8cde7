"""Skin folds drawn along landmark paths in canonical uv: log2 brightness per expression unit.

A fold is a dark crease with a lighter ridge on one side, as skin that bulges against it shows
under light from the front and above. Paths name landmarks of the character's left side (or of the
middle); a point may lie between two landmarks: (a, b, share of b).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32

Place: TypeAlias = int | tuple[int, int, float]


@dataclass(frozen=True, slots=True)
class Fold:
    """One crease."""

    path: tuple[Place, ...]
    depth: float
    """log2 darkening at the middle of the path"""
    width: float
    """standard deviation across, in 1/128 of the uv square"""
    ridge: float = 0.5
    """lightening beside the crease, as a share of the depth"""
    ridge_offset: float = 2.2
    """where the ridge runs, in widths, to the left of the direction of the path; 0 = both sides"""
    fade: float = 0.25
    """share of the path over which each end fades"""


NASOLABIAL = (
    (429, 371, 0.5), (358, 371, 0.4), (423, 425, 0.22), (426, 425, 0.14), (436, 427, 0.06),
    (410, 432, 0.62),
)  # fmt: skip
MARIONETTE = ((287, 432, 0.3), (273, 422, 0.75), (424, 430, 0.35))
DIMPLE = ((436, 432, 0.35), (287, 432, 0.75), (422, 432, 0.45))
MENTOLABIAL = ((406, 424, 0.2), 313, 18, 83, (182, 204, 0.2))
UNDER_EYE = ((341, 453, 0.4), (256, 452, 0.4), (253, 450, 0.35), (339, 449, 0.4), (255, 261, 0.5))
CROWS_FEET = (
    ((359, 446, 0.6), (446, 353, 0.5), (265, 383, 0.75)),
    ((359, 446, 0.8), (265, 446, 0.3), (372, 265, 0.25)),
    ((255, 446, 0.6), (261, 340, 0.45), (340, 345, 0.5)),
)
FOREHEAD = (
    ((107, 336, 0.5), (336, 337, 0.34), (296, 299, 0.38), (334, 333, 0.36), (293, 298, 0.4)),
    ((151, 9, 0.35), (337, 336, 0.30), (299, 296, 0.28), (333, 334, 0.30), (298, 293, 0.4)),
    ((151, 10, 0.15), (337, 338, 0.10), (299, 297, 0.10), (333, 332, 0.12), (298, 284, 0.15)),
    ((151, 10, 0.55), (337, 338, 0.52), (299, 297, 0.5), (333, 332, 0.5)),
)
GLABELLA = (
    ((337, 336, 0.72), (9, 336, 0.58), (8, 285, 0.52), (168, 417, 0.50)),
    ((151, 9, 0.78), (9, 336, 0.08), (8, 285, 0.10), (168, 417, 0.12)),
)
NOSE_BRIDGE = ((122, 351, 0.5), (351, 6, 0.4), (351, 465, 0.35), (465, 412, 0.5))
NOSE_SIDE = ((197, 419, 0.5), (419, 399, 0.6), (437, 343, 0.5))

FOLDS: dict[str, tuple[Fold, ...]] = {
    "mouthSmileLeft": (Fold(NASOLABIAL, 0.12, 1.1),),
    "mouthDimpleLeft": (Fold(DIMPLE, 0.30, 1.5), Fold(NASOLABIAL, 0.12, 1.6)),
    "mouthStretchLeft": (Fold(DIMPLE, 0.16, 2.0), Fold(MARIONETTE, 0.16, 1.8, 0.4)),
    "mouthUpperUpLeft": (Fold(NASOLABIAL[:5], 0.22, 1.5),),
    "noseSneerLeft": (
        Fold(NASOLABIAL[:4], 0.34, 1.5), Fold(NOSE_BRIDGE, 0.13, 1.1), Fold(NOSE_SIDE, 0.12, 1.1),
        Fold(GLABELLA[0][1:], 0.12, 1.1, 0.4, 0.0),
    ),
    "mouthFrownLeft": (Fold(MARIONETTE, 0.26, 1.6, 0.5), Fold(MENTOLABIAL, 0.10, 2.2, 0.3)),
    "mouthPressLeft": (Fold(DIMPLE, 0.20, 1.5), Fold(MENTOLABIAL, 0.08, 2.0, 0.3)),
    "mouthShrugLower": (Fold(MENTOLABIAL, 0.34, 2.0, 0.5, -2.2),),
    "mouthRollLower": (Fold(MENTOLABIAL, 0.14, 2.2, 0.6, -2.0),),
    "cheekSquintLeft": (
        Fold(UNDER_EYE, 0.16, 1.2, 0.6, 2.4), *(Fold(p, 0.16, 0.9, 0.5, 0.0) for p in CROWS_FEET),
        Fold(NASOLABIAL[:5], 0.14, 1.6),
    ),
    "eyeSquintLeft": (
        Fold(UNDER_EYE, 0.12, 1.2, 0.6, 2.4), *(Fold(p, 0.11, 0.9, 0.5, 0.0) for p in CROWS_FEET),
    ),
    "browInnerUp": (
        Fold(FOREHEAD[0][:4], 0.12, 1.0, 0.6, 0.0, 0.5),
        Fold(FOREHEAD[1][:4], 0.23, 1.0, 0.6, 0.0, 0.5),
        Fold(FOREHEAD[2][:4], 0.20, 1.0, 0.6, 0.0, 0.5),
        Fold(FOREHEAD[3][:3], 0.12, 1.0, 0.6, 0.0, 0.5),
    ),
    "browOuterUpLeft": (
        Fold(FOREHEAD[0][1:], 0.15, 1.0, 0.6, 0.0, 0.5),
        Fold(FOREHEAD[1][1:], 0.20, 1.0, 0.6, 0.0, 0.5),
        Fold(FOREHEAD[2][1:], 0.15, 1.0, 0.6, 0.0, 0.5),
    ),
    "browDownLeft": (
        Fold(GLABELLA[0], 0.30, 1.15, 0.5, 0.0), Fold(GLABELLA[1], 0.12, 1.0, 0.4, 0.0),
    ),
}  # fmt: skip
"""Folds of the left unit (or of the left half of a central one); the right side mirrors them."""

PITS: dict[str, float] = {"mouthShrugLower": 0.045}
"""Orange-peel dimpling of the chin, log2 standard deviation."""
PIT_SEED = 4


def place_uv(place: Place, uv: NDArray[Any]) -> NDArray[np.float64]:
    """(2,) uv of a landmark or of a point between two."""
    if isinstance(place, tuple):
        a, b, share = place
        between: NDArray[np.float64] = (1 - share) * uv[a] + share * uv[b]
        return between
    return np.asarray(uv[place], np.float64)


def smooth_path(points: NDArray[Any], samples: int = 160) -> NDArray[np.float64]:
    """(samples, 2) Catmull-Rom curve through (N, 2) points."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, len(points) - 1 - 1e-9, samples)
    i, f = t.astype(int), (t % 1)[:, None]
    p0, p1, p2, p3 = (padded[i + k] for k in range(4))
    curve: NDArray[np.float64] = 0.5 * (
        2 * p1
        + (p2 - p0) * f
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * f**2
        + (3 * p1 - p0 - 3 * p2 + p3) * f**3
    )
    return curve


def draw_fold(fold: Fold, uv: NDArray[Any], size: int) -> F32:
    """(size, size) log2 brightness of one fold."""
    curve = smooth_path(np.array([place_uv(p, uv) for p in fold.path])) * size - 0.5
    unit = size / 128.0
    ys, xs = np.mgrid[:size, :size]
    offset = np.stack([xs, ys], -1)[:, :, None] - curve
    squared = (offset**2).sum(-1)
    nearest = squared.argmin(-1)
    rows, columns = np.mgrid[:size, :size]
    along = nearest / (len(curve) - 1)
    tangent = np.gradient(curve, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    delta = offset[rows, columns, nearest]
    t = tangent[nearest]
    across = (t[..., 0] * delta[..., 1] - t[..., 1] * delta[..., 0]) / unit
    distance = np.sqrt(squared[rows, columns, nearest]) / unit
    across = np.sign(across) * np.maximum(distance, np.abs(across))
    fade = np.clip(np.minimum(along, 1 - along) / max(fold.fade, 1e-3), 0, 1)
    strength = fade * fade * (3 - 2 * fade)
    sides = (fold.ridge_offset,) if fold.ridge_offset else (2.4, -2.4)
    crease = np.exp(-0.5 * (across / fold.width) ** 2)
    ridges = [np.exp(-0.5 * ((across + s * fold.width) / (1.3 * fold.width)) ** 2) for s in sides]
    ridge = fold.ridge * sum(ridges) / len(ridges)
    drawn = (fold.depth * strength * (ridge - crease)).astype(np.float32)
    blurred: F32 = cv2.GaussianBlur(drawn, (0, 0), 0.7 * unit)
    return blurred


def chin_pits(strength: float, uv: NDArray[Any], size: int) -> F32:
    """(size, size) band-limited noise on the chin."""
    noise = np.random.default_rng(PIT_SEED).standard_normal((size, size)).astype(np.float32)
    unit = size / 128.0
    band = cv2.GaussianBlur(noise, (0, 0), 0.9 * unit) - cv2.GaussianBlur(noise, (0, 0), 2.2 * unit)
    band /= band.std()
    centre = place_uv((199, 200, 0.5), uv) * size
    reach = np.abs(uv[[262, 175]] * size - centre)
    spread_x, spread_y = 0.75 * reach[0, 0], 0.55 * reach[1, 1]
    ys, xs = np.mgrid[:size, :size]
    bump = np.exp(
        -0.5 * ((xs - centre[0]) / spread_x) ** 2 - 0.5 * ((ys - centre[1]) / spread_y) ** 2
    )
    band_lift: F32 = (strength * band * bump).astype(np.float32)
    return band_lift


def drawn_folds(names: Sequence[str], uv: NDArray[Any], size: int) -> F32:
    """(U, size, size) drawn folds of every unit; right units mirror left ones."""
    maps = np.zeros((len(names), size, size), np.float32)
    for i, name in enumerate(names):
        left = name[:-5] + "Left" if name.endswith("Right") else name
        for fold in FOLDS.get(left, ()):
            maps[i] += draw_fold(fold, uv, size)
        if left in PITS:
            maps[i] += chin_pits(PITS[left], uv, size)
        if name.endswith("Right"):
            maps[i] = maps[i][:, ::-1]
        elif not name.endswith("Left"):
            pits = chin_pits(PITS[left], uv, size) if left in PITS else 0.0
            drawn = maps[i] - pits
            crosses = left in ("mouthShrugLower", "mouthRollLower")
            maps[i] = ((drawn + drawn[:, ::-1]) * (0.5 if crosses else 1.0)) + pits
    return maps
