"""Speech in, the face's pictures with their sound out, for LiveKit's AvatarRunner.

What is heard is the clock. Sound goes to the audio source up to two frames ahead, and a picture
goes out at the moment at which its first sample is heard, whatever happened to the sound before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import numpy as np
from livekit import rtc
from livekit.agents.voice.avatar import AudioSegmentEnd, VideoGenerator
from livekit.plugins.vasa.playback import Playback
from livekit.plugins.vasa.sound import frame_of, samples_of, words_of

from vasa_avatar.datatypes import I16, U8
from vasa_avatar.session import LiveFrame, LiveStream

_SOURCE_PIECE_HZ = 100
"""LiveKit's audio sources play whole pieces of 10 ms; what is less stays in them"""
_PATIENCE_S = 0.2
_A_MICROSECOND = 1e-6
_LATEST_S = 0.05
"""a picture that is later than this against its sound is left out; the next one is in time"""


class FaceVideo(VideoGenerator):
    """One face for one AvatarRunner."""

    def __init__(
        self, live: LiveStream, rate_hz: int, *, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin; `attach` before frames are asked for.

        Args:
            live: started and closed by the caller.
            rate_hz: of the sound.
            now_s: the clock of `live`.
        """
        self.on_cleared: Callable[[float], None] = lambda heard_s: None
        """called when an interruption has taken effect, with the seconds that were heard"""
        self._live, self._rate_hz, self._now_s = live, rate_hz, now_s
        self._playback = Playback(rate_hz)
        self._synchronizer: rtc.AVSynchronizer | None = None
        self._generation = 0
        self._has_interruption = asyncio.Event()
        self._is_handed_on = asyncio.Event()
        """whether AvatarRunner is done with the last sound"""
        self._is_handed_on.set()

    def attach(self, synchronizer: rtc.AVSynchronizer) -> None:
        """Where AvatarRunner puts what comes out of here."""
        self._synchronizer = synchronizer

    def heard_s(self) -> float:
        """Seconds of the segment that have been heard."""
        return self._playback.heard_s(self._now_s())

    async def push_audio(self, frame: rtc.AudioFrame | AudioSegmentEnd) -> None:
        """Take speech with its words, or the end of a segment; waits while much is pending."""
        if isinstance(frame, AudioSegmentEnd):
            self._live.flush()
            return
        if words := words_of(frame):
            self._live.push_words(words)
        await self._live.push(samples_of(frame))

    async def clear_buffer(self) -> None:
        """Barge-in: what was pushed is neither heard nor seen, the mouth closes."""
        self._generation = self._live.interrupt()
        self._has_interruption.set()
        heard_s = self._playback.clear(self._now_s())
        synchronizer = self._attached()
        await synchronizer.clear_queue()
        if not self._is_handed_on.is_set():  # a frame is on its way; AvatarRunner counts it, too
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_handed_on.wait(), _PATIENCE_S)
            await synchronizer.clear_queue()
        self.on_cleared(heard_s)

    async def __aiter__(self) -> AsyncIterator[rtc.VideoFrame | rtc.AudioFrame | AudioSegmentEnd]:
        """Sound, its picture when that is heard, and the ends of segments when all is heard."""
        synchronizer = self._attached()
        async for frame in self._live:
            seen_s = frame.due_s
            if len(frame.audio):
                sound, seen_s = self._hand_over(frame)
                self._is_handed_on.clear()
                yield frame_of(sound, self._rate_hz)
                self._is_handed_on.set()
            if not await self._has_come(seen_s, frame):
                continue
            is_late = frame.is_speech and self._now_s() - seen_s > _LATEST_S
            if frame.is_new_picture and not is_late:
                await asyncio.sleep(0)  # the synchronizer takes the last one: it waits for none
                synchronizer.reset()  # we keep time here, its frame rate would come on top
                yield _picture(frame.frame_rgb)
            if frame.is_last and await self._has_come(self._playback.silent_from_s, frame):
                self._playback.end_segment()
                yield AudioSegmentEnd()

    def _hand_over(self, frame: LiveFrame) -> tuple[I16, float]:
        """The sound of a frame as the audio source gets it, and when its first sample is heard."""
        n_samples = len(frame.audio)
        n_padding = 0
        if frame.is_last:
            n_padding = -n_samples % (self._rate_hz // _SOURCE_PIECE_HZ)
        heard_s = self._playback.hand_over(n_samples, n_padding, self._now_s())
        return np.pad(frame.audio, (0, n_padding)), heard_s

    async def _has_come(self, when_s: float, frame: LiveFrame) -> bool:
        """Wait for that moment; False when the frame was interrupted before it."""
        while frame.generation >= self._generation:
            left_s = when_s - self._now_s()
            if left_s <= _A_MICROSECOND:
                return True
            self._has_interruption.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._has_interruption.wait(), left_s)
        return False

    def _attached(self) -> rtc.AVSynchronizer:
        if self._synchronizer is None:
            raise RuntimeError("the face is attached to no AVSynchronizer; call attach before")
        return self._synchronizer


def _picture(frame_rgb: U8) -> rtc.VideoFrame:
    height, width, _ = frame_rgb.shape
    return rtc.VideoFrame(width, height, rtc.VideoBufferType.RGB24, frame_rgb.tobytes())
