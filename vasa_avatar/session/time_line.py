"""A session's sample clock against real time, and how far ahead of it frames are given out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pacing:
    """How a session runs along real time."""

    idle_lead_s: float
    """how far ahead of real time frames are given out without speech: it delays the answer"""
    speech_lead_s: float
    """with speech: a listener then has sound in hand when a frame is late"""
    starve_s: float
    """how late a frame of unfinished speech may be before an idle frame goes in its place"""
    shift_s: float
    """speech that is later than this moves the time line: the listener has waited already"""
    leaps: bool
    """the listener leaves out silence before an utterance as soon as its first sound is there"""
    is_paired: bool
    """the listener gets a frame's sound with its picture, not before it; leaps without saying so"""
    frames_at_once: int = 1
    """of speech; they run as much further ahead, so that the listener has no less in hand"""
    idle_at_once: int = 1
    """without speech; a listener who leaps passes over those that are ahead when speech begins"""
    stall_s: float = 0.5
    """further behind than this the time line begins anew instead of being chased"""
    abandoned_after_s: float = 0.3
    """speech that stops without a flush is spoken to its end after this long"""


PAIRED = Pacing(0.0, 0.12, 0.0, shift_s=0.0, leaps=False, is_paired=True)
"""Sound and picture of a frame go out together; sound that comes late moves the time line."""
CONTINUOUS = Pacing(0.04, 0.20, 0.04, shift_s=0.5, leaps=False, is_paired=False)
"""Sound goes out first; where it comes late there is silence, and the samples count on."""


_A_MICROSECOND = 1e-6


class TimeLine:
    """Maps the session's sample index to real time. Time is an argument."""

    def __init__(self, sample_rate_hz: int, now_s: float) -> None:
        self.sample = 0
        """index after the last sample given out"""
        self._rate_hz = sample_rate_hz
        self._origin_s = now_s
        self._origin_sample = 0

    @property
    def due_s(self) -> float:
        """When the next sample is due."""
        return self._origin_s + (self.sample - self._origin_sample) / self._rate_hz

    def lead_s(self, now_s: float) -> float:
        """How far the samples given out are ahead of real time; negative when late."""
        return self.due_s - now_s

    def wait_s(self, now_s: float, lead_s: float) -> float:
        """Seconds until the samples given out are no more than `lead_s` ahead; 0 = now."""
        wait_s = self.lead_s(now_s) - lead_s
        return wait_s if wait_s > _A_MICROSECOND else 0.0

    def advance(self, n_samples: int) -> None:
        """A frame of so many samples was given out."""
        self.sample += n_samples

    def restart(self, due_s: float) -> None:
        """The next sample is due then (after an interruption, a stall or a silence left out)."""
        self._origin_s = due_s
        self._origin_sample = self.sample
