"""When sound that is handed to an audio source is heard, and how far its segment has been.

A source plays what it has without a break and silence when it has nothing. Time is an argument.
"""

from __future__ import annotations


class Playback:
    """Counts what an audio source was given and what of it has been heard."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._silent_from_s = 0.0
        """when all that was handed over has been heard"""
        self._n_samples = 0
        """of the segment, handed over"""
        self._is_over = False
        """whether that segment is over; it counts as heard until another begins"""

    @property
    def silent_from_s(self) -> float:
        """When the last sample that was handed over has been heard."""
        return self._silent_from_s

    def hand_over(self, n_samples: int, n_padding: int, now_s: float) -> float:
        """The source gets samples of speech, and so many of silence behind them.

        Returns:
            When the first of them is heard.
        """
        heard_s = max(self._silent_from_s, now_s)
        self._silent_from_s = heard_s + (n_samples + n_padding) / self._rate_hz
        self._n_samples = n_samples + (0 if self._is_over else self._n_samples)
        self._is_over = False
        return heard_s

    def heard_s(self, now_s: float) -> float:
        """Seconds of the segment that have been heard."""
        unheard_s = max(self._silent_from_s - now_s, 0.0)
        return max(self._n_samples / self._rate_hz - unheard_s, 0.0)

    def end_segment(self) -> None:
        """The next sample belongs to another segment."""
        self._is_over = True

    def clear(self, now_s: float) -> float:
        """The source forgets what it has not played, and the segment is over.

        Returns:
            How much of the segment was heard, in seconds.
        """
        heard_s = 0.0 if self._is_over else self.heard_s(now_s)
        self._silent_from_s = min(self._silent_from_s, now_s)
        self._is_over = True
        return heard_s
