"""Figures of a live session: what was drawn, dropped and late, and how long things took."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from vasa_avatar.session.recent_times import RecentTimes

_RECENT = 512  # frames: ten to twenty seconds


def _recent() -> RecentTimes:
    return RecentTimes(_RECENT)


@dataclass(frozen=True, slots=True)
class LiveStats:
    """A snapshot."""

    sample: int
    """index after the last sample given out"""
    frames: int
    """given out, with and without speech"""
    speech_samples_in: int
    speech_samples_out: int
    pending_speech_s: float
    """speech that waits to be given out"""
    pictures_drawn: int
    late_pictures: int
    """not drawn, so that the sound stays in time"""
    held_frames: int
    """not drawn, because the face failed; the last picture stays"""
    underruns: int
    """times that speech stalled in the middle of an utterance"""
    stalls: int
    """times that the session was over half a second behind and its clock was set anew"""
    motion_ms_p50: float
    render_ms_p50: float
    render_ms_p95: float
    encode_ms_p50: float
    """of what is made of a picture before it goes out; 0 where nothing is"""
    fps: float
    """new pictures a second, lately"""
    first_frame_ms: float | None
    """last utterance: from its first sound or text to its first frame leaving the worker"""
    lead_ms: float
    """how far ahead of real time the last frame was given out; negative = late"""


@dataclass(slots=True)
class LiveFigures:
    """What a session counts as it runs; written on its worker only."""

    frames: int = 0
    speech_samples_out: int = 0
    samples_done: int = 0
    """of the speech that came: given out, refused or forgotten"""
    pictures_drawn: int = 0
    late_pictures: int = 0
    held_frames: int = 0
    underruns: int = 0
    stalls: int = 0
    first_frame_s: float | None = None
    lead_s: float = 0.0
    motion_s: RecentTimes = field(default_factory=_recent)
    render_s: RecentTimes = field(default_factory=_recent)
    encode_s: RecentTimes = field(default_factory=_recent)
    drawn_at_s: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))

    def snapshot(self, sample: int, speech_samples_in: int, pending_s: float) -> LiveStats:
        """The figures as they stand; from any thread."""
        drawn_at_s = self.drawn_at_s
        span_s = drawn_at_s[-1] - drawn_at_s[0] if drawn_at_s else 0.0
        first_s = self.first_frame_s
        return LiveStats(
            sample, self.frames, speech_samples_in, self.speech_samples_out, round(pending_s, 3),
            self.pictures_drawn, self.late_pictures, self.held_frames, self.underruns, self.stalls,
            motion_ms_p50=self.motion_s.quantile_ms(0.5),
            render_ms_p50=self.render_s.quantile_ms(0.5),
            render_ms_p95=self.render_s.quantile_ms(0.95),
            encode_ms_p50=self.encode_s.quantile_ms(0.5),
            fps=round((len(drawn_at_s) - 1) / span_s, 2) if span_s > 0 else 0.0,
            first_frame_ms=None if first_s is None else round(first_s * 1e3, 2),
            lead_ms=round(self.lead_s * 1e3, 2),
        )  # fmt: skip
