"""Smooth edges where a turned face hides what is behind it: the cheek before the hair, the nose.

The mesh is one sheet; where it folds over, a triangle that faces the viewer meets one that faces
away, and the raster's staircase would show against what is farther back. Along each such edge the
sheet's own texels are drawn one pixel further, fading out; what lies over a drawn face comes after.
A portrait at rest has no folds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32
from vasa_avatar.kernel_cache import kernel
from vasa_avatar.render import lanes
from vasa_avatar.render.kernels import U32, Mesh

_U = np.uint64
FRINGE_PX = 1.0
"""width of the fading edge in frame pixels"""


class Sheet(NamedTuple):
    """The part of a mesh that can fold."""

    edges: NDArray[np.int32]
    """(E, 6), see shared_edges"""
    winding: NDArray[np.float32]
    """(M,), see windings"""


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


@kernel(inline=True)
def _faces_viewer(mesh, winding, t):  # type: ignore[no-untyped-def]
    xy = mesh.xy
    a, b, c = mesh.triangles[t, 0], mesh.triangles[t, 1], mesh.triangles[t, 2]
    area = (xy[b, 0] - xy[a, 0]) * (xy[c, 1] - xy[a, 1])
    area -= (xy[c, 0] - xy[a, 0]) * (xy[b, 1] - xy[a, 1])
    return area * winding[t] > 0.0


def draw_folds(frame: U32, texture: U32, mesh: Mesh, sheet: Sheet, depth: F32) -> None:
    """Draw a fading edge outside every fold whose near side is seen.

    Args:
        frame: (H, W) written.
        texture: (Ht, Wt) texels.
        mesh: the triangles.
        sheet: those of them that can fold.
        depth: (N,) towards the viewer.
    """
    _draw_folds(frame, texture, tuple(mesh), tuple(sheet), depth)


@kernel
def _draw_folds(frame, texture, mesh, sheet, depth):  # type: ignore[no-untyped-def]
    mesh, sheet = Mesh(*mesh), Sheet(*sheet)
    xy, edges = mesh.xy, sheet.edges
    for e in range(edges.shape[0]):
        a, b = edges[e, 0], edges[e, 1]
        near, far = edges[e, 3], edges[e, 5]
        is_first_seen = _faces_viewer(mesh, sheet.winding, edges[e, 2])
        if is_first_seen == _faces_viewer(mesh, sheet.winding, edges[e, 4]):
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
            _draw_edge(frame, texture, mesh, (a, b), (nx, ny), length)


@kernel
def _draw_edge(frame, texture, mesh, edge, normal, length):  # type: ignore[no-untyped-def]
    """One edge's fringe: its two vertices, the way out and its length on the screen."""
    height, width = frame.shape
    tex, tex_width = texture.reshape(-1), texture.shape[1]
    xy, uv = mesh.xy, mesh.uv
    a, b = edge
    x0, y0 = float(xy[a, 0]), float(xy[a, 1])
    x1, y1 = float(xy[b, 0]), float(xy[b, 1])
    along_x, along_y = (x1 - x0) / (length * length), (y1 - y0) / (length * length)
    for y in range(max(0, int(min(y0, y1) - FRINGE_PX)), min(height, int(max(y0, y1) + 2.0))):
        for x in range(max(0, int(min(x0, x1) - FRINGE_PX)), min(width, int(max(x0, x1) + 2.0))):
            px, py = x + 0.5 - x0, y + 0.5 - y0
            apart = px * normal[0] + py * normal[1]
            t = px * along_x + py * along_y
            if apart <= 0.0 or apart >= FRINGE_PX or t < 0.0 or t >= 1.0:
                continue
            u = np.int64((uv[a, 0] + t * (uv[b, 0] - uv[a, 0])) * 65536.0)
            v = np.int64((uv[a, 1] + t * (uv[b, 1] - uv[a, 1])) * 65536.0)
            index = _U((v >> 16) * tex_width + (u >> 16))
            texel = lanes.sample(tex, index, _U(tex_width), (u >> 8) & 255, (v >> 8) & 255)
            texel = lanes.fade(texel, _U(256.0 * (1.0 - apart / FRINGE_PX)))
            frame[y, x] = lanes.over(texel, frame[y, x])
