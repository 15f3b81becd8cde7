"""When the next frame goes out: a session's clock against real time. Time is an argument.

The server runs a little ahead of real time, more with speech than without: a viewer then has sound
in hand when a frame is late, and an interruption has little to throw away.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pacing:
    """How far ahead of real time frames are given out."""

    idle_lead_s: float = 0.04
    """without speech: what is ahead delays the answer"""
    speech_lead_s: float = 0.20
    """with speech"""
    starve_s: float = 0.04
    """how late a frame of unfinished speech may be before a frame of silence goes in its place"""
    stall_s: float = 0.5
    """further behind than this the clock is set anew instead of chased"""


class Pacer:
    """Maps the session's sample index to real time."""

    def __init__(self, sample_rate_hz: int, now_s: float, pacing: Pacing | None = None) -> None:
        self.pacing = pacing or Pacing()
        self.sample = 0
        """index after the last sample given out"""
        self.stalls = 0
        self._rate = sample_rate_hz
        self._origin_s = now_s
        self._origin_sample = 0

    def lead_s(self, now_s: float) -> float:
        """How far the samples given out are ahead of real time; negative when late."""
        return (self.sample - self._origin_sample) / self._rate - (now_s - self._origin_s)

    def advance(self, samples: int) -> None:
        """Note that a frame of `samples` samples was given out."""
        self.sample += samples

    def restart(self, now_s: float) -> None:
        """The next sample is due now (after an interruption or a stall)."""
        self._origin_s = now_s
        self._origin_sample = self.sample

    def catch_stall(self, now_s: float) -> bool:
        """Set the clock anew when it is hopelessly behind; True when that was needed."""
        if self.lead_s(now_s) >= -self.pacing.stall_s:
            return False
        self.restart(now_s)
        self.stalls += 1
        return True

    def speech_wait_s(self, now_s: float) -> float:
        """Seconds until a frame of speech that is ready may go out; 0 = now."""
        return max(0.0, self.lead_s(now_s) - self.pacing.speech_lead_s)

    def idle_wait_s(self, now_s: float) -> float:
        """Seconds until the next idle frame."""
        return max(0.0, self.lead_s(now_s) - self.pacing.idle_lead_s)

    def starve_wait_s(self, now_s: float) -> float:
        """Seconds until silence must fill in for speech that does not come."""
        return max(0.0, self.lead_s(now_s) + self.pacing.starve_s)
