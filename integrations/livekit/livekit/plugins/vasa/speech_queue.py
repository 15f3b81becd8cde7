"""The agent session's audio output: its speech, segment by segment, for LiveKit's AvatarRunner.

AvatarRunner knows one segment at a time and counts what it hands on as heard. So this queue gives
it a segment only when the one before is over, and says itself how far each has been heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from livekit import rtc
from livekit.agents.voice.avatar import AudioSegmentEnd, QueueAudioOutput


class SpeechQueue(QueueAudioOutput):
    """Speech of one rate; every segment that was captured is told finished exactly once."""

    def __init__(self, rate_hz: int, heard_s: Callable[[], float]) -> None:
        """Begin empty.

        Args:
            rate_hz: of all frames; the agent session resamples what comes otherwise.
            heard_s: how much of the segment that plays has been heard.
        """
        super().__init__(sample_rate=rate_hz, wait_playback_start=True)
        self._heard_s = heard_s
        self._is_open = False
        """whether a segment has begun and its end was not handed on"""
        self._n_clears = self._n_obeyed = self._n_cleared_segments = 0
        self._is_free = asyncio.Event()
        """whether no segment is being played and no clear is under way"""
        self._is_free.set()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Queue a frame.

        Raises:
            ValueError: it has another rate.
        """
        if frame.sample_rate != self.sample_rate:
            raise ValueError(
                f"the frame has {frame.sample_rate} Hz; expected {self.sample_rate} Hz, "
                "the rate that AvatarSession was started with"
            )
        await super().capture_frame(frame)

    def clear_buffer(self) -> None:
        """Barge-in: what waits is gone; AvatarRunner has the face forget the rest."""
        self._n_clears += 1
        self._is_open = False
        self._is_free.clear()
        self._n_cleared_segments = self.captured_playout_segments
        super().clear_buffer()

    def finish_cleared(self, heard_s: float) -> None:
        """The face has fallen silent: all segments from before the last clear are over.

        Args:
            heard_s: how much of the one that played was heard.
        """
        while self._n_finished < self._n_cleared_segments:
            self.on_playback_finished(playback_position=heard_s, interrupted=True)
            heard_s = 0.0
        self._n_obeyed += 1
        if self._n_obeyed == self._n_clears:
            self._is_free.set()

    def notify_playback_finished(self, playback_position: float, interrupted: bool) -> None:
        """AvatarRunner has given out a segment to its end; of clears `finish_cleared` tells."""
        if interrupted:
            return
        self.on_playback_finished(playback_position=self._heard_s(), interrupted=False)
        self._is_free.set()

    def __aiter__(self) -> AsyncIterator[rtc.AudioFrame | AudioSegmentEnd]:
        """Frames and the ends of segments, in order; a segment waits for the end of the last."""
        return self._segments()

    @property
    def _n_finished(self) -> int:
        return self.captured_playout_segments - self._pending_playback_count

    async def _segments(self) -> AsyncIterator[rtc.AudioFrame | AudioSegmentEnd]:
        async for item in self._data_ch:
            if isinstance(item, AudioSegmentEnd):
                if self._is_open:  # else it was cleared, and nobody waits for its end
                    self._is_open = False
                    yield item
                continue
            if not self._is_open:
                n_clears = self._n_clears
                await self._is_free.wait()
                if n_clears != self._n_clears:
                    continue
                self._is_open = True
                self._is_free.clear()
            yield item
