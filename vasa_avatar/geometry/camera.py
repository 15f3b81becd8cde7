"""Weak-perspective camera of the head: points in face widths around the head's pivot <-> pixels.

A point (x, y, z) is seen at pivot + width * (x, y) / (distance - z / CAMERA_DISTANCE), so that at
distance 1 the plane z = 0 through the pivot keeps its size. The pivot lies between the ears, a
little below them and behind the face: where the skull turns on the neck.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from vasa_avatar.datatypes import Floats

CAMERA_DISTANCE = 6.0
"""distance of the camera from the pivot in face widths (about 85 cm)"""

PIVOT_BELOW_EARS = 0.12
"""face widths, along the head's own vertical"""

SETTLE = 0.65
"""face widths that a head at an endless distance sits lower than one at the portrait's"""


def settle(distance: ArrayLike) -> Floats:
    """How much lower a head farther away is drawn, in face widths.

    A picture ends below the neck: a head that shrank in its place would pull the neck long. So who
    is farther away also sits lower, and neck and shoulders keep their proportions.

    Args:
        distance: ratio of the portrait's, any shape.
    """
    return SETTLE * np.maximum(0.0, 1.0 - 1.0 / np.asarray(distance))


def unproject(xy_px: Floats, z: Floats, pivot_px: Floats, width_px: float) -> Floats:
    """Pixels and depth to points around the pivot.

    Args:
        xy_px: (N, 2) pixels.
        z: (N,) depth in face widths, towards the viewer, 0 at the pivot.
        pivot_px: (2,) pixels.
        width_px: face width in pixels.

    Returns:
        (N, 3) face widths.
    """
    xy = (xy_px - pivot_px) / width_px * (1.0 - z[:, None] / CAMERA_DISTANCE)
    return np.column_stack([xy, z])


def project(points: Floats, pivot_px: Floats, width_px: float, distance: float = 1.0) -> Floats:
    """Points around the pivot to pixels; the inverse of `unproject` at distance 1.

    Args:
        points: (N, 3) face widths.
        pivot_px: (2,) pixels.
        width_px: face width in pixels.
        distance: ratio of the portrait's distance.

    Returns:
        (N, 2) pixels.
    """
    scale = 1.0 / (distance - points[:, 2:] / CAMERA_DISTANCE)
    return pivot_px + width_px * points[:, :2] * scale
