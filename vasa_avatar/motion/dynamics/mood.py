"""Passing feelings: smiles and concern that come with words and go again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.datatypes import EMOTIONS, F32
from vasa_avatar.motion.spring import ease

_HAPPY, _SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")

NO_FEELING: F32 = np.zeros(len(EMOTIONS), np.float32)
"""what is given while nothing passes"""
NO_FEELING.flags.writeable = False


@dataclass(frozen=True, slots=True)
class _Pulse:
    emotion: int
    start_s: float
    peak_s: float
    fall_from_s: float
    end_s: float
    strength: float

    def weight(self, time_s: float) -> float:
        rising = ease((time_s - self.start_s) / max(self.peak_s - self.start_s, 1e-3))
        falling = ease((time_s - self.fall_from_s) / max(self.end_s - self.fall_from_s, 1e-3))
        return self.strength * (rising - falling)


class PassingMood:
    """Adds up the feelings under way. Times are seconds since the session began."""

    def __init__(self) -> None:
        self._pulses: list[_Pulse] = []

    def smile(self, start_s: float, peak_s: float, end_s: float, strength: float) -> None:
        """A smile, 0..1; it fades over the last .8 s."""
        self._begin(_HAPPY, start_s, peak_s, end_s, strength)

    def concern(self, start_s: float, peak_s: float, end_s: float, strength: float) -> None:
        """A face that feels with somebody, 0..1."""
        self._begin(_SAD, start_s, peak_s, end_s, strength)

    def _begin(
        self, emotion: int, start_s: float, peak_s: float, end_s: float, strength: float
    ) -> None:
        fall_from_s = max(peak_s, end_s - _FALL_S)
        self._pulses.append(_Pulse(emotion, start_s, peak_s, fall_from_s, end_s, strength))

    def forget_coming(self, time_s: float) -> None:
        """Barge-in: what has not begun never will."""
        self._pulses = [pulse for pulse in self._pulses if pulse.start_s <= time_s]

    def step(self, time_s: float) -> F32:
        """(8,) strengths in the order of EMOTIONS; the strongest of a kind counts."""
        self._pulses = [pulse for pulse in self._pulses if pulse.end_s > time_s]
        if not self._pulses:
            return NO_FEELING
        mood = np.zeros(len(EMOTIONS), np.float32)
        for pulse in self._pulses:
            mood[pulse.emotion] = max(float(mood[pulse.emotion]), pulse.weight(time_s))
        return mood


_FALL_S = 0.8
