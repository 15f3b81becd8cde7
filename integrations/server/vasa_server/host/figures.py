"""What a server counts for its owner, one number each; workers tell each other theirs.

Counters begin at 0 with the process that counts. Nothing in here says who spoke or what.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vasa_avatar.session import LiveStats
    from vasa_server.host.outbox import OutboxCounters


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, as a scrape shows it."""

    name: str
    kind: Literal["counter", "gauge"]
    meaning: str


FIGURES: tuple[Figure, ...] = (
    Figure("sessions", "gauge", "characters that are open"),
    Figure("connections", "gauge", "WebSockets that are open"),
    Figure("sessions_opened", "counter", "characters that were opened"),
    Figure("sessions_refused", "counter", "characters that were refused, all seats being taken"),
    Figure("speech_seconds", "counter", "speech that was given out"),
    Figure("pictures_drawn", "counter", "pictures that were drawn"),
    Figure("pictures_late", "counter", "pictures not drawn, so that the sound stays in time"),
    Figure("pictures_held", "counter", "pictures not drawn, because the face failed"),
    Figure("pictures_sent", "counter", "pictures that left for a viewer"),
    Figure("pictures_dropped", "counter", "pictures that a slow viewer did not take"),
    Figure("late_sound", "counter", "times that speech stalled within an utterance"),
    Figure("stalls", "counter", "times that a session was half a second behind"),
    Figure("sent_bytes", "counter", "bytes that left for viewers"),
    Figure("render_ms_p95", "gauge", "drawing a picture, 95th percentile of the slowest session"),
    Figure("encode_ms_p50", "gauge", "encoding a picture, median of the slowest session"),
    Figure("first_frame_ms", "gauge", "from sound or text to its first picture, slowest session"),
    Figure("loop_lag_ms_p99", "gauge", "how late the event loop is, 99th percentile of a minute"),
    Figure("loop_lag_ms_max", "gauge", "how late the event loop is, the worst of a minute"),
)


class Tally:
    """Adds up the sessions of one process, those that are over and those that are not."""

    def __init__(self) -> None:
        self.opened = self.refused = 0
        self._over: dict[str, float] = {}

    def add_over(self, stats: LiveStats, rate_hz: int) -> None:
        """A session is over."""
        for name, value in _counts_of(stats, rate_hz).items():
            self._over[name] = self._over.get(name, 0.0) + value

    def add_left(self, counters: OutboxCounters) -> None:
        """A connection is over."""
        for name, value in _sent_of(counters).items():
            self._over[name] = self._over.get(name, 0.0) + value

    def values(
        self,
        sessions: Iterable[tuple[LiveStats, int]],
        connections: Iterable[OutboxCounters],
        loop_lag_ms: tuple[float, float],
    ) -> list[float]:
        """All FIGURES, in their order.

        Args:
            sessions: figures and sound's rate of those that are open.
            connections: of those that are open.
            loop_lag_ms: 99th percentile and maximum.
        """
        found = dict(self._over)
        stats_of_all, all_sent = list(sessions), [_sent_of(one) for one in connections]
        for counts in (*(_counts_of(*one) for one in stats_of_all), *all_sent):
            for name, value in counts.items():
                found[name] = found.get(name, 0.0) + value
        stats = [one for one, _ in stats_of_all]
        found |= {
            "sessions": len(stats),
            "connections": len(all_sent),
            "sessions_opened": self.opened,
            "sessions_refused": self.refused,
            "render_ms_p95": max((one.render_ms_p95 for one in stats), default=0.0),
            "encode_ms_p50": max((one.encode_ms_p50 for one in stats), default=0.0),
            "first_frame_ms": max((one.first_frame_ms or 0.0 for one in stats), default=0.0),
            "loop_lag_ms_p99": loop_lag_ms[0],
            "loop_lag_ms_max": loop_lag_ms[1],
        }
        return [float(found.get(figure.name, 0.0)) for figure in FIGURES]


def _counts_of(stats: LiveStats, rate_hz: int) -> dict[str, float]:
    return {
        "speech_seconds": stats.speech_samples_out / rate_hz,
        "pictures_drawn": stats.pictures_drawn,
        "pictures_late": stats.late_pictures,
        "pictures_held": stats.held_frames,
        "late_sound": stats.underruns,
        "stalls": stats.stalls,
    }


def _sent_of(counters: OutboxCounters) -> dict[str, float]:
    return {
        "pictures_sent": counters.pictures_sent,
        "pictures_dropped": counters.pictures_dropped,
        "sent_bytes": counters.bytes_sent,
    }
