"""One eye of an avatar: sclera, iris on a sphere, sliding lid with lashes.

The portrait's own pixels are kept wherever they exist: the white around the iris, the iris with
its highlight, the lashes at the lid's edge. What the portrait hides is completed: the white under
the iris, the iris under the lid, the skin that a closing lid brings out of its crease.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance import texture
from vasa_avatar.appearance.canvas import Canvas
from vasa_avatar.appearance.head import HeadFit
from vasa_avatar.appearance.mesh_builder import AtlasBuilder, MeshBuilder, grid_triangles
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry import camera
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import assets, kernels
from vasa_avatar.render.assets import EyeTables

BALL_PER_IRIS = 2.05
"""eyeball radius over iris radius: 12.1 mm over 5.9 mm"""
LID_MEET = 1.0
"""share of the opening that the upper lid covers in a blink; the lower lid rises by the rest"""
SHEET_REACH = 0.62
"""share of the skin between crease and brow that textures the closed lid"""
SHEET_LIGHT = (250.0, 262.0, 256.0, 236.0)
"""light on a closed lid from its crease to its edge, 256 = the texture's own"""


@dataclass(frozen=True, slots=True)
class EyeContours:
    """Landmark indices of one eye."""

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    crease: tuple[int, ...]
    under_brow: tuple[int, ...]
    hole: tuple[int, ...]
    iris: tuple[int, ...]
    lid_layer: int
    lash_layer: int
    fringe_layer: int


RIGHT_EYE = EyeContours(
    topo.RIGHT_EYE_UPPER, topo.RIGHT_EYE_LOWER, topo.RIGHT_EYE_CREASE, topo.RIGHT_EYE_UNDER_BROW,
    topo.RIGHT_EYE_HOLE, topo.RIGHT_IRIS, assets.LAYER_LID_RIGHT, assets.LAYER_LASH_RIGHT,
    assets.LAYER_FRINGE_RIGHT,
)  # fmt: skip
LEFT_EYE = EyeContours(
    topo.LEFT_EYE_UPPER, topo.LEFT_EYE_LOWER, topo.LEFT_EYE_CREASE, topo.LEFT_EYE_UNDER_BROW,
    topo.LEFT_EYE_HOLE, topo.LEFT_IRIS, assets.LAYER_LID_LEFT, assets.LAYER_LASH_LEFT,
    assets.LAYER_FRINGE_LEFT,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What every part of the bake works on."""

    canvas: Canvas
    fit: HeadFit
    landmarks_px: F32
    """(478, 3) design pixels"""
    basis: F32
    """(52, 468, 3) of the skin, camera axes"""
    mesh: MeshBuilder
    atlas: AtlasBuilder

    def texels(self, design_xy: NDArray[Any]) -> F32:
        """Design pixels to atlas texels of the canvas."""
        return self.canvas.to_texels(np.asarray(design_xy, np.float32)[..., :2])

    def points(self, design_xy: NDArray[Any], depth: NDArray[Any]) -> F32:
        """Design pixels and depth (face widths) to vertices."""
        made = camera.unproject(design_xy, depth, self.fit.pivot_px, self.fit.width_px)
        return np.asarray(made, np.float32)


def _window(bench: Bench, low: NDArray[Any], high: NDArray[Any]) -> tuple[F32, NDArray[Any]]:
    """Canvas part between two design points, and the texel position of its first texel."""
    first = np.floor(bench.texels(low)).astype(int)
    last = np.ceil(bench.texels(high)).astype(int) + 1
    first = np.clip(first, 0, None)
    return bench.canvas.rgb[first[1] : last[1], first[0] : last[0]], first


def build_eye(bench: Bench, contours: EyeContours, gaze_rest_rad: NDArray[Any]) -> EyeTables:
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
    iris, offset, ball_centre = _add_iris(bench, contours, hole, centre, radius, gaze_rest_rad)
    return EyeTables(
        upper=np.asarray(contours.upper, np.int32),
        lower=np.asarray(contours.lower, np.int32),
        sheet=_add_sheet(bench, contours),
        lash=_add_lash(bench, contours),
        fringe=_add_fringe(bench, contours),
        iris=iris,
        iris_offset=offset,
        ball_centre=ball_centre,
        ball_radius=radius * BALL_PER_IRIS / bench.fit.width_px,
        meet=LID_MEET,
    )


def _add_sclera(bench: Bench, contours: EyeContours, hole: F32, centre: F32, radius: float) -> None:
    """White of the eye with the iris filled in, on a surface through the lid contours."""
    xy = bench.landmarks_px[:, :2]
    upper, lower = xy[list(contours.upper)], xy[list(contours.lower)]
    height = float(np.linalg.norm(upper[4] - lower[4]))
    pad = np.array([0.35 * radius, 0.9 * max(height, radius)], np.float32)
    low, high = hole.min(0) - pad, hole.max(0) + pad
    rgb, first = _window(bench, low, high)
    inside = texture.polygon_mask(rgb.shape[:2], bench.texels(hole) - first)
    ys, xs = np.mgrid[: rgb.shape[0], : rgb.shape[1]].astype(np.float32)
    middle = bench.texels(centre) - first
    r = radius * bench.canvas.texels_per_px
    apart = np.hypot(xs - middle[0], ys - middle[1])
    outside_iris = apart > r * 1.14
    core = cv2.erode(inside, np.ones((3, 3)), iterations=2) * outside_iris
    luminance = rgb.mean(2)
    if (core > 0.5).sum() >= 12:
        # Lashes and lid shadow are not the white: keep the brighter part for what is filled in.
        limit = np.quantile(luminance[core > 0.5], 0.35)
        white = core * texture.smoothstep(limit * 0.75, limit, luminance)
    else:
        white = inside
    filled = _whiter(texture.fill(rgb, white.astype(np.float32)))
    keep = (inside * texture.smoothstep(r * 1.04, r * 1.20, apart)).astype(np.float32)
    keep = cv2.GaussianBlur(keep, (0, 0), 0.7)[..., None]
    colour = rgb * keep + filled * (1.0 - keep)
    shade = _lid_shadow(rgb.shape[:2], bench.texels(upper) - first, r)
    colour = colour * (keep + (1.0 - keep) * shade[..., None])
    x, y = bench.atlas.place(texture.rgba(colour.astype(np.float32), np.ones_like(inside)))
    rows_xy, rows_z = [], []
    for share in (-0.8, 0.0, 0.5, 1.0, 1.6):
        rows_xy.append(upper + share * (lower - upper) + np.array([0, 0.0]))
        z_up = bench.fit.vertices[list(contours.upper), 2]
        z_low = bench.fit.vertices[list(contours.lower), 2]
        rows_z.append(z_up + np.clip(share, 0, 1) * (z_low - z_up))
    grid_xy, grid_z = np.stack(rows_xy), np.stack(rows_z)
    span = np.linspace(-1, 1, 9)[None, :, None] * np.array([0.1 * radius, 0.0])
    direction = 1.0 if upper[-1, 0] > upper[0, 0] else -1.0
    grid_xy = grid_xy + span * direction
    lift = np.array([-0.35, 0, 0, 0, 0.35])[:, None] * max(height, 0.6 * radius)
    grid_xy[..., 1] += lift
    points = bench.points(grid_xy.reshape(-1, 2), grid_z.ravel())
    uv = np.clip(bench.texels(grid_xy.reshape(-1, 2)) - first, 0, np.array(rgb.shape[1::-1]) - 1)
    indices = bench.mesh.add(points, uv + [x, y])
    bench.mesh.add_triangles(
        grid_triangles(indices.reshape(5, 9)), assets.LAYER_EYE, kernels.OPAQUE
    )


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


def _add_iris(
    bench: Bench, contours: EyeContours, hole: F32, centre: F32, radius: float, gaze: Any
) -> tuple[Any, F32, F32]:
    half = radius * 1.22
    rgb, first = _window(bench, centre - half, centre + half)
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
    return (
        indices,
        (offset_px / width * shrink).astype(np.float32),
        (place - ball * ahead).astype(np.float32),
    )


def _complete_iris(rgb: F32, inside: F32, middle: F32, r: float) -> F32:
    """Fill what lids hide: the mirrored lower half first, then the mean colour at that radius."""
    flip: Any = np.array([[1, 0, 0], [0, -1, 2 * middle[1]]], np.float32)
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


def _add_sheet(bench: Bench, contours: EyeContours) -> Any:
    """Skin that a closing lid brings out, textured with the skin above the crease."""
    xy = bench.landmarks_px[:, :2]
    crease, upper = xy[list(contours.crease)], xy[list(contours.upper)]
    patch = _lid_skin(bench, contours)
    x, y = bench.atlas.place(patch)
    fit = bench.fit.vertices
    z_crease, z_upper = fit[list(contours.crease), 2], fit[list(contours.upper), 2]
    u = np.linspace(0.0, patch.shape[1] - 1.0, 9)
    rows = []
    for i, light in enumerate(SHEET_LIGHT):
        share = i / (len(SHEET_LIGHT) - 1)
        place = crease + share * (upper - crease)
        points = bench.points(place, z_crease + share * (z_upper - z_crease))
        basis = (1 - share) * bench.basis[:, list(contours.crease)]
        basis = basis + share * bench.basis[:, list(contours.upper)]
        uv = np.column_stack([u, np.full(9, share * (patch.shape[0] - 1))]) + [x, y]
        rows.append(bench.mesh.add(points, uv, basis, light=light))
    table = np.stack(rows)
    bench.mesh.add_triangles(grid_triangles(table), contours.lid_layer, kernels.LIT_BLEND)
    return table


def _lid_skin(bench: Bench, contours: EyeContours) -> F32:
    """Texture of the closed lid, crease at its top: the skin above the crease, turned over.

    Brow hair and deep shadow in that skin give way to the colour along the crease; the upper rim
    and the sides are soft, so that the lid grows out of the face around it.
    """
    height, width = 28, 72
    xy = bench.landmarks_px[:, :2]
    crease, brow = xy[list(contours.crease)], xy[list(contours.under_brow)]
    columns = np.linspace(0, 8, width)
    line = np.stack([np.interp(columns, range(9), crease[:, a]) for a in (0, 1)], -1)
    reach = np.stack([np.interp(columns, range(9), (brow - crease)[:, a]) for a in (0, 1)], -1)
    shares = np.linspace(0.06, SHEET_REACH, height)[:, None, None]
    source = line[None] + shares * reach[None]
    rgb = texture.sample(bench.canvas.rgb, bench.texels(source.reshape(-1, 2)))
    rgb = rgb.reshape(height, width, 3)
    edge = cv2.GaussianBlur(np.median(rgb[:5], 0)[None], (0, 0), 6.0, borderType=cv2.BORDER_REFLECT)
    bags = xy[list(contours.lower)][2:7] * 2.0 - xy[list(contours.upper)][2:7]
    below = np.median(texture.sample(bench.canvas.rgb, bench.texels(bags)), 0)
    # A crease right under the brow shows hair, not skin: lean on the skin below the eye.
    dark = np.clip((0.62 - edge.mean(2) / max(float(below.mean()), 1.0)) / 0.25, 0.0, 0.85)
    base = edge * (1.0 - dark[..., None]) + 0.92 * below * dark[..., None]
    ratio = cv2.GaussianBlur(rgb.mean(2), (0, 0), 1.0) / np.maximum(base.mean(2), 1.0)
    valid = texture.smoothstep(0.85, 0.96, ratio) * (1.0 - texture.smoothstep(1.25, 1.5, ratio))
    valid = cv2.GaussianBlur(cv2.erode(valid.astype(np.float32), np.ones((3, 3))), (0, 0), 1.0)
    skin = rgb * valid[..., None] + base * (1.0 - valid[..., None])
    rows = np.linspace(0.0, 1.0, height)[:, None]
    sides = np.linspace(0.0, 1.0, width)[None, :]
    alpha = texture.smoothstep(0.0, 0.22, rows) * texture.smoothstep(
        0.0, 0.12, np.minimum(sides, 1.0 - sides)
    )
    return texture.rgba(skin.astype(np.float32), alpha.astype(np.float32))


def _add_lash(bench: Bench, contours: EyeContours) -> Any:
    """The lid's edge with its lashes: moves rigidly, so that lashes are not stretched."""
    xy = bench.landmarks_px[:, :2]
    upper, crease = xy[list(contours.upper)], xy[list(contours.crease)]
    lower = xy[list(contours.lower)]
    eye_width = float(np.linalg.norm(upper[0] - upper[-1]))
    pad = 0.25 * eye_width
    rgb, first = _window(bench, upper.min(0) - pad, upper.max(0) + pad)
    line = np.full(rgb.shape[:2], 255, np.uint8)
    texels = bench.texels(upper) - first
    cv2.polylines(line, [np.rint(texels).astype(np.int32)], False, 0, 1)
    apart = cv2.distanceTransform(line, cv2.DIST_L2, 5)
    unit = eye_width * bench.canvas.texels_per_px
    hole = texture.polygon_mask(rgb.shape[:2], bench.texels(xy[list(contours.hole)]) - first)
    above = 1.0 - texture.smoothstep(0.035 * unit, 0.095 * unit, apart)
    below = 1.0 - texture.smoothstep(0.0, 0.03 * unit + 0.8, apart)
    alpha = (above * (1.0 - hole) + below * hole).astype(np.float32)
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


def _add_fringe(bench: Bench, contours: EyeContours) -> Any:
    """Lashes that point down from a closing lid."""
    xy = bench.landmarks_px[:, :2]
    upper = xy[list(contours.upper)]
    eye_width = float(np.linalg.norm(upper[0] - upper[-1]))
    height, width = 20, 96
    colours = texture.sample(bench.canvas.rgb, bench.texels(upper[1:-1]))
    colour = colours[np.argsort(colours.sum(1))[:3]].mean(0) * 0.75
    alpha = _fringe_alpha(height, width)
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
    edge = np.exp(-(((np.arange(height)[:, None] - 4.0) / 3.2) ** 2)) * 0.75
    taper = np.clip(np.minimum(np.arange(width), np.arange(width)[::-1]) / 8.0, 0, 1)
    fringe: F32 = (np.clip(np.maximum(lashes * 0.8, edge), 0, 1) * taper).astype(np.float32)
    return fringe
