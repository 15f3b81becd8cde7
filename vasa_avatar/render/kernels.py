"""Numba kernels: screen triangles with a packed texture into a packed BGRA frame.

A texel is one uint32 0xAAGGRRBB (colour premultiplied by alpha) that two masks spread to four
16-bit lanes of a uint64, so that one bilinear sample is four multiplications; ready-made lanes
were no faster and take twice the memory. A frame pixel is one uint32 0xAARRGGBB. Every pixel is
computed alone and in a fixed order: the picture does not depend on the number of threads. The slow
twin is reference.py.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

_JIT: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": False, "error_model": "numpy"}

# Triangle kinds
OPAQUE = 0  # every texel under it has alpha 255, no shading
BLEND = 1  # texture alpha and layer alpha
SHADED = 2  # opaque, multiplied by the shading map
SHADED_BLEND = 3  # texture alpha, multiplied by the shading map
LIT_BLEND = 4  # texture alpha and layer alpha, multiplied by interpolated vertex light

STRIP_ROWS = 64
"""rows drawn at a time: their texels and pixels fit a core's own cache"""

SHADE_ONE = 256
"""value of the shading map and of vertex light that leaves a colour unchanged"""

_U = np.uint64
_LANES = _U(0x00FF00FF00FF00FF)
_EVEN = _U(0x000000FF000000FF)
_OVER = _U(0x0000FF000000FF00)
_SOLID = _U(0x00FF000000000000)


@nb.njit(inline="always", **_JIT)
def _spread(texel):  # type: ignore[no-untyped-def]
    """A texel 0xAAGGRRBB to 16-bit lanes blue, green, red, alpha."""
    wide = _U(texel)
    return (wide & _U(0x00FF00FF)) | ((wide & _U(0xFF00FF00)) << _U(24))


@nb.njit(inline="always", **_JIT)
def _sample(texture, width, u, v):  # type: ignore[no-untyped-def]
    """Bilinear sample at 16.16 fixed point; four 8-bit values in 16-bit lanes."""
    # Unsigned indices: signed ones would be checked for counting from the end.
    index = _U((v >> 16) * width + (u >> 16))
    below = index + _U(width)
    fx = (u >> 8) & 255
    fy = (v >> 8) & 255
    w11 = (fx * fy) >> 8
    total = (
        _spread(texture[index]) * _U(256 - fx - fy + w11)
        + _spread(texture[index + _U(1)]) * _U(fx - w11)
        + _spread(texture[below]) * _U(fy - w11)
        + _spread(texture[below + _U(1)]) * _U(w11)
    )
    return (total >> _U(8)) & _LANES


@nb.njit(inline="always", **_JIT)
def _pack(lanes):  # type: ignore[no-untyped-def]
    """16-bit lanes to 0xAARRGGBB."""
    pairs = lanes | (lanes >> _U(8))
    return np.uint32((pairs & _U(0xFFFF)) | ((pairs >> _U(16)) & _U(0xFFFF0000)))


@nb.njit(inline="always", **_JIT)
def _unpack(pixel):  # type: ignore[no-untyped-def]
    wide = _U(pixel)
    pairs = (wide & _U(0xFFFF)) | ((wide & _U(0xFFFF0000)) << _U(16))
    return (pairs | (pairs << _U(8))) & _LANES


@nb.njit(inline="always", **_JIT)
def _over(lanes, pixel):  # type: ignore[no-untyped-def]
    """Premultiplied source over an opaque pixel."""
    keep = _U(255) - (lanes >> _U(48))
    below = _unpack(pixel) * (keep + (keep >> _U(7)))
    return _pack(lanes + ((below >> _U(8)) & _LANES))


@nb.njit(inline="always", **_JIT)
def _multiply(lanes, gain):  # type: ignore[no-untyped-def]
    """Colour lanes times gain / 256, saturated; alpha stays."""
    even = ((lanes & _EVEN) * gain) >> _U(8)
    green = (((lanes >> _U(16)) & _U(0xFF)) * gain) >> _U(8)
    even &= _U(0x0000FFFF0000FFFF)
    if (even | (green << _U(32)) | green) & _OVER:
        blue = min(even & _U(0xFFFF), _U(255))
        red = min(even >> _U(32), _U(255))
        even = blue | (red << _U(32))
        green = min(green, _U(255))
    return even | (green << _U(16)) | (lanes & _U(0x00FF000000000000))


@nb.njit(inline="always", **_JIT)
def _within_alpha(lanes):  # type: ignore[no-untyped-def]
    """Brightened premultiplied colour, at most its alpha, so that blending cannot overflow."""
    alpha = lanes >> _U(48)
    blue = min(lanes & _U(0xFFFF), alpha)
    green = min((lanes >> _U(16)) & _U(0xFFFF), alpha)
    red = min((lanes >> _U(32)) & _U(0xFFFF), alpha)
    return blue | (green << _U(16)) | (red << _U(32)) | (alpha << _U(48))


@nb.njit(inline="always", **_JIT)
def _gain_at(shade, shade_width, su, sv):  # type: ignore[no-untyped-def]
    """Bilinear shading gain, 256 = unchanged."""
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
    """Draw the plate and triangles over it in the given order, strip by strip.

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
    shade_flat, shade_width = shade.reshape(-1), shade.shape[1]
    count = order.shape[0]
    firsts = np.empty(count, np.int32)
    lasts = np.empty(count, np.int32)
    for k in range(count):
        t = order[k]
        i0, i1, i2 = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        y0, y1, y2 = xy[i0, 1], xy[i1, 1], xy[i2, 1]
        firsts[k] = int(max(0.0, min(y0, y1, y2) + 0.5))
        lasts[k] = min(height, int(max(0.0, max(y0, y1, y2) + 0.5)))
        left, right = min(xy[i0, 0], xy[i1, 0], xy[i2, 0]), max(xy[i0, 0], xy[i1, 0], xy[i2, 0])
        if alphas[t] <= 0 or left >= width or right <= 0.0:
            lasts[k] = -1
    for strip in range(0, height, STRIP_ROWS):
        end = min(height, strip + STRIP_ROWS)
        for y in range(strip, end):
            for x in range(width):
                frame[y, x] = plate[y, x]
        for k in range(count):
            first, last = max(firsts[k], strip), min(lasts[k], end)
            if first < last:
                _draw_rows(
                    flat,
                    width,
                    tex,
                    tex_width,
                    triangles,
                    order[k],
                    kinds,
                    alphas,
                    xy,
                    uv,
                    light,
                    shade_flat,
                    shade_width,
                    shade_map,
                    first,
                    last,
                )


@nb.njit(**_JIT)
def _draw_rows(  # type: ignore[no-untyped-def]
    flat,
    width,
    tex,
    tex_width,
    triangles,
    t,
    kinds,
    alphas,
    xy,
    uv,
    light,
    shade_flat,
    shade_width,
    shade_map,
    first,
    last,
):
    """Rows first..last-1 of one triangle, into the flat frame."""
    i0, i1, i2 = triangles[t, 0], triangles[t, 1], triangles[t, 2]
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
                flat[x] = _pack(_sample(tex, tex_width, u, v))
                u += u_step
                v += v_step
        elif kind <= 1:
            for x in range(begin, end):
                lanes = _sample(tex, tex_width, u, v)
                if is_faint:
                    lanes = ((lanes * scale) >> _U(8)) & _LANES
                flat[x] = _pack(lanes) if lanes >= _SOLID else _over(lanes, flat[x])
                u += u_step
                v += v_step
        elif kind == 4:
            value = l0 + l_dx * dx + l_dy * dy
            for x in range(begin, end):
                gain = _U(min(511.0, max(0.0, value)))
                lanes = _within_alpha(_multiply(_sample(tex, tex_width, u, v), gain))
                if is_faint:
                    lanes = ((lanes * scale) >> _U(8)) & _LANES
                flat[x] = _over(lanes, flat[x])
                u += u_step
                v += v_step
                value += l_dx
        else:
            # The shading map is read at every second pixel.
            su = np.int64((uf + 0.5 * u_dx - shade_map[0]) * shade_map[2] * 65536.0)
            sv = np.int64((vf + 0.5 * v_dx - shade_map[1]) * shade_map[3] * 65536.0)
            su_step = np.int64(2.0 * u_dx * shade_map[2] * 65536.0)
            sv_step = np.int64(2.0 * v_dx * shade_map[3] * 65536.0)
            gain = _U(256)
            for x in range(begin, end):
                if (x - begin) & _U(1) == _U(0):
                    gain = _gain_at(shade_flat, shade_width, su, sv)
                    su += su_step
                    sv += sv_step
                lanes = _multiply(_sample(tex, tex_width, u, v), gain)
                if kind == 2:
                    flat[x] = _pack(lanes)
                else:
                    flat[x] = _over(_within_alpha(lanes), flat[x])
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
    for t in range(kinds.shape[0]):
        kind = base_kinds[t]
        if kind == 2 or kind == 3:
            most = 0
            for y in range(boxes[t, 1], boxes[t, 3] + 1):
                for x in range(boxes[t, 0], boxes[t, 2] + 1):
                    most = max(most, abs(shade[y, x] - 256))
            if most <= 2:
                kind = 0 if kind == 2 else 1
        kinds[t] = kind
