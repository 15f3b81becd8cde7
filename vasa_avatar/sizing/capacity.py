"""How many sessions a box holds: the most under which sound stays in time and pictures come."""

from __future__ import annotations

from functools import lru_cache

from vasa_avatar.sizing.box import Box, BoxLoad, simulate_box
from vasa_avatar.sizing.costs import SessionCost

P99_LATE_MS, MOST_LATE_MS = 20.0, 60.0
"""of sound; the second is the bench's own limit"""
_PICTURES = 0.95
_MOST_SECONDS, _LEAST_SECONDS = 12.0, 3.0
_SESSION_SECONDS = 1_500.0
"""simulated, about: many sessions show in less time how they fare"""


def is_well(load: BoxLoad) -> bool:
    """Whether viewers notice nothing; the bench's measure."""
    in_time = load.p99_late_ms <= P99_LATE_MS and load.most_late_ms <= MOST_LATE_MS
    return in_time and load.pictures >= _PICTURES


@lru_cache(maxsize=64)
def seats_of(box: Box, cost: SessionCost, talk_share: float = 1.0) -> int:
    """The most sessions with which a box is well.

    Args:
        box: the machine.
        cost: of a session.
        talk_share: of its time that each talks.
    """
    low, high = 0, 1
    while _holds(box, cost, high, talk_share):
        low, high = high, 2 * high
    while high - low > max(1, low // 50):
        middle = (low + high) // 2
        low, high = (middle, high) if _holds(box, cost, middle, talk_share) else (low, middle)
    return low


def _holds(box: Box, cost: SessionCost, sessions: int, talk_share: float) -> bool:
    seconds = min(max(_SESSION_SECONDS / sessions, _LEAST_SECONDS), _MOST_SECONDS)
    return is_well(simulate_box(box, cost, sessions, talk_share=talk_share, seconds=seconds))
