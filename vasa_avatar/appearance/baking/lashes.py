"""The edge of an eye's upper lid with its lashes: those of the portrait, and those of a shut eye.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits, their eyes half and fully shut, beside filmed blinks.
"""

from __future__ import annotations

import cv2
import numpy as np

from vasa_avatar.appearance.baking.lids import EyeContours
from vasa_avatar.appearance.baking.mesh_builder import grid_triangles
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import F32, I32
from vasa_avatar.render import kernels

CORNER_FADE = (-0.02, 0.06)
"""how far from the outer corner the open eye's lashes are not and are carried along; eye widths"""
EDGE_ROWS, EDGE_DARKNESS = 3.2, 0.8
"""the dark edge of a shut lid: how wide in rows of its texture of 20, how dark"""


def add_lash(bench: Workbench, contours: EyeContours) -> I32:
    """The lid's edge with its lashes: moves rigidly, so that lashes are not stretched."""
    xy = bench.landmarks_px[:, :2]
    upper, crease = xy[list(contours.upper)], xy[list(contours.crease)]
    lower = xy[list(contours.lower)]
    eye_width = float(np.linalg.norm(upper[0] - upper[-1]))
    pad = 0.25 * eye_width
    part = bench.window(upper.min(0) - pad, upper.max(0) + pad)
    rgb, first = part.rgb, part.first
    line = np.full(rgb.shape[:2], 255, np.uint8)
    texels = bench.texels(upper) - first
    cv2.polylines(line, [np.rint(texels).astype(np.int32)], False, 0, 1)
    apart = cv2.distanceTransform(line, cv2.DIST_L2, 5)
    unit = eye_width * bench.canvas.texels_per_px
    hole = texture.polygon_mask(rgb.shape[:2], bench.texels(xy[list(contours.hole)]) - first)
    above = 1.0 - texture.smoothstep(0.035 * unit, 0.095 * unit, apart)
    below = 1.0 - texture.smoothstep(0.0, 0.03 * unit + 0.8, apart)
    alpha = above * (1.0 - hole) + below * hole
    # Lashes that point up beyond the corner would stand up over a shut eye.
    ys, xs = np.indices(alpha.shape)
    corner = np.hypot(xs - texels[0, 0], ys - texels[0, 1]) / unit
    alpha = (alpha * texture.smoothstep(*CORNER_FADE, corner)).astype(np.float32)
    x, y = bench.atlas.place(texture.rgba(rgb, alpha))
    rows = []
    inward = lower - upper
    inward /= np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-3)
    outward = crease - upper
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-3)
    for step in (0.05 * inward, 0.0 * inward, 0.10 * outward):
        place = upper + step * eye_width
        points = bench.points(place, bench.fit.vertices[list(contours.upper), 2])
        uv = np.clip(bench.texels(place) - first, 0, np.array(rgb.shape[1::-1]) - 1) + [x, y]
        rows.append(bench.mesh.add(points, uv, bench.basis[:, list(contours.upper)]))
    table = np.stack(rows)
    bench.mesh.add_triangles(grid_triangles(table), contours.lash_layer, kernels.BLEND)
    return table


def add_fringe(bench: Workbench, contours: EyeContours) -> I32:
    """Lashes that point down from a closing lid."""
    xy = bench.landmarks_px[:, :2]
    upper = xy[list(contours.upper)]
    eye_width = float(np.linalg.norm(upper[0] - upper[-1]))
    height, width = 20, 96
    colours = texture.sample(bench.canvas.rgb, bench.texels(upper[1:-1]))
    colour = colours[np.argsort(colours.sum(1))[:3]].mean(0) * 0.9
    skin = np.median(texture.sample(bench.canvas.rgb, bench.texels(xy[list(contours.crease)])), 0)
    contrast = 1.0 - colour.mean() / max(float(skin.mean()), 1.0)
    alpha = _fringe_alpha(height, width) * (0.55 + 0.45 * texture.smoothstep(0.6, 0.85, contrast))
    patch = texture.rgba(np.broadcast_to(colour, (height, width, 3)).astype(np.float32), alpha)
    x, y = bench.atlas.place(patch)
    u = np.linspace(0.5, width - 1.5, 9)
    rows = []
    for row, drop in ((0, -0.02), (1, 0.12)):
        place = upper + np.array([0.0, drop * eye_width])
        points = bench.points(place, bench.fit.vertices[list(contours.upper), 2])
        v = np.full(9, 0.5 if row == 0 else height - 1.5)
        uv = np.column_stack([u, v]) + [x, y]
        rows.append(bench.mesh.add(points, uv, bench.basis[:, list(contours.upper)]))
    table = np.stack(rows)
    bench.mesh.add_triangles(grid_triangles(table), contours.fringe_layer, kernels.BLEND)
    return table


def _fringe_alpha(height: int, width: int) -> F32:
    """A dark lid edge with single lashes, thinner to their tips; the same for every avatar."""
    rng = np.random.default_rng(4)
    scale = 4
    picture = np.zeros((height * scale, width * scale), np.uint8)
    n = 30
    for i in range(n):
        t = (i + 0.5 + rng.normal(0, 0.2)) / n
        x0 = t * width * scale
        length = (0.45 + 0.5 * np.sin(np.pi * t)) * height * scale * rng.uniform(0.7, 1.0)
        lean = (t - 0.5) * 26.0 * scale / 4
        for s in np.linspace(0, 1, 24):
            x, y = x0 + lean * s * s, s * length
            value = int(200 * (1 - s) ** 0.8)
            cv2.circle(picture, (int(x), int(y)), max(1, int(2.2 * (1 - 0.6 * s))), value, -1)
    lashes = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA) / 255.0
    edge = np.exp(-(((np.arange(height)[:, None] - 4.0) / EDGE_ROWS) ** 2)) * EDGE_DARKNESS
    column = np.arange(width)
    taper = np.clip(np.minimum(column / 10.0, column[::-1] / 20.0), 0, 1)
    fringe: F32 = (np.clip(np.maximum(lashes * 0.8, edge), 0, 1) * taper).astype(np.float32)
    return fringe
