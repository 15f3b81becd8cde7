"""Counts and times of one service: what was shown, dropped, failed, and how long rendering took."""

from __future__ import annotations

from collections import deque

import numpy as np
from pipecat.metrics.metrics import MetricsData

from vasa_avatar.session import RenderBudget

_WINDOW = 250  # pictures: ten seconds


class VasaMetricsData(MetricsData):
    """Figures of an avatar service since it started, or over its last ten seconds.

    Parameters:
        render_ms_p50: Median time to render a frame, in milliseconds.
        render_ms_p95: 95th percentile of the same.
        fps: Pictures pushed each second, lately.
        frames_shown: Speech frames with a picture.
        frames_dropped: Speech frames whose picture was late and left out.
        frames_idle: Pictures without speech.
        frames_failed: Frames whose rendering raised an error or hung.
        voice_gap_ms: Time during which speech was due and none had arrived.
        skew_ms: Mean of picture against voice at the transport, + = picture late; None before any
            speech or where the transport does not report it.
        skew_ms_worst: The largest of the last utterance, either sign.
    """

    render_ms_p50: float
    render_ms_p95: float
    fps: float
    frames_shown: int
    frames_dropped: int
    frames_idle: int
    frames_failed: int
    voice_gap_ms: float
    skew_ms: float | None = None
    skew_ms_worst: float | None = None


class Meter:
    """Collects; the service reports."""

    def __init__(self) -> None:
        self.n_shown = self.n_dropped = self.n_idle = self.n_failed = 0
        self.render = RenderBudget()
        """what rendering a frame takes once it has begun"""
        self.turn = RenderBudget()
        """the same, with waiting for its turn"""
        self._render_s: deque[float] = deque(maxlen=_WINDOW)
        self._pushed_at_s: deque[float] = deque(maxlen=_WINDOW)
        self._gap_s = 0.0
        self._skew_s: deque[float] = deque(maxlen=_WINDOW)

    def rendered(self, seconds: float, waited_s: float, n_frames: int = 1) -> None:
        """Some frames were rendered in `seconds`; with waiting for its turn it took `waited_s`."""
        self._render_s.append(seconds / n_frames)
        self.render.drawn(seconds)
        self.turn.drawn(waited_s)

    def played(self, now_s: float, *, with_picture: bool, n_frames: int = 1) -> None:
        """Speech frames left."""
        if with_picture:
            self.n_shown += n_frames
            self._pushed(now_s, n_frames)
        else:
            self.n_dropped += n_frames

    def idled(self, now_s: float, n_frames: int = 1) -> None:
        """Idle pictures left."""
        self.n_idle += n_frames
        self._pushed(now_s, n_frames)

    def ran_dry(self, seconds: float) -> None:
        """Speech was due this long before it could leave."""
        self._gap_s += seconds

    def skewed(self, seconds: float) -> None:
        """A picture was set this long after its sound began; negative = before."""
        self._skew_s.append(seconds)

    def _pushed(self, now_s: float, n_frames: int) -> None:
        self._pushed_at_s.extend([now_s] * n_frames)

    def report(self, processor: str) -> VasaMetricsData:
        """The figures now."""
        p50, p95 = np.percentile(self._render_s or [0.0], (50, 95))
        last_s = self._pushed_at_s[-1] if self._pushed_at_s else 0.0
        recent = [at for at in self._pushed_at_s if at > last_s - 10]
        span_s = recent[-1] - recent[0] if len(recent) > 1 else 0.0
        skew = list(self._skew_s)
        return VasaMetricsData(
            processor=processor,
            render_ms_p50=1000 * float(p50),
            render_ms_p95=1000 * float(p95),
            fps=(len(recent) - 1) / span_s if span_s > 0 else 0.0,
            frames_shown=self.n_shown,
            frames_dropped=self.n_dropped,
            frames_idle=self.n_idle,
            frames_failed=self.n_failed,
            voice_gap_ms=1000 * self._gap_s,
            skew_ms=1000 * sum(skew) / len(skew) if skew else None,
            skew_ms_worst=1000 * max(skew, key=abs) if skew else None,
        )
