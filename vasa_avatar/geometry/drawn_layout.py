"""The forty points of a drawn face: names, order, and what a mirror does to them.

"Right" is the character's own, so it lies on the viewer's left in a picture that is not mirrored.
"""

from __future__ import annotations

import numpy as np

RIGHT_EYE = slice(0, 9)
LEFT_EYE = slice(9, 18)
"""Eight points around an eye's opening (outer corner, over the top to the inner corner, back
below) and the iris' centre."""
RIGHT_BROW = slice(18, 21)
LEFT_BROW = slice(21, 24)
"""Outer end, middle, inner end."""
NOSE = 24
MOUTH = slice(25, 33)
"""Right corner, over the upper edge to the left corner, back along the lower edge."""
MOUTH_MIRRORED = np.array([4, 3, 2, 1, 0, 7, 6, 5])
"""Index of the point of a mouth that takes each one's place in the mirrored picture."""
OUTLINE = slice(33, 40)
"""Right cheek at the eyes' height, two points of the jaw, chin, two points, left cheek."""
CHIN = 36
N_POINTS = 40

OUTER, TOP, INNER, BOTTOM, IRIS = 0, 2, 4, 6, 8
"""Places within an eye."""
ENDS = [OUTER, INNER, TOP, BOTTOM]
"""Corners, top and bottom of an eye, and so of the mouth."""


def mirror_order() -> np.ndarray:
    """(40,) index of the point that takes each one's place in the mirrored picture."""
    outline = 33 + np.arange(7)[::-1]
    return np.concatenate(
        [
            np.arange(9, 18),
            np.arange(0, 9),
            np.arange(21, 24),
            np.arange(18, 21),
            [24],
            MOUTH.start + MOUTH_MIRRORED,
            outline,
        ]
    )
