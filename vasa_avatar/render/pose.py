"""Numba kernel: face motion to vertex positions on the screen.

Order: expression basis, lips kept from crossing, lids, copies, then head pose, camera, body.
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np

_JIT: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": False, "error_model": "numpy"}


@nb.njit(**_JIT)
def drawn_amounts(curve, commanded):  # type: ignore[no-untyped-def]
    """Commanded coefficients, held to 0..1, through curves of equal steps; (U, S), (U,) to (U,)."""
    drawn = np.empty(commanded.shape[0], np.float32)
    last = curve.shape[1] - 1
    for u in range(commanded.shape[0]):
        place = min(1.0, max(0.0, float(commanded[u]))) * last
        i = min(int(place), last - 1)
        drawn[u] = curve[u, i] + (place - i) * (curve[u, i + 1] - curve[u, i])
    return drawn


@nb.njit(**_JIT)
def apply_basis(points, rest, basis, coefficients):  # type: ignore[no-untyped-def]
    """points = rest + sum of coefficient * displacement; (N, 3), (N, 3), (U, N, 3), (U,)."""
    n = rest.shape[0] * 3
    flat, start = points.reshape(-1), rest.reshape(-1)
    for i in range(n):
        flat[i] = start[i]
    for u in range(basis.shape[0]):
        c = np.float32(coefficients[u])
        if c == 0.0:
            continue
        row = basis[u].reshape(-1)
        for i in range(n):
            flat[i] += c * row[i]


@nb.njit(**_JIT)
def separate_lips(points, pairs, rest_gap):  # type: ignore[no-untyped-def]
    """Where upper and lower inner lip would cross, put both on their middle line."""
    for k in range(pairs.shape[0]):
        up, low = pairs[k, 0], pairs[k, 1]
        gap = points[low, 1] - points[up, 1]
        least = min(rest_gap[k], np.float32(0.002))
        if gap < least:
            middle = np.float32(0.5) * (points[low, 1] + points[up, 1])
            points[up, 1] = middle - np.float32(0.5) * least
            points[low, 1] = middle + np.float32(0.5) * least


@nb.njit(**_JIT)
def close_lids(points, closure, drop, meet, upper, lower, sheet, lash, fringe):  # type: ignore[no-untyped-def]
    """Slide the lids of one eye.

    Args:
        points: (N, 3), written.
        closure: 0 = as the basis left it, 1 = shut, negative = wider.
        drop: face widths that the lower lid's middle moves down, as it does with a lowered gaze.
        meet: share of the opening that the upper lid covers.
        upper: (9,) contour, corners first and last.
        lower: (9,) likewise.
        sheet: (R, 9) follows the upper contour.
        lash: (Q, 9) follows it too.
        fringe: (2, 9) likewise.
    """
    for j in range(9):
        up, low = upper[j], lower[j]
        dx = dy = dz = np.float32(0.0)
        if 0 < j < 8:
            points[low, 1] += np.float32(drop * (1.0 - ((j - 4.0) / 4.0) ** 2))
            gap_x = points[low, 0] - points[up, 0]
            gap_y = points[low, 1] - points[up, 1]
            gap_z = points[low, 2] - points[up, 2]
            if gap_y < 0.0:
                gap_y = np.float32(0.0)
            top = np.float32(meet * closure)
            dx, dy, dz = top * gap_x, top * gap_y, top * gap_z
            points[up, 0] += dx
            points[up, 1] += dy
            points[up, 2] += dz
            if closure > 0.0:
                rise = np.float32((1.0 - meet) * closure)
                points[low, 0] -= rise * gap_x
                points[low, 1] -= rise * gap_y
                points[low, 2] -= rise * gap_z
        rows = sheet.shape[0]
        for i in range(rows):
            share = np.float32(i / (rows - 1))
            v = sheet[i, j]
            points[v, 0] += share * dx
            points[v, 1] += share * dy
            points[v, 2] += share * dz
        for i in range(lash.shape[0]):
            v = lash[i, j]
            points[v, 0] += dx
            points[v, 1] += dy
            points[v, 2] += dz
        for i in range(fringe.shape[0]):
            v = fringe[i, j]
            points[v, 0] += dx
            points[v, 1] += dy
            points[v, 2] += dz


@nb.njit(**_JIT)
def apply_copies(points, copies, offsets):  # type: ignore[no-untyped-def]
    """points[destination] = points[source] + offset."""
    for k in range(copies.shape[0]):
        to, source = copies[k, 0], copies[k, 1]
        for axis in range(3):
            points[to, axis] = points[source, axis] + offsets[k, axis]


@nb.njit(**_JIT)
def turn_iris(points, iris, offset, centre, radius, turned, gaze, rotation):  # type: ignore[no-untyped-def]
    """Place the iris so that, after the head's rotation, it looks along `gaze`.

    Args:
        points: (N, 3), written for `iris`; before the head's rotation.
        iris: (J,) vertices.
        offset: (J, 2) on the iris plane.
        centre: (3,) eyeball's centre.
        radius: eyeball's radius.
        turned: (3, 3) scratch.
        gaze: (2,) pitch, yaw relative to the camera.
        rotation: (3, 3) head rotation.
    """
    pitch, yaw = gaze[0], gaze[1]
    ahead = (
        math.sin(yaw) * math.cos(pitch),
        -math.sin(pitch),
        math.cos(yaw) * math.cos(pitch),
    )
    right = (math.cos(yaw), 0.0, -math.sin(yaw))
    down = (
        ahead[1] * right[2] - ahead[2] * right[1],
        ahead[2] * right[0] - ahead[0] * right[2],
        ahead[0] * right[1] - ahead[1] * right[0],
    )
    if down[1] < 0.0:
        down = (-down[0], -down[1], -down[2])
    for axis in range(3):  # columns: right, down, ahead, in head axes (rotation transposed)
        turned[axis, 0] = (
            rotation[0, axis] * right[0]
            + rotation[1, axis] * right[1]
            + rotation[2, axis] * right[2]
        )
        turned[axis, 1] = (
            rotation[0, axis] * down[0] + rotation[1, axis] * down[1] + rotation[2, axis] * down[2]
        )
        turned[axis, 2] = (
            rotation[0, axis] * ahead[0]
            + rotation[1, axis] * ahead[1]
            + rotation[2, axis] * ahead[2]
        )
    for k in range(iris.shape[0]):
        v = iris[k]
        for axis in range(3):
            points[v, axis] = (
                centre[axis]
                + turned[axis, 0] * offset[k, 0]
                + turned[axis, 1] * offset[k, 1]
                + turned[axis, 2] * radius
            )


@nb.njit(**_JIT)
def to_screen(  # type: ignore[no-untyped-def]
    points, rest, rotation, shift, distance, settle, breath, weights, breath_px, pivot, width,
    camera, scale, screen, depth,
):  # fmt: skip
    """Head rotation, camera and the body's share of both.

    Args:
        points: (N, 3) moved by expression.
        rest: (N, 3) unmoved.
        rotation: (3, 3).
        shift: (2,) x, y in face widths.
        distance: ratio.
        settle: face widths that this distance moves the head down.
        breath: 0..1.
        weights: (N, 3) head, shift, distance.
        breath_px: (N, 2) design pixels at a full breath.
        pivot: (2,) design pixels.
        width: face width, design pixels.
        camera: camera distance, face widths.
        scale: frame pixels per design pixel.
        screen: (N, 2) frame pixels, written.
        depth: (N,) written.
    """
    for i in range(points.shape[0]):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        x = rotation[0, 0] * px + rotation[0, 1] * py + rotation[0, 2] * pz
        y = rotation[1, 0] * px + rotation[1, 1] * py + rotation[1, 2] * pz
        z = rotation[2, 0] * px + rotation[2, 1] * py + rotation[2, 2] * pz
        w_head, w_shift, w_distance = weights[i, 0], weights[i, 1], weights[i, 2]
        near = 1.0 / (1.0 - pz / camera)
        still_x, still_y = px * near, py * near
        seen = 1.0 / (distance - z / camera)
        far = 1.0 / (distance - pz / camera)
        turned_x, turned_y = x * seen, y * seen
        far_x, far_y = px * far, py * far
        out_x = (
            still_x
            + w_head * (turned_x - far_x)
            + w_distance * (far_x - still_x)
            + w_shift * shift[0]
        )
        out_y = (
            still_y
            + w_head * (turned_y - far_y)
            + w_distance * (far_y - still_y + settle)
            + w_shift * shift[1]
        )
        screen[i, 0] = (pivot[0] + width * out_x + breath * breath_px[i, 0]) * scale
        screen[i, 1] = (pivot[1] + width * out_y + breath * breath_px[i, 1]) * scale
        depth[i] = w_head * z + (1.0 - w_head) * pz


@nb.njit(**_JIT)
def depth_order(triangles, first, last, depth, buckets, order, start):  # type: ignore[no-untyped-def]
    """Far to near order of triangles first..last-1 by mean depth, into order[start:].

    A bucket sort with 512 depths: stable, linear, independent of the number of threads.
    """
    n_buckets = buckets.shape[0] - 1
    low, high = 1e30, -1e30
    for t in range(first, last):
        z = depth[triangles[t, 0]] + depth[triangles[t, 1]] + depth[triangles[t, 2]]
        low = min(low, z)
        high = max(high, z)
    gain = (n_buckets - 1) / max(high - low, 1e-6)
    for b in range(n_buckets + 1):
        buckets[b] = 0
    for t in range(first, last):
        z = depth[triangles[t, 0]] + depth[triangles[t, 1]] + depth[triangles[t, 2]]
        buckets[int((z - low) * gain) + 1] += 1
    for b in range(n_buckets):
        buckets[b + 1] += buckets[b]
    for t in range(first, last):
        z = depth[triangles[t, 0]] + depth[triangles[t, 1]] + depth[triangles[t, 2]]
        b = int((z - low) * gain)
        order[start + buckets[b]] = t
        buckets[b] += 1


@nb.njit(**_JIT)
def sum_shading(shading, units, coefficients, log_gain, gain):  # type: ignore[no-untyped-def]
    """Sum of shading maps, then 256 * 2 ** (sum / 128) in integers.

    Args:
        shading: (U, Hs, Ws) int8.
        units: (U,) coefficient index of each map.
        coefficients: (52,).
        log_gain: (Hs * Ws,) int32 scratch.
        gain: (Hs, Ws) int32, written, 64..511.
    """
    n = log_gain.shape[0]
    for i in range(n):
        log_gain[i] = 0
    any_active = False
    for u in range(units.shape[0]):
        c = int(coefficients[units[u]] * 64.0 + 0.5)
        if c <= 0:
            continue
        any_active = True
        row = shading[u].reshape(-1)
        for i in range(n):
            log_gain[i] += c * row[i]
    flat = gain.reshape(-1)
    if not any_active:
        for i in range(n):
            flat[i] = 256
        return
    for i in range(n):
        # 2 ** x near 0 by its second-order series; x in 1/8192
        x = max(-10000, min(7500, log_gain[i]))
        linear = (x * 5678) >> 18
        flat[i] = min(511, 256 + linear + ((linear * linear) >> 9))
