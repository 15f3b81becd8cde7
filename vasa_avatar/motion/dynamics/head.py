"""Head motion: posture that drifts from phrase to phrase, nods on stress, pitch in the voice.

Angles in here are degrees (the figures of people are), radians leave.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vasa_avatar.motion.spring import Spring, ease

# Standard deviations of posture, degrees: pitch, yaw, roll.
_SPEAKING_STD = (1.9, 3.3, 1.9)
_RESTING_STD = (0.9, 1.8, 1.0)
_LIMIT = (7.0, 10.0, 7.0)
_JITTER_STD = (0.30, 0.30, 0.20)


@dataclass(frozen=True, slots=True)
class _Gesture:
    """One quick movement that comes and goes."""

    start_s: float
    peak_s: float
    end_s: float
    pitch: float
    yaw: float
    roll: float

    def weight(self, time_s: float) -> float:
        """0 at both ends, 1 at the peak, smooth."""
        if time_s < self.peak_s:
            return ease((time_s - self.start_s) / (self.peak_s - self.start_s))
        return 1.0 - ease((time_s - self.peak_s) / (self.end_s - self.peak_s))


@dataclass(frozen=True, slots=True)
class HeadState:
    """The head in one frame."""

    pitch_deg: float
    yaw_deg: float
    roll_deg: float
    shift_x: float
    """face widths"""
    shift_y: float
    lean: float
    """distance - 1"""


class HeadMotion:
    """Moves the head; goes on through speech and pauses."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._posture = [Spring(), Spring(), Spring()]
        self._jitter = [Spring(), Spring(), Spring()]
        self._melody = [Spring(), Spring()]
        self._lean = Spring()
        self._target = [0.0, 0.0, 0.0]
        self._lean_target = 0.0
        self._next_shift_s = 1.0
        self._gestures: list[_Gesture] = []
        self._roll_of_pitch = 0.1
        self._yaw_side = 1.0
        self._last_nod_s = -math.inf

    def shift_posture(self, time_s: float, speaking: float, size: float = 1.0) -> None:
        """Choose a new resting direction, part of the way back to the middle."""
        for axis in range(3):
            std = _RESTING_STD[axis] + speaking * (_SPEAKING_STD[axis] - _RESTING_STD[axis])
            fresh = float(self._rng.normal(0.0, std))
            kept = 0.35 * self._target[axis]
            value = kept + 0.94 * size * fresh
            self._target[axis] = min(max(value, -_LIMIT[axis]), _LIMIT[axis])
        # A head that turns also tilts, mostly to the same side.
        self._target[2] += 0.18 * self._target[1]
        self._lean_target = float(self._rng.normal(0.0, 0.012 + 0.008 * speaking))
        pause_s = self._rng.lognormal(math.log(2.2 - 0.9 * speaking), 0.5)
        self._next_shift_s = time_s + min(max(float(pause_s), 0.5), 7.0)

    def start_phrase(self, time_s: float) -> None:
        """A phrase begins: a new direction and a new way of accompanying the melody."""
        self._roll_of_pitch = float(self._rng.normal(0.0, 0.16))
        self._yaw_side = -self._yaw_side if self._rng.random() < 0.6 else self._yaw_side
        self.shift_posture(time_s, 1.0)

    def end_phrase(self, time_s: float) -> None:
        """A phrase ends: the head tends to settle, often a little lower."""
        self._target = [0.4 * value for value in self._target]
        self._target[0] -= float(abs(self._rng.normal(0.0, 0.8)))
        self._next_shift_s = max(self._next_shift_s, time_s + 0.6)

    def stress(self, time_s: float, peak_s: float, strength: float) -> None:
        """Accompany a stressed syllable whose loudest moment is at `peak_s`."""
        refractory_s = 0.26 + 0.25 * (1.0 - strength)
        if time_s - self._last_nod_s < refractory_s or strength < 0.12:
            return
        if self._rng.random() > 0.35 + 0.75 * strength:
            return
        self._last_nod_s = time_s
        size = strength**0.8 * float(self._rng.lognormal(0.0, 0.35))
        is_lift = self._rng.random() < 0.22
        pitch = (1.5 if is_lift else -3.4) * size
        yaw = self._yaw_side * float(self._rng.normal(0.7, 1.1)) * size
        roll = float(self._rng.normal(0.0, 0.9)) * size
        rise_s = max(peak_s - time_s, 0.13 + 0.05 * size)
        fall_s = float(self._rng.uniform(0.22, 0.42))
        peak_s = time_s + rise_s
        self._gestures.append(_Gesture(time_s, peak_s, peak_s + fall_s, pitch, yaw, roll))

    def nod(self, time_s: float, strength: float) -> None:
        """Nod once or twice, as a listener does."""
        depth = -(2.0 + 4.0 * strength)
        start_s = time_s
        for scale in (1.0, 0.55)[: 2 if strength > 0.4 else 1]:
            peak_s, end_s = start_s + 0.18, start_s + 0.46
            self._gestures.append(_Gesture(start_s, peak_s, end_s, depth * scale, 0.0, 0.0))
            start_s = end_s - 0.06

    def forget_gestures(self, time_s: float) -> None:
        """Barge-in: movements that have not begun are dropped, those under way finish."""
        self._gestures = [g for g in self._gestures if g.start_s <= time_s]

    def step(self, time_s: float, dt_s: float, speaking: float, pitch_st: float) -> HeadState:
        """Go on by one frame.

        Args:
            time_s: of the frame, since the session began.
            dt_s: a frame's length.
            speaking: 0 at rest .. 1 in speech.
            pitch_st: the voice's melody, semitones around its mean.
        """
        if time_s >= self._next_shift_s:
            self.shift_posture(time_s, speaking, 0.8)
        angles = [0.0, 0.0, 0.0]
        noise = self._rng.standard_normal(3).tolist()
        rate = 3.0 + 1.6 * speaking
        for axis in range(3):
            angles[axis] = self._posture[axis].step(self._target[axis], rate, dt_s)
            # White noise through a spring of rate w has the variance S w / 4.
            kick = noise[axis] * _JITTER_STD[axis] * math.sqrt(4.0 / (_JITTER_RATE * dt_s))
            jitter = self._jitter[axis].step(kick, _JITTER_RATE, dt_s)
            angles[axis] += jitter * (0.35 + 0.65 * speaking)
        melody = self._melody[0].step(pitch_st * speaking, 14.0, dt_s)
        angles[0] += 0.34 * melody
        angles[2] += self._roll_of_pitch * melody
        self._gestures = [g for g in self._gestures if g.end_s > time_s]
        for gesture in self._gestures:
            weight = gesture.weight(time_s)
            angles[0] += weight * gesture.pitch
            angles[1] += weight * gesture.yaw
            angles[2] += weight * gesture.roll
        lean = self._lean.step(self._lean_target, 2.2, dt_s)
        # The head turns around the neck, below and behind the face.
        shift_x = 0.0035 * angles[1] + 0.0055 * angles[2]
        shift_y = -0.0030 * angles[0]
        return HeadState(angles[0], angles[1], angles[2], shift_x, shift_y, lean)


_JITTER_RATE = 9.0
