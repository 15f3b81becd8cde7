"""Numba kernel: face motion to vertex positions on the screen.

Order: expression basis, lips kept from crossing, lids, copies, then head pose, camera, body.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32, F64
from vasa_avatar.kernel_cache import kernel
from vasa_avatar.render.kernels import MOST_LIGHT, UNCHANGED


class Lids(NamedTuple):
    """Vertices of one eye's lids; columns run along the contour from corner to corner."""

    upper: NDArray[np.int32]
    """(9,) contour"""
    lower: NDArray[np.int32]
    """(9,) likewise"""
    sheet: NDArray[np.int32]
    """(R, 9) follows the upper contour, the more the lower the row"""
    lash: NDArray[np.int32]
    """(Q, 9) moves with it"""
    fringe: NDArray[np.int32]
    """(2, 9) likewise"""


class Iris(NamedTuple):
    """One eye's iris on its eyeball, in face widths and head axes."""

    vertices: NDArray[np.int32]
    """(J,)"""
    offset: NDArray[np.float32]
    """(J, 2) on the iris plane"""
    centre: NDArray[np.float32]
    """(3,) of the eyeball"""
    radius: float
    """of the eyeball"""


class Body(NamedTuple):
    """How each vertex takes part in what the head and the breath do."""

    rest: NDArray[np.float32]
    """(N, 3) unmoved, face widths"""
    weights: NDArray[np.float32]
    """(N, 3) head's rotation, its translation, its distance"""
    breath_px: NDArray[np.float32]
    """(N, 2) shift at a full breath, design pixels"""
    hang: NDArray[np.float32]
    """(N,) how far it is where the head was"""


class HeadPlace(NamedTuple):
    """Where the head is in one frame."""

    rotation: NDArray[np.float64]
    """(3, 3)"""
    shift: NDArray[np.float64]
    """(2,) x, y in face widths"""
    distance: float
    """ratio of the portrait's"""
    settle: float
    """face widths that this distance moves the head down"""
    breath: float
    """0..1"""


class Camera(NamedTuple):
    """How face widths become frame pixels."""

    pivot_px: NDArray[np.float32]
    """(2,) design pixels"""
    face_width_px: float
    """design pixels"""
    distance: float
    """face widths"""
    scale: float
    """frame pixels per design pixel"""


@kernel(makes_arrays=True)
def drawn_amounts(curve, commanded):  # type: ignore[no-untyped-def]
    """Commanded coefficients, held to 0..1, through curves of equal steps; (U, S), (U,) to (U,)."""
    drawn = np.empty(commanded.shape[0], np.float32)
    last = curve.shape[1] - 1
    for u in range(commanded.shape[0]):
        place = min(1.0, max(0.0, float(commanded[u]))) * last
        i = min(int(place), last - 1)
        drawn[u] = curve[u, i] + (place - i) * (curve[u, i + 1] - curve[u, i])
    return drawn


@kernel
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


@kernel
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


@kernel
def lip_opening(points, pairs, rest_gap):  # type: ignore[no-untyped-def]
    """The widest gap between upper and lower inner lip beyond that at rest, in face widths."""
    widest = np.float32(-np.inf)
    for k in range(pairs.shape[0]):
        gap = points[pairs[k, 1], 1] - points[pairs[k, 0], 1]
        widest = max(widest, gap - rest_gap[k])
    return float(widest)


def close_lids(points: F32, lids: Lids, closure: float, drop: float, meet: float) -> None:
    """Slide the lids of one eye.

    Args:
        points: (N, 3), written.
        lids: of one eye.
        closure: 0 = as the basis left it, 1 = shut, negative = wider.
        drop: face widths that the lower lid's middle moves down, as it does with a lowered gaze.
        meet: share of the opening that the upper lid covers.
    """
    _close_lids(points, tuple(lids), closure, drop, meet)


@kernel
def _close_lids(points, lids, closure, drop, meet):  # type: ignore[no-untyped-def]
    lids = Lids(*lids)
    for j in range(9):
        up, low = lids.upper[j], lids.lower[j]
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
            _move(points, up, dx, dy, dz)
            if closure > 0.0:
                rise = np.float32((1.0 - meet) * closure)
                _move(points, low, -rise * gap_x, -rise * gap_y, -rise * gap_z)
        rows = lids.sheet.shape[0]
        for i in range(rows):
            share = np.float32(i / (rows - 1))
            _move(points, lids.sheet[i, j], share * dx, share * dy, share * dz)
        for i in range(lids.lash.shape[0]):
            _move(points, lids.lash[i, j], dx, dy, dz)
        for i in range(lids.fringe.shape[0]):
            _move(points, lids.fringe[i, j], dx, dy, dz)


@kernel(inline=True)
def _move(points, vertex, dx, dy, dz):  # type: ignore[no-untyped-def]
    points[vertex, 0] += dx
    points[vertex, 1] += dy
    points[vertex, 2] += dz


@kernel
def apply_copies(points, copies, offsets):  # type: ignore[no-untyped-def]
    """points[destination] = points[source] + offset."""
    for k in range(copies.shape[0]):
        to, source = copies[k, 0], copies[k, 1]
        for axis in range(3):
            points[to, axis] = points[source, axis] + offsets[k, axis]


def turn_iris(points: F32, iris: Iris, gaze: F64, rotation: F64, turned: F64) -> None:
    """Place the iris so that, after the head's rotation, it looks along `gaze`.

    Args:
        points: (N, 3), written for the iris; before the head's rotation.
        iris: of one eye.
        gaze: (2,) pitch, yaw relative to the camera.
        rotation: (3, 3) head rotation.
        turned: (3, 3) scratch.
    """
    _turn_iris(points, tuple(iris), gaze, rotation, turned)


@kernel
def _turn_iris(points, iris, gaze, rotation, turned):  # type: ignore[no-untyped-def]
    iris = Iris(*iris)
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
    for k in range(iris.vertices.shape[0]):
        v = iris.vertices[k]
        for axis in range(3):
            points[v, axis] = (
                iris.centre[axis]
                + turned[axis, 0] * iris.offset[k, 0]
                + turned[axis, 1] * iris.offset[k, 1]
                + turned[axis, 2] * iris.radius
            )


def to_screen(
    points: F32,
    body: Body,
    heads: tuple[HeadPlace, HeadPlace],
    camera: Camera,
    screen: F32,
    depth: F32,
) -> None:
    """Head rotation, camera and the body's share of both.

    Args:
        points: (N, 3) moved by expression, face widths.
        body: what the vertices do.
        heads: where the head is, and where it is for what hangs.
        camera: who looks.
        screen: (N, 2) frame pixels, written.
        depth: (N,) written.
    """
    now, before = heads
    _to_screen(points, tuple(body), tuple(now), tuple(before), tuple(camera), screen, depth)


@kernel
def _to_screen(points, body, head, trail, camera, screen, depth):  # type: ignore[no-untyped-def]
    body, camera = Body(*body), Camera(*camera)
    head, trail = HeadPlace(*head), HeadPlace(*trail)
    for i in range(points.shape[0]):
        out_x, out_y, z = _placed(points, i, body, head, camera)
        hang = body.hang[i]
        if hang > 0.0:
            late_x, late_y, _ = _placed(points, i, body, trail, camera)
            out_x += hang * (late_x - out_x)
            out_y += hang * (late_y - out_y)
        x_px = camera.pivot_px[0] + camera.face_width_px * out_x
        y_px = camera.pivot_px[1] + camera.face_width_px * out_y
        screen[i, 0] = (x_px + head.breath * body.breath_px[i, 0]) * camera.scale
        screen[i, 1] = (y_px + head.breath * body.breath_px[i, 1]) * camera.scale
        depth[i] = body.weights[i, 0] * z + (1.0 - body.weights[i, 0]) * points[i, 2]


@kernel(inline=True)
def _placed(points, i, body, head, camera):  # type: ignore[no-untyped-def]
    """x, y in face widths as the camera sees a vertex, and its turned z."""
    rotation = head.rotation
    px, py, pz = points[i, 0], points[i, 1], points[i, 2]
    x = rotation[0, 0] * px + rotation[0, 1] * py + rotation[0, 2] * pz
    y = rotation[1, 0] * px + rotation[1, 1] * py + rotation[1, 2] * pz
    z = rotation[2, 0] * px + rotation[2, 1] * py + rotation[2, 2] * pz
    w_head, w_shift, w_distance = body.weights[i, 0], body.weights[i, 1], body.weights[i, 2]
    near = 1.0 / (1.0 - pz / camera.distance)
    still_x, still_y = px * near, py * near
    seen = 1.0 / (head.distance - z / camera.distance)
    far = 1.0 / (head.distance - pz / camera.distance)
    turned_x, turned_y = x * seen, y * seen
    far_x, far_y = px * far, py * far
    out_x = (
        still_x
        + w_head * (turned_x - far_x)
        + w_distance * (far_x - still_x)
        + w_shift * head.shift[0]
    )
    out_y = (
        still_y
        + w_head * (turned_y - far_y)
        + w_distance * (far_y - still_y + head.settle)
        + w_shift * head.shift[1]
    )
    return out_x, out_y, z


@kernel
def slide_texture(uv, vertices, rest, way, sides, turn):  # type: ignore[no-untyped-def]
    """uv[vertex] = rest + way, as far as the turn to its side goes: sides * turn, 0..1.

    Args:
        uv: (N, 2) written.
        vertices: (V,) those that slide.
        rest: (V, 2).
        way: (V, 2).
        sides: (V,) -1 or 1.
        turn: a share of the full one, with a sign.
    """
    for k in range(vertices.shape[0]):
        share = min(np.float32(1.0), max(np.float32(0.0), np.float32(turn) * sides[k]))
        for axis in range(2):
            uv[vertices[k], axis] = rest[k, axis] + share * way[k, axis]


@kernel
def depth_order(triangles, first, last, depth, buckets, order):  # type: ignore[no-untyped-def]
    """Far to near order of triangles first..last-1 by mean depth, into order[first:].

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
        order[first + buckets[b]] = t
        buckets[b] += 1


@kernel
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
            flat[i] = UNCHANGED
        return
    for i in range(n):
        # 2 ** x near 0 by its second-order series; x in 1/8192
        x = max(-10000, min(7500, log_gain[i]))
        linear = (x * 5678) >> 18
        flat[i] = min(MOST_LIGHT, UNCHANGED + linear + ((linear * linear) >> 9))
