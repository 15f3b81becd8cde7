"""Portrait and landmarks to the face alone: grey, upright and of one size."""

from __future__ import annotations

import cv2
import numpy as np

from vasa_avatar.appearance.reading.landmarks import FaceLandmarks
from vasa_avatar.datatypes import F32, F64, U8

SIDE_PX, FACE_PX = 256, 160.0
"""of the view, and of the width between the ears in it"""
_ANCHORS = (33, 263, 61, 291, 1)
_EYE_CORNERS = (33, 263)


def upright_view(image_rgb: U8, face: FaceLandmarks) -> tuple[F32, F64]:
    """(S, S) brightness and (478, 2) landmarks in it, the face upright and of one size."""
    points = face.points_px[:, :2].astype(np.float64) - 0.5
    axis = points[_EYE_CORNERS[1]] - points[_EYE_CORNERS[0]]
    shrink = FACE_PX / face.width_px
    c, s = axis / max(float(np.linalg.norm(axis)), 1e-6) * shrink
    linear = np.array([[c, s], [-s, c]])
    middle = points[list(_ANCHORS)].mean(0)
    to_view = np.column_stack([linear, np.full(2, SIDE_PX / 2) - linear @ middle])
    source = image_rgb if shrink > 0.6 else cv2.GaussianBlur(image_rgb, (0, 0), 0.45 / shrink)
    view = cv2.warpAffine(
        source, to_view, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    grey = np.asarray(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), np.float32)
    return grey, points @ linear.T + to_view[:, 2]
