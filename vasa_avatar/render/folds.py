"""Smooth edges where a turned face hides what is behind it: the cheek before the hair, the nose.

The mesh is one sheet; where it folds over, a triangle that faces the viewer meets one that faces
away, and the raster's staircase would show against what is farther back. Along each such edge the
sheet's own texels are drawn one pixel further, fading out. A portrait at rest has no folds.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.render import lanes

_JIT: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": False, "error_model": "numpy"}
_U = np.uint64
FRINGE_PX = 1.0
"""width of the fading edge in frame pixels"""


def shared_edges(triangles: NDArray[Any], first: int, last: int) -> NDArray[np.int32]:
    """Edges that two triangles of first..last-1 share.

    Args:
        triangles: (M, 3) vertices.
        first: of the sheet.
        last: of the sheet, not included.

    Returns:
        (E, 6): the edge's vertices, triangle and opposite vertex on one side, then on the other.
    """
    one_side: dict[tuple[int, int], tuple[int, int]] = {}
    rows = []
    for t in range(first, last):
        corners = [int(v) for v in triangles[t]]
        for k in range(3):
            a, b, opposite = corners[k], corners[(k + 1) % 3], corners[(k + 2) % 3]
            edge = (min(a, b), max(a, b))
            if edge in one_side:
                rows.append((*edge, *one_side.pop(edge), t, opposite))
            else:
                one_side[edge] = (t, opposite)
    return np.asarray(rows, np.int32).reshape(-1, 6)


def windings(triangles: NDArray[Any], uv: NDArray[Any]) -> NDArray[np.float32]:
    """(M,) +1 or -1: which way round each triangle lies in the portrait."""
    a, b, c = uv[triangles[:, 0]], uv[triangles[:, 1]], uv[triangles[:, 2]]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    return np.where(area < 0.0, -1.0, 1.0).astype(np.float32)


@nb.njit(inline="always", **_JIT)
def _faces_viewer(triangles, t, winding, xy):  # type: ignore[no-untyped-def]
    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    area = (xy[b, 0] - xy[a, 0]) * (xy[c, 1] - xy[a, 1])
    area -= (xy[c, 0] - xy[a, 0]) * (xy[b, 1] - xy[a, 1])
    return area * winding[t] > 0.0


@nb.njit(**_JIT)
def draw_folds(frame, texture, triangles, edges, winding, xy, depth, uv):  # type: ignore[no-untyped-def]
    """Draw a fading edge outside every fold whose near side is seen.

    Args:
        frame: (H, W) uint32, written.
        texture: (Ht, Wt) uint32 texels.
        triangles: (M, 3).
        edges: (E, 6), see shared_edges.
        winding: (M,), see windings.
        xy: (N, 2) screen positions in pixels.
        depth: (N,) towards the viewer.
        uv: (N, 2) texture positions.
    """
    tex = texture.reshape(-1)
    for e in range(edges.shape[0]):
        a, b = edges[e, 0], edges[e, 1]
        near, far = edges[e, 3], edges[e, 5]
        is_first_seen = _faces_viewer(triangles, edges[e, 2], winding, xy)
        if is_first_seen == _faces_viewer(triangles, edges[e, 4], winding, xy):
            continue
        if not is_first_seen:
            near, far = far, near
        dx, dy = float(xy[b, 0] - xy[a, 0]), float(xy[b, 1] - xy[a, 1])
        length = (dx * dx + dy * dy) ** 0.5
        if length < 1e-3:
            continue
        # The normal away from the triangle that is seen; both triangles lie on its other side.
        nx, ny = dy / length, -dx / length
        height = (xy[near, 0] - xy[a, 0]) * nx + (xy[near, 1] - xy[a, 1]) * ny
        if height > 0.0:
            nx, ny, height = -nx, -ny, -height
        height_far = (xy[far, 0] - xy[a, 0]) * nx + (xy[far, 1] - xy[a, 1]) * ny
        middle = 0.5 * (depth[a] + depth[b])
        # Seen only where the sheet folds away from the viewer, not where it comes out again.
        if (depth[near] - middle) * height_far <= (depth[far] - middle) * height:
            _draw_edge(frame, tex, texture.shape[1], xy, uv, a, b, nx, ny, length)


@nb.njit(**_JIT)
def _draw_edge(frame, tex, tex_width, xy, uv, a, b, nx, ny, length):  # type: ignore[no-untyped-def]
    """One edge's fringe."""
    height, width = frame.shape
    x0, y0 = float(xy[a, 0]), float(xy[a, 1])
    x1, y1 = float(xy[b, 0]), float(xy[b, 1])
    along_x, along_y = (x1 - x0) / (length * length), (y1 - y0) / (length * length)
    for y in range(max(0, int(min(y0, y1) - FRINGE_PX)), min(height, int(max(y0, y1) + 2.0))):
        for x in range(max(0, int(min(x0, x1) - FRINGE_PX)), min(width, int(max(x0, x1) + 2.0))):
            px, py = x + 0.5 - x0, y + 0.5 - y0
            apart = px * nx + py * ny
            t = px * along_x + py * along_y
            if apart <= 0.0 or apart >= FRINGE_PX or t < 0.0 or t >= 1.0:
                continue
            u = np.int64((uv[a, 0] + t * (uv[b, 0] - uv[a, 0])) * 65536.0)
            v = np.int64((uv[a, 1] + t * (uv[b, 1] - uv[a, 1])) * 65536.0)
            index = _U((v >> 16) * tex_width + (u >> 16))
            texel = lanes.sample(tex, index, _U(tex_width), (u >> 8) & 255, (v >> 8) & 255)
            texel = lanes.fade(texel, _U(256.0 * (1.0 - apart / FRINGE_PX)))
            frame[y, x] = lanes.over(texel, frame[y, x])
