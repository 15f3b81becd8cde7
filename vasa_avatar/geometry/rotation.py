"""Pitch, yaw, roll in radians to 3x3 rotation matrices and back, in the axes of datatypes.py.

A matrix acts on column vectors (x right, y down, z towards the viewer). The head pitches about its
own ear axis, is then yawed, and is rolled last, in the picture plane: R = roll @ yaw @ pitch.
"""

from __future__ import annotations

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
    sines, cosines = np.sin(angles), np.cos(angles)
    sp, sy, sr = sines[..., 0], sines[..., 1], sines[..., 2]
    cp, cy, cr = cosines[..., 0], cosines[..., 1], cosines[..., 2]
    out = np.empty((*angles.shape[:-1], 3, 3))
    out[..., 0, 0] = cr * cy
    out[..., 0, 1] = -sr * cp + cr * sy * sp
    out[..., 0, 2] = sr * sp + cr * sy * cp
    out[..., 1, 0] = sr * cy
    out[..., 1, 1] = cr * cp + sr * sy * sp
    out[..., 1, 2] = -cr * sp + sr * sy * cp
    out[..., 2, 0] = -sy
    out[..., 2, 1] = cy * sp
    out[..., 2, 2] = cy * cp
    return out


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
