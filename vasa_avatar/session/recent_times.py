"""The last few hundred durations of one kind, in order of size at any moment: their quantiles cost
nothing to ask for, however many sessions are asked at once.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque


class RecentTimes:
    """Durations in seconds; added by one thread, read by any."""

    def __init__(self, most: int) -> None:
        """Begin empty; of more than `most` the oldest are forgotten."""
        self._most = most
        self._came: deque[float] = deque()
        self._ordered: list[float] = []

    def append(self, seconds: float) -> None:
        """One more."""
        self._came.append(seconds)
        insort(self._ordered, seconds)
        if len(self._came) > self._most:  # then only: a reader never finds fewer than it counted
            del self._ordered[bisect_left(self._ordered, self._came.popleft())]

    def quantile_ms(self, share: float) -> float:
        """The one that `share` (0..1) of them do not exceed, in milliseconds; 0 without any."""
        n = min(len(self._ordered), self._most)
        if not n:
            return 0.0
        return round(self._ordered[min(int(share * n), n - 1)] * 1e3, 3)
