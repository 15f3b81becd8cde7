"""What is drawn along a lower lid, its line, lashes and strokes, as a strip that goes with the lid.

The skin there is painted plain, so that a lid that comes up in laughter draws no streaks along. On
its way, and where the eye is squeezed shut, the strip shrinks to nothing: an arch has no second
line.
"""

from __future__ import annotations

import cv2
import numpy as np

from vasa_avatar.appearance.baking.drawn_eye_masks import BELOW_REACH, EyeMasks
from vasa_avatar.appearance.baking.drawn_parts import PartOnCanvas
from vasa_avatar.appearance.baking.drawn_squeeze import SQUEEZE
from vasa_avatar.appearance.baking.lids import RIGHT_EYE, EyeContours
from vasa_avatar.appearance.baking.mesh_builder import grid_triangles
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import ARKIT_INDEX
from vasa_avatar.render import assets, kernels

MIN_SEEN = 0.3
EDGE_TEXELS = 2
"""around white and iris that are their own edge, not the lid's"""
STEPS = (-0.06, 0.0, 0.5, 1.0)
"""rows of the strip, over its reach below the lid; the first lies within the eye"""


def add_lower_lid(
    bench: Workbench, contours: EyeContours, part: PartOnCanvas, masks: EyeMasks
) -> None:
    """Add the strip, if anything is drawn there.

    Args:
        bench: the bake's tools.
        contours: which eye.
        part: the eye on the canvas.
        masks: what in its window is what.
    """
    c = part.classes
    eye = np.clip(c["white"] + c["iris"], 0.0, 1.0)
    around = cv2.dilate(eye, np.ones((2 * EDGE_TEXELS + 1,) * 2, np.uint8))
    alpha = np.asarray(masks.below * (1.0 - around), np.float32)
    if float(alpha.max()) < MIN_SEEN:
        return
    x, y = bench.atlas.place(texture.rgba(part.rgb, alpha))
    upper, lower = list(contours.upper), list(contours.lower)
    xy = bench.landmarks_px[:, :2]
    height = float(np.linalg.norm(xy[upper[4]] - xy[lower[4]]))
    outward = xy[lower] - xy[upper]
    outward[[0, -1]] = outward[[1, -2]]
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-3)
    last = np.array(part.rgb.shape[1::-1]) - 1
    depth = bench.fit.vertices[lower, 2]
    places = [xy[lower] + step * 1.5 * BELOW_REACH * height * outward for step in STEPS]
    line = bench.points(xy[lower], depth)
    side = "Right" if contours is RIGHT_EYE else "Left"
    rows = []
    for place in places:
        points = bench.points(place, depth)
        uv = np.clip(bench.texels(place) - part.first, 0, last) + [x, y]
        basis = bench.basis[:, lower]
        basis[ARKIT_INDEX[f"cheekSquint{side}"]] += line - points
        basis[SQUEEZE] = line - points
        rows.append(bench.mesh.add(points, uv, basis))
    bench.mesh.add_triangles(grid_triangles(np.stack(rows)), assets.LAYER_OVER, kernels.BLEND)
