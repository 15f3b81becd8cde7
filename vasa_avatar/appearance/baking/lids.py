"""One eye's lids: contours, a shut eye's line, the skin that a closing lid brings out.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits, their eyes half and fully shut, beside filmed
blinks.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.baking.mesh_builder import grid_triangles
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import F32, I32, Floats
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import assets, kernels

SHEET_ROWS = 7
"""of vertices, enough to follow a fold"""
SHEET_TOP = 0.45
"""where the lid's sheet begins, from the crease towards the brow"""
SHEET_TOP_BEHIND_GLASSES = 0.05
"""the same where a rim may lie over the skin above"""
BELOW_WEIGHT = 0.45
"""weight of the skin below the eye in the colour of a closed lid; that above has 1"""
SHUT_SAG = 0.25
"""sag of a shut eye's line over that of the open eye's lower lid"""
SHUT_OUTER, SHUT_MIDDLE, SHUT_INNER = 0.17, 0.165, 0.04
"""how far that line lies below the open eye's corners and chord, eye widths"""
HAIR_WIDTH = 0.13
"""what is darker than skin over this far is hair, not lashes; eye widths"""
HAIR_DARKNESS = (0.3, 0.48)
"""its brightness over the skin's: surely hair, surely not"""
GRAIN = 0.8
"""how much of the cheek's grain the closed lid gets"""
MAX_GRAIN = 6.0
"""grey levels of it at most: what stands out further is a mole, a lash or a stray hair"""
CREASE_AT, CREASE_WIDTH, CREASE_DEPTH = 0.4, 0.045, 0.2
"""the fold that a closed lid keeps: its share of the way down, its width likewise, its darkness"""
SIDE_OUTER, SIDE_INNER = 0.11, 0.16
"""how far from its sides the sheet is full, half widths"""
LID_BULGE = 0.09
"""how much brighter the middle of a closed lid is"""
WRINKLES = 0.022
"""standard deviation of a closed lid's fine lines, as a share of its brightness"""


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


def lay_shut_line(
    blink: F32, vertices: F32, upper: tuple[int, ...], lower: tuple[int, ...], down: Floats
) -> None:
    """Write how far the lower lid and the outer corner go to where a shut eye's line lies.

    Read off filmed blinks: the line is much flatter than the open eye's lower lid, and lies lower
    at the outer corner.

    Args:
        blink: (468, 3) the blink's displacement at 1; the lower contour and the outer corner are
            written.
        vertices: (478, 3) face widths.
        upper: (9,) contour, outer corner first.
        lower: (9,) likewise.
        down: (3,) the head's downward axis.
    """
    line = vertices[list(lower)]
    chord = line[-1] - line[0]
    eye_width = float(np.linalg.norm(chord))
    share = np.clip((line - line[0]) @ chord / eye_width**2, 0.0, 1.0)
    sag = (line - line[0] - share[:, None] * chord) @ down
    lowered = SHUT_OUTER * (1.0 - share) + SHUT_INNER * share**6
    lowered += SHUT_MIDDLE * (1.0 - (2.0 * share - 1.0) ** 4)
    moves = (SHUT_SAG - 1.0) * sag + lowered * eye_width
    blink[list(lower)] = moves[:, None] * down
    blink[[upper[0], upper[-1]]] = blink[[lower[0], lower[-1]]]


def add_sheet(bench: Workbench, contours: EyeContours) -> I32:
    """Skin that a closing lid brings out; (SHEET_ROWS, 9) vertices from below the brow to its edge.

    Its texture is laid out as the closed eye shows it: a row's share of the way down is its share
    of the lid's move too.
    """
    xy = bench.landmarks_px[:, :2]
    upper, lower = xy[list(contours.upper)], xy[list(contours.lower)]
    crease, brow = xy[list(contours.crease)], xy[list(contours.under_brow)]
    reach = SHEET_TOP if bench.glasses is None else SHEET_TOP_BEHIND_GLASSES
    top = crease + reach * (brow - crease)
    patch = _lid_skin(bench, contours, top, lower)
    x, y = bench.atlas.place(patch)
    fit, basis = bench.fit.vertices, bench.basis
    c, b, e = list(contours.crease), list(contours.under_brow), list(contours.upper)
    z_top = fit[c, 2] + reach * (fit[b, 2] - fit[c, 2])
    basis_top = basis[:, c] + reach * (basis[:, b] - basis[:, c])
    u = np.linspace(0.0, patch.shape[1] - 1.0, 9)
    rows = []
    for share in np.linspace(0.0, 1.0, SHEET_ROWS):
        place = top + share * (upper - top)
        points = bench.points(place, z_top + share * (fit[e, 2] - z_top))
        moves = (1 - share) * basis_top + share * basis[:, e]
        uv = np.column_stack([u, np.full(9, share * (patch.shape[0] - 1))]) + [x, y]
        rows.append(bench.mesh.add(points, uv, moves))
    table = np.stack(rows)
    bench.mesh.add_triangles(grid_triangles(table), contours.lid_layer, kernels.BLEND)
    return table


def _lid_skin(bench: Workbench, contours: EyeContours, top: F32, line: F32) -> F32:
    """Texture of the closed lid from `top` to the `line` where it meets the lower one.

    Args:
        bench: the bake's tools.
        contours: which eye.
        top: (9, 2) design pixels.
        line: (9, 2) design pixels.

    Returns:
        (h, w, 4) premultiplied; soft at its top and its sides, so that the lid grows out of the
        face around it.
    """
    eye_width = float(np.linalg.norm(line[0] - line[-1]))
    density = bench.canvas.texels_per_px
    width = int(np.clip(1.1 * eye_width * density, 32, 160))
    drop = float(np.linalg.norm(line[4] - top[4]))
    height = int(np.clip(1.1 * drop * density, 20, 120))
    first, last = _along(top, width), _along(line, width)
    shares = np.linspace(0.0, 1.0, height)[:, None, None]
    place = first[None] + shares * (last - first)[None]
    found = _smooth_skin(bench, contours, place.reshape(-1, 2), eye_width)
    found = found.reshape(height, width, 5)
    skin, lashes, hair = found[..., :3], found[..., 3], found[..., 4]
    grain = _cheek_grain(bench, contours, place.reshape(-1, 2), eye_width)
    above_line = np.linalg.norm(last[None] - place, axis=2) / eye_width
    across = np.linspace(-1.0, 1.0, width)[None, :]
    light = _lid_light(shares[..., 0], across, above_line, bench.shading_strength)
    skin = skin * light[..., None] + grain.reshape(height, width, 1)
    # The skin's own crease shows through, lashes that stood up over it do not.
    soft, full = (texture.smoothstep(0.0, end, shares[..., 0]) for end in (0.42, 0.18))
    side = np.where(across < 0, SIDE_OUTER, SIDE_INNER)
    alpha = soft + (full - soft) * lashes
    alpha = alpha * texture.smoothstep(0.0, 1.0, (1.0 - np.abs(across)) / side)
    alpha = alpha * (1.0 - hair)
    if bench.glasses is not None:
        frame = texture.sample(bench.glasses, bench.texels(place.reshape(-1, 2)))
        alpha = alpha * (1.0 - np.clip(1.5 * frame, 0.0, 1.0).reshape(height, width))
    return texture.rgba(np.clip(skin, 0, 255).astype(np.float32), alpha.astype(np.float32))


def _lid_light(down: Floats, across: Floats, above_line: Floats, strength: float) -> F32:
    """(h, w) how bright a closed lid is where, over its skin's own colour.

    Args:
        down: (h, 1) share of the way from the sheet's top to its line.
        across: (1, w) -1 at the outer corner, 1 at the inner.
        above_line: (h, w) distance from the line, eye widths.
        strength: of the portrait's shading; 0 a flat drawing, which gets no fold and no fine lines,
            .. 1 a photograph.
    """
    bulge = 1.0 + LID_BULGE * np.exp(-(((down - 0.62) / 0.22) ** 2)) * (1.0 - across**2)
    shade = 1.0 - 0.16 * np.exp(-((above_line / 0.06) ** 2))
    fold = CREASE_DEPTH * np.exp(-(((down - CREASE_AT) / CREASE_WIDTH) ** 2)) * (1.0 - across**4)
    lines = _lid_wrinkles(*above_line.shape)
    light: F32 = (bulge * shade * (1.0 + strength * (lines - fold))).astype(np.float32)
    return light


def _lid_wrinkles(height: int, width: int) -> F32:
    """(height, width) fine lines along a lid, shares of its brightness, alike for every avatar."""
    rng = np.random.default_rng(9)
    lines = cv2.GaussianBlur(rng.standard_normal((28, 12)).astype(np.float32), (0, 0), 0.6)
    lines = cv2.resize(lines, (width, height), interpolation=cv2.INTER_CUBIC)
    wrinkles: F32 = (WRINKLES * lines / max(float(lines.std()), 1e-6)).astype(np.float32)
    return wrinkles


def _along(line: F32, n: int) -> F32:
    """(n, 2) points along a contour of nine."""
    columns = np.linspace(0, 8, n)
    return np.stack([np.interp(columns, range(9), line[:, a]) for a in (0, 1)], -1)


def _smooth_skin(bench: Workbench, contours: EyeContours, place: F32, eye_width: float) -> F32:
    """(n, 5) colour of the skin around the eye, carried on smoothly over the eye itself, and how
    much of it the upper lashes cover, and locks of hair, 0..1.
    """
    xy = bench.landmarks_px[:, :2]
    around = xy[[*contours.hole, *contours.under_brow, *contours.crease]]
    pad = 0.35 * eye_width
    part = bench.window(around.min(0) - pad, around.max(0) + pad)
    rgb, first = part.rgb, part.first
    unit = eye_width * bench.canvas.texels_per_px
    hole = bench.texels(xy[list(contours.hole)]) - first
    eye = texture.polygon_mask(rgb.shape[:2], hole)
    apart = cv2.distanceTransform((eye < 0.5).astype(np.uint8), cv2.DIST_L2, 5) / unit
    ys, xs = np.arange(rgb.shape[0])[:, None], np.arange(rgb.shape[1])
    is_above = ys < np.interp(xs, *_by_column(hole[[0, 8]]))[None, :]
    brow = np.interp(xs, *_by_column(bench.texels(xy[list(contours.under_brow)]) - first))
    is_skin = (ys > brow[None, :]) & (apart > np.where(is_above, 0.12, 0.14))
    luminance = cv2.GaussianBlur(rgb.mean(2), (0, 0), max(0.015 * unit, 0.5))
    typical = float(np.median(luminance[is_skin])) if is_skin.any() else 128.0
    local_contrast = luminance / np.maximum(cv2.GaussianBlur(luminance, (0, 0), 0.12 * unit), 1.0)
    valid = is_skin * texture.smoothstep(0.90, 0.97, local_contrast)
    valid *= 1.0 - texture.smoothstep(1.12, 1.3, local_contrast)
    valid *= texture.smoothstep(0.45, 0.65, luminance / max(typical, 1.0))
    weight = (valid * np.where(is_above, 1.0, BELOW_WEIGHT)).astype(np.float32)
    colour = cv2.GaussianBlur(texture.fill(rgb, weight), (0, 0), 0.05 * unit)
    dark = is_above * (1.0 - texture.smoothstep(0.80, 0.93, local_contrast))
    dark = dark * (1.0 - texture.smoothstep(0.28, 0.42, apart))
    reach = np.ones((2 * int(0.03 * unit) + 1,) * 2, np.uint8)
    lashes = cv2.GaussianBlur(cv2.dilate(dark.astype(np.float32), reach), (0, 0), 0.03 * unit)
    around_eye = texture.fill(rgb, (apart > 0.1).astype(np.float32)).mean(2)
    broad = cv2.GaussianBlur(around_eye, (0, 0), HAIR_WIDTH * unit) / max(typical, 1.0)
    hair = 1.0 - texture.smoothstep(*HAIR_DARKNESS, broad)
    return texture.sample(np.dstack([colour, lashes, hair]), bench.texels(place) - first)


def _by_column(points: F32) -> tuple[F32, F32]:
    """x and y of points in order of x."""
    order = np.argsort(points[:, 0])
    return points[order, 0], points[order, 1]


def _cheek_grain(bench: Workbench, contours: EyeContours, place: F32, eye_width: float) -> F32:
    """(n,) grain of the skin below the eye, in grey levels; none through glasses."""
    if bench.glasses is not None:
        return np.zeros(len(place), np.float32)
    level = float(bench.landmarks_px[list(contours.lower), 1].max())
    turned = np.column_stack([place[:, 0], 2.0 * level - place[:, 1] + 0.45 * eye_width])
    pad = 0.1 * eye_width
    part = bench.window(turned.min(0) - pad, turned.max(0) + pad)
    grey = part.rgb.mean(2)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), max(0.8, 0.02 * eye_width))
    grain = texture.sample(fine, bench.texels(turned) - part.first)
    return np.asarray(GRAIN * np.clip(grain, -MAX_GRAIN, MAX_GRAIN), np.float32)
