"""A renderer that costs nothing and shows the motion as numbers, for tests."""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, U8, FaceMotion


class MotionPainter:
    """Draws a motion as a small picture: each pixel row shows one number of it."""

    size_px = 8

    def __init__(self) -> None:
        self.n_drawn = 0

    def render(self, motion: FaceMotion, out: U8 | None = None) -> U8:
        """(8, 8, 3) uint8: jaw, yaw, lids as grey levels in the first rows."""
        picture = np.zeros((8, 8, 3), np.uint8) if out is None else out
        picture[0] = int(255 * motion.expression[ARKIT_INDEX["jawOpen"]])
        picture[1] = int(128 + 200 * motion.head.rotation_rad[1])
        picture[2] = int(255 * motion.expression[ARKIT_INDEX["eyeBlinkLeft"]])
        self.n_drawn += 1
        return picture
