"""The stroke of a shut eye: its texture, and the arch of laughing eyes without a lash line.

A lash line is the arch where there is one. A dot has none, nor has an eye whose lashes lie under
hair: there a stroke grows from nothing as the eye laughs.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.baking.drawn_eye_masks import EyeMasks, strands
from vasa_avatar.appearance.baking.drawn_parts import SURE, PartOnCanvas
from vasa_avatar.appearance.baking.lids import RIGHT_EYE, EyeContours
from vasa_avatar.appearance.baking.mesh_builder import grid_triangles
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import grown, texture
from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64
from vasa_avatar.render import assets, kernels

ARC_THICKNESS, ARC_PX = 0.07, (1.2, 4.0)
"""of the stroke: over the eye's height, and its least and most in design pixels"""
STROKE_TEXELS = 16, 64
LINE_REACH = 0.15
"""how far from the lid a lash line is looked for, over the eye's height"""


def arc_thickness_px(height_px: float) -> float:
    """A stroke's thickness for an eye of this height, both design pixels."""
    return float(np.clip(ARC_THICKNESS * height_px, *ARC_PX))


def place_arc(bench: Workbench, ink_rgb: F32) -> tuple[F64, F64]:
    """(9, 2) each, in the atlas: the upper and lower edge of a stroke with thin ends."""
    rows, columns = STROKE_TEXELS
    taper = np.sin(np.linspace(0.0, np.pi, columns)) ** 0.5
    across = np.abs(np.linspace(-1.0, 1.0, rows))[:, None]
    alpha = 1.0 - texture.smoothstep(-0.25, 0.0, across - 0.95 * taper[None])
    ink = np.broadcast_to(ink_rgb, (rows, columns, 3)).astype(np.float32)
    first = np.array(bench.atlas.place(texture.rgba(ink, alpha.astype(np.float32))), np.float64)
    u = np.linspace(0.5, columns - 1.5, 9)
    upper, lower = (
        np.column_stack([u, np.full(9, v)]) + first for v in (0.5, rows - 1.5)
    )  # fmt: skip
    return upper, lower


def add_arch(bench: Workbench, contours: EyeContours, part: PartOnCanvas, masks: EyeMasks) -> None:
    """Add a laughing eye's arch, unless its own lash line is one.

    Args:
        bench: the bake's tools.
        contours: which eye.
        part: the eye on the canvas.
        masks: what in its window is what.
    """
    upper = list(contours.upper)
    xy = bench.landmarks_px[:, :2]
    height = float(np.linalg.norm(xy[upper[4]] - xy[contours.lower[4]]))
    if _has_line(bench, xy[upper], part, masks, height):
        return
    side = "Right" if contours is RIGHT_EYE else "Left"
    points = bench.points(xy[upper], bench.fit.vertices[upper, 2])
    along = np.gradient(points[:, :2].astype(np.float64), axis=0)
    across = np.zeros_like(points)
    across[:, :2] = np.column_stack([-along[:, 1], along[:, 0]])
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    thickness = arc_thickness_px(height) / bench.fit.width_px
    rows = []
    for uv, step in zip(place_arc(bench, masks.ink_rgb), (-0.5, 0.5), strict=True):
        basis = bench.basis[:, upper]
        basis[ARKIT_INDEX[f"cheekSquint{side}"]] += step * thickness * across
        rows.append(bench.mesh.add(points, uv, basis))
    bench.mesh.add_triangles(grid_triangles(np.stack(rows)), assets.LAYER_OVER, kernels.BLEND)


def _has_line(
    bench: Workbench, upper_px: F32, part: PartOnCanvas, masks: EyeMasks, height_px: float
) -> bool:
    line = np.asarray(part.classes["lash"] * (1.0 - strands(part, masks)), np.float32)
    reach = max(1, round(LINE_REACH * height_px * bench.canvas.texels_per_px))
    near = grown(line, reach)
    at = bench.texels(upper_px[1:-1]) - part.first
    return bool((texture.sample(near, at) > SURE).mean() > SURE)
