"""Where the eyes look, around the character's own gaze: glances away and back, small saccades.

In speech they look away for some 41 % of the time, leave at the start of a phrase and come back at
its end; listening, for 6 % (Dembinsky et al. 2024). Saccade durations follow the main sequence.
"""

from __future__ import annotations

import math

import numpy as np

from vasa_avatar.motion.dynamics.base import Attention
from vasa_avatar.motion.dynamics.temper import Level, Temper
from vasa_avatar.motion.spring import ease

_SHORTEST_FIXATION_S = 0.3
_IDLE_CONTACT = 0.74
_AGAIN = {None: 0.45, Attention.THINKING: 0.45, Attention.LISTENING: 0.12, Attention.IDLE: 0.12}
"""chance that a glance past the viewer goes on to another place"""
_MEAN_OVER_MEDIAN = math.exp(0.5 * 0.5**2)
"""of the log-normal stay of a glance"""
_CONTACT_SPREAD = 0.85
"""of the logarithm of a look at the viewer: long ones, and several glances in a row"""
_CONTACT_MEAN_OVER_MEDIAN = math.exp(0.5 * _CONTACT_SPREAD**2)
_RESTLESS_SPREAD = 0.75
_GLANCE_S = 0.75
"""median stay of a glance"""
_PONDERING_S = (0.9, 2.6)
"""a thinker's, from and to"""
_LONGEST_CONTACT = 0.995
_FURTHEST = 1.8
"""ratio of the reach of glances"""
_OFTEN = 0.6
"""power: who looks further aside does so more often"""


class GazeMotion:
    """Moves the eyes; goes on through speech and pauses. Angles in degrees."""

    def __init__(self, rng: np.random.Generator, temper: Temper) -> None:
        self._rng = rng
        self._reach = min(temper.gaze, _FURTHEST)
        self._contact_s = _contact_medians_s(temper)
        self._micro = min(temper.gaze, _FURTHEST)
        self._level = Level(rng, _RESTLESS_SPREAD)
        self._stepped_s = 0.0
        self._from = (0.0, 0.0)
        self._to = (0.0, 0.0)
        self._start_s = -1.0
        self._duration_s = 0.03
        self._anchor = (0.0, 0.0)
        self._is_away = False
        self._next_glance_s = 1.5
        self._next_micro_s = 0.4
        self._thinks_to = 1.0

    @property
    def is_away(self) -> bool:
        """Whether the eyes look past the viewer."""
        return self._is_away

    def is_settled(self, time_s: float) -> bool:
        """Whether the present fixation has lasted as long as fixations do at least."""
        return time_s - self._start_s > _SHORTEST_FIXATION_S

    def _jump(self, time_s: float, to: tuple[float, float]) -> float:
        """Start a saccade; returns its amplitude in degrees."""
        here = self._position(time_s)
        amplitude = math.hypot(to[0] - here[0], to[1] - here[1])
        self._from, self._to, self._start_s = here, to, time_s
        # Main sequence: duration = 2.2 ms per degree + 21 ms (Carpenter 1988).
        self._duration_s = 0.021 + 0.0022 * amplitude
        return amplitude

    def look_away(self, time_s: float, attention: Attention | None) -> float:
        """Glance past the viewer; `attention` None means speaking. Returns the amplitude, deg."""
        rng = self._rng
        if attention is Attention.THINKING:
            to = (float(rng.normal(6.0, 3.5)), self._thinks_to * float(rng.uniform(5.0, 13.0)))
            stay_s = rng.uniform(*_PONDERING_S)
        else:
            # Mostly sideways and down, seldom up.
            side = 1.0 if rng.random() < 0.5 else -1.0
            far = self._reach
            to = (float(rng.normal(-2.2, 3.0)) * far, side * float(rng.uniform(3.5, 11.0)) * far)
            stay_s = rng.lognormal(math.log(_GLANCE_S), 0.5)
        self._is_away = True
        self._anchor = to
        self._next_glance_s = time_s + float(stay_s)
        self._next_micro_s = time_s + float(rng.uniform(0.3, 0.7))
        return self._jump(time_s, to)

    def look_back(self, time_s: float, attention: Attention | None) -> float:
        """Return to the viewer. Returns the amplitude, deg."""
        rng = self._rng
        # Between the viewer's eyes and mouth, never twice the very same point.
        to = (float(rng.normal(-0.2, 0.5)), float(rng.normal(0.0, 0.7)))
        median_s = self._contact_s[attention]
        self._is_away = False
        self._anchor = to
        self._next_glance_s = time_s + float(rng.lognormal(math.log(median_s), _CONTACT_SPREAD))
        self._next_micro_s = time_s + float(rng.uniform(0.3, 0.9))
        return self._jump(time_s, to)

    def begin_thinking(self, time_s: float) -> float:
        """Look away in a moment, and stay on that side; returns the side, -1 or 1."""
        self._thinks_to = 1.0 if self._rng.random() < 0.5 else -1.0
        self._is_away = False
        self._next_glance_s = time_s + float(self._rng.uniform(0.1, 0.4))
        return self._thinks_to

    def search_word(self, time_s: float, until_s: float) -> None:
        """Look aside while a word is searched, mostly up (Goodwin 1981)."""
        side = 1.0 if self._rng.random() < 0.5 else -1.0
        to = (float(self._rng.uniform(2.0, 8.0)), side * float(self._rng.uniform(6.0, 12.0)))
        self._settle(time_s, to, until_s, is_away=True)

    def attend_viewer(self, time_s: float, until_s: float) -> None:
        """Look at the viewer at least until a point in time."""
        to = (float(self._rng.normal(-0.2, 0.5)), float(self._rng.normal(0.0, 0.7)))
        self._settle(time_s, to, until_s, is_away=False)

    def _settle(
        self, time_s: float, to: tuple[float, float], until_s: float, *, is_away: bool
    ) -> None:
        self._is_away = is_away
        self._anchor = to
        self._next_glance_s = until_s
        self._next_micro_s = time_s + 0.5
        self._jump(time_s, to)

    def step(self, time_s: float, attention: Attention | None) -> tuple[float, float, float]:
        """Go on to `time_s`; returns pitch and yaw in degrees and the size of a new saccade."""
        started = 0.0
        restless = self._micro * self._level.step(time_s - self._stepped_s)
        self._stepped_s = time_s
        if time_s >= self._next_glance_s:
            if self._is_away:
                wander = self._rng.random() < _AGAIN[attention]
                started = (
                    self.look_away(time_s, attention)
                    if wander
                    else self.look_back(time_s, attention)
                )
            else:
                started = self.look_away(time_s, attention)
        elif time_s >= self._next_micro_s:
            size = restless * (0.35 if not self._is_away else 0.6)
            to = (
                self._anchor[0] + float(self._rng.normal(0.0, size)),
                self._anchor[1] + float(self._rng.normal(0.0, size)),
            )
            self._jump(time_s, to)
            self._next_micro_s = time_s + float(self._rng.lognormal(math.log(0.65), 0.5))
        pitch, yaw = self._position(time_s)
        return pitch, yaw, started

    def _position(self, time_s: float) -> tuple[float, float]:
        share = ease((time_s - self._start_s) / self._duration_s)
        return (
            self._from[0] + share * (self._to[0] - self._from[0]),
            self._from[1] + share * (self._to[1] - self._from[1]),
        )


def _contact_medians_s(temper: Temper) -> dict[Attention | None, float]:
    """How long a look at the viewer lasts, so that its share of the time is the speaker's own."""
    contact = temper.eye_contact
    shares = {
        None: contact.speaking,
        Attention.LISTENING: contact.listening,
        Attention.THINKING: contact.thinking,
        Attention.IDLE: _IDLE_CONTACT,
    }
    medians = {}
    for attention, share in shares.items():
        share = min(share, _LONGEST_CONTACT)
        glance_s = _GLANCE_S * _MEAN_OVER_MEDIAN
        if attention is Attention.THINKING:
            glance_s = 0.5 * sum(_PONDERING_S)
        away_s = glance_s / (1.0 - _AGAIN[attention])
        medians[attention] = away_s * share / (1.0 - share) / _CONTACT_MEAN_OVER_MEDIAN
        medians[attention] /= temper.gaze**_OFTEN
    return medians
