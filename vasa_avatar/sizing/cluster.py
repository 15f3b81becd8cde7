"""How many boxes so many viewers need, when they come and go as they like (Erlang B)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vasa_avatar.sizing.costs import SessionCost

MOST_BLOCKED = 0.001
"""of those who come, find no seat"""
_SPARE = 0.02
"""of the boxes, at least one: those that are down, or being replaced"""


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """Boxes, and what goes through them."""

    viewers: int
    """that are there at once, on average"""
    boxes: int
    """with those in reserve"""
    seats: int
    blocked: float
    gbit_per_s: float
    """out of all boxes"""
    memory_gb: float
    """in each box"""


def blocking(seats: int, viewers: float) -> float:
    """The share of those who come that find no seat: Erlang B, 1 / sum of s!/(s-k)! / v^k.

    Args:
        seats: in all.
        viewers: that would be there at once, on average.
    """
    if viewers <= 0.0:
        return 0.0
    factors = np.arange(seats, 0, -1, dtype=np.float64) / viewers
    with np.errstate(over="ignore"):  # so many seats that nobody is turned away
        return float(1.0 / (1.0 + np.exp(np.cumsum(np.log(factors))).sum()))


def plan_cluster(
    viewers: int, seats_per_box: int, workers_per_box: int, cost: SessionCost, talk_share: float
) -> ClusterPlan:
    """The fewest boxes that turn away no more than MOST_BLOCKED, and some in reserve.

    Args:
        viewers: at once, on average.
        seats_per_box: sessions that one holds.
        workers_per_box: its processes.
        cost: of a session.
        talk_share: of its time that each talks.

    Raises:
        ValueError: a box that holds nobody.
    """
    if seats_per_box < 1:
        raise ValueError("seats_per_box is 0; expected a box that holds at least one session")
    low = max(1, math.floor(0.9 * viewers / seats_per_box))
    high = math.ceil((viewers + 6.0 * math.sqrt(viewers) + 20.0) / seats_per_box)
    while low < high:
        middle = (low + high) // 2
        is_enough = blocking(middle * seats_per_box, viewers) <= MOST_BLOCKED
        low, high = (low, middle) if is_enough else (middle + 1, high)
    boxes = low + max(1, math.ceil(_SPARE * low))
    seats = low * seats_per_box
    kb_per_s = talk_share * cost.kb_per_s + (1.0 - talk_share) * cost.silent_kb_per_s
    memory_mb = cost.shared_mb + workers_per_box * cost.process_mb
    return ClusterPlan(
        viewers, boxes, seats, blocking(seats, viewers), viewers * kb_per_s * 8e-6, memory_mb / 1e3
    )
