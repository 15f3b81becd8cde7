"""Numba kernels: screen triangles with a packed texture into a packed BGRA frame.

Texels (colour premultiplied by alpha) and frame pixels are the bytes blue, green, red, alpha of one
uint32; lanes.py computes with them. The texture does not fit a core's own cache, so the texels of a
triangle are asked for while earlier ones are drawn: this halves the time of a frame. Every pixel is
computed alone and in a fixed order: the picture does not depend on the number of threads. The slow
twin is reference.py.

Arguments come as named tuples of arrays; they enter compiled code as plain ones, which numba
recognises four times as fast.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.kernel_cache import kernel
from vasa_avatar.render import lanes

# Triangle kinds
OPAQUE = 0  # every texel under it has alpha 255, no shading
BLEND = 1  # texture alpha and layer alpha
SHADED = 2  # opaque, multiplied by the shading map
SHADED_BLEND = 3  # texture alpha, multiplied by the shading map
LIT_BLEND = 4  # texture alpha and layer alpha, multiplied by interpolated vertex light

FULL_ALPHA = 256
"""layer alpha of a triangle that is not faded"""
UNCHANGED = 256
"""value of the shading map and of vertex light that leaves a colour as it is"""
MOST_LIGHT = 511
"""largest value of both"""
UNSEEN_CHANGE = 2
"""difference from UNCHANGED that nobody sees"""
AHEAD = 8
"""triangles between asking for texels and drawing with them"""
LINE_TEXELS = 16
"""texels of one cache line"""

U32 = NDArray[np.uint32]
_U = np.uint64
_SOLID = _U(0x00FF000000000000)


class Mesh(NamedTuple):
    """Textured triangles on the screen."""

    triangles: NDArray[np.int32]
    """(M, 3) vertices"""
    kinds: NDArray[np.uint8]
    """(M,) OPAQUE ... LIT_BLEND"""
    alphas: NDArray[np.int32]
    """(M,) layer alpha 0..FULL_ALPHA; 0 skips the triangle; shaded kinds only skip"""
    xy: NDArray[np.float32]
    """(N, 2) screen positions in pixels"""
    uv: NDArray[np.float32]
    """(N, 2) texture positions; texel centres at whole numbers"""
    light: NDArray[np.float32]
    """(N,) vertex light, 0..MOST_LIGHT"""


class Shading(NamedTuple):
    """A map over a part of the texture that darkens and brightens it."""

    gains: NDArray[np.int32]
    """(Hs, Ws) 0..MOST_LIGHT"""
    u0: float
    """texels"""
    v0: float
    """texels"""
    cells_per_texel: float
    """place in the map = (uv - uv0) * cells_per_texel"""


class _Texels(NamedTuple):
    """A texture, flat."""

    flat: NDArray[np.uint32]
    width: int


class _Gains(NamedTuple):
    """A Shading, flat."""

    flat: NDArray[np.int32]
    height: int
    width: int
    u0: float
    v0: float
    scale: float


class _Corners(NamedTuple):
    """A triangle's corners on the screen, from top to bottom."""

    x0: float
    y0: float
    x1: float
    y1: float
    x2: float
    y2: float
    inverse: float
    """1 / twice its area, with a sign"""


class _Run(NamedTuple):
    """Neighbouring pixels of one row and their texels."""

    begin: np.uint64
    """first pixel in the flat frame"""
    end: np.uint64
    u: np.int64
    """16.16 texels at the first pixel's centre"""
    v: np.int64
    u_step: np.int64
    v_step: np.int64


@kernel(inline=True)
def _sample(texels, u, v):  # type: ignore[no-untyped-def]
    """Bilinear sample at 16.16 fixed point, as lanes."""
    # Unsigned indices: signed ones would be checked for counting from the end.
    index = _U((v >> 16) * texels.width + (u >> 16))
    return lanes.sample(texels.flat, index, _U(texels.width), (u >> 8) & 255, (v >> 8) & 255)


@kernel(inline=True)
def _gain_at(gains, su, sv):  # type: ignore[no-untyped-def]
    """Bilinear gain at 16.16 fixed point; beside the map, that of its edge."""
    su = min(max(su, 0), ((gains.width - 1) << 16) - 1)
    sv = min(max(sv, 0), ((gains.height - 1) << 16) - 1)
    index = _U((sv >> 16) * gains.width + (su >> 16))
    below = index + _U(gains.width)
    fx = (su >> 8) & 255
    fy = (sv >> 8) & 255
    top = gains.flat[index] * (256 - fx) + gains.flat[index + _U(1)] * fx
    low = gains.flat[below] * (256 - fx) + gains.flat[below + _U(1)] * fx
    return _U((top * (256 - fy) + low * fy) >> 16)


def draw_triangles(
    frame: U32, texture: U32, mesh: Mesh, order: NDArray[np.int32], shading: Shading
) -> None:
    """Draw triangles in the given order over what the frame holds.

    Args:
        frame: (H, W) written.
        texture: (Ht, Wt) texels, see mesh.prepare_texture.
        mesh: the triangles.
        order: (L,) triangles, first drawn first.
        shading: for those of a shaded kind.
    """
    _draw_triangles(frame, texture, tuple(mesh), order, tuple(shading))


@kernel
def _draw_triangles(frame, texture, mesh, order, shading):  # type: ignore[no-untyped-def]
    mesh, shading = Mesh(*mesh), Shading(*shading)
    height, width = frame.shape
    flat = frame.reshape(-1)
    texels = _Texels(texture.reshape(-1), texture.shape[1])
    gains = _Gains(
        shading.gains.reshape(-1), shading.gains.shape[0], shading.gains.shape[1], shading.u0,
        shading.v0, shading.cells_per_texel,
    )  # fmt: skip
    count = order.shape[0]
    for k in range(count):
        if k + AHEAD < count and mesh.alphas[_U(order[k + AHEAD])] > 0:
            _ask_for_texels(texels, mesh, _U(order[k + AHEAD]))
        t = _U(order[k])
        if mesh.alphas[t] > 0:
            _draw_triangle(flat, height, width, texels, mesh, t, gains)


@kernel
def _ask_for_texels(texels, mesh, t):  # type: ignore[no-untyped-def]
    """Fetch the texels under one triangle's bounding box."""
    uv = mesh.uv
    i0, i1, i2 = (
        _U(mesh.triangles[t, 0]), _U(mesh.triangles[t, 1]), _U(mesh.triangles[t, 2]),
    )  # fmt: skip
    left = int(min(uv[i0, 0], uv[i1, 0], uv[i2, 0]))
    right = int(max(uv[i0, 0], uv[i1, 0], uv[i2, 0])) + 2
    top = int(min(uv[i0, 1], uv[i1, 1], uv[i2, 1]))
    bottom = int(max(uv[i0, 1], uv[i1, 1], uv[i2, 1])) + 2
    for row in range(top, bottom):
        for column in range(left, right, LINE_TEXELS):
            lanes.prefetch(texels.flat, row * texels.width + column)


@kernel(inline=True)
def _top_to_bottom(xy, triangles, t):  # type: ignore[no-untyped-def]
    """The vertices of a triangle; an edge is computed alike for both triangles that share it."""
    i0, i1, i2 = _U(triangles[t, 0]), _U(triangles[t, 1]), _U(triangles[t, 2])
    if xy[i0, 1] > xy[i1, 1]:
        i0, i1 = i1, i0
    if xy[i1, 1] > xy[i2, 1]:
        i1, i2 = i2, i1
    if xy[i0, 1] > xy[i1, 1]:
        i0, i1 = i1, i0
    return i0, i1, i2


@kernel(inline=True)
def _slopes(c, d1, d2):  # type: ignore[no-untyped-def]
    """Change per pixel to the right and down of what grows by d1, d2 from the first corner."""
    across = (d1 * (c.y2 - c.y0) - d2 * (c.y1 - c.y0)) * c.inverse
    down = (d2 * (c.x1 - c.x0) - d1 * (c.x2 - c.x0)) * c.inverse
    return across, down


@kernel(inline=True)
def _draw_triangle(flat, height, width, texels, mesh, t, gains):  # type: ignore[no-untyped-def]
    """One triangle, into the flat frame."""
    uv, light = mesh.uv, mesh.light
    i0, i1, i2 = _top_to_bottom(mesh.xy, mesh.triangles, t)
    x0, y0 = float(mesh.xy[i0, 0]), float(mesh.xy[i0, 1])
    x1, y1 = float(mesh.xy[i1, 0]), float(mesh.xy[i1, 1])
    x2, y2 = float(mesh.xy[i2, 0]), float(mesh.xy[i2, 1])
    first, last = int(max(0.0, y0 + 0.5)), min(height, int(max(0.0, y2 + 0.5)))
    if first >= last or max(x0, x1, x2) <= 0.0 or min(x0, x1, x2) >= width:
        return
    det = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if abs(det) < 1e-9:
        return
    corners = _Corners(x0, y0, x1, y1, x2, y2, 1.0 / det)
    slope_long = (x2 - x0) / (y2 - y0)
    slope_top = (x1 - x0) / max(y1 - y0, 1e-12)
    slope_low = (x2 - x1) / max(y2 - y1, 1e-12)
    u0, v0, l0 = float(uv[i0, 0]), float(uv[i0, 1]), float(light[i0])
    u_dx, u_dy = _slopes(corners, uv[i1, 0] - u0, uv[i2, 0] - u0)
    v_dx, v_dy = _slopes(corners, uv[i1, 1] - v0, uv[i2, 1] - v0)
    l_dx, l_dy = _slopes(corners, light[i1] - l0, light[i2] - l0)
    u_step, v_step = np.int64(u_dx * 65536.0), np.int64(v_dx * 65536.0)
    kind, alpha = mesh.kinds[t], mesh.alphas[t]
    for y in range(first, last):
        yc = y + 0.5
        long = x0 + (yc - y0) * slope_long
        short = x0 + (yc - y0) * slope_top if yc < y1 else x1 + (yc - y1) * slope_low
        start = int(max(0.0, min(long, short) + 0.5))
        stop = min(width, int(max(0.0, max(long, short) + 0.5)))
        if start >= stop:
            continue
        dx, dy = start + 0.5 - x0, yc - y0
        u, v = u0 + u_dx * dx + u_dy * dy, v0 + v_dx * dx + v_dy * dy
        run = _Run(
            _U(y * width + start), _U(y * width + stop), np.int64(u * 65536.0),
            np.int64(v * 65536.0), u_step, v_step,
        )  # fmt: skip
        if kind == OPAQUE and alpha >= FULL_ALPHA:
            _draw_opaque(flat, texels, run)
        elif kind == OPAQUE or kind == BLEND:
            _draw_blended(flat, texels, run, alpha)
        elif kind == LIT_BLEND:
            _draw_lit(flat, texels, run, alpha, l0 + l_dx * dx + l_dy * dy, l_dx)
        else:
            _draw_shaded(flat, texels, run, kind == SHADED, gains, (u, v), (u_dx, v_dx))


@kernel(inline=True)
def _draw_opaque(flat, texels, run):  # type: ignore[no-untyped-def]
    u, v = run.u, run.v
    for x in range(run.begin, run.end):
        flat[x] = lanes.pack(_sample(texels, u, v))
        u += run.u_step
        v += run.v_step


@kernel(inline=True)
def _draw_blended(flat, texels, run, alpha):  # type: ignore[no-untyped-def]
    u, v = run.u, run.v
    for x in range(run.begin, run.end):
        texel = _sample(texels, u, v)
        if alpha < FULL_ALPHA:
            texel = lanes.fade(texel, _U(alpha))
        flat[x] = lanes.pack(texel) if texel >= _SOLID else lanes.over(texel, flat[x])
        u += run.u_step
        v += run.v_step


@kernel(inline=True)
def _draw_lit(flat, texels, run, alpha, light, light_step):  # type: ignore[no-untyped-def]
    """`light` at the first pixel."""
    u, v = run.u, run.v
    for x in range(run.begin, run.end):
        gain = _U(min(float(MOST_LIGHT), max(0.0, light)))
        texel = lanes.within_alpha(lanes.brighten(_sample(texels, u, v), gain))
        if alpha < FULL_ALPHA:
            texel = lanes.fade(texel, _U(alpha))
        flat[x] = lanes.over(texel, flat[x])
        u += run.u_step
        v += run.v_step
        light += light_step


@kernel(inline=True)
def _draw_shaded(flat, texels, run, is_opaque, gains, uv, uv_dx):  # type: ignore[no-untyped-def]
    """`uv` in texels at the first pixel, `uv_dx` its step.

    The shading map is read in the middle of every two pixels, for a lone one at its own: across a
    sliver the texture runs so fast that half a pixel leads anywhere.
    """
    aside = 0.5 if run.end - run.begin > _U(1) else 0.0
    su = np.int64((uv[0] + aside * uv_dx[0] - gains.u0) * gains.scale * 65536.0)
    sv = np.int64((uv[1] + aside * uv_dx[1] - gains.v0) * gains.scale * 65536.0)
    su_step = np.int64(2.0 * uv_dx[0] * gains.scale * 65536.0)
    sv_step = np.int64(2.0 * uv_dx[1] * gains.scale * 65536.0)
    u, v = run.u, run.v
    gain = _U(UNCHANGED)
    for x in range(run.begin, run.end):
        if (x - run.begin) & _U(1) == _U(0):
            gain = _gain_at(gains, su, sv)
            su += su_step
            sv += sv_step
        texel = lanes.brighten(_sample(texels, u, v), gain)
        flat[x] = lanes.pack(texel) if is_opaque else lanes.over(lanes.within_alpha(texel), flat[x])
        u += run.u_step
        v += run.v_step


@kernel
def drop_idle_shading(kinds, base_kinds, boxes, gains):  # type: ignore[no-untyped-def]
    """Draw shaded triangles plainly where the shading map leaves them (almost) unchanged.

    Args:
        kinds: (M,) uint8, written.
        base_kinds: (M,) uint8 kinds with shading.
        boxes: (M, 4) int32 first column, first row, last column, last row in the map.
        gains: (Hs, Ws) int32.
    """
    width = _U(gains.shape[1])
    flat = gains.reshape(-1)
    for t in range(kinds.shape[0]):
        kind = base_kinds[t]
        if kind == SHADED or kind == SHADED_BLEND:
            is_idle = True
            y, bottom = boxes[t, 1], boxes[t, 3]
            while is_idle and y <= bottom:
                most = 0
                row = _U(y) * width
                for i in range(row + _U(boxes[t, 0]), row + _U(boxes[t, 2]) + _U(1)):
                    most = max(most, abs(flat[i] - UNCHANGED))
                is_idle = most <= UNSEEN_CHANGE
                y += 1
            if is_idle:
                kind = OPAQUE if kind == SHADED else BLEND
        kinds[t] = kind
