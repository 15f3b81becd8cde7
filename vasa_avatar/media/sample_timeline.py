"""Pieces of sound and their time stamps to one gapless row of samples."""

from __future__ import annotations

import logging
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

_JITTER_S = Fraction(1, 100)
"""by which stamps may be off: Matroska rounds to 1 ms, recorders stamp by another clock than the
sound's; below what anybody sees between lips and voice"""
_LONGEST_GAP_S, _LONGEST_OVERLAP_S = 3600, 1
"""beyond these the clock was set anew, and the sound goes on without a gap"""


class SampleTimeline:
    """Puts pieces where their stamps say: silence into gaps, nothing twice, nothing before 0."""

    def __init__(self, start_s: Fraction, sample_rate_hz: int) -> None:
        self._start_s = start_s
        self._rate_hz = sample_rate_hz
        self._n_placed = 0
        self._shift = 0

    def place(self, piece: NDArray[Any], time_s: Fraction | None) -> list[NDArray[Any]]:
        """What to append to the row.

        Args:
            piece: (N,) samples of any type.
            time_s: when they begin; None follows what came before.
        """
        ahead = 0 if time_s is None else self._ahead(time_s)
        placed = [piece[max(0, -ahead) :]]
        if ahead > 0:
            placed.insert(0, np.zeros(ahead, piece.dtype))
        self._n_placed += sum(map(len, placed))
        return placed

    def _ahead(self, time_s: Fraction) -> int:
        """By how many samples the next piece lies behind the end of the row; negative before it."""
        due = round((time_s - self._start_s) * self._rate_hz) + self._shift
        ahead = due - self._n_placed
        if self._n_placed and abs(ahead) <= _JITTER_S * self._rate_hz:
            return 0
        if ahead > _LONGEST_GAP_S * self._rate_hz or -ahead > _LONGEST_OVERLAP_S * self._rate_hz:
            log.warning(
                "the sound's time stamps jump by %.1f s; it goes on there", ahead / self._rate_hz
            )
            self._shift -= ahead
            return 0
        return ahead
