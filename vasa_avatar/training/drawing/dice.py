"""Draws from a seeded generator: a yes or no, a number from a range, one of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True with this probability."""
    return bool(rng.random() < probability)


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A number between two bounds, all equally likely."""
    return float(low + (high - low) * rng.random())


def pick(
    rng: np.random.Generator, options: Sequence[T], weights: Sequence[float] | None = None
) -> T:
    """One of the options, as likely as its weight (all alike without weights)."""
    if weights is None:
        return options[int(rng.integers(len(options)))]
    total = np.cumsum(np.asarray(weights, np.float64))
    return options[int(np.searchsorted(total, rng.random() * total[-1], side="right"))]
