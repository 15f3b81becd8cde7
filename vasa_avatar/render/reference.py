"""Slow numpy twins of kernels.draw_triangles and folds.draw_folds, in floats.

For tests and for reading. They follow the same rules (pixel centres, order, blending) without fixed
point, so results agree within a few levels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F64
from vasa_avatar.render import folds, kernels


def bilinear(picture: F64, u: F64, v: F64) -> F64:
    """Samples of (H, W, ...) at texel positions, texel centres at whole numbers."""
    x = np.clip(np.floor(u).astype(int), 0, picture.shape[1] - 2)
    y = np.clip(np.floor(v).astype(int), 0, picture.shape[0] - 2)
    fx, fy = u - x, v - y
    if picture.ndim == 3:
        fx, fy = fx[:, None], fy[:, None]
    top = picture[y, x] * (1 - fx) + picture[y, x + 1] * fx
    low = picture[y + 1, x] * (1 - fx) + picture[y + 1, x + 1] * fx
    return np.asarray(top * (1 - fy) + low * fy)


def covered_pixels(corners: F64, size: int) -> tuple[NDArray[Any], NDArray[Any], F64]:
    """Pixels whose centre lies in a triangle, and their barycentric coordinates.

    Args:
        corners: (3, 2) in pixels.
        size: edge of the square frame.
    """
    first = np.clip(np.floor(corners.min(0)).astype(int), 0, size)
    last = np.clip(np.ceil(corners.max(0)).astype(int) + 1, 0, size)
    ys, xs = np.mgrid[first[1] : last[1], first[0] : last[0]]
    x, y = xs.ravel(), ys.ravel()
    (x0, y0), (x1, y1), (x2, y2) = corners
    det = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if abs(det) < 1e-9 or not x.size:
        return x[:0], y[:0], np.zeros((0, 3))
    px, py = x + 0.5, y + 0.5
    b = ((px - x0) * (y2 - y0) - (x2 - x0) * (py - y0)) / det
    c = ((x1 - x0) * (py - y0) - (px - x0) * (y1 - y0)) / det
    weights = np.column_stack([1.0 - b - c, b, c])
    inside = (weights >= -1e-9).all(1)
    return x[inside], y[inside], weights[inside]


def draw_triangles(
    plate_bgr: F64,
    texture_bgra: F64,
    mesh: kernels.Mesh,
    order: NDArray[Any],
    shading: kernels.Shading,
) -> F64:
    """Draw as the kernel does, from the same arguments, with the pictures unpacked.

    `plate_bgr` is the (S, S, 3) background, 0..255; `texture_bgra` is (Ht, Wt, 4), premultiplied.

    Returns:
        (S, S, 3) float frame, BGR.
    """
    frame = plate_bgr.astype(np.float64).copy()
    for t in order:
        kind, faint = mesh.kinds[t], mesh.alphas[t] / kernels.FULL_ALPHA
        if faint <= 0.0:
            continue
        corners = mesh.triangles[t]
        x, y, weights = covered_pixels(mesh.xy[corners].astype(np.float64), len(frame))
        if not x.size:
            continue
        place = weights @ mesh.uv[corners]
        texel = bilinear(texture_bgra, place[:, 0], place[:, 1])
        gain = np.ones(len(x))
        if kind == kernels.LIT_BLEND:
            light = np.clip(weights @ mesh.light[corners], 0.0, kernels.MOST_LIGHT)
            gain = light / kernels.UNCHANGED
        elif kind in (kernels.SHADED, kernels.SHADED_BLEND):
            cell = (place - (shading.u0, shading.v0)) * shading.cells_per_texel
            gain = bilinear(shading.gains.astype(np.float64), cell[:, 0], cell[:, 1])
            gain = gain / kernels.UNCHANGED
        colour = np.minimum(texel[:, :3] * gain[:, None], 255.0)
        if kind in (kernels.SHADED_BLEND, kernels.LIT_BLEND):
            colour = np.minimum(colour, texel[:, 3:])
        alpha = texel[:, 3:] / 255.0
        if kind in (kernels.OPAQUE, kernels.SHADED) and faint >= 1.0:
            frame[y, x] = colour
        else:
            frame[y, x] = colour * faint + frame[y, x] * (1.0 - alpha * faint)
    return frame


def draw_folds(
    frame_bgr: F64, texture_bgra: F64, mesh: kernels.Mesh, sheet: folds.Sheet, depth: F64
) -> F64:
    """Draw as folds.draw_folds does, from the same arguments, with the pictures unpacked.

    Returns:
        (S, S, 3) float frame, BGR.
    """
    xy, uv = mesh.xy, mesh.uv
    out = frame_bgr.astype(np.float64).copy()
    flat = np.column_stack([xy, depth]).astype(np.float64)
    for a, b, t, near, t_other, far in sheet.edges:
        normals = [
            np.cross(*(flat[corners[1:]] - flat[corners[0]])) * sheet.winding[k]
            for k, corners in ((k, mesh.triangles[k]) for k in (t, t_other))
        ]
        if (normals[0][2] > 0) == (normals[1][2] > 0):
            continue
        if normals[0][2] <= 0:
            near, far = far, near
        along = xy[b] - xy[a]
        length = float(np.hypot(*along))
        if length < 1e-3:
            continue
        outward = np.array([along[1], -along[0]]) / length
        outward = -outward if (xy[near] - xy[a]) @ outward > 0 else outward
        middle = 0.5 * (depth[a] + depth[b])
        rise = [(depth[v] - middle) / -((xy[v] - xy[a]) @ outward) for v in (near, far)]
        if rise[0] < rise[1]:
            continue
        ys, xs = np.mgrid[: len(out), : len(out)]
        place = np.stack([xs, ys], -1) + 0.5 - xy[a]
        apart, share = place @ outward, place @ along / length**2
        y, x = np.nonzero((apart > 0) & (apart < folds.FRINGE_PX) & (share >= 0) & (share < 1))
        at = uv[a] + share[y, x, None] * (uv[b] - uv[a])
        cover = 1.0 - apart[y, x, None] / folds.FRINGE_PX
        texel = bilinear(texture_bgra, at[:, 0], at[:, 1]) * cover
        out[y, x] = texel[:, :3] + out[y, x] * (1.0 - texel[:, 3:] / 255.0)
    return out
