"""Face landmarks in pixels to the head's rotation, size and place, by the canonical face."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32
from vasa_avatar.geometry.rotation import euler_angles

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalFace:
    """MediaPipe's canonical face (Apache-2.0, see weights/canonical_face.npz)."""

    vertices: F64
    """(468, 3) cm; x right, y down, z towards the viewer"""
    uv: F64
    """(468, 2) 0..1, v down"""
    triangles: I32
    """(898, 3)"""
    rigid_ids: I32
    """(33,) vertices that say where the head is"""
    rigid_weights: F64
    """(33,)"""


@lru_cache(maxsize=1)
def canonical_face() -> CanonicalFace:
    """The canonical face, in this package's axes."""
    with (files("vasa_avatar") / "weights" / "canonical_face.npz").open("rb") as file:
        data = np.load(file, allow_pickle=False)
        arrays = {name: data[name] for name in data.files}
    return CanonicalFace(
        arrays["vertices"].astype(np.float64) * (1, -1, 1),
        arrays["uv"].astype(np.float64),
        arrays["triangles"],
        arrays["rigid_ids"],
        arrays["rigid_weights"].astype(np.float64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class HeadFit:
    """Where the canonical face lies: point = scale_px * rotation @ vertex + centre_px."""

    rotation: F64
    """(3, 3), in the axes of datatypes.py"""
    scale_px: float
    """pixels per cm"""
    centre_px: F64
    """(3,) place of the canonical origin (between the ears); z towards the viewer"""

    @property
    def angles_rad(self) -> F32:
        """(3,) pitch, yaw, roll."""
        return euler_angles(self.rotation).astype(np.float32)


def fit_similarity(source: F64, target: F64, weights: F64) -> HeadFit:
    """Weighted least-squares similarity from source to target (Umeyama 1991).

    Args:
        source: (N, 3)
        target: (N, 3)
        weights: (N,)
    """
    share = weights / weights.sum()
    source_mean, target_mean = share @ source, share @ target
    a, b = source - source_mean, target - target_mean
    u, s, vt = np.linalg.svd((b * share[:, None]).T @ a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = float((s * sign).sum() / (share @ (a**2).sum(1)))
    return HeadFit(rotation, scale, target_mean - scale * rotation @ source_mean)


def fit_head_pose(points_px: NDArray[Any]) -> HeadFit:
    """Head pose of landmarks, relative to a head that looks straight at the camera.

    Args:
        points_px: (478, 3) or (468, 3) as in FaceLandmarks.points_px.
    """
    face = canonical_face()
    target = points_px[face.rigid_ids].astype(np.float64) * (1, 1, -1)
    return fit_similarity(face.vertices[face.rigid_ids], target, face.rigid_weights)
