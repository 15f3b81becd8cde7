"""Figures of a live session: what was drawn, dropped and late, and how long drawing took."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_WINDOW = 250  # frames


@dataclass(frozen=True, slots=True)
class RunnerStats:
    """A snapshot."""

    n_frames: int
    """frames handed over, with and without speech"""
    n_speech_frames: int
    n_dropped: int
    """pictures not drawn because they would have been late; their sound was handed over"""
    n_failed: int
    """pictures that the renderer could not draw; the last good one was held"""
    n_underruns: int
    """times that speech stalled in the middle of an utterance"""
    render_ms_p50: float
    render_ms_p95: float
    fps: float
    """new pictures a second, over the last frames"""
    lead_ms: float
    """how long before its due time the last frame was handed over; negative = late"""
    pending_s: float
    """speech that waits to be shown"""


class StatsCollector:
    """Counts for one runner; used by its worker only."""

    def __init__(self) -> None:
        self.n_frames = 0
        self.n_speech_frames = 0
        self.n_dropped = 0
        self.n_failed = 0
        self.n_underruns = 0
        self.lead_s = 0.0
        self._render_s: deque[float] = deque(maxlen=_WINDOW)
        self._drawn_at_s: deque[float] = deque(maxlen=_WINDOW)
        self._usual_render_s = 0.0

    @property
    def usual_render_s(self) -> float:
        """A running mean of the time that a picture takes."""
        return self._usual_render_s

    def add_render(self, duration_s: float, now_s: float) -> None:
        """A picture was drawn."""
        share = 1.0 if not self._render_s else 0.2
        self._usual_render_s += share * (duration_s - self._usual_render_s)
        self._render_s.append(duration_s)
        self._drawn_at_s.append(now_s)

    def relax(self) -> None:
        """A picture was dropped: trust the running mean a little less, so that drawing resumes."""
        self._usual_render_s *= 0.98

    def snapshot(self, pending_s: float) -> RunnerStats:
        """The figures as they stand."""
        drawn = self._drawn_at_s
        span_s = drawn[-1] - drawn[0] if len(drawn) > 1 else 0.0
        return RunnerStats(
            self.n_frames,
            self.n_speech_frames,
            self.n_dropped,
            self.n_failed,
            self.n_underruns,
            1000 * _quantile(self._render_s, 0.5),
            1000 * _quantile(self._render_s, 0.95),
            (len(drawn) - 1) / span_s if span_s > 0 else 0.0,
            1000 * self.lead_s,
            pending_s,
        )


def _quantile(values: deque[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0
