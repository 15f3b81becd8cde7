"""Whether there is time to draw a picture: what pictures cost lately against the seconds left.

Every host of a face asks this before each picture; none has a rule of its own.
"""

from __future__ import annotations

FIRST_GUESS_S = 0.005
"""a 512 px picture takes 2 to 4 ms on one core (`vasa-avatar bench`), a JPEG of it 0.5"""
_NEWEST_SHARE = 0.2
"""a change of pace is believed within ten pictures (0.8 ** 10 = 0.1 of the old one is left); one
picture that took five times as long moves the estimate by less than its own usual cost"""
_MOST_S = 0.3
"""a picture that stood still (code was compiled, the machine slept) counts as no more than this"""
_FADE = 0.98
"""kept of the estimate when a picture was left out, so that drawing is tried again: after the worst
pictures within four seconds of frames of 40 ms (0.3 s * 0.98 ** 100 = 40 ms), yet where every other
picture is drawn the estimate stays within a tenth of the truth (0.98 * (0.8 u + 0.2) = u: u = 0.91)
"""
_ROUNDING_S = 1e-6  # of sums of times


class RenderBudget:
    """The smoothed cost of a picture."""

    def __init__(self, first_guess_s: float = FIRST_GUESS_S) -> None:
        """Begin with a guess, until the first picture is drawn."""
        self._usual_s = first_guess_s
        self._is_guess = True

    @property
    def usual_s(self) -> float:
        """What the next picture will probably take."""
        return self._usual_s

    def drawn(self, cost_s: float) -> None:
        """A picture took so long, with all that belongs to it."""
        share = 1.0 if self._is_guess else _NEWEST_SHARE
        self._usual_s += share * (min(cost_s, _MOST_S) - self._usual_s)
        self._is_guess = False

    def skipped(self) -> None:
        """A picture was left out: the estimate fades, so that drawing is tried again."""
        self._usual_s *= _FADE

    def is_in_time(self, left_s: float) -> bool:
        """Whether a picture that is begun now will probably be there in `left_s` seconds."""
        return self._usual_s <= left_s + _ROUNDING_S
