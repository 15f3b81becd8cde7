"""Landmark indices of the 478-point face mesh (MediaPipe's numbering), as named groups.

"Right" and "left" are the character's own: the right eye is on the viewer's left. Contours of the
eyes run from the outer to the inner corner, contours of the lips from the character's right corner
to the left one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import I32, Floats

N_MESH = 468
N_LANDMARKS = 478

FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""Clockwise as seen, beginning at the top of the forehead."""

LIP_OUTER_UPPER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LIP_OUTER_LOWER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
LIP_INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LIP_INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)

# Lower edges of the brows, outer ends first.
RIGHT_BROW_LOWER = (46, 53, 52, 65, 55)
LEFT_BROW_LOWER = (276, 283, 282, 295, 285)

# Lid contours with both corners (outer first), then the fold above or below them.
RIGHT_EYE_UPPER = (33, 246, 161, 160, 159, 158, 157, 173, 133)
RIGHT_EYE_LOWER = (33, 7, 163, 144, 145, 153, 154, 155, 133)
RIGHT_EYE_CREASE = (130, 247, 30, 29, 27, 28, 56, 190, 243)
RIGHT_EYE_BAG = (130, 25, 110, 24, 23, 22, 26, 112, 243)
RIGHT_EYE_UNDER_BROW = (226, 113, 225, 224, 223, 222, 221, 189, 244)
LEFT_EYE_UPPER = (263, 466, 388, 387, 386, 385, 384, 398, 362)
LEFT_EYE_LOWER = (263, 249, 390, 373, 374, 380, 381, 382, 362)
LEFT_EYE_CREASE = (359, 467, 260, 259, 257, 258, 286, 414, 463)
LEFT_EYE_BAG = (359, 255, 339, 254, 253, 252, 256, 341, 463)
LEFT_EYE_UNDER_BROW = (446, 342, 445, 444, 443, 442, 441, 413, 464)

RIGHT_IRIS = (468, 469, 470, 471, 472)
"""Centre, then four points on the rim."""
LEFT_IRIS = (473, 474, 475, 476, 477)

RIGHT_EAR, LEFT_EAR = 234, 454
CHIN, FOREHEAD_TOP, NOSE_TIP = 152, 10, 1

MOUTH_HOLE = LIP_INNER_UPPER + LIP_INNER_LOWER[-2:0:-1]
RIGHT_EYE_HOLE = RIGHT_EYE_UPPER + RIGHT_EYE_LOWER[-2:0:-1]
LEFT_EYE_HOLE = LEFT_EYE_UPPER + LEFT_EYE_LOWER[-2:0:-1]


def mirror_index(canonical_vertices: Floats) -> NDArray[np.int64]:
    """(478,) the landmark that mirrors each landmark.

    Args:
        canonical_vertices: (468, 3) MediaPipe's canonical face, symmetric in x.
    """
    mirrored = canonical_vertices * np.array([-1, 1, 1], np.float32)
    distance = np.linalg.norm(canonical_vertices[:, None] - mirrored[None], axis=2)
    skin = distance.argmin(1)
    # Iris: centre, then the four points at right, top, left, bottom of the picture.
    iris = np.array([473, 476, 475, 474, 477, 468, 471, 470, 469, 472])
    return np.concatenate([skin, iris]).astype(np.int64)


def split_holes(triangles: I32) -> tuple[I32, I32]:
    """Separate the triangles that cover the mouth and eye openings.

    Args:
        triangles: (M, 3) of the closed 468-point mesh.

    Returns:
        Skin triangles without holes, and the mouth's own triangles.
    """
    mouth = np.isin(triangles, MOUTH_HOLE).all(1)
    eyes = np.isin(triangles, RIGHT_EYE_HOLE).all(1) | np.isin(triangles, LEFT_EYE_HOLE).all(1)
    return triangles[~(mouth | eyes)], triangles[mouth]
