"""Eyes squeezed shut as drawings show it, ><: a shut eye's arc is bent to a wedge, its lashes go.

A drawn mouth puts out no tongue; the coefficient that asks for it carries the wedge. It shows on
eyes that are shut.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.baking.lids import RIGHT_EYE, EyeContours
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64

SQUEEZE = ARKIT_INDEX["tongueOut"]
WIDTH, HEIGHT, STEEPEST = 0.85, 0.62, 0.75
"""of the wedge: over the eye's width, over its height, and its height over its own width at most"""
THICKER = 1.25
"""a wedge's stroke over an arc's"""
MOST_MITRE = 2.5


def bend_to_wedge(
    bench: Workbench, contours: EyeContours, rows: tuple[F32, F32], thickness: float
) -> F32:
    """(2, 9, 3) how far the arc's vertices go from a shut eye's arc to the wedge.

    Args:
        bench: the bake's tools.
        contours: which eye.
        rows: (9, 3) each, the arc's upper and lower row at rest.
        thickness: of the stroke, face widths.
    """
    points = bench.mesh.points()
    upper, lower = points[list(contours.upper)], points[list(contours.lower)]
    side = "Right" if contours is RIGHT_EYE else "Left"
    blink = bench.basis[ARKIT_INDEX[f"eyeBlink{side}"]]
    fall = lower + blink[list(contours.lower)] - upper
    across = (upper[-1] - upper[0]).astype(np.float64)
    width = max(float(np.linalg.norm(across)), 1e-6)
    down = bench.fit.rotation[:, 1].astype(np.float64)
    height = float((lower[4] - upper[4]) @ down)
    middle = (upper[4] + lower[4]) / 2.0
    path, normals = _wedge(WIDTH * width, min(HEIGHT * height, STEEPEST * WIDTH * width))
    axes = np.stack([across / width, down])
    moves = []
    for row, edge in zip(rows, (0.5, -0.5), strict=True):
        place = middle + (path + edge * THICKER * thickness * normals) @ axes
        moves.append(place - (row + fall))
    return np.stack(moves).astype(np.float32)


def _wedge(width: float, height: float) -> tuple[F64, F64]:
    """(9, 2) a line from the outer corner above to the nose and back below, and its normals."""
    along = np.linspace(0.0, 1.0, 9)
    x = width * (0.5 - np.abs(2.0 * along - 1.0))
    path = np.stack([x, height * (along - 0.5)], 1)
    there, back = np.array([height / 2, -width]), np.array([height / 2, width])
    normals = np.where(along[:, None] < 0.5, there, back) / np.hypot(width, height / 2)
    normals[4] = [min(MOST_MITRE, float(np.hypot(width, height / 2)) / (height / 2 + 1e-9)), 0.0]
    return path, normals
