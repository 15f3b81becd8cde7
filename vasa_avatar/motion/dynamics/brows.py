"""Brows: raises and some knits on stressed syllables, raises at phrase starts, slow drift."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vasa_avatar.motion.dynamics.temper import Level, Temper
from vasa_avatar.motion.spring import Spring, ease

_MOST = 0.86
"""coefficient that no brow passes, however much comes together"""
_DRIFT_RATE = 5.0
_DRIFT_STD = 0.20
_PACE_OF_LEVEL = 0.5
"""in lively stretches the brows go farther and faster, by this power of how much farther"""
_KNIT_SHARE = 0.15
_SET_RATE = 1.6
_SET_AT_REST = 0.25
_SET_OUTER = 1.25


@dataclass(frozen=True, slots=True)
class _Accent:
    start_s: float
    rise_s: float
    hold_s: float
    fall_s: float
    inner: float
    left: float
    right: float
    knit: float

    @property
    def end_s(self) -> float:
        return self.start_s + self.rise_s + self.hold_s + self.fall_s

    def weight(self, time_s: float) -> float:
        since = time_s - self.start_s
        if since < self.rise_s + self.hold_s:
            return ease(since / self.rise_s)
        return 1.0 - ease((since - self.rise_s - self.hold_s) / self.fall_s)


@dataclass(frozen=True, slots=True)
class BrowState:
    """The brows in one frame, ARKit coefficients."""

    inner_up: float
    outer_left: float
    outer_right: float
    down: float


class BrowMotion:
    """Moves the brows; goes on through speech and pauses."""

    def __init__(self, rng: np.random.Generator, temper: Temper) -> None:
        self._rng = rng
        self._gain = temper.brows
        self._meant_gain = min(max(temper.brows**0.35, 0.6), 1.2)
        self._quickness, self._side = temper.quickness, temper.side
        self._slant, self._ends = temper.asymmetry, temper.brow_ends
        self._drift_rate = _DRIFT_RATE * temper.brow_pace
        self._level = Level(rng, 0.48)
        self._knits = temper.knit
        self._accents: list[_Accent] = []
        self._drift = Spring()
        self._set, self._set_size = Spring(), temper.brow_set
        self._last_s = -math.inf

    def stress(self, time_s: float, peak_s: float, strength: float) -> None:
        """Accompany a stressed syllable; only marked ones move the brows."""
        if strength < 0.4 or time_s - self._last_s < 0.7:
            return
        if self._rng.random() > 0.45 * strength:
            return
        rise_s = max(peak_s - time_s, 0.12)
        if self._rng.random() < _KNIT_SHARE:
            self._knit(time_s, rise_s, 0.12 * strength)
        else:
            self._lift(time_s, rise_s, 0.10, 0.42 * strength)

    def start_phrase(self, time_s: float) -> None:
        """A phrase begins: often with lifted brows."""
        if self._rng.random() < 0.4 and time_s - self._last_s > 0.5:
            self._lift(time_s, 0.18, float(self._rng.uniform(0.15, 0.6)), 0.28)

    def perform(
        self, start_s: float, peak_s: float, end_s: float, *, lift: float = 0.0, knit: float = 0.0
    ) -> None:
        """Carry out what words call for, 0..1 each; those of chance wait until it is over."""
        rise_s = max(peak_s - start_s, 0.05)
        end_s = peak_s + (end_s - peak_s) / self._quickness
        fall_s = 0.6 * max(end_s - peak_s, 0.2)
        hold_s = max(end_s - peak_s - fall_s, 0.0)
        slant = float(self._rng.normal(self._side, 0.08 * self._slant))
        lift *= self._meant_gain
        inner, outer = 0.75 * lift, 0.6 * lift
        left, right = outer * (1 + slant), outer * (1 - slant)
        accent = _Accent(start_s, rise_s, hold_s, fall_s, inner, left, right, 0.6 * knit)
        self._accents.append(accent)
        self._last_s = end_s

    def is_performing(self, time_s: float) -> bool:
        """Whether words or the voice move the brows now, or did just before."""
        return time_s < self._last_s

    def _lift(self, time_s: float, rise_s: float, hold_s: float, size: float) -> None:
        rng = self._rng
        size *= self._gain * float(rng.uniform(0.6, 1.2))
        slant = float(rng.normal(self._side, 0.12 * self._slant))
        inner = size * float(rng.uniform(0.8, 1.1))
        outer = size * float(rng.uniform(0.5, 0.9))
        fall_s = float(rng.uniform(0.25, 0.5)) / self._quickness
        left, right = outer * (1 + slant), outer * (1 - slant)
        self._accents.append(_Accent(time_s, rise_s, hold_s, fall_s, inner, left, right, 0.0))
        self._last_s = time_s

    def _knit(self, time_s: float, rise_s: float, size: float) -> None:
        size *= self._knits * self._gain * float(self._rng.uniform(0.6, 1.2))
        hold_s = float(self._rng.uniform(0.1, 0.3))
        fall_s = float(self._rng.uniform(0.3, 0.5)) / self._quickness
        self._accents.append(_Accent(time_s, rise_s, hold_s, fall_s, 0.0, 0.0, 0.0, size))
        self._last_s = time_s

    def step(self, time_s: float, dt_s: float, speaking: float = 1.0) -> BrowState:
        """Go on by one frame; `speaking` is 0 at rest .. 1 in speech."""
        level = self._level.step(dt_s)
        rate = self._drift_rate * level**_PACE_OF_LEVEL
        kick = float(self._rng.standard_normal()) * _DRIFT_STD
        drift = self._drift.step(kick * math.sqrt(4.0 / (rate * dt_s)), rate, dt_s)
        drift *= self._gain * level
        self._accents = [accent for accent in self._accents if accent.end_s > time_s]
        share = _SET_AT_REST + (1.0 - _SET_AT_REST) * speaking
        held = self._set.step(share * self._set_size, _SET_RATE, dt_s)
        inner = max(held + drift, 0.0)
        left = right = max(_SET_OUTER * held + 0.6 * drift, 0.0)
        down = max(-held, 0.0) + 0.03 * self._knits * max(-drift, 0.0)
        for accent in self._accents:
            weight = accent.weight(time_s)
            inner += weight * accent.inner
            left += weight * accent.left
            right += weight * accent.right
            down += weight * accent.knit
        left, right = left * self._ends, right * self._ends
        return BrowState(*map(_softly, (inner, left, right, down)))


def _softly(value: float) -> float:
    """A lively speaker's brows slow down before they stop: no edge is met again and again."""
    return value / math.sqrt(math.sqrt(1.0 + (value / _MOST) ** 4))
