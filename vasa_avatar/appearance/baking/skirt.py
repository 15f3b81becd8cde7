"""Soft rims of holes: a strip whose alpha falls from the skin's edge inwards (anti-aliasing)."""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.baking.mesh_builder import Copies
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import F32, F64
from vasa_avatar.render import assets, kernels

RIM_PX = 1.6
"""width of the strip in design pixels"""


def add_skirt(bench: Workbench, hole: tuple[int, ...]) -> Copies:
    """Add the rim of one hole.

    Args:
        bench: the bake's tools.
        hole: landmark indices around the hole.

    Returns:
        The rim's vertices follow the hole's.
    """
    ring = np.asarray(hole)
    xy = bench.landmarks_px[ring, :2].astype(np.float64)
    n = len(ring)
    inward = _inward(xy)
    outer_rgb = texture.sample(bench.canvas.rgb, bench.texels(xy - 0.6 * inward))
    patch, u = _strip(outer_rgb)
    x, y = bench.atlas.place(patch)
    closed = np.arange(n + 1) % n
    points = bench.mesh.points()[ring][closed]
    basis = bench.basis[:, ring][:, closed]
    rows = [
        bench.mesh.add(points, np.column_stack([u, np.full(n + 1, v)]) + [x, y], basis)
        for v in (0.0, patch.shape[0] - 1.0)
    ]
    a, b = rows[0][:-1], rows[0][1:]
    c, d = rows[1][:-1], rows[1][1:]
    strips = np.concatenate([np.stack([a, b, c], -1), np.stack([b, d, c], -1)])
    bench.mesh.add_triangles(strips, assets.LAYER_SKIN, kernels.BLEND)
    offset = np.zeros((n + 1, 3), np.float32)
    offset[:, :2] = (inward * RIM_PX / bench.fit.width_px)[closed]
    pairs = np.concatenate([np.column_stack([row, ring[closed]]) for row in rows])
    return Copies(
        pairs.astype(np.int32), np.concatenate([np.zeros((n + 1, 3), np.float32), offset])
    )


def _inward(xy: F64) -> F64:
    """Unit normals into the hole; a shut hole points from its upper to its lower contour."""
    n = len(xy)
    half = n // 2
    normals = np.zeros_like(xy)
    axis = xy[half] - xy[0]
    across = np.array([-axis[1], axis[0]]) / max(float(np.linalg.norm(axis)), 1e-6)
    if across[1] < 0:
        across = -across
    normals[1:half] = across
    normals[half + 1 :] = -across
    direction = axis / max(float(np.linalg.norm(axis)), 1e-6)
    normals[0], normals[half] = 0.5 * direction, -0.5 * direction
    return normals


def _strip(colours: F32) -> tuple[F32, F64]:
    """Patch with one column group per rim vertex, alpha from 1 to 0."""
    n = len(colours)
    step = 3
    width = n * step + 1
    u = np.asarray(np.arange(n + 1) * float(step), np.float64)
    closed = np.vstack([colours, colours[:1]])
    columns = np.stack([np.interp(np.arange(width), u, closed[:, c]) for c in range(3)], -1)
    alpha = np.linspace(1.0, 0.0, 5)[:, None].repeat(width, 1).astype(np.float32)
    rgb = np.broadcast_to(columns, (5, width, 3)).astype(np.float32)
    return texture.rgba(rgb, alpha), u
