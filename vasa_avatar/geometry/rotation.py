"""Pitch, yaw, roll in radians to 3x3 rotation matrices and back, in the axes of datatypes.py.

A matrix acts on column vectors (x right, y down, z towards the viewer). The head pitches about its
own ear axis, is then yawed, and is rolled last, in the picture plane: R = roll @ yaw @ pitch.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from vasa_avatar.datatypes import F64, Floats


def rotation_matrix(angles_rad: ArrayLike) -> F64:
    """Rotation matrices of pitch, yaw, roll.

    Args:
        angles_rad: (..., 3) pitch, yaw, roll.

    Returns:
        (..., 3, 3)
    """
    angles = np.asarray(angles_rad, np.float64)
    if angles.ndim == 1:  # a frame's: numbers are five times as quick as arrays of one number each
        pitch, yaw, roll = angles.tolist()
        return np.array(
            _entries(
                math.sin(pitch), math.sin(yaw), math.sin(roll),
                math.cos(pitch), math.cos(yaw), math.cos(roll),
            )
        ).reshape(3, 3)  # fmt: skip
    sines, cosines = np.sin(angles), np.cos(angles)
    entries = _entries(*np.moveaxis(sines, -1, 0), *np.moveaxis(cosines, -1, 0))
    return np.stack(entries, -1).reshape(*angles.shape, 3)


def _entries(sp: Any, sy: Any, sr: Any, cp: Any, cy: Any, cr: Any) -> tuple[Any, ...]:
    """Row by row, from the sines and cosines of pitch, yaw and roll."""
    return (
        cr * cy, -sr * cp + cr * sy * sp, sr * sp + cr * sy * cp,
        sr * cy, cr * cp + sr * sy * sp, -cr * sp + sr * sy * cp,
        -sy, cy * sp, cy * cp,
    )  # fmt: skip


def euler_angles(rotation: Floats) -> F64:
    """Pitch, yaw, roll of rotation matrices; the inverse of `rotation_matrix` for |yaw| < 90 deg.

    Args:
        rotation: (..., 3, 3)

    Returns:
        (..., 3) radians
    """
    r = np.asarray(rotation, np.float64)
    yaw = np.arcsin(np.clip(-r[..., 2, 0], -1.0, 1.0))
    pitch = np.arctan2(r[..., 2, 1], r[..., 2, 2])
    roll = np.arctan2(r[..., 1, 0], r[..., 0, 0])
    return np.stack([pitch, yaw, roll], -1)
