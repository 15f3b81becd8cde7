"""A talking face in real time for asyncio programs: speech in, frames out as they are due.

    async with LiveStream(AvatarStream(avatar, sample_rate_hz=24_000)) as live:

        async def speak(text):
            async for pcm_i16 in text_to_speech(text):  # pieces of any length
                await live.push(pcm_i16)
            live.flush()

        speaking = asyncio.create_task(speak("Hello there."))
        async for frame in live:                        # living frames without speech, too
            show(frame.frame_rgb)
            play(frame.audio)                           # the sound under this picture
            if frame.is_last:                           # all is said
                break

Barge-in is `live.interrupt()`: no frame that was made before it comes out after it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

import numpy as np

from vasa_avatar.datatypes import I16, U8, Controls, FaceMotion, Feeling, TimedWord
from vasa_avatar.motion import Attention
from vasa_avatar.session.events import FaceFailed, LiveEvent
from vasa_avatar.session.pacing import PacedFrame
from vasa_avatar.session.runner import LiveRunner
from vasa_avatar.session.stats import LiveStats
from vasa_avatar.session.stream import AvatarStream, checked_nod, copy_sound
from vasa_avatar.session.time_line import PAIRED
from vasa_avatar.units import FrameClock

_MOST_UNREAD_S = 0.5
"""with so much speech unread the stream pauses; idle frames give way to newer ones at once"""


@dataclass(frozen=True, slots=True, eq=False)
class LiveFrame:
    """One frame as it comes out."""

    frame_rgb: U8
    """(H, W, 3), read-only; the last picture again where `is_new_picture` is false"""
    audio: I16
    """(N,) the frame's own samples, exactly as they were pushed; empty without speech"""
    motion: FaceMotion
    index: int
    """number of the frame since the stream began"""
    sample: int
    """index of its first sample on the stream's clock, which counts through silence"""
    due_s: float
    """when it should be seen, on the clock of the stream (`time.monotonic`)"""
    is_speech: bool
    is_last: bool
    """whether an utterance has ended with this frame; once for each that was not interrupted"""
    is_new_picture: bool
    generation: int
    """counts interruptions"""


class LiveStream:
    """Runs an AvatarStream in real time; used on one event loop, by one reader."""

    def __init__(
        self,
        stream: AvatarStream,
        *,
        max_pending_s: float = 30.0,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; `start`, or `async with`, begins.

        Args:
            stream: used by this object alone from now on.
            max_pending_s: `push` waits while more speech than this is pending.
            now_s: the clock; read on several threads.
        """
        self._stream = stream
        self._max_pending_s, self._now_s = max_pending_s, now_s
        self._runner: LiveRunner[U8] | None = None
        self._inbox = _Inbox(stream.size_px, stream.fps)
        self._pushing = asyncio.Lock()

    def start(self) -> None:
        """Begin to make frames; once only, on the running event loop."""
        if self._runner is not None:
            raise RuntimeError("the stream was started before; make a new one for another run")
        clock = FrameClock(self._stream.sample_rate_hz, self._stream.fps)
        self._runner = LiveRunner(
            self._stream, clock, self._inbox, _read_only, PAIRED, now_s=self._now_s
        )

    async def close(self) -> None:
        """Stop at once; the reader's loop ends. Harmless when repeated."""
        if not self._inbox.is_closed:
            self._inbox.end()
        if self._runner is not None:
            await self._runner.close()

    async def __aenter__(self) -> LiveStream:
        self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    # -- in -----------------------------------------------------------------------------------

    async def push(self, pcm_i16: I16) -> None:
        """Take speech: (N,) int16 mono at the stream's rate, any length.

        Waits while too much of it is pending. What waits when `interrupt` is called is dropped
        with the rest; a push that is cancelled while it waits has given nothing.

        Raises:
            AudioError: it is not such sound.
            RuntimeError: the stream is closed.
        """
        sound = copy_sound(pcm_i16)
        generation = self._live().generation
        async with self._pushing:
            while (runner := self._live()).pending_s > self._max_pending_s:
                self._inbox.has_room.clear()
                await self._inbox.has_room.wait()
            if runner.generation == generation:
                runner.push(sound)

    def push_words(self, words: Sequence[TimedWord]) -> None:
        """Take words of the utterance that is being pushed; see AvatarStream."""
        self._live().push_words(words)

    def flush(self) -> None:
        """End of the utterance: its last frames come out, then the mouth comes to rest."""
        self._live().flush()

    def interrupt(self) -> int:
        """Barge-in: pending speech is gone, and so are the frames that nobody has read.

        Returns:
            The generation of all frames to come.
        """
        generation = self._live().interrupt()
        self._inbox.drop_before(generation)
        return generation

    def set_controls(self, controls: Controls) -> None:
        """New controls, blended over time."""
        self._live().steer(lambda face: face.set_controls(controls))

    def feel(self, feeling: Feeling | None) -> None:
        """Begin a feeling that comes and goes over the mood; None lets the present one go."""
        self._live().steer(lambda face: face.feel(feeling))

    def attend(self, attention: Attention) -> None:
        """What to do while not speaking: be idle, listen or think."""
        self._live().steer(lambda face: face.attend(attention))

    def hear(self, pcm_i16: I16, rate_hz: int) -> None:
        """Take (N,) samples of what the user says, as they come; see AvatarStream."""
        sound = copy_sound(pcm_i16)
        self._live().steer(lambda face: face.hear(sound, rate_hz))

    def nod(self, strength: float = 0.6) -> None:
        """Nod as a listener does, 0..1."""
        checked_nod(strength)
        self._live().steer(lambda face: face.nod(strength))

    def stats(self) -> LiveStats:
        """The figures as they stand."""
        return self._live().stats()

    # -- out ----------------------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[LiveFrame]:
        """Frames as they are due, speech up to 120 ms before, until the stream is closed.

        A reader that does not keep up misses idle frames, and speech waits for it.
        """
        return self

    async def __anext__(self) -> LiveFrame:
        """The next frame.

        Raises:
            Exception: what ended the stream, if it was not `close`.
        """
        frame = await self._inbox.get()
        if frame is None:
            raise StopAsyncIteration
        return frame

    def _live(self) -> LiveRunner[U8]:
        """The running session; raises what ended it."""
        if self._inbox.error is not None:
            raise self._inbox.error
        if self._runner is None or self._inbox.is_closed:
            state = "not started" if self._runner is None else "closed"
            raise RuntimeError(f"the stream is {state}; use it inside `async with LiveStream(...)`")
        return self._runner


class _Inbox:
    """Frames that nobody has read yet; the LiveOutput of a stream."""

    def __init__(self, size_px: int, fps: int) -> None:
        self.error: Exception | None = None
        self.is_closed = False
        self.has_room = asyncio.Event()
        """set whenever less speech may be pending than before"""
        self._most_unread = _MOST_UNREAD_S * fps
        self._generation = 0
        self._picture = _read_only(np.zeros((size_px, size_px, 3), np.uint8))
        self._motion = FaceMotion()
        self._frames: deque[LiveFrame] = deque()
        self._has_come = asyncio.Event()

    async def get(self) -> LiveFrame | None:
        """The next frame; None when there will be none; raises what ended the session."""
        while not self._frames:
            if self.error is not None:
                raise self.error
            if self.is_closed:
                return None
            self._has_come.clear()
            await self._has_come.wait()
        return self._frames.popleft()

    def drop_before(self, generation: int) -> None:
        """What is older is stale, whether it has come or not."""
        self._generation = generation
        self._frames.clear()
        self.has_room.set()

    def end(self, error: Exception | None = None) -> None:
        """No more frames come; those that have may be read if it was an error."""
        self.error, self.is_closed = error, True
        if error is None:
            self._frames.clear()
        self._has_come.set()
        self.has_room.set()

    @property
    def is_full(self) -> bool:
        """See LiveOutput."""
        return sum(frame.is_speech for frame in self._frames) > self._most_unread

    def on_event(self, event: LiveEvent) -> None:
        """See LiveOutput."""
        if isinstance(event, FaceFailed) and event.is_fatal:
            self.end(event.error)

    def on_sound(self, frame: PacedFrame) -> None:
        """See LiveOutput; here sound waits for its picture."""

    def on_picture(self, frame: PacedFrame, picture: U8 | None) -> None:
        """See LiveOutput."""
        self.has_room.set()
        if frame.generation < self._generation or self.is_closed:
            return
        if picture is not None:
            self._picture = picture
        if frame.motion is not None:
            self._motion = frame.motion.motion
        last = self._frames[-1] if self._frames else frame
        if last is not frame and not (last.is_speech or last.is_last or frame.is_speech):
            self._frames.pop()  # nobody has read it, and this one is newer
        self._frames.append(
            LiveFrame(
                self._picture, frame.audio, self._motion, frame.sequence, frame.sample,
                frame.due_s, frame.is_speech, frame.is_last, picture is not None, frame.generation,
            )
        )  # fmt: skip
        self._has_come.set()


def _read_only(picture: U8) -> U8:
    picture.flags.writeable = False
    return picture
