"""Changes of the controls, spread over time: a new Controls in, eased numbers per frame out."""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import EMOTIONS, F32, Controls

EMOTION_BLEND_S = 0.4
POSE_BLEND_S = 0.5
GAZE_BLEND_S = 0.12
GAIN_BLEND_S = 0.3

_GAZE = slice(0, 2)
_HEAD = slice(2, 5)
_DISTANCE = 5
_EMOTIONS = slice(10, 10 + len(EMOTIONS))
_N = 10 + len(EMOTIONS)

_SETTLED = 5.6  # a critically damped spring has come 97.5 % of its way at rate * time = 5.6
_BLEND_S = np.array(
    2 * [GAZE_BLEND_S] + 4 * [POSE_BLEND_S] + 4 * [GAIN_BLEND_S] + len(EMOTIONS) * [EMOTION_BLEND_S]
)
_THERE = 1e-6
"""so near, and so slow a second, that the rest of the way is nothing"""
_RATE_PER_S: F32 = (_SETTLED / _BLEND_S).astype(np.float32)


def emotion_strengths(controls: Controls) -> F32:
    """(8,) strengths in the order of EMOTIONS; sums above 1 are scaled down."""
    strengths = np.zeros(len(EMOTIONS), np.float32)
    for emotion in controls.emotions:
        strengths[EMOTIONS.index(emotion.name)] += emotion.strength
    return strengths / max(1.0, float(strengths.sum()))


def _as_vector(controls: Controls) -> F32:
    head = [
        controls.gaze_pitch_rad, controls.gaze_yaw_rad,
        controls.head_pitch_rad, controls.head_yaw_rad, controls.head_roll_rad,
        controls.head_distance,
        controls.lip_gain, controls.brow_gain, controls.head_gain, controls.blink_gain,
    ]  # fmt: skip
    return np.concatenate((np.array(head, np.float32), emotion_strengths(controls)))


class ControlsBlend:
    """Follows the latest controls as critically damped springs: smooth under a dragged slider."""

    def __init__(self, controls: Controls, fps: int) -> None:
        self._now: F32 = _as_vector(controls)
        self._target = self._now
        self._velocity: F32 = np.zeros(_N, np.float32)
        self._decay: F32 = np.exp(-_RATE_PER_S / fps).astype(np.float32)
        self._dt_s = np.float32(1 / fps)
        self._is_there = False

    def set(self, controls: Controls) -> None:
        """Head for new controls from the next step on."""
        self._target = _as_vector(controls)
        self._is_there = False

    def step(self) -> None:
        """Go on by one frame: the exact solution of x'' = -2 w x' - w^2 (x - target)."""
        if self._is_there:
            return
        offset: F32 = self._now - self._target
        pull: F32 = self._velocity + _RATE_PER_S * offset
        moved = (offset + pull * self._dt_s) * self._decay
        braked = self._velocity - _RATE_PER_S * pull * self._dt_s
        self._now = (self._target + moved).astype(np.float32)
        self._velocity = (braked * self._decay).astype(np.float32)
        if np.abs(offset).max() < _THERE and np.abs(self._velocity).max() < _THERE:
            self._now, self._velocity, self._is_there = self._target, np.zeros_like(offset), True

    @property
    def gaze_rad(self) -> F32:
        """(2,) pitch, yaw."""
        return self._now[_GAZE]

    @property
    def head_rotation_rad(self) -> F32:
        """(3,) pitch, yaw, roll."""
        return self._now[_HEAD]

    @property
    def head_distance(self) -> float:
        """Ratio of the portrait's."""
        return float(self._now[_DISTANCE])

    @property
    def lip_gain(self) -> float:
        """0..2."""
        return float(self._now[6])

    @property
    def brow_gain(self) -> float:
        """0..2."""
        return float(self._now[7])

    @property
    def head_gain(self) -> float:
        """0..2."""
        return float(self._now[8])

    @property
    def blink_gain(self) -> float:
        """0..2."""
        return float(self._now[9])

    @property
    def emotions(self) -> F32:
        """(8,) strengths in the order of EMOTIONS."""
        return self._now[_EMOTIONS]
