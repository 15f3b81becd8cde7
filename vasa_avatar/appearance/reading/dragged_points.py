"""A found face whose points a person moved: all landmarks follow the few that were dragged.

The field between the marked points is a thin-plate spline (Bookstein 1989): the smoothest that
brings each marked point to its mark.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vasa_avatar.appearance.reading.landmarks import FaceLandmarks
from vasa_avatar.datatypes import F32, F64
from vasa_avatar.geometry.drawn_layout import CHIN, ENDS, LEFT_EYE, MOUTH, OUTLINE, RIGHT_EYE

_LANDMARKS = (33, 133, 159, 145, 263, 362, 386, 374, 61, 291, 0, 17, 152, 234, 454)
"""of the marked points: corners, top and bottom of eyes and mouth, chin, cheeks"""
_SAME_FACE = 0.08
"""mean distance of the marks from the landmarks up to which they mean this face, in its widths"""


def follow_marks(face: FaceLandmarks, marks_px: F32) -> FaceLandmarks | None:
    """The face with its landmarks where the marks say; None when they mark something else.

    Args:
        face: as the landmark net found it.
        marks_px: (40, 2) a face that a person marked, in the same picture.
    """
    wanted = _marked(marks_px.astype(np.float64))
    found = face.points_px[list(_LANDMARKS), :2].astype(np.float64)
    moves = wanted - found
    if np.linalg.norm(moves, axis=1).mean() > _SAME_FACE * face.width_px:
        return None
    points = face.points_px.copy()
    points[:, :2] += _spline(
        found / face.width_px, moves, points[:, :2].astype(np.float64) / face.width_px
    )
    return replace(face, points_px=points)


def _marked(marks_px: F64) -> F64:
    parts = [marks_px[where][ENDS] for where in (RIGHT_EYE, LEFT_EYE, MOUTH)]
    return np.concatenate([*parts, marks_px[[CHIN]], marks_px[OUTLINE][[0, -1]]])


def _spline(at: F64, values: F64, where: F64) -> F64:
    """Values (N, 2) given `at` (N, 2), at other places (M, 2)."""
    n = len(at)
    system = np.zeros((n + 3, n + 3))
    system[:n, :n] = _bending(at, at)
    system[:n, n:] = np.column_stack([np.ones(n), at])
    system[n:, :n] = system[:n, n:].T
    weights = np.linalg.solve(system, np.concatenate([values, np.zeros((3, 2))]))
    flat = np.column_stack([np.ones(len(where)), where]) @ weights[n:]
    return np.asarray(_bending(where, at) @ weights[:n] + flat)


def _bending(a: F64, b: F64) -> F64:
    squared = np.square(a[:, None] - b[None]).sum(-1)
    return np.asarray(0.5 * squared * np.log(np.maximum(squared, 1e-12)))
