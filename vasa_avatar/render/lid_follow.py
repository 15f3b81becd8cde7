"""How far the upper lid goes with an eye that looks up or down; the tracker takes out the same."""

from __future__ import annotations

DOWN_PER_RAD, MOST_DOWN = 1.1, 0.6
"""share of its way to the lower lid that the upper one goes per radian down, and at most"""
UP_PER_RAD, MOST_UP = 0.7, 0.3
"""the same for an eye that looks up: the lid opens"""


def lid_follow(eye_pitch_rad: float) -> float:
    """Share of a blink that the gaze alone brings, below 0 where it opens the lid.

    Args:
        eye_pitch_rad: of the eye in the head, relative to the portrait's.
    """
    if eye_pitch_rad < 0.0:
        return min(MOST_DOWN, -DOWN_PER_RAD * eye_pitch_rad)
    return max(-MOST_UP, -UP_PER_RAD * eye_pitch_rad)
