"""One eye of an avatar: sclera, iris on a sphere, sliding lid with lashes.

The portrait's own pixels are kept wherever they exist: the white around the iris, the iris with
its highlight. What the portrait hides is completed: the white under the iris, the iris under the
lid. lids.py makes what slides over them.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.baking import lashes, lids
from vasa_avatar.appearance.baking.lids import EyeContours
from vasa_avatar.appearance.baking.mesh_builder import grid_triangles
from vasa_avatar.appearance.baking.workbench import CanvasPart, Workbench
from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import F32, F64, I32, Floats
from vasa_avatar.geometry import camera
from vasa_avatar.render import assets, kernels
from vasa_avatar.render.assets import EyeTables

BALL_PER_IRIS = 1.8
"""distance of the iris from the eye's centre of rotation over its radius: 10.5 mm over 5.85 mm"""
SCLERA_ROWS = (-0.8, 0.0, 0.5, 1.0, 1.6)
"""rows of the white's mesh, from the upper lid (0) to the lower one (1)"""
MIN_WHITE_TEXELS = 12
"""of the white that must be seen for its brighter part to be told from shadow"""
LID_MEET = 1.0
"""share of the opening that the upper lid covers in a blink; the lower lid rises by the rest"""


def build_eye(bench: Workbench, contours: EyeContours, gaze_rest_rad: Floats) -> EyeTables:
    """Add one eye to the mesh.

    Args:
        bench: the bake's tools.
        contours: which eye.
        gaze_rest_rad: (2,) pitch, yaw of the portrait's gaze.
    """
    xy = bench.landmarks_px[:, :2]
    hole = xy[list(contours.hole)]
    centre = xy[contours.iris[0]]
    radius = float(np.linalg.norm(xy[list(contours.iris[1:])] - centre, axis=1).mean())
    _add_sclera(bench, contours, hole, centre, radius)
    iris = _add_iris(bench, contours, hole, centre, radius, gaze_rest_rad)
    return EyeTables(
        upper=np.asarray(contours.upper, np.int32),
        lower=np.asarray(contours.lower, np.int32),
        sheet=lids.add_sheet(bench, contours),
        lash=lashes.add_lash(bench, contours),
        fringe=lashes.add_fringe(bench, contours),
        iris=iris.vertices,
        iris_offset=iris.offset,
        ball_centre=iris.ball_centre,
        ball_radius=radius * BALL_PER_IRIS / bench.fit.width_px,
        meet=LID_MEET,
    )


def _add_sclera(
    bench: Workbench, contours: EyeContours, hole: F32, centre: F32, radius: float
) -> None:
    """White of the eye with the iris filled in, on a surface through the lid contours."""
    xy = bench.landmarks_px[:, :2]
    upper, lower = xy[list(contours.upper)], xy[list(contours.lower)]
    height = float(np.linalg.norm(upper[4] - lower[4]))
    pad = np.array([0.35 * radius, 0.9 * max(height, radius)], np.float32)
    part = bench.window(hole.min(0) - pad, hole.max(0) + pad)
    colour = _sclera_colour(bench, part, hole, centre, radius, upper)
    solid = np.ones(colour.shape[:2], np.float32)
    x, y = bench.atlas.place(texture.rgba(colour, solid))
    grid_xy, grid_z = _sclera_grid(upper, lower, radius, height), []
    z_up = bench.fit.vertices[list(contours.upper), 2]
    z_low = bench.fit.vertices[list(contours.lower), 2]
    for share in SCLERA_ROWS:
        grid_z.append(z_up + np.clip(share, 0, 1) * (z_low - z_up))
    points = bench.points(grid_xy.reshape(-1, 2), np.stack(grid_z).ravel())
    last = np.array(colour.shape[1::-1]) - 1
    uv = np.clip(bench.texels(grid_xy.reshape(-1, 2)) - part.first, 0, last)
    indices = bench.mesh.add(points, uv + [x, y])
    bench.mesh.add_triangles(
        grid_triangles(indices.reshape(len(SCLERA_ROWS), 9)), assets.LAYER_EYE, kernels.OPAQUE
    )


def _sclera_colour(
    bench: Workbench, part: CanvasPart, hole: F32, centre: F32, radius: float, upper: F32
) -> F32:
    """(h, w, 3) the portrait's own white around the iris, carried on under iris and lids."""
    rgb = part.rgb
    inside = texture.polygon_mask(rgb.shape[:2], bench.texels(hole) - part.first)
    ys, xs = np.mgrid[: rgb.shape[0], : rgb.shape[1]].astype(np.float32)
    middle = bench.texels(centre) - part.first
    r = radius * bench.canvas.texels_per_px
    apart = np.hypot(xs - middle[0], ys - middle[1])
    core = cv2.erode(inside, np.ones((3, 3)), iterations=2) * (apart > r * 1.14)
    luminance = rgb.mean(2)
    if (core > 0.5).sum() >= MIN_WHITE_TEXELS:
        # Lashes and lid shadow are not the white: keep the brighter part for what is filled in.
        limit = np.quantile(luminance[core > 0.5], 0.35)
        white = core * texture.smoothstep(limit * 0.75, limit, luminance)
    else:
        white = inside
    filled = _whiter(texture.fill(rgb, white.astype(np.float32)))
    keep = (inside * texture.smoothstep(r * 1.04, r * 1.20, apart)).astype(np.float32)
    keep = np.asarray(cv2.GaussianBlur(keep, (0, 0), 0.7)[..., None], np.float32)
    colour = rgb * keep + filled * (1.0 - keep)
    shade = _lid_shadow(rgb.shape[:2], bench.texels(upper) - part.first, r)
    return np.asarray(colour * (keep + (1.0 - keep) * shade[..., None]), np.float32)


def _sclera_grid(upper: F32, lower: F32, radius: float, height: float) -> F64:
    """(5, 9, 2) design pixels: rows between the lids and beyond them, a little wider than they."""
    grid: F64 = np.stack([upper + share * (lower - upper) + np.zeros(2) for share in SCLERA_ROWS])
    span = np.linspace(-1, 1, 9)[None, :, None] * np.array([0.1 * radius, 0.0])
    grid = grid + span * (1.0 if upper[-1, 0] > upper[0, 0] else -1.0)
    lift = np.array([-0.35, 0, 0, 0, 0.35])[:, None] * max(height, 0.6 * radius)
    grid[..., 1] += lift
    return grid


def _whiter(rgb: F32) -> F32:
    """Filled-in white of the eye, less red where only a corner or a rim was seen."""
    grey = rgb.mean(2, keepdims=True)
    return np.asarray(0.45 * rgb + 0.55 * (grey * np.array([1.04, 1.0, 0.98]) * 1.04), np.float32)


def _lid_shadow(shape_hw: tuple[int, int], upper_texels: F32, iris_texels: float) -> F32:
    """Soft shadow below the upper lid, 0..1."""
    line = np.full(shape_hw, 255, np.uint8)
    cv2.polylines(line, [np.rint(upper_texels).astype(np.int32)], False, 0, 1)
    apart = cv2.distanceTransform(line, cv2.DIST_L2, 3)
    shadow: F32 = (1.0 - 0.18 * np.exp(-((apart / (0.55 * iris_texels)) ** 2))).astype(np.float32)
    return shadow


@dataclass(frozen=True, slots=True, eq=False)
class _Iris:
    """See EyeTables."""

    vertices: I32
    """(J,)"""
    offset: F32
    """(J, 2) face widths"""
    ball_centre: F32
    """(3,) face widths"""


def _add_iris(
    bench: Workbench, contours: EyeContours, hole: F32, centre: F32, radius: float, gaze: Floats
) -> _Iris:
    half = radius * 1.22
    part = bench.window(centre - half, centre + half)
    rgb, first = part.rgb, part.first
    density = bench.canvas.texels_per_px
    middle, r = bench.texels(centre) - first, radius * density
    inside = texture.polygon_mask(rgb.shape[:2], bench.texels(hole) - first)
    inside = np.asarray(cv2.erode(inside, np.ones((3, 3)), iterations=1), np.float32)
    colour = _complete_iris(rgb, inside, middle, r)
    ys, xs = np.mgrid[: rgb.shape[0], : rgb.shape[1]].astype(np.float32)
    apart = np.hypot(xs - middle[0], ys - middle[1])
    alpha = 1.0 - texture.smoothstep(r * 1.0, r * 1.10 + 0.6, apart)
    x, y = bench.atlas.place(texture.rgba(colour, alpha.astype(np.float32)))
    ticks = np.linspace(-half, half, 5)
    offset_px = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    width = bench.fit.width_px
    depth = float(bench.fit.vertices[list(contours.hole), 2].mean())
    points = bench.points(centre + offset_px, np.full(25, depth))
    indices = bench.mesh.add(points, bench.texels(centre + offset_px) - first + [x, y])
    bench.mesh.add_triangles(
        grid_triangles(indices.reshape(5, 5)), assets.LAYER_IRIS, kernels.BLEND
    )
    shrink = 1.0 - depth / camera.CAMERA_DISTANCE
    ball = BALL_PER_IRIS * radius / width * shrink
    pitch, yaw = float(gaze[0]), float(gaze[1])
    ahead = np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    place = bench.points(centre[None], np.array([depth]))[0]
    return _Iris(
        indices,
        (offset_px / width * shrink).astype(np.float32),
        (place - ball * ahead).astype(np.float32),
    )


def _complete_iris(rgb: F32, inside: F32, middle: F32, r: float) -> F32:
    """Fill what lids hide: the mirrored lower half first, then the mean colour at that radius."""
    flip = np.array([[1, 0, 0], [0, -1, 2 * middle[1]]], np.float32)
    size_wh = (rgb.shape[1], rgb.shape[0])
    flipped = cv2.warpAffine(rgb, flip, size_wh, borderMode=cv2.BORDER_REPLICATE)
    mirrored = cv2.warpAffine(inside, flip, size_wh)
    ys, xs = np.mgrid[: rgb.shape[0], : rgb.shape[1]].astype(np.float32)
    apart = np.hypot(xs - middle[0], ys - middle[1])
    bins = np.clip(apart / r * 12, 0, 15).astype(int)
    seen = (inside > 0.9) & (apart < r * 1.25)
    ring = np.zeros((16, 3), np.float32)
    last = rgb[inside > 0.5].mean(0) if (inside > 0.5).any() else rgb.mean((0, 1))
    for b in range(16):
        part = seen & (bins == b)
        last = np.median(rgb[part], 0) if part.sum() >= 3 else last
        ring[b] = last
    radial = cv2.GaussianBlur(ring[bins], (0, 0), 0.8)
    own = cv2.GaussianBlur(inside, (0, 0), 1.0)[..., None] * inside[..., None]
    other = (mirrored * (1.0 - inside))[..., None] * 0.75
    whole: F32 = (rgb * own + (1 - own) * (flipped * other + radial * (1.0 - other))).astype(
        np.float32
    )
    return whole
