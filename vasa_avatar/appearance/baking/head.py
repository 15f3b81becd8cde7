"""Landmarks to a posed head: scale, rotation, pivot and 3-D vertices of the face mesh.

A similarity fit (see head_pose.py) of the mean face's rigid points to the portrait's landmarks
gives the portrait's own rotation and the face width in design pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.datatypes import F32, F64, Floats
from vasa_avatar.geometry import camera
from vasa_avatar.geometry.face_topology import LEFT_EAR, RIGHT_EAR
from vasa_avatar.geometry.similarity import fit_similarity

DEPTH_GAIN = 1.15
"""depth over what the landmark net gives: filmed heads that turn by more than 12 degrees fit best
with 1.0 to 1.2 (14 clips; residual 2.2 % of the eyes' distance, 2.3 at 1.3, 2.4 at 1.4)"""


@dataclass(frozen=True, slots=True, eq=False)
class HeadFit:
    """The portrait's head in space."""

    rotation: F32
    """(3, 3) canonical axes to camera axes"""
    width_px: float
    """face width in design pixels"""
    pivot_px: F32
    """(2,) design pixels"""
    vertices: F32
    """(478, 3) landmarks in face widths around the pivot"""

    @property
    def nose_x(self) -> float:
        """Sine of the portrait's own turn, + the nose to the viewer's right."""
        return float(self.rotation[0, 2])


def fit_head(landmarks_px: Floats, mean_shape: Floats, rigid_weights: F64) -> HeadFit:
    """Find the head in the landmarks.

    Args:
        landmarks_px: (478, 3) design pixels, z as the landmark net gives it (away from viewer).
        mean_shape: (478, 3) canonical face, face width 1, axes of datatypes.py.
        rigid_weights: (478,) weight of each landmark in the fit; 0 for moving ones.
    """
    points = landmarks_px.astype(np.float64).copy()
    points[:, 2] *= -DEPTH_GAIN
    used = rigid_weights > 0
    similarity = fit_similarity(
        mean_shape[used].astype(np.float64), points[used], rigid_weights[used]
    )
    width, rotation = similarity.scale, similarity.rotation
    ears = 0.5 * (points[RIGHT_EAR] + points[LEFT_EAR])
    pivot = ears + width * camera.PIVOT_BELOW_EARS * rotation[:, 1]
    depth = (points[:, 2] - pivot[2]) / width
    vertices = camera.unproject(points[:, :2], depth, pivot[:2], width)
    return HeadFit(
        rotation.astype(np.float32),
        float(width),
        pivot[:2].astype(np.float32),
        vertices.astype(np.float32),
    )
