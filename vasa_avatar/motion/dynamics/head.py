"""Head motion: posture that drifts from phrase to phrase, gestures on stress, pitch in the voice.

Angles in here are degrees, as the figures of people are. Speeds were set beside filmed speakers:
some 2-4, 2-5, 5-7, 5-7, 3-4 degrees a second of pitch in the bands 0-.5, .5-1, 1-2, 2-4, 4-8 Hz, a
little less of yaw, a third of it of roll.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vasa_avatar.motion.dynamics.temper import Level, Temper
from vasa_avatar.motion.spring import Spring, ease

# Standard deviations of posture, degrees: pitch, yaw, roll.
_SPEAKING_STD = (3.4, 4.4, 2.8)
_RESTING_STD = (1.3, 1.5, 0.9)
_POSTURE_LIMIT = (7.0, 10.0, 6.0)
_POSTURE_LOWEST = -4.0
"""pitch: nobody keeps the head bowed while they talk to somebody"""
_LIFT_DEG = 0.5
"""pitch of a talker's posture, above rest: nods go down from it, and their mean is at rest"""
_LIMIT = (11.0, 14.0, 10.0)


@dataclass(frozen=True, slots=True)
class _Sway:
    """Noise through a critically damped spring."""

    rate_per_s: float
    std_deg: tuple[float, float, float]
    at_rest: float
    """share that is left without speech"""


_SWAYS = (
    _Sway(2.6, (2.0, 1.9, 1.2), 0.25),
    _Sway(8.0, (1.56, 0.80, 0.45), 0.14),
    _Sway(24.0, (0.34, 0.37, 0.27), 0.16),
)
_SHIFT_LIMIT = 0.14  # face widths
_BODY_RATE = 1.7
_BODY_STD = (0.044, 0.017)  # face widths
_NECK_PER_DEG = 0.0045
"""face widths by which the head's middle sinks for a degree of nodding: the neck bends, too"""
_SWING_S = 2.6
_SWING_DEG = (2.5, 3.5)  # yaw, roll
_MELODY_RATE = 14.0
_PITCH_PER_ST = 0.42


@dataclass(frozen=True, slots=True)
class _Gesture:
    """One quick movement that comes and goes."""

    start_s: float
    peak_s: float
    end_s: float
    angles: tuple[float, float, float]

    def weight(self, time_s: float) -> float:
        """0 at both ends, 1 at the peak, smooth."""
        if time_s < self.peak_s:
            return ease((time_s - self.start_s) / (self.peak_s - self.start_s))
        return 1.0 - ease((time_s - self.peak_s) / (self.end_s - self.peak_s))


HeadShape = tuple[tuple[float, tuple[float, float, float]], ...]
"""parts of a gesture: where it peaks between the first peak (0) and the end (1), and its degrees of
pitch, yaw, roll at full strength"""


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

    def __init__(self, rng: np.random.Generator, temper: Temper) -> None:
        self._rng = rng
        self._gains = tuple(temper.head * axis for axis in (temper.pitch, temper.yaw, temper.roll))
        self._trunk = temper.trunk
        self._slow = temper.posture
        self._sway_gains = (temper.posture, 1.0, temper.unrest)
        self._quickness, self._tempo = temper.quickness, temper.tempo
        self.mood_tempo = 1.0
        """ratio on how often the head moves on, of the mood"""
        self._level = Level(rng)
        self._liveliness = 1.0
        self._posture = [Spring(), Spring(), Spring()]
        self._sways = [[Spring(), Spring(), Spring()] for _ in _SWAYS]
        self._melody = Spring()
        self._song, self._song_phase = Spring(), 0.0
        self._turn = Spring()
        self._lean = Spring()
        self._shift = [Spring(), Spring()]
        self._target = [0.0, 0.0, 0.0]
        self._lean_target = 0.0
        self._next_shift_s = 1.0
        self._gestures: list[_Gesture] = []
        self._meant: list[_Gesture] = []
        self._meant_gain = max(math.sqrt(temper.head), 0.75)
        self._roll_of_pitch = 0.1
        self._side = 1.0
        self._last_gesture_s = -math.inf

    def shift_posture(self, time_s: float, speaking: float, size: float = 1.0) -> None:
        """Choose a new resting direction, some of the old one in it."""
        for axis in range(3):
            std = _RESTING_STD[axis] + speaking * (_SPEAKING_STD[axis] - _RESTING_STD[axis])
            value = 0.35 * self._target[axis] + 0.94 * size * float(self._rng.normal(0.0, std))
            limit = _POSTURE_LIMIT[axis]
            self._target[axis] = min(max(value, -limit), limit)
        self._target[0] = max(self._target[0], _POSTURE_LOWEST)
        # A head that turns also tilts a little, mostly to the other side.
        self._target[2] -= 0.10 * self._target[1]
        self._lean_target = float(self._rng.normal(0.0, 0.010 + 0.008 * speaking))
        tempo = self._tempo * self.mood_tempo
        pause_s = float(self._rng.lognormal(math.log(2.4 - 1.2 * speaking), 0.5)) / tempo
        self._next_shift_s = time_s + min(max(pause_s, 0.5), 7.0)

    def start_phrase(self, time_s: float) -> None:
        """A phrase begins: a new direction and a new way of accompanying the melody."""
        self._roll_of_pitch = float(self._rng.normal(0.0, 0.2))
        self._side = -self._side if self._rng.random() < 0.6 else self._side
        self.shift_posture(time_s, 1.0)

    def end_phrase(self, time_s: float) -> None:
        """A phrase ends: the head tends to settle, often a little lower."""
        self._target = [0.5 * value for value in self._target]
        self._target[0] -= float(abs(self._rng.normal(0.0, 0.8)))
        self._next_shift_s = max(self._next_shift_s, time_s + 0.6)

    def stress(self, time_s: float, peak_s: float, strength: float) -> None:
        """Accompany a stressed syllable whose loudest moment is at `peak_s`."""
        if strength < 0.12 or time_s - self._last_gesture_s < (0.45 - 0.2 * strength) / self._tempo:
            return
        rng = self._rng
        if rng.random() > (0.35 + 0.75 * strength) * self._tempo:
            return
        self._last_gesture_s = time_s
        size = 1.25 * strength**0.7 * float(rng.lognormal(0.0, 0.35)) * self._liveliness
        kind = rng.random()
        if kind < 0.62:  # a nod, seldom a lift
            pitch = (1.6 if rng.random() < 0.2 else -4.0) * size
            yaw, roll = self._side * float(rng.normal(0.8, 1.1)), float(rng.normal(0.0, 0.8))
        elif kind < 0.85:  # a turn
            pitch = -0.8 * size
            yaw, roll = self._side * float(rng.normal(2.8, 0.8)), float(rng.normal(0.0, 0.7))
            self._side = -self._side if rng.random() < 0.5 else self._side
        else:  # a tilt
            pitch = -1.0 * size
            yaw, roll = float(rng.normal(0.0, 0.8)), self._side * float(rng.normal(2.6, 0.7))
        rise_s = max(peak_s - time_s, 0.13 + 0.05 * size)
        fall_s = float(rng.uniform(0.22, 0.5)) / self._quickness
        start, peak = time_s, time_s + rise_s
        self._gestures.append(
            _Gesture(start, peak, peak + fall_s, (pitch, yaw * size, roll * size))
        )

    def nod(self, time_s: float, strength: float) -> None:
        """Nod once or twice, as a listener does."""
        depth = -(2.0 + 4.0 * strength)
        start_s = time_s
        for scale in (1.0, 0.55)[: 2 if strength > 0.4 else 1]:
            peak_s, end_s = start_s + 0.18, start_s + 0.46
            self._meant.append(_Gesture(start_s, peak_s, end_s, (depth * scale, 0.0, 0.0)))
            start_s = end_s - 0.06

    def perform(
        self,
        shape: HeadShape,
        start_s: float,
        peak_s: float,
        end_s: float,
        strength: float,
    ) -> None:
        """Carry out a gesture that words call for; those of chance wait until it is over.

        Args:
            shape: its parts, see HeadShape.
            start_s: when the head begins to move.
            peak_s: when the first part is at its furthest; the others follow it.
            end_s: when the head is back.
            strength: 0..1 on all angles.
        """
        size = strength * float(self._rng.lognormal(0.0, 0.12))
        end_s = peak_s + (end_s - peak_s) / self._quickness
        side = self._side
        peaks = [peak_s + at * (end_s - peak_s) for at, _ in shape]
        for position, (_, (pitch, yaw, roll)) in enumerate(shape):
            begin_s = peaks[position - 1] if position else start_s
            over_s = peaks[position + 1] if position + 1 < len(peaks) else end_s
            angles = (pitch * size, side * yaw * size, side * roll * size)
            self._meant.append(_Gesture(begin_s, peaks[position], over_s, angles))
        self._side = -side
        self._last_gesture_s = end_s - 0.25

    def lean_in(self, until_s: float, strength: float) -> None:
        """Come closer until a point in time."""
        self._lean_target = -0.06 * strength
        self._next_shift_s = max(self._next_shift_s, until_s)

    def ponder(self, time_s: float, side: float) -> None:
        """Turn and tilt a little to where a thinker looks."""
        drawn = [float(self._rng.normal(mean, 1.0)) for mean in (1.5, 3.5, 2.0)]
        self._target = [drawn[0], side * drawn[1], side * drawn[2]]
        self._next_shift_s = time_s + float(self._rng.uniform(1.8, 3.5))

    def forget_gestures(self, time_s: float) -> None:
        """Barge-in: movements that have not begun are dropped, those under way finish."""
        self._gestures = [gesture for gesture in self._gestures if gesture.start_s <= time_s]
        self._meant = [gesture for gesture in self._meant if gesture.start_s <= time_s]

    def step(
        self,
        time_s: float,
        dt_s: float,
        speaking: float,
        pitch_st: float,
        gaze_yaw_deg: float,
        *,
        rouse: float = 1.0,
        singing: float = 0.0,
    ) -> HeadState:
        """Go on by one frame.

        Args:
            time_s: of the frame, since the session began.
            dt_s: a frame's length.
            speaking: 0 at rest .. 1 in speech.
            pitch_st: the voice's melody, semitones around its mean.
            gaze_yaw_deg: where the eyes look; the head goes along a little, and later.
            rouse: ratio on the liveliness, from the voice.
            singing: 0..1, how much of the voice is song; the head sways with it.
        """
        if time_s >= self._next_shift_s:
            self.shift_posture(time_s, speaking, 0.8)
        self._liveliness = self._level.step(dt_s) * rouse
        angles = self._drift(dt_s, speaking)
        angles[0] += _LIFT_DEG * speaking
        melody = self._melody.step(pitch_st * speaking, _MELODY_RATE, dt_s)
        angles[0] += _PITCH_PER_ST * melody
        angles[1] += self._turn.step(0.14 * gaze_yaw_deg, 7.0, dt_s)
        angles[2] += self._roll_of_pitch * melody
        self._swing(angles, dt_s, singing)
        self._gestures = _add(self._gestures, time_s, angles)
        angles = [gain * angle for gain, angle in zip(self._gains, angles, strict=True)]
        self._meant = _add(self._meant, time_s, angles, self._meant_gain)
        pitch, yaw, roll = (
            _softly_within(angle, limit) for angle, limit in zip(angles, _LIMIT, strict=True)
        )
        lean = self._lean.step(self._lean_target, 2.2, dt_s)
        shift_x, shift_y = self._sway_body(dt_s, speaking)
        # The neck bends, too: its lower end lies well below the pivot of the skull.
        shift_x += 0.0012 * yaw + 0.0035 * roll
        shift_x, shift_y = (_softly_within(value, _SHIFT_LIMIT) for value in (shift_x, shift_y))
        return HeadState(pitch, yaw, roll, shift_x, shift_y - _NECK_PER_DEG * pitch, lean)

    def _swing(self, angles: list[float], dt_s: float, singing: float) -> None:
        """Sway from side to side with a song, slower in a pause."""
        share = self._song.step(singing, 1.5, dt_s)
        if share > 1e-3:
            self._song_phase += 2.0 * math.pi * dt_s / _SWING_S
            angles[1] += share * _SWING_DEG[0] * math.sin(self._song_phase)
            angles[2] += share * _SWING_DEG[1] * math.sin(self._song_phase + 0.4)

    def _sway_body(self, dt_s: float, speaking: float) -> tuple[float, float]:
        """Slow sideways and vertical movement of the trunk, face widths."""
        share = (0.4 + 0.6 * speaking) * self._trunk * math.sqrt(4.0 / (_BODY_RATE * dt_s))
        kicks = self._rng.standard_normal(2).tolist()
        x, y = (
            spring.step(share * kick * std, _BODY_RATE, dt_s)
            for spring, kick, std in zip(self._shift, kicks, _BODY_STD, strict=True)
        )
        return x, y

    def _drift(self, dt_s: float, speaking: float) -> list[float]:
        """Posture and sway."""
        rate = (3.0 + 1.6 * speaking) * self._quickness
        angles = [
            self._slow * spring.step(target, rate, dt_s)
            for spring, target in zip(self._posture, self._target, strict=True)
        ]
        noise = self._rng.standard_normal(3 * len(_SWAYS)).tolist()
        for n, (sway, springs) in enumerate(zip(_SWAYS, self._sways, strict=True)):
            # White noise through a spring of rate w has the variance S w / 4.
            kick = math.sqrt(4.0 / (sway.rate_per_s * dt_s))
            share = (sway.at_rest + (1.0 - sway.at_rest) * speaking) * self._liveliness
            share *= self._sway_gains[n]
            for axis in range(3):
                target = noise[3 * n + axis] * kick * sway.std_deg[axis]
                angles[axis] += share * springs[axis].step(target, sway.rate_per_s, dt_s)
        return angles


def _softly_within(value: float, limit: float) -> float:
    """Nearly the value itself, and never beyond the limit."""
    share: float = value / limit
    return value / math.sqrt(math.sqrt(1.0 + share * share * share * share))


def _add(
    gestures: list[_Gesture], time_s: float, angles: list[float], gain: float = 1.0
) -> list[_Gesture]:
    """Add what gestures are doing now to (3) angles; returns those that go on."""
    lasting = [gesture for gesture in gestures if gesture.end_s > time_s]
    for gesture in lasting:
        weight = gain * gesture.weight(time_s)
        for axis in range(3):
            angles[axis] += weight * gesture.angles[axis]
    return lasting
