"""Pictures to canonical uv space: the skin triangle under each texel, and sampling through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32
from vasa_avatar.training.face.landmark_sets import (
    LID_LOWER_LEFT,
    LID_LOWER_RIGHT,
    LID_UPPER_LEFT,
    LID_UPPER_RIGHT,
    LIP_LOWER_INNER,
    LIP_UPPER_INNER,
)

BROWS = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalTexture:
    """Texels of the canonical face."""

    size: int
    triangle: NDArray[np.int32]
    """(S, S) skin triangle, -1 outside"""
    weights: F32
    """(S, S, 3) barycentric"""
    triangles: NDArray[np.int64]
    """(F, 3)"""
    uv: F32
    """(468, 2)"""

    @property
    def mask(self) -> F32:
        """(S, S) 1 on skin."""
        return (self.triangle >= 0).astype(np.float32)

    def interpolate(self, values: NDArray[Any]) -> F32:
        """(S, S, C) per-landmark values (468.., C) spread over the texels."""
        corners = values[self.triangles[np.maximum(self.triangle, 0)]]
        spread: F32 = (corners * self.weights[..., None]).sum(2).astype(np.float32)
        return spread

    def unwrap(self, picture: NDArray[Any], landmarks_px: NDArray[Any]) -> F32:
        """Sample a picture (H, W, C) through its landmarks (468.., 2) into (S, S, C)."""
        place = self.interpolate(landmarks_px[:, :2]) - 0.5
        values = picture.astype(np.float32)
        sampled: Any = cv2.remap(values, place[..., 0], place[..., 1], cv2.INTER_LINEAR)
        unwrapped: F32 = sampled
        return unwrapped

    def polygon(self, contour: list[int]) -> F32:
        """(S, S) 1 inside a contour of landmarks."""
        filled = np.zeros((self.size, self.size), np.float32)
        points = (self.uv[contour] * self.size * 16).round().astype(np.int32)
        cv2.fillPoly(filled, [points], 1.0, shift=4)
        return filled


def build_texture(uv: F32, triangles: NDArray[np.int64], size: int) -> CanonicalTexture:
    """Rasterise the skin triangles in uv space."""
    covered = np.full((size, size), -1, np.int32)
    weights = np.zeros((size, size, 3), np.float32)
    corners = uv.astype(np.float64) * size - 0.5
    for index, (a, b, c) in enumerate(triangles):
        p = corners[[a, b, c]]
        low, high = np.floor(p.min(0)).astype(int), np.ceil(p.max(0)).astype(int) + 1
        low, high = np.maximum(low, 0), np.minimum(high, size)
        xs, ys = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
        area = np.linalg.det(np.stack([p[1] - p[0], p[2] - p[0]]))
        if abs(area) < 1e-12 or xs.size == 0:
            continue
        dx, dy = xs - p[0, 0], ys - p[0, 1]
        w1 = (dx * (p[2, 1] - p[0, 1]) - dy * (p[2, 0] - p[0, 0])) / area
        w2 = (dy * (p[1, 0] - p[0, 0]) - dx * (p[1, 1] - p[0, 1])) / area
        inside = (w1 >= -1e-9) & (w2 >= -1e-9) & (w1 + w2 <= 1 + 1e-9)
        y, x = ys[inside], xs[inside]
        covered[y, x] = index
        weights[y, x] = np.stack([1 - w1 - w2, w1, w2], -1)[inside]
    return CanonicalTexture(size, covered, weights, triangles, uv)


def soft_edges(texture: CanonicalTexture) -> dict[str, F32]:
    """Weights (S, S): `face` fades at the oval, eyes and lip line; `brow` marks the brow hair."""
    unit = texture.size / 128.0
    left = texture.polygon([*LID_UPPER_LEFT, *LID_LOWER_LEFT[::-1]])
    right = texture.polygon([*LID_UPPER_RIGHT, *LID_LOWER_RIGHT[::-1]])
    eyes = left + right
    lips = texture.polygon([*LIP_UPPER_INNER, *LIP_LOWER_INNER[::-1]])
    inside = np.clip(texture.mask + eyes + lips, 0, 1)
    away = cv2.distanceTransform((inside > 0).astype(np.uint8), cv2.DIST_L2, 5)
    face = np.clip(away / (7 * unit), 0, 1)
    for hole, reach in ((eyes, 3.0), (lips, 1.5)):
        near = cv2.distanceTransform((hole < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
        face = face * np.clip((near - 0.5) / (reach * unit), 0, 1)
    hair = np.clip(np.sum([texture.polygon(list(brow)) for brow in BROWS], 0), 0, 1)
    brow = np.clip(cv2.GaussianBlur(hair, (0, 0), 1.2 * unit) * 1.3, 0, 1)
    return {"face": face.astype(np.float32), "brow": brow.astype(np.float32)}
