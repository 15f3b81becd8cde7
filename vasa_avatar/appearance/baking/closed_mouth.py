"""Closes the mouth of a portrait that was taken with it open.

The rest face is the portrait's minus the movements that opened it (jaw, lips), found by ridge
regression on the gaps between the inner lips; what these leave open is closed by a smooth field
around the lips. Texture stays where it was in the portrait: only vertices move.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits
with open mouths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64, Floats
from vasa_avatar.geometry import face_topology as topo

Indices = NDArray[np.int64]

OPEN_GAP = 0.011
"""face widths between the inner lips above which a mouth counts as open"""
SHUT_GAP = 0.0015
"""face widths that shut lips stay apart, so that they do not cross"""
MOUTH_OPENERS = (
    "jawOpen", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft",
    "mouthUpperUpRight", "mouthFunnel",
)  # fmt: skip
"""coefficients that open a mouth"""
RIDGE = 0.0004
"""squared face widths: a whole coefficient costs what a gap of .02 costs that is left open"""
REACH = 0.085
"""face widths over which the remaining closing fades into the face"""
LOWER_SHARE = 0.7
"""of what is left to close, by the lower lip"""
NEIGHBOURS = 0.03
"""face widths over which the gaps of neighbouring lip points are averaged"""


@dataclass(frozen=True, slots=True, eq=False)
class ClosedMouth:
    """How the portrait's mouth was shut."""

    shift: F32
    """(468, 3) from the portrait's vertices to the rest face's"""
    was_open: bool
    opening: float
    """widest gap in the portrait, face widths"""


def close_mouth(vertices: F32, basis: F32, down: Floats) -> ClosedMouth:
    """Find the shift that shuts the lips.

    Args:
        vertices: (478, 3) portrait's landmarks in face widths.
        basis: (52, 468, 3) expression basis, camera axes.
        down: (3,) the head's downward axis.
    """
    up = np.asarray(topo.LIP_INNER_UPPER[1:-1])
    low = np.asarray(topo.LIP_INNER_LOWER[1:-1])
    gaps = (vertices[low] - vertices[up]) @ down
    opening = float(gaps.max())
    shift = np.zeros((468, 3), np.float32)
    if opening < OPEN_GAP:
        return ClosedMouth(shift, False, opening)
    units = [ARKIT_INDEX[name] for name in MOUTH_OPENERS]
    design = np.stack([(basis[u][low] - basis[u][up]) @ down for u in units], 1)
    amounts = _nonnegative_ridge(design, gaps - SHUT_GAP)
    shift -= np.einsum("u,uij->ij", amounts, basis[units]).astype(np.float32)
    left = gaps - design @ amounts - SHUT_GAP
    shift += _remaining(vertices, up, low, left, down)
    return ClosedMouth(shift, True, opening)


def _nonnegative_ridge(design: Floats, target: Floats) -> F64:
    """Coordinate descent for least squares with a ridge and amounts in 0..1."""
    amounts = np.zeros(design.shape[1])
    for _ in range(200):
        for k in range(len(amounts)):
            column = design[:, k]
            rest = target - design @ amounts + column * amounts[k]
            amounts[k] = np.clip(column @ rest / (column @ column + RIDGE), 0.0, 1.0)
    return amounts


def _remaining(vertices: F32, up: Indices, low: Indices, left: Floats, down: Floats) -> F32:
    """Smooth field that moves upper and lower lip together by `left`."""
    points = vertices[:468].astype(np.float64)
    upper_side = _side(points, up, low, down)
    # Each lip takes its own part only: the other's field would drag it across the line.
    own_up = _field(points, up, left * (1.0 - LOWER_SHARE), down)
    own_low = _field(points, low, -left * LOWER_SHARE, down)
    field: F32 = np.where(upper_side[:, None], own_up, own_low).astype(np.float32)
    return field


def _side(points: F64, up: Indices, low: Indices, down: Floats) -> NDArray[np.bool_]:
    """(468,) True above the line between the lips."""
    middle = 0.5 * (points[up] + points[low])
    apart = np.linalg.norm(points[:, None] - middle[None], axis=2)
    nearest = middle[apart.argmin(1)]
    return np.asarray((points - nearest) @ down < 0.0)


def _field(points: F64, ring: Indices, amount: Floats, down: Floats) -> F64:
    apart = np.linalg.norm(points[:, None] - points[ring][None], axis=2)
    weights = np.exp(-((apart / NEIGHBOURS) ** 2))
    mean = (weights @ amount) / np.maximum(weights.sum(1), 1e-9)
    fade = np.exp(-((apart.min(1) / REACH) ** 2))
    mean[ring] = amount
    return np.asarray((mean * fade)[:, None] * down)
