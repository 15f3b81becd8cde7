"""Small picture operations of the bake: filling holes, polygon masks, premultiplied patches."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from vasa_avatar.datatypes import F32, I32, U8, Floats

_GRID_COLUMNS = 256
"""points are sampled in rows of this many: OpenCV takes no picture wider than 32,767"""


def polygon_mask(shape_hw: tuple[int, int], polygon_xy: Floats) -> F32:
    """(H, W) 0..1 mask of a polygon in texels, drawn with sub-texel precision.

    Args:
        shape_hw: size of the mask.
        polygon_xy: (n, 2) texel positions.
    """
    scale = 4
    mask = np.zeros((shape_hw[0] * scale, shape_hw[1] * scale), np.uint8)
    points = np.rint((polygon_xy + 0.5) * scale * 16).astype(np.int32)
    cv2.fillPoly(mask, [points], 255, lineType=cv2.LINE_AA, shift=4)
    small = cv2.resize(mask, (shape_hw[1], shape_hw[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255.0)


def fill(rgb: F32, valid: F32) -> F32:
    """Fill where `valid` is 0 from where it is 1, from coarser and coarser levels (push-pull).

    Args:
        rgb: (H, W, 3).
        valid: (H, W) weights 0..1.
    """
    return _push_pull(rgb.astype(np.float32) * valid[..., None], valid.astype(np.float32))


def _push_pull(weighted: F32, weight: F32) -> F32:
    """Colour at every texel: its own where its weight is 1, else the next coarser level's."""
    height, width = weight.shape
    own = weighted / np.maximum(weight, 1e-6)[..., None]
    if min(height, width) <= 2 or float(weight.min()) >= 1.0:
        total = float(weight.sum())
        mean = weighted.reshape(-1, 3).sum(0) / max(total, 1e-6)
        share = np.minimum(weight, 1.0)[..., None]
        return np.asarray(own * share + mean * (1.0 - share), np.float32)
    half = ((width + 1) // 2, (height + 1) // 2)
    small = cv2.resize(weighted, half, interpolation=cv2.INTER_AREA) * 4.0
    small_weight = cv2.resize(weight, half, interpolation=cv2.INTER_AREA) * 4.0
    excess = np.maximum(small_weight, 1.0)
    coarse = _push_pull(small / excess[..., None], small_weight / excess)
    up = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    share = np.minimum(weight, 1.0)[..., None]
    return np.asarray(own * share + up * (1.0 - share), np.float32)


def rgba(rgb: F32, alpha: F32) -> F32:
    """(H, W, 3) colour and (H, W) 0..1 alpha to (H, W, 4) premultiplied, 0..255."""
    return np.dstack([rgb * alpha[..., None], alpha * 255.0]).astype(np.float32)


def resized(picture_rgba: U8, width: int, height: int) -> F32:
    """A picture with straight alpha at another size, premultiplied."""
    whole = picture_rgba.astype(np.float32)
    small = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    return rgba(small[..., :3], small[..., 3] / np.float32(255.0))


def sample(picture: Floats | U8, xy: Floats) -> F32:
    """Bilinear samples of a picture at (n, 2) texel positions; (n, channels)."""
    places = np.asarray(xy, np.float32)
    n = len(places)
    padded = np.zeros((-(-n // _GRID_COLUMNS) * _GRID_COLUMNS, 2), np.float32)
    padded[:n] = places
    grid = padded.reshape(-1, _GRID_COLUMNS, 2)
    out = cv2.remap(
        picture.astype(np.float32), np.ascontiguousarray(grid[..., 0]),
        np.ascontiguousarray(grid[..., 1]), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    samples: F32 = np.asarray(out, np.float32).reshape(len(padded), -1)[:n]
    return samples[:, 0] if picture.ndim == 2 else samples


def smoothstep(low: float, high: float, x: ArrayLike) -> Floats:
    """0 below `low`, 1 above `high`, smooth between."""
    t: Floats = np.clip((np.asarray(x) - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def rasterise(place: Floats, triangles: I32, values: Floats, rows: int, columns: int) -> F32:
    """Values of corners, interpolated over triangles; -1 outside of them.

    Args:
        place: (n, 2) x, y in cells.
        triangles: (m, 3).
        values: (n, k).
        rows: of the picture.
        columns: of the picture.

    Returns:
        (rows, columns, k)
    """
    out = np.full((rows, columns, values.shape[1]), -1.0, np.float32)
    for tri in triangles:
        p, q = place[tri], values[tri]
        x0, y0 = np.maximum(np.floor(p.min(0)).astype(int), 0)
        x1, y1 = np.minimum(np.ceil(p.max(0)).astype(int) + 1, [columns, rows])
        if x0 >= x1 or y0 >= y1:
            continue
        ys, xs = np.mgrid[y0:y1, x0:x1]
        det = (p[1, 0] - p[0, 0]) * (p[2, 1] - p[0, 1]) - (p[2, 0] - p[0, 0]) * (p[1, 1] - p[0, 1])
        if abs(det) < 1e-9:
            continue
        a = ((p[1, 0] - xs) * (p[2, 1] - ys) - (p[2, 0] - xs) * (p[1, 1] - ys)) / det
        b = ((p[2, 0] - xs) * (p[0, 1] - ys) - (p[0, 0] - xs) * (p[2, 1] - ys)) / det
        c = 1.0 - a - b
        hit = (a > -0.02) & (b > -0.02) & (c > -0.02)
        value = a[..., None] * q[0] + b[..., None] * q[1] + c[..., None] * q[2]
        out[y0:y1, x0:x1][hit] = value[hit]
    return out
