"""Breathing: 0..1, even at rest; in speech quick in at pauses, slowly out with the voice."""

from __future__ import annotations

import math

import numpy as np

from vasa_avatar.motion.spring import Spring


class Breathing:
    """Breathes; goes on through speech and pauses."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._phase = float(rng.uniform(0.0, 1.0))
        self._period_s = self._draw_period()
        self._air = Spring(0.3)
        self._depth = 0.9

    def _draw_period(self) -> float:
        return float(self._rng.normal(4.2, 0.45))  # some 14 breaths a minute at rest

    def inhale(self) -> None:
        """Take a quick breath, as before a phrase, if there is need."""
        if self._phase < 0.5 or self._air.value > 0.45:  # just breathed, or air enough
            return
        self._phase = 0.0
        self._period_s = 3.4
        self._depth = float(self._rng.uniform(0.75, 0.95))

    def step(self, dt_s: float, speaking: float, tempo: float = 1.0) -> float:
        """Go on by one frame; `speaking` 0..1 makes the way in short and the way out long."""
        self._phase += tempo * dt_s / self._period_s
        if self._phase >= 1.0:
            self._phase -= 1.0
            self._period_s = self._draw_period()
            self._depth = float(self._rng.uniform(0.7, 0.95))
        way_in = 0.42 - 0.26 * speaking
        if self._phase < way_in:
            target = 0.5 - 0.5 * math.cos(math.pi * self._phase / way_in)
        else:
            target = 0.5 + 0.5 * math.cos(math.pi * (self._phase - way_in) / (1.0 - way_in))
        level = self._air.step(self._depth * target, 12.0, dt_s)
        return min(max(level, 0.0), 1.0)
