"""Corners of the fading edges outside folds, as folds.py draws them, for a graphics card."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32
from vasa_avatar.render.folds import FRINGE_PX, Sheet
from vasa_avatar.render.kernels import Mesh


def fringes(mesh: Mesh, sheet: Sheet, depth: F32) -> F32:
    """Four corners of every fold that is seen.

    Args:
        mesh: the triangles, on the screen.
        sheet: those of them that can fold.
        depth: (N,) towards the viewer.

    Returns:
        (F, 4, 5): x, y, u, v, cover; a and b on the edge, then both one pixel out.
    """
    xy, edges = mesh.xy.astype(np.float64), sheet.edges
    is_first = _faces_viewer(mesh, sheet, edges[:, 2])
    is_fold = is_first != _faces_viewer(mesh, sheet, edges[:, 4])
    edges, is_first = edges[is_fold], is_first[is_fold]
    a, b = edges[:, 0], edges[:, 1]
    near = np.where(is_first, edges[:, 3], edges[:, 5])
    far = np.where(is_first, edges[:, 5], edges[:, 3])
    along = xy[b] - xy[a]
    length = np.hypot(along[:, 0], along[:, 1])
    normal = np.stack([along[:, 1], -along[:, 0]], -1) / np.maximum(length, 1e-9)[:, None]
    height = ((xy[near] - xy[a]) * normal).sum(-1)
    normal[height > 0.0] *= -1.0
    height = -np.abs(height)
    height_far = ((xy[far] - xy[a]) * normal).sum(-1)
    middle = 0.5 * (depth[a] + depth[b])
    is_seen = (depth[near] - middle) * height_far <= (depth[far] - middle) * height
    kept = is_seen & (length >= 1e-3)
    out = FRINGE_PX * normal[kept]
    corners = np.ones((int(kept.sum()), 4, 5), np.float32)
    for k, (vertex, reach) in enumerate(((a, 0.0), (b, 0.0), (a, 1.0), (b, 1.0))):
        corners[:, k, :2] = xy[vertex[kept]] + reach * out
        corners[:, k, 2:4] = mesh.uv[vertex[kept]]
        corners[:, k, 4] = 1.0 - reach
    return corners


def _faces_viewer(mesh: Mesh, sheet: Sheet, t: NDArray[np.int32]) -> NDArray[np.bool_]:
    a, b, c = (mesh.xy[mesh.triangles[t, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    return np.asarray(area * sheet.winding[t] > 0.0)
