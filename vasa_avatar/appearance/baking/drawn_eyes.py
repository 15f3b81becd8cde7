"""A drawn eye as an animator moves it: white and iris behind, the lash line before, skin between.

The skin under the eye's lines is painted over with skin, so that a closing lid is plain skin and
slides over the whole eye; the lash line goes with it and is the arc of the shut eye. The iris moves
with its lights inside the drawn white. Strands of hair before the eye stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.baking.drawn_arch import add_arch, arc_thickness_px, place_arc
from vasa_avatar.appearance.baking.drawn_dots import room_around
from vasa_avatar.appearance.baking.drawn_eye_masks import (
    MIN_WHITE_TEXELS,
    EyeMasks,
    moving,
    read_masks,
    strands,
    strands_under,
)
from vasa_avatar.appearance.baking.drawn_lash import add_lash, edge_beside_hole
from vasa_avatar.appearance.baking.drawn_lower_lid import add_lower_lid
from vasa_avatar.appearance.baking.drawn_parts import (
    CLEAR_TEXELS,
    DrawnParts,
    PartOnCanvas,
    paint_with_skin,
)
from vasa_avatar.appearance.baking.drawn_squeeze import SQUEEZE, bend_to_wedge
from vasa_avatar.appearance.baking.lids import EyeContours
from vasa_avatar.appearance.baking.mesh_builder import Copies, grid_triangles
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import F32, I32
from vasa_avatar.geometry import camera
from vasa_avatar.render import assets, kernels
from vasa_avatar.render.assets import EyeTables

BALL_PER_EYE = 1.05
"""distance of the iris from its centre of turning, over half the eye's width: large ranges"""
DOT_LOOK_RAD = float(np.deg2rad(20.0))
"""gaze at which a dot reaches the end of its room"""
WHITE_ROWS = (-0.5, 0.0, 0.5, 1.0, 1.4)
WHITE_COLUMNS = 9
CLOSED = 0.5
SHADE, SHADING = 0.22, (30.0, 70.0)
"""how far a lid beside hair has the hair's colour; levels by which hair is darker than skin"""
UNDER_HAIR = (0.45, 0.8)
"""share of a lid's upper edge that borders on hair, from which and at which it lies in shade"""
LEAST_SHADE = 0.4
"""of that shade, at the edge of the lid"""
SOFT_SHADE = 0.03
"""spread of that shade's edge, over the window's height"""
SHUT_AT, SHUT_BOW = 0.92, 0.2
"""a shut drawn eye's arc: where its middle lies, over the way from the corners' line to the lower
lid; its depth over the eye's width at most, for which the corners of a tall eye come down"""


@dataclass(frozen=True, slots=True, eq=False)
class IrisEllipse:
    """A drawn iris; design pixels."""

    centre: F32
    radii: tuple[float, float]
    """across, and down"""
    rise: float
    """up: more than down where an iris is an egg, or widest low"""


def paint_over_eyes(foreground_rgb: F32, parts: DrawnParts) -> F32:
    """(C, C, 3) the person without the eyes' lines and without the strands before them."""
    clean = foreground_rgb.copy()
    for part in (parts.right_eye, parts.left_eye):
        if part.state > CLOSED:
            continue
        window = clean[part.slices()]
        remove = moving(part, read_masks(part, parts.skin_rgb), parts.skin_rgb)
        shade = _shade_of_hair(part, remove, parts.skin_rgb)
        window[:] = paint_with_skin(part, window, remove, parts.skin_rgb, parts.is_shaded)
        window += shade
    return clean


def _shade_of_hair(part: PartOnCanvas, painted: F32, skin_rgb: F32) -> F32:
    """(h, w, 3) to add to painted skin: the soft shade of the hair that it borders on.

    It fades towards the upper lid's edge, which goes farthest from the hair as the eye shuts.
    """
    ring = cv2.dilate(painted, np.ones((5, 5), np.uint8)) * (1.0 - painted) > CLOSED
    ring[round(float(part.points_texels[:8, 1].mean())) :] = False
    hair = float(part.classes["cover"][ring].mean()) if ring.any() else 0.0
    if hair <= UNDER_HAIR[0]:
        return np.zeros_like(part.rgb)
    known = np.clip(1.0 - cv2.dilate(painted, np.ones((3, 3), np.uint8)), 1e-5, 1.0)
    darker = texture.smoothstep(*SHADING, skin_rgb.mean() - part.rgb.mean(2))
    towards = (part.rgb - skin_rgb) * (darker * part.classes["cover"])[..., None]
    near = texture.fill(np.asarray(towards, np.float32), np.asarray(known, np.float32))
    shade = cv2.GaussianBlur(near, (0, 0), SOFT_SHADE * len(painted))
    soft = cv2.GaussianBlur(painted, (0, 0), 1.0)[..., None]
    height = _above_lid(part)
    reach = max(float(height[painted > CLOSED].max(initial=1.0)), 1.0)
    fade = LEAST_SHADE + (1.0 - LEAST_SHADE) * texture.smoothstep(0.0, reach, height)[..., None]
    share = SHADE * texture.smoothstep(*UNDER_HAIR, hair)
    return np.asarray(share * fade * soft * shade, np.float32)


def _above_lid(part: PartOnCanvas) -> F32:
    """(h, w) texels above the edge of the upper lid."""
    rows, columns = part.rgb.shape[:2]
    upper = part.points_texels[:5]
    order = np.argsort(upper[:, 0])
    edge = np.interp(np.arange(columns), upper[order, 0], upper[order, 1])
    return np.asarray(edge[None] - np.arange(rows)[:, None], np.float32)


def build_drawn_eye(
    bench: Workbench, contours: EyeContours, part: PartOnCanvas, skin_rgb: F32
) -> tuple[EyeTables, Copies]:
    """Add one eye to the mesh.

    Args:
        bench: the bake's tools.
        contours: which eye.
        part: the eye on the canvas.
        skin_rgb: (3,) the face's plain skin.

    Returns:
        The eye, and what goes with its lids.
    """
    xy = bench.landmarks_px[:, :2]
    half_width = float(np.linalg.norm(xy[contours.upper[0]] - xy[contours.upper[-1]])) / 2
    iris = fit_iris(bench, part)
    masks = read_masks(part, skin_rgb)
    edge = edge_beside_hole(bench, contours, part, masks)
    copies = Copies.none()
    if part.state <= CLOSED:
        _add_white(bench, contours, part, masks)
        copies = add_lower_lid(bench, contours, part, edge)
        _add_strands(bench, contours, part, masks, strands_under(part, masks))
    lash = add_lash(bench, contours, part, masks, edge)
    if part.state <= CLOSED:
        add_arch(bench, contours, part, masks)
        _add_strands(bench, contours, part, masks, strands(part, masks))
    vertices, offset, centre = _add_iris(bench, contours, part, iris, half_width)
    hidden = _hidden_rows(bench, contours)
    tables = EyeTables(
        upper=np.asarray(contours.upper, np.int32),
        lower=np.asarray(contours.lower, np.int32),
        sheet=hidden,
        lash=lash,
        fringe=_add_arc(bench, contours, part, masks),
        iris=vertices,
        iris_offset=offset,
        ball_centre=centre,
        ball_radius=_ball_px(part, half_width) / bench.fit.width_px,
        meet=1.0,
    )
    return tables, copies


def lay_drawn_shut_line(blink: F32, vertices: F32, contours: EyeContours, down: F32) -> None:
    """Write how far the lower lid goes to where a shut eye's arc lies.

    Args:
        blink: (468, 3) the blink's displacement at 1; both contours are written.
        vertices: (478, 3) face widths.
        contours: which eye.
        down: (3,) the head's downward axis.
    """
    upper, lower = list(contours.upper), list(contours.lower)
    line = vertices[lower]
    chord = line[-1] - line[0]
    width = max(float(np.linalg.norm(chord)), 1e-6)
    share = np.clip((line - line[0]) @ chord / width**2, 0.0, 1.0)
    sag = (line - line[0] - share[:, None] * chord) @ down
    middle = SHUT_AT * float(sag.max())
    depth = min(middle, SHUT_BOW * width)
    wanted = middle - depth + depth * 4.0 * share * (1.0 - share)
    blink[upper] = 0.0
    blink[lower] = (wanted - sag)[:, None] * down


def fit_iris(bench: Workbench, part: PartOnCanvas) -> IrisEllipse:
    """The iris' ellipse: its widest row says where its middle is, its lowest how tall it is."""
    mask = (part.classes["iris"] > 0.5).astype(np.uint8)
    density = bench.canvas.texels_per_px
    points = part.points_px
    across, down = (float(np.linalg.norm(points[i] - points[i + 4])) for i in (0, 2))
    fallback = max(0.45 * min(across, down), 1.0)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2 or int(stats[1:, cv2.CC_STAT_AREA].max()) < MIN_WHITE_TEXELS:
        return IrisEllipse(points[8], (fallback, fallback), fallback)
    mask = (labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
    rows = np.flatnonzero(mask.any(1))
    widths = mask.sum(1)[rows]
    full = float(np.quantile(widths, 0.95))
    wide = rows[widths >= 0.93 * full]
    middle_row = float(wide.mean())
    radius_y = max(rows[-1] + 0.5 - middle_row, 0.4 * full)
    columns = np.flatnonzero(mask[int(middle_row)])
    if len(columns) == 0:
        return IrisEllipse(points[8], (fallback, fallback), fallback)
    middle = np.array([columns.mean(), middle_row]) + part.first
    centre = bench.canvas.to_design_of_texels(middle)
    rise = max(radius_y, middle_row - rows[0])
    return IrisEllipse(centre, (0.5 * full / density, radius_y / density), rise / density)


def _add_white(
    bench: Workbench, contours: EyeContours, part: PartOnCanvas, masks: EyeMasks
) -> None:
    """The white, carried on under iris, lids and strands."""
    seen = part.classes["white"] * (1.0 - part.classes["iris"])
    seen = np.asarray(cv2.erode(seen, np.ones((3, 3), np.uint8)), np.float32)
    if part.is_dot:
        colour = np.ascontiguousarray(bench.layers.foreground_rgb[part.slices()])
    elif (seen > 0.5).sum() >= MIN_WHITE_TEXELS:
        colour = texture.fill(part.rgb, np.clip(seen, 1e-5, 1.0))
    else:
        colour = _behind_iris(bench, part, masks.inside)
    x, y = bench.atlas.place(texture.rgba(colour, np.ones(colour.shape[:2], np.float32)))
    xy = bench.landmarks_px[:, :2]
    upper, lower = xy[list(contours.upper)], xy[list(contours.lower)]
    grid = np.stack([upper + share * (lower - upper) for share in WHITE_ROWS])
    middle = (upper[0] + upper[-1]) / 2
    grid = middle + 1.08 * (grid - middle)
    z = bench.fit.vertices[list(contours.upper), 2]
    points = bench.points(grid.reshape(-1, 2), np.tile(z, len(WHITE_ROWS)))
    last = np.array(colour.shape[1::-1]) - 1
    uv = np.clip(bench.texels(grid.reshape(-1, 2)) - part.first, 0, last) + [x, y]
    table = bench.mesh.add(points, uv).reshape(len(WHITE_ROWS), WHITE_COLUMNS)
    bench.mesh.add_triangles(grid_triangles(table), assets.LAYER_EYE, kernels.OPAQUE)


def _behind_iris(bench: Workbench, part: PartOnCanvas, inside: F32) -> F32:
    """(h, w, 3) what lies around an iris in an eye whose white is the skin's colour, or skin."""
    c = part.classes
    lines = np.clip(c["iris"] + c["lash"] + c["cover"], 0.0, 1.0)
    around = np.ones((2 * CLEAR_TEXELS - 1,) * 2, np.uint8)
    lines = cv2.dilate(np.asarray(lines, np.float32), around)
    seen = np.clip(1.0 - 1.5 * lines, 0.0, 1.0) * inside
    if (seen > 0.5).sum() < MIN_WHITE_TEXELS:
        return np.ascontiguousarray(bench.layers.foreground_rgb[part.slices()])
    return texture.fill(part.rgb, np.clip(seen, 1e-5, 1.0).astype(np.float32))


def _add_iris(
    bench: Workbench, contours: EyeContours, part: PartOnCanvas, iris: IrisEllipse,
    half_width: float,
) -> tuple[I32, F32, F32]:  # fmt: skip
    """The iris with its lights on a plane, completed where lids and strands hide it."""
    half = np.array([iris.radii[0], max(iris.radii[1], iris.rise)]) * 1.25
    density = bench.canvas.texels_per_px
    height, width = part.rgb.shape[:2]
    middle = bench.texels(iris.centre) - part.first
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    radii = np.array(iris.radii) * density
    tall = np.where(ys < middle[1], iris.rise * density, radii[1])
    apart = np.hypot((xs - middle[0]) / radii[0], (ys - middle[1]) / tall)
    seen = part.classes["iris"] * (apart < 1.12)
    seen = np.asarray(cv2.erode(seen, np.ones((3, 3), np.uint8)), np.float32)
    own = np.clip(seen, 1e-4, 1.0)
    colour = texture.fill(part.rgb, own)
    blur = 1.2 / max(float(radii.min()), 1.0)
    alpha = 1.0 - texture.smoothstep(1.0 - blur, 1.0 + blur, apart)
    if part.is_dot:
        alpha = _dot_alpha(part, apart)
    x, y = bench.atlas.place(texture.rgba(colour, alpha.astype(np.float32)))
    ticks = np.linspace(-1.0, 1.0, 5)
    offset_px = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2) * half
    depth = float(bench.fit.vertices[list(contours.hole), 2].mean())
    points = bench.points(iris.centre + offset_px, np.full(25, depth))
    last = np.array([width, height]) - 1
    uv = np.clip(bench.texels(iris.centre + offset_px) - part.first, 0, last) + [x, y]
    vertices = bench.mesh.add(points, uv)
    if part.state <= CLOSED:
        bench.mesh.add_triangles(
            grid_triangles(vertices.reshape(5, 5)), assets.LAYER_IRIS, kernels.BLEND
        )
    shrink = 1.0 - depth / camera.CAMERA_DISTANCE
    place = bench.points(iris.centre[None], np.array([depth]))[0]
    ball = _ball_px(part, half_width) / bench.fit.width_px
    centre = place - ball * np.array([0.0, 0.0, 1.0])
    offset = offset_px / bench.fit.width_px * shrink
    return vertices, offset.astype(np.float32), centre.astype(np.float32)


def _dot_alpha(part: PartOnCanvas, apart: F32) -> F32:
    """(h, w) 0..1 a dot as it is drawn, which ends where its plane does."""
    near = 1.0 - texture.smoothstep(1.15, 1.24, apart)
    return np.asarray(part.classes["iris"] * near, np.float32)


def _ball_px(part: PartOnCanvas, half_width_px: float) -> float:
    """How far from its centre of turning an iris lies: a dot crosses its room in DOT_LOOK_RAD."""
    if part.is_dot:
        return room_around(part) / float(np.sin(DOT_LOOK_RAD))
    return BALL_PER_EYE * half_width_px


def _add_arc(bench: Workbench, contours: EyeContours, part: PartOnCanvas, masks: EyeMasks) -> I32:
    """The shut eye's arc, which comes in as the eye closes: where strands or the artist left the
    lash line out, and of eyes that are a dot, it is all there is."""
    xy = bench.landmarks_px[:, :2]
    upper, lower = list(contours.upper), list(contours.lower)
    height = float(np.linalg.norm(xy[upper[4]] - xy[lower[4]]))
    thickness = arc_thickness_px(height)
    uv = place_arc(bench, masks.ink_rgb)
    above, below = (
        bench.points(xy[upper] + np.array([0.0, drop * thickness]), bench.fit.vertices[upper, 2])
        for drop in (-0.5, 0.5)
    )
    wedge = bend_to_wedge(bench, contours, (above, below), thickness / bench.fit.width_px)
    rows = []
    for row, points in enumerate((above, below)):
        basis = bench.basis[:, upper]
        basis[SQUEEZE] = wedge[row]
        rows.append(bench.mesh.add(points, uv[row], basis))
    table = np.stack(rows)
    if part.state <= CLOSED:
        bench.mesh.add_triangles(grid_triangles(table), contours.fringe_layer, kernels.BLEND)
    return table


def _add_strands(
    bench: Workbench, contours: EyeContours, part: PartOnCanvas, masks: EyeMasks, alpha: F32
) -> None:
    """Hair before the eye, as far as alpha (h, w) says; it goes with the head alone."""
    if float(alpha.max()) < 0.3:
        return
    colour = texture.fill(part.rgb, np.clip(masks.hair, 1e-4, 1.0))
    x, y = bench.atlas.place(texture.rgba(colour, alpha))
    height, width = alpha.shape
    columns, rows = np.linspace(0, width - 1, 5), np.linspace(0, height - 1, 5)
    texels = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2)
    design = bench.canvas.to_design_of_texels(texels + part.first)
    depth = float(bench.fit.vertices[list(contours.upper), 2].mean())
    points = bench.points(design, np.full(25, depth))
    table = bench.mesh.add(points, texels + [x, y]).reshape(5, 5)
    bench.mesh.add_triangles(grid_triangles(table), assets.LAYER_OVER, kernels.BLEND)


def _hidden_rows(bench: Workbench, contours: EyeContours) -> I32:
    """Two rows of vertices without triangles, for what the renderer moves and nobody sees."""
    upper = list(contours.upper)
    place = bench.landmarks_px[upper, :2]
    points = bench.points(place, bench.fit.vertices[upper, 2])
    return np.stack([bench.mesh.add(points, bench.texels(place)) for _ in range(2)])
