"""How far the upper lid goes with an eye that looks up or down; the tracker takes out the same."""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import Floats

DOWN_PER_RAD, MOST_DOWN = 1.1, 0.6
"""share of its way to the lower lid that the upper one goes per radian down, and at most"""
UP_PER_RAD, MOST_UP = 0.7, 0.3
"""the same for an eye that looks up: the lid opens"""


def lid_follow(eye_pitch_rad: Floats | float) -> Floats:
    """Share of a blink that the gaze alone brings, below 0 where it opens the lid.

    Args:
        eye_pitch_rad: any shape, of the eye in the head, relative to the portrait's.
    """
    pitch = np.asarray(eye_pitch_rad)
    down = np.minimum(MOST_DOWN, -DOWN_PER_RAD * pitch)
    up = np.maximum(-MOST_UP, -UP_PER_RAD * pitch)
    return np.where(pitch < 0, down, up)
