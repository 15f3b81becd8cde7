"""What hangs from a head, long hair and the neck's skin, follows it a little later.

A damped spring of one mass for all six numbers of the pose: it lags 0.12 s behind a steady turn,
swings an eighth too far when the head stops, and comes to rest within half a second. Exact for any
frame rate (the pose is held over a frame); web/vasa-face/trail.js is the same.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import FaceMotion, HeadPose

SWING_HZ = 1.5
DAMPING = 0.55
"""of critical; below 1 it swings"""


class Trail:
    """Follows the head of one character, frame by frame.

    Args:
        fps: frames a second.
    """

    def __init__(self, fps: float) -> None:
        pace = 2.0 * math.pi * SWING_HZ
        swing = pace * math.sqrt(1.0 - DAMPING**2)
        left = math.exp(-DAMPING * pace / fps)
        cosine, sine = left * math.cos(swing / fps), left * math.sin(swing / fps) / swing
        damped = DAMPING * pace * sine
        self._step = np.array([[cosine + damped, sine], [-pace * pace * sine, cosine - damped]])
        self._behind: NDArray[np.float64] | None = None
        """(2, 6) distance from the head, and speed; rotation, then translation"""
        self._head = np.zeros(6)

    def follow(self, motion: FaceMotion) -> FaceMotion:
        """The next frame, with its `trail`."""
        head = np.concatenate([motion.head.rotation_rad, motion.head.translation]).astype(float)
        if self._behind is None:
            self._behind, self._head = np.zeros((2, 6)), head
        self._behind[0] += self._head - head
        self._behind, self._head = self._step @ self._behind, head
        place = (head + self._behind[0]).astype(np.float32)
        return dataclasses.replace(motion, trail=HeadPose(place[:3], place[3:]))
