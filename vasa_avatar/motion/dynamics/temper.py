"""How a speaker is by nature: lively or still, with the head or with the brows, all the time.

People differ from one another far more than one person from minute to minute; drawing every speaker
from the same few averages is what gives made motion away first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_SPREAD = {
    "head": 0.50, "pitch": 0.35, "yaw": 0.45, "roll": 0.45, "trunk": 0.75, "brows": 1.1,
    "blinks": 0.60, "gaze": 0.7, "smile": 1.0,
}  # fmt: skip
"""standard deviations of the logarithm from speaker to speaker, after thirteen filmed ones"""
_MOST = {"brows": 1.3, "smile": 0.8, "gaze": 0.45}
_MOST_OF_ALL = 1.0
"""nobody is frozen, nobody flails: the logarithm stays within it"""


@dataclass(frozen=True, slots=True)
class Temper:
    """Ratios to the average speaker, 1 each."""

    head: float = 1.0
    """all movement of the head"""
    pitch: float = 1.0
    yaw: float = 1.0
    roll: float = 1.0
    trunk: float = 1.0
    brows: float = 1.0
    blinks: float = 1.0
    gaze: float = 1.0
    """how often and how far the eyes leave the viewer"""
    smile: float = 1.0
    """the slow smile that comes and goes"""

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Temper:
        """A speaker as chance makes them."""
        ratios = {}
        for name, spread in _SPREAD.items():
            most = _MOST.get(name, _MOST_OF_ALL)
            log = min(max(float(rng.normal(0.0, spread)), -most), most)
            ratios[name] = math.exp(log)
        return cls(**ratios)


class Level:
    """How lively the speaker is just now: still and lively stretches, around 1.

    Stretches last some seconds each (log-normal, median 4.5 s), as filmed talkers' do.
    """

    def __init__(self, rng: np.random.Generator, spread: float = 0.5) -> None:
        self._rng, self._spread = rng, spread
        self._target = self._log = 0.0
        self._left_s = 0.0

    def step(self, dt_s: float) -> float:
        """Go on by one frame; returns the level."""
        self._left_s -= dt_s
        if self._left_s <= 0.0:
            self._target = float(self._rng.normal(0.0, self._spread))
            self._left_s = float(self._rng.lognormal(math.log(4.5), 0.5))
        self._log += (1.0 - math.exp(-1.6 * dt_s)) * (self._target - self._log)
        return math.exp(self._log)
