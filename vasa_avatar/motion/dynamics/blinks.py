"""Blinks: when (log-normal pauses, more in speech, at phrase ends and large gaze shifts) and how.

Rates: some 17 a minute at rest, 26 in conversation (Bentivoglio 1997), prompted ones included. Lids
close in 80-100 ms and open in 150-250 ms; some blinks are not quite complete.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vasa_avatar.motion.dynamics.temper import Temper
from vasa_avatar.motion.spring import ease

_SPEECH_PER_MIN = 22.0
_REST_PER_MIN = 14.0
_SIGMA = 0.55  # of the logarithm of the pause
_SHORTEST_PAUSE_S = 0.45


@dataclass(frozen=True, slots=True)
class _Blink:
    start_s: float
    close_s: float
    hold_s: float
    open_s: float
    depth: float

    @property
    def end_s(self) -> float:
        return self.start_s + self.close_s + self.hold_s + self.open_s

    def closure(self, time_s: float) -> float:
        since = time_s - self.start_s
        if since < self.close_s:
            return self.depth * ease(since / self.close_s)
        since -= self.close_s + self.hold_s
        if since < 0:
            return self.depth
        # Lids open fast at first and creep the last part.
        return self.depth * (1.0 - ease((since / self.open_s) ** 0.8))


class Blinking:
    """Decides on blinks and moves the lids; goes on through speech and pauses."""

    def __init__(self, rng: np.random.Generator, temper: Temper) -> None:
        self._rng = rng
        self._gain = temper.blinks
        self._blink: _Blink | None = None
        self._wink: _Blink | None = None
        self._due = self._draw_due(first=True)
        self._last_s = -math.inf

    def _draw_due(self, first: bool = False) -> float:
        """The next pause in units of the mean pause."""
        pause = math.exp(float(self._rng.normal(-0.5 * _SIGMA**2, _SIGMA)))
        return pause * (float(self._rng.uniform(0.2, 0.9)) if first else 1.0)

    def prompt(self, time_s: float, chance: float) -> None:
        """A moment at which people like to blink; replaces the blink that was due."""
        chance *= min(self._gain, 1.0)
        if time_s - self._last_s > 1.2 and self._blink is None and self._rng.random() < chance:
            self._start(time_s)

    def wink(self, time_s: float) -> None:
        """Shut one eye for a moment."""
        self._wink = _Blink(time_s, 0.12, 0.14, 0.2, 1.0)

    def wink_closure(self, time_s: float) -> float:
        """How far the winking eye is closed, 0..1."""
        if self._wink is None or time_s >= self._wink.end_s:
            self._wink = None
            return 0.0
        return self._wink.closure(time_s)

    def _start(self, time_s: float) -> None:
        is_partial = self._rng.random() < 0.12
        depth = float(self._rng.uniform(0.6, 0.85)) if is_partial else 1.0
        self._blink = _Blink(
            time_s,
            float(self._rng.uniform(0.08, 0.10)),
            float(self._rng.uniform(0.01, 0.05)),
            float(self._rng.uniform(0.15, 0.25)),
            depth,
        )
        self._last_s = time_s
        self._due = self._draw_due()

    def step(self, time_s: float, dt_s: float, speaking: float, gain: float) -> float:
        """Go on by one frame; returns how far the lids are closed, 0..1."""
        per_min = _REST_PER_MIN + speaking * (_SPEECH_PER_MIN - _REST_PER_MIN)
        # Prompted blinks come on top, so the timer runs a little slower than the whole rate.
        self._due -= dt_s * gain * self._gain * per_min / 60.0 * _TIMER_SHARE
        if self._blink is None and self._due <= 0 and time_s - self._last_s > _SHORTEST_PAUSE_S:
            self._start(time_s)
        if self._blink is None:
            return 0.0
        if time_s >= self._blink.end_s:
            self._blink = None
            return 0.0
        return self._blink.closure(time_s)


_TIMER_SHARE = 0.95
