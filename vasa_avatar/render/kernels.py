"""Numba kernels: screen triangles with a packed texture into a packed BGRA frame.

Texels (colour premultiplied by alpha) and frame pixels are the bytes blue, green, red, alpha of one
uint32; lanes.py computes with them. The texture does not fit a core's own cache, so the texels of a
triangle are asked for while earlier ones are drawn: this halves the time of a frame. Every pixel is
computed alone and in a fixed order: the picture does not depend on the number of threads. The slow
twin is reference.py.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from vasa_avatar.render import lanes

_JIT: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": False, "error_model": "numpy"}

# Triangle kinds
OPAQUE = 0  # every texel under it has alpha 255, no shading
BLEND = 1  # texture alpha and layer alpha
SHADED = 2  # opaque, multiplied by the shading map
SHADED_BLEND = 3  # texture alpha, multiplied by the shading map
LIT_BLEND = 4  # texture alpha and layer alpha, multiplied by interpolated vertex light

AHEAD = 8
"""triangles between asking for texels and drawing with them"""
LINE_TEXELS = 16
"""texels of one cache line"""

SHADE_ONE = 256
"""value of the shading map and of vertex light that leaves a colour unchanged"""

_U = np.uint64
_SOLID = _U(0x00FF000000000000)


@nb.njit(inline="always", **_JIT)
def _sample(texture, width, u, v):  # type: ignore[no-untyped-def]
    """Bilinear sample of a flat texture at 16.16 fixed point, as lanes."""
    # Unsigned indices: signed ones would be checked for counting from the end.
    index = _U((v >> 16) * width + (u >> 16))
    return lanes.sample(texture, index, _U(width), (u >> 8) & 255, (v >> 8) & 255)


@nb.njit(inline="always", **_JIT)
def _gain_at(shade, shade_width, shade_height, su, sv):  # type: ignore[no-untyped-def]
    """Bilinear shading gain, 256 = unchanged; beside the map, that of its edge."""
    su = min(max(su, 0), ((shade_width - 1) << 16) - 1)
    sv = min(max(sv, 0), ((shade_height - 1) << 16) - 1)
    index = _U((sv >> 16) * shade_width + (su >> 16))
    below = index + _U(shade_width)
    fx = (su >> 8) & 255
    fy = (sv >> 8) & 255
    top = shade[index] * (256 - fx) + shade[index + _U(1)] * fx
    low = shade[below] * (256 - fx) + shade[below + _U(1)] * fx
    return _U((top * (256 - fy) + low * fy) >> 16)


@nb.njit(**_JIT)
def draw_triangles(  # type: ignore[no-untyped-def]
    frame, plate, texture, triangles, order, kinds, alphas, xy, uv, light, shade, shade_map
):
    """Draw the plate and triangles over it in the given order.

    Args:
        frame: (H, W) uint32, written.
        plate: (H, W) uint32 background.
        texture: (Ht, Wt) uint32 texels, see mesh.prepare_texture.
        triangles: (M, 3) int32 vertex indices.
        order: (L,) int32 triangle indices, first drawn first.
        kinds: (M,) uint8 OPAQUE ... LIT_BLEND.
        alphas: (M,) int32 layer alpha 0..256; 0 skips the triangle. Shaded kinds only skip.
        xy: (N, 2) float32 screen positions in pixels.
        uv: (N, 2) float32 texture positions; texel centres at whole numbers.
        light: (N,) float32 vertex light, 256 = unchanged, at most 511.
        shade: (Hs, Ws) int32 shading gains, 256 = unchanged, at most 511.
        shade_map: (4,) float64 u0, v0, u scale, v scale: shade position = (uv - uv0) * scale.
    """
    height, width = frame.shape
    flat = frame.reshape(-1)
    tex, tex_width = texture.reshape(-1), texture.shape[1]
    shade_flat = shade.reshape(-1)
    shade_height, shade_width = shade.shape
    for y in range(height):
        for x in range(width):
            frame[y, x] = plate[y, x]
    count = order.shape[0]
    for k in range(count):
        if k + AHEAD < count and alphas[_U(order[k + AHEAD])] > 0:
            _ask_for_texels(tex, tex_width, triangles, _U(order[k + AHEAD]), uv)
        t = _U(order[k])
        if alphas[t] > 0:
            _draw_triangle(
                flat, width, height, tex, tex_width, triangles, t, kinds, alphas, xy, uv,
                light, shade_flat, shade_width, shade_height, shade_map,
            )  # fmt: skip


@nb.njit(**_JIT)
def _ask_for_texels(tex, tex_width, triangles, t, uv):  # type: ignore[no-untyped-def]
    """Fetch the texels under one triangle's bounding box."""
    i0, i1, i2 = _U(triangles[t, 0]), _U(triangles[t, 1]), _U(triangles[t, 2])
    left = int(min(uv[i0, 0], uv[i1, 0], uv[i2, 0]))
    right = int(max(uv[i0, 0], uv[i1, 0], uv[i2, 0])) + 2
    top = int(min(uv[i0, 1], uv[i1, 1], uv[i2, 1]))
    bottom = int(max(uv[i0, 1], uv[i1, 1], uv[i2, 1])) + 2
    for row in range(top, bottom):
        for column in range(left, right, LINE_TEXELS):
            lanes.prefetch(tex, row * tex_width + column)


@nb.njit(**_JIT)
def _draw_triangle(  # type: ignore[no-untyped-def]
    flat, width, height, tex, tex_width, triangles, t, kinds, alphas, xy, uv, light,
    shade_flat, shade_width, shade_height, shade_map,
):  # fmt: skip
    """One triangle, into the flat frame."""
    i0, i1, i2 = _U(triangles[t, 0]), _U(triangles[t, 1]), _U(triangles[t, 2])
    # Corners from top to bottom; an edge is computed alike for both triangles that share it.
    if xy[i0, 1] > xy[i1, 1]:
        i0, i1 = i1, i0
    if xy[i1, 1] > xy[i2, 1]:
        i1, i2 = i2, i1
    if xy[i0, 1] > xy[i1, 1]:
        i0, i1 = i1, i0
    x0, y0 = float(xy[i0, 0]), float(xy[i0, 1])
    x1, y1 = float(xy[i1, 0]), float(xy[i1, 1])
    x2, y2 = float(xy[i2, 0]), float(xy[i2, 1])
    first, last = int(max(0.0, y0 + 0.5)), min(height, int(max(0.0, y2 + 0.5)))
    if first >= last or max(x0, x1, x2) <= 0.0 or min(x0, x1, x2) >= width:
        return
    det = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if abs(det) < 1e-9:
        return
    inverse = 1.0 / det
    slope_long = (x2 - x0) / (y2 - y0)
    slope_top = (x1 - x0) / max(y1 - y0, 1e-12)
    slope_low = (x2 - x1) / max(y2 - y1, 1e-12)
    u0, v0 = float(uv[i0, 0]), float(uv[i0, 1])
    du1, du2 = uv[i1, 0] - u0, uv[i2, 0] - u0
    dv1, dv2 = uv[i1, 1] - v0, uv[i2, 1] - v0
    u_dx = (du1 * (y2 - y0) - du2 * (y1 - y0)) * inverse
    u_dy = (du2 * (x1 - x0) - du1 * (x2 - x0)) * inverse
    v_dx = (dv1 * (y2 - y0) - dv2 * (y1 - y0)) * inverse
    v_dy = (dv2 * (x1 - x0) - dv1 * (x2 - x0)) * inverse
    u_step = np.int64(u_dx * 65536.0)
    v_step = np.int64(v_dx * 65536.0)
    kind = kinds[t]
    scale = _U(alphas[t])
    is_faint = alphas[t] < 256
    l_dx = l_dy = l0 = 0.0
    if kind == 4:
        l0 = float(light[i0])
        dl1, dl2 = light[i1] - l0, light[i2] - l0
        l_dx = (dl1 * (y2 - y0) - dl2 * (y1 - y0)) * inverse
        l_dy = (dl2 * (x1 - x0) - dl1 * (x2 - x0)) * inverse
    for y in range(first, last):
        yc = y + 0.5
        long = x0 + (yc - y0) * slope_long
        short = x0 + (yc - y0) * slope_top if yc < y1 else x1 + (yc - y1) * slope_low
        start = int(max(0.0, min(long, short) + 0.5))
        stop = min(width, int(max(0.0, max(long, short) + 0.5)))
        if start >= stop:
            continue
        dx = start + 0.5 - x0
        dy = yc - y0
        uf = u0 + u_dx * dx + u_dy * dy
        vf = v0 + v_dx * dx + v_dy * dy
        u = np.int64(uf * 65536.0)
        v = np.int64(vf * 65536.0)
        begin, end = _U(y * width + start), _U(y * width + stop)
        if kind == 0 and not is_faint:
            for x in range(begin, end):
                flat[x] = lanes.pack(_sample(tex, tex_width, u, v))
                u += u_step
                v += v_step
        elif kind <= 1:
            for x in range(begin, end):
                texel = _sample(tex, tex_width, u, v)
                if is_faint:
                    texel = lanes.fade(texel, scale)
                flat[x] = lanes.pack(texel) if texel >= _SOLID else lanes.over(texel, flat[x])
                u += u_step
                v += v_step
        elif kind == 4:
            value = l0 + l_dx * dx + l_dy * dy
            for x in range(begin, end):
                gain = _U(min(511.0, max(0.0, value)))
                texel = lanes.within_alpha(lanes.brighten(_sample(tex, tex_width, u, v), gain))
                if is_faint:
                    texel = lanes.fade(texel, scale)
                flat[x] = lanes.over(texel, flat[x])
                u += u_step
                v += v_step
                value += l_dx
        else:
            # The shading map is read in the middle of every two pixels, for a lone one at its own:
            # across a sliver the texture runs so fast that half a pixel leads anywhere.
            aside = 0.5 if stop - start > 1 else 0.0
            su = np.int64((uf + aside * u_dx - shade_map[0]) * shade_map[2] * 65536.0)
            sv = np.int64((vf + aside * v_dx - shade_map[1]) * shade_map[3] * 65536.0)
            su_step = np.int64(2.0 * u_dx * shade_map[2] * 65536.0)
            sv_step = np.int64(2.0 * v_dx * shade_map[3] * 65536.0)
            gain = _U(256)
            for x in range(begin, end):
                if (x - begin) & _U(1) == _U(0):
                    gain = _gain_at(shade_flat, shade_width, shade_height, su, sv)
                    su += su_step
                    sv += sv_step
                texel = lanes.brighten(_sample(tex, tex_width, u, v), gain)
                if kind == 2:
                    flat[x] = lanes.pack(texel)
                else:
                    flat[x] = lanes.over(lanes.within_alpha(texel), flat[x])
                u += u_step
                v += v_step


@nb.njit(**_JIT)
def drop_idle_shading(kinds, base_kinds, boxes, shade):  # type: ignore[no-untyped-def]
    """Draw shaded triangles plainly where the shading map leaves them (almost) unchanged.

    Args:
        kinds: (M,) uint8, written.
        base_kinds: (M,) uint8 kinds with shading.
        boxes: (M, 4) int32 first column, first row, last column, last row in the map.
        shade: (Hs, Ws) int32 gains.
    """
    width = _U(shade.shape[1])
    flat = shade.reshape(-1)
    for t in range(kinds.shape[0]):
        kind = base_kinds[t]
        if kind == 2 or kind == 3:
            is_idle = True
            y, bottom = boxes[t, 1], boxes[t, 3]
            while is_idle and y <= bottom:
                most = 0
                row = _U(y) * width
                for i in range(row + _U(boxes[t, 0]), row + _U(boxes[t, 2]) + _U(1)):
                    most = max(most, abs(flat[i] - 256))
                is_idle = most <= 2
                y += 1
            if is_idle:
                kind = 0 if kind == 2 else 1
        kinds[t] = kind
