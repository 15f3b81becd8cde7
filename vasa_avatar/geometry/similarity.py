"""The similarity (scale, rotation, offset) that lays one set of points over another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.datatypes import F64


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """target = scale * rotation @ source + offset"""

    rotation: F64
    """(3, 3) a proper rotation"""
    scale: float
    """the target's unit per unit of the source"""
    offset: F64
    """(3,) where the source's origin lies, in the target's unit"""

    def moved(self, points: F64) -> F64:
        """(N, 3) points of the source, laid over the target."""
        placed: F64 = self.scale * points @ self.rotation.T + self.offset
        return placed


def fit_similarity(source: F64, target: F64, weights: F64) -> Similarity:
    """Weighted least-squares similarity from source to target (Umeyama 1991, eq. 40-42).

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
    return Similarity(rotation, scale, target_mean - scale * rotation @ source_mean)
