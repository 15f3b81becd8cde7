"""Edge-aware smoothing of a matte along a colour picture (He et al. 2010, guided filter)."""

from __future__ import annotations

import cv2
import numpy as np

from vasa_avatar.datatypes import F32


def guided_filter(guide_rgb: F32, source: F32, radius_px: int, epsilon: float) -> F32:
    """Smooth `source` so that its edges lie where the guide's edges are.

    In every window the result is a linear function of the guide's colour (He et al. 2010, eq. 14,
    19, 20).

    Args:
        guide_rgb: (H, W, 3) 0..1
        source: (H, W)
        radius_px: half the window.
        epsilon: variance of the guide below which a window counts as flat.

    Returns:
        (H, W)
    """
    kernel = (2 * radius_px + 1,) * 2

    def mean(values: F32) -> F32:
        return np.asarray(cv2.blur(values, kernel), np.float32)

    mean_guide, mean_source = mean(guide_rgb), mean(source)
    covariance = mean(guide_rgb * source[..., None]) - mean_guide * mean_source[..., None]
    pairs = {
        (i, j): np.asarray(
            mean(guide_rgb[..., i] * guide_rgb[..., j])
            - mean_guide[..., i] * mean_guide[..., j]
            + np.float32(epsilon if i == j else 0.0),
            np.float32,
        )
        for i in range(3)
        for j in range(i, 3)
    }
    slope = _solve_symmetric(pairs, covariance)
    offset = mean_source - (slope * mean_guide).sum(-1)
    return np.asarray((mean(slope) * guide_rgb).sum(-1) + mean(offset), np.float32)


def _solve_symmetric(pairs: dict[tuple[int, int], F32], right: F32) -> F32:
    """(H, W, 3) solutions of one symmetric 3x3 system per pixel, by cofactors."""
    xx, xy, xz = pairs[0, 0], pairs[0, 1], pairs[0, 2]
    yy, yz, zz = pairs[1, 1], pairs[1, 2], pairs[2, 2]
    c00, c01, c02 = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    c11, c12, c22 = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
    determinant = xx * c00 + xy * c01 + xz * c02
    r0, r1, r2 = right[..., 0], right[..., 1], right[..., 2]
    solved = np.stack(
        [
            c00 * r0 + c01 * r1 + c02 * r2,
            c01 * r0 + c11 * r1 + c12 * r2,
            c02 * r0 + c12 * r1 + c22 * r2,
        ],
        -1,
    )
    return np.asarray(solved / np.maximum(determinant, 1e-14)[..., None], np.float32)
