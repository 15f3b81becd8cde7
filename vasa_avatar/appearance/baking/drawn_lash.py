"""A drawn eye's lash line, and whatever else the skin lost around its opening, as a moving strip.

Under an eye's lines the skin is painted plain. What that took away beside the opening comes back
before it: above, it goes with the upper lid; below, with the lower one (drawn_lower_lid.py). So an
eye at rest is the drawn eye. Wings carry the lines that run out beyond the corners.
"""

from __future__ import annotations

import cv2
import numpy as np

from vasa_avatar.appearance.baking.drawn_eye_masks import MIN_INK, EyeMasks, strands
from vasa_avatar.appearance.baking.drawn_parts import SURE, PartOnCanvas, distance_to
from vasa_avatar.appearance.baking.drawn_squeeze import SQUEEZE
from vasa_avatar.appearance.baking.lids import RIGHT_EYE, EyeContours
from vasa_avatar.appearance.baking.mesh_builder import grid_triangles
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import grown, texture
from vasa_avatar.datatypes import ARKIT_INDEX, F32, I32
from vasa_avatar.render import assets, kernels

LOST = (8.0, 24.0)
"""distance of colours, 0..441, from which and at which a texel was taken off the skin"""
RIM_TEXELS = 2
"""on both sides of the opening's edge: what is drawn there is shown, but for white and iris, which
would go with the lids"""
LASH_BELOW = 0.12
"""how far the lash strip reaches into the eye, over the eye's height"""
SOFT_TEXELS = 1.3
"""over which a lash line gives way to the white or iris below it"""
DOT_TEXELS = 2
"""around a dot's lash line that are its own edge"""
INKED = (0.08, 0.3)
"""of the way from skin to the ink's colour: from which and at which a texel is the line's"""
OTHER_HUE = (50.0, 90.0)
"""distance of colours from that way, 0..441, of what is the line's, and what is not"""
MIN_SEEN = 0.3
"""most of a strip's coverage, below which it is not worth its vertices"""
WING = 0.3
"""how far the strip goes on beyond the corners, over the eye's width"""


def edge_beside_hole(
    bench: Workbench, contours: EyeContours, part: PartOnCanvas, masks: EyeMasks
) -> F32:
    """(h, w) 0..1 what was taken off the skin beside the eye's opening, but for strands; nothing
    beside a dot, whose room is skin."""
    if part.is_dot:
        return np.zeros(part.rgb.shape[:2], np.float32)
    hole = _hole(bench, contours, part)
    inner = cv2.erode(hole, np.ones((2 * RIM_TEXELS + 1,) * 2, np.uint8))
    off = np.linalg.norm(part.rgb - bench.layers.foreground_rgb[part.slices()], axis=2)
    near = grown(hole, RIM_TEXELS)
    eye = np.clip(part.classes["white"] + part.classes["iris"], 0.0, 1.0)
    lost = np.maximum(texture.smoothstep(*LOST, off), hole)
    lost = lost * (1.0 - inner) * (1.0 - near * eye)
    return np.asarray(lost * (1.0 - strands(part, masks)), np.float32)


def upper_side(bench: Workbench, contours: EyeContours, part: PartOnCanvas) -> F32:
    """(h, w) 1 where what is drawn goes with the upper lid: not nearer to the lower edge."""
    xy = bench.landmarks_px[:, :2]
    above, below = (
        distance_to(bench.texels(xy[list(lid)]) - part.first, part.rgb.shape[:2])
        for lid in (contours.upper, contours.lower)
    )
    return np.asarray(texture.smoothstep(-2.0, -0.5, below - above), np.float32)


def across_opening(bench: Workbench, contours: EyeContours) -> tuple[F32, float]:
    """(9, 2) unit directions from the lower lid to the upper, and the eye's height, design pixels.

    The corners, where the lids meet, have their neighbours' directions.
    """
    xy = bench.landmarks_px[:, :2]
    upward = xy[list(contours.upper)] - xy[list(contours.lower)]
    height = float(np.linalg.norm(upward[4]))
    upward[[0, -1]] = upward[[1, -2]]
    upward /= np.maximum(np.linalg.norm(upward, axis=1, keepdims=True), 1e-3)
    return upward, height


def add_lash(
    bench: Workbench, contours: EyeContours, part: PartOnCanvas, masks: EyeMasks, edge: F32
) -> I32:
    """Add the strip, which goes rigidly with the upper lid.

    What is not ink in it, light and what is left of the white, lies in rows of its own, which
    shrink to the lid's edge as the eye shuts: a shut eye is a line.

    Args:
        bench: the bake's tools.
        contours: which eye.
        part: the eye on the canvas.
        masks: what in its window is what.
        edge: (h, w) see `edge_beside_hole`.

    Returns:
        (R, 9) its vertices, see EyeTables.
    """
    is_open = part.state <= SURE
    alpha = np.zeros_like(edge)
    if is_open:
        alpha = np.maximum(
            _before_opening(bench, part, masks), edge * upper_side(bench, contours, part)
        )
    inked = np.asarray(alpha * _like_ink(bench, part, masks), np.float32)
    under = np.asarray((alpha - inked) / np.maximum(1.0 - inked, 1e-3), np.float32)
    reach = _reach_px(bench, part, bench.landmarks_px[list(contours.upper), :2], alpha)
    strips = []
    if float(under.max()) >= MIN_SEEN:
        strips.append(_add_strip(bench, contours, part, (part.rgb, under), reach, True))
    colour = texture.fill(part.rgb, np.clip(inked**4, 1e-5, 1.0))
    strips.append(_add_strip(bench, contours, part, (colour, inked), reach, False))
    if is_open:
        for strip in strips:
            bench.mesh.add_triangles(grid_triangles(strip), assets.LAYER_OVER, kernels.BLEND)
    return np.concatenate(strips)[:, 1:-1]


def _add_strip(
    bench: Workbench, contours: EyeContours, part: PartOnCanvas, look: tuple[F32, F32],
    reach_px: float, shrinks: bool,
) -> I32:  # fmt: skip
    """(4, 11) the vertices of a strip along the upper lid with wings, of this colour and alpha;
    one that shrinks lies on the lid's edge when the eye is shut."""
    x, y = bench.atlas.place(texture.rgba(*look))
    upper = bench.landmarks_px[list(contours.upper), :2]
    upward, height = across_opening(bench, contours)
    wing = WING * (upper[-1] - upper[0])
    lids = [contours.upper[0], *contours.upper, contours.upper[-1]]
    line = np.vstack([upper[0] - wing, upper, upper[-1] + wing])
    upward = np.vstack([upward[:1], upward, upward[-1:]])
    depth = bench.fit.vertices[lids, 2]
    last = np.array(part.rgb.shape[1::-1]) - 1
    lowest, at_lid = (
        bench.points(line - step * upward, depth) for step in (LASH_BELOW * height + 1.0, 0.0)
    )
    side = "Right" if contours is RIGHT_EYE else "Left"
    blink, laugh = (ARKIT_INDEX[f"{name}{side}"] for name in ("eyeBlink", "cheekSquint"))
    rows = []
    for step in (-LASH_BELOW * height - 1.0, 0.0, 0.5 * reach_px, reach_px):
        place = line + step * upward
        points = bench.points(place, depth)
        uv = np.clip(bench.texels(place) - part.first, 0, last) + [x, y]
        basis = bench.basis[:, lids]
        basis[blink][[0, -1]] = 0.0
        shut = at_lid - points if shrinks else np.zeros_like(points)
        basis[[blink, laugh]] += shut
        basis[SQUEEZE] = lowest - points - shut
        rows.append(bench.mesh.add(points, uv, basis))
    return np.stack(rows)


def _like_ink(bench: Workbench, part: PartOnCanvas, masks: EyeMasks) -> F32:
    """(h, w) 0..1 what lies on the way of colours from the skin to the lash line's ink."""
    clean = bench.layers.foreground_rgb[part.slices()]
    way = masks.ink_rgb - clean
    span = np.maximum(np.linalg.norm(way, axis=2), MIN_INK)
    off = part.rgb - clean
    along = (off * way).sum(2) / span**2
    aside = np.linalg.norm(off - along[..., None] * way, axis=2)
    inked = texture.smoothstep(*INKED, along) * (1.0 - texture.smoothstep(*OTHER_HUE, aside))
    return np.asarray(inked, np.float32)


def _hole(bench: Workbench, contours: EyeContours, part: PartOnCanvas) -> F32:
    """(h, w) 0..1 the mesh's opening."""
    xy = bench.landmarks_px[:, :2]
    ring = bench.texels(xy[[*contours.upper, *contours.lower[-2:0:-1]]]) - part.first
    mask = texture.polygon_mask(part.rgb.shape[:2], ring.astype(np.float32))
    return np.asarray(mask, np.float32)


def _reach_px(bench: Workbench, part: PartOnCanvas, upper_px: F32, alpha: F32) -> float:
    """How far above the lid the strip must go, design pixels."""
    line = (bench.texels(upper_px) - part.first).astype(np.float32)
    thick = distance_to(line, part.rgb.shape[:2])[alpha > 0.4]
    widest = float(np.quantile(thick, 0.998)) if len(thick) else 1.0
    return widest / bench.canvas.texels_per_px + 2.0


def _before_opening(bench: Workbench, part: PartOnCanvas, masks: EyeMasks) -> F32:
    """(h, w) 0..1 the lash line before the opening, as far as the picture is from skin to ink."""
    c = part.classes
    clean = bench.layers.foreground_rgb[part.slices()]
    off = np.linalg.norm(part.rgb - clean, axis=2)
    span = np.maximum(np.linalg.norm(masks.ink_rgb - clean, axis=2), MIN_INK)
    free = np.clip(1.0 - c["white"] - c["iris"] - masks.hair, 0.0, 1.0)
    free = cv2.GaussianBlur(np.maximum(free, c["lash"]), (0, 0), SOFT_TEXELS)
    contour = part.points_texels
    below = distance_to(contour[[0, 1, 2, 3, 4]], off.shape) * masks.inside / part.eye_height
    free = free * (1.0 - texture.smoothstep(0.5 * LASH_BELOW, LASH_BELOW, below))
    if part.is_dot:
        free = free * grown(c["lash"], DOT_TEXELS)
    own = np.clip(1.1 * off / span, 0.0, 1.0) * free * masks.above
    return np.asarray(own, np.float32)
