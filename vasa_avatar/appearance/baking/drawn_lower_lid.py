"""What is drawn along a lower lid, its line, lashes and strokes, as a strip that goes with the lid.

The skin there is painted plain, so that a lid that comes up in laughter draws no streaks along. The
strip hangs on the lid's edge and shrinks to it as the eye shuts: a shut eye, an arch and a squeezed
eye have no second line.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.baking.drawn_eye_masks import BELOW_REACH
from vasa_avatar.appearance.baking.drawn_lash import MIN_SEEN, across_opening, upper_side
from vasa_avatar.appearance.baking.drawn_parts import PartOnCanvas
from vasa_avatar.appearance.baking.lids import RIGHT_EYE, EyeContours
from vasa_avatar.appearance.baking.mesh_builder import Copies, grid_triangles
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import ARKIT_INDEX, F32
from vasa_avatar.render import assets, kernels

STEPS = (-0.2, 0.0, 0.5, 1.0)
"""rows of the strip, over its reach below the lid; the first lies within the eye"""
ON_LID = 1
"""the row that goes wherever the lid's edge goes"""


def add_lower_lid(bench: Workbench, contours: EyeContours, part: PartOnCanvas, edge: F32) -> Copies:
    """Add the strip, if anything is drawn there.

    Args:
        bench: the bake's tools.
        contours: which eye.
        part: the eye on the canvas.
        edge: (h, w) what was taken off the skin around the eye, see `edge_beside_hole`.

    Returns:
        The row on the lid's edge goes with it.
    """
    alpha = np.asarray(edge * (1.0 - upper_side(bench, contours, part)), np.float32)
    if float(alpha.max()) < MIN_SEEN:
        return Copies.none()
    x, y = bench.atlas.place(texture.rgba(part.rgb, alpha))
    lower = list(contours.lower)
    xy = bench.landmarks_px[:, :2]
    upward, height = across_opening(bench, contours)
    last = np.array(part.rgb.shape[1::-1]) - 1
    depth = bench.fit.vertices[lower, 2]
    places = [xy[lower] - step * 1.5 * BELOW_REACH * height * upward for step in STEPS]
    line = bench.points(xy[lower], depth)
    side = "Right" if contours is RIGHT_EYE else "Left"
    rows = []
    for place in places:
        points = bench.points(place, depth)
        uv = np.clip(bench.texels(place) - part.first, 0, last) + [x, y]
        basis = bench.basis[:, lower]
        for shutting in (ARKIT_INDEX[f"eyeBlink{side}"], ARKIT_INDEX[f"cheekSquint{side}"]):
            basis[shutting] += line - points
        rows.append(bench.mesh.add(points, uv, basis))
    bench.mesh.add_triangles(grid_triangles(np.stack(rows)), assets.LAYER_OVER, kernels.BLEND)
    rest = bench.mesh.points()
    pairs = np.column_stack([rows[ON_LID], lower])
    return Copies(pairs.astype(np.int32), rest[pairs[:, 0]] - rest[pairs[:, 1]])
