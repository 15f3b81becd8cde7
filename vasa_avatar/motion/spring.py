"""A critically damped spring: a number that follows a target smoothly and never swings past it."""

from __future__ import annotations

import math


class Spring:
    """x'' = -2 w x' - w^2 (x - target), solved exactly for any step."""

    __slots__ = ("value", "velocity")

    def __init__(self, value: float = 0.0) -> None:
        self.value = value
        self.velocity = 0.0

    def step(self, target: float, rate_per_s: float, dt_s: float) -> float:
        """Go on by `dt_s` towards `target`; 97.5 % of the way is done after 5.6 / rate."""
        decay = math.exp(-rate_per_s * dt_s)
        offset = self.value - target
        pull = self.velocity + rate_per_s * offset
        self.value = target + (offset + pull * dt_s) * decay
        self.velocity = (self.velocity - rate_per_s * pull * dt_s) * decay
        return self.value


def ease(share: float) -> float:
    """Minimum-jerk course from 0 to 1 (Flash and Hogan 1985, eq. 6); clamped outside."""
    if share <= 0.0:
        return 0.0
    if share >= 1.0:
        return 1.0
    return share**3 * (10.0 - 15.0 * share + 6.0 * share * share)
