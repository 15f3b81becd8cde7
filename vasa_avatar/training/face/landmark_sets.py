"""Which of MediaPipe's 478 face landmarks lie where: contours, regions and the mirror pairs.

"Left" is the character's own left (the viewer's right). Contours run from the character's right
corner to the left one, which is from the viewer's left to right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

N_LANDMARKS = 478
N_SKIN = 468

LIP_UPPER_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LIP_LOWER_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LIP_UPPER_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LIP_LOWER_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
# The rows between the outer and the inner contour.
LIP_UPPER_BETWEEN = (
    (76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306),
    (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292),
)
LIP_LOWER_BETWEEN = (
    (76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306),
    (62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292),
)
# The character's right eye is on the viewer's left.
LID_UPPER_RIGHT = (33, 246, 161, 160, 159, 158, 157, 173, 133)
LID_LOWER_RIGHT = (33, 7, 163, 144, 145, 153, 154, 155, 133)
LID_UPPER_LEFT = (362, 398, 384, 385, 386, 387, 388, 466, 263)
LID_LOWER_LEFT = (362, 382, 381, 380, 374, 373, 390, 249, 263)
BROW_RIGHT = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55)
BROW_LEFT = (300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
IRIS_RIGHT = (468, 469, 470, 471, 472)
IRIS_LEFT = (473, 474, 475, 476, 477)
CHIN = (152, 148, 377, 176, 400, 175, 199, 171, 396)

RIGID = (
    33, 133, 362, 263, 168, 6, 197, 195, 5, 122, 351, 196, 419, 193, 417, 245, 465, 10, 109, 338,
    67, 297, 54, 284, 21, 251, 162, 389, 127, 356,
)  # fmt: skip
"""Points that stay with the skull: eye corners, nose bridge, hairline, temples."""


def skin_triangles(triangles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Triangles without those that span the open mouth or the eyes."""
    holes = (
        set(LIP_UPPER_INNER) | set(LIP_LOWER_INNER),
        set(LID_UPPER_RIGHT) | set(LID_LOWER_RIGHT),
        set(LID_UPPER_LEFT) | set(LID_LOWER_LEFT),
    )
    keep = [not any(set(map(int, t)) <= hole for hole in holes) for t in triangles]
    kept: NDArray[np.int64] = triangles[np.array(keep)]
    return kept
