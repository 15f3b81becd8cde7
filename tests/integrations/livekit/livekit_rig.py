"""A call in virtual time: LiveKit's own AvatarRunner, AVSynchronizer and queue, a room of ours.

The sources keep time as LiveKit's do (a queue of 100 ms that plays whole pieces of 10 ms) and note
down which sample is heard and which picture is seen when. A picture carries the number of its
first sample.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fake_face import FakeFace
from livekit import rtc
from livekit.agents.voice.avatar import AvatarOptions, AvatarRunner
from livekit.agents.voice.io import PlaybackFinishedEvent
from livekit.plugins.vasa.face_video import FaceVideo
from livekit.plugins.vasa.speech_queue import SpeechQueue
from virtual_time import virtual_loop

from vasa_avatar.datatypes import I16, U8, AvatarFrame
from vasa_avatar.session import LiveStream, MotionFrame

RATE = 24_000
FPS = 25
_NUMBERS = 30_000


def counted(n_samples: int, first: int = 0) -> I16:
    """Samples that say which they are: no zeros, each its number within 30000."""
    return ((first + np.arange(n_samples)) % _NUMBERS + 1).astype(np.int16)


def frames_of(sound: I16, rate_hz: int = RATE, piece_s: float = 0.1) -> Iterator[rtc.AudioFrame]:
    """Sound as a TTS gives it."""
    step = int(rate_hz * piece_s)
    for first in range(0, len(sound), step):
        piece = sound[first : first + step]
        yield rtc.AudioFrame(piece.tobytes(), rate_hz, 1, len(piece))


class NumberedFace(FakeFace):
    """Its pictures carry their first sample; 0 without speech."""

    fps, sample_rate_hz = FPS, RATE

    def render(self, frame: MotionFrame, out: U8 | None = None) -> AvatarFrame:
        """See FakeFace."""
        drawn = super().render(frame, out)
        virtual_loop().spend(0.004)
        number = int(frame.audio[0]) if len(frame.audio) else 0
        drawn.frame_rgb[0, 0, :2] = divmod(number, 256)
        return drawn


class Sources:
    """What leaves for the room, with its times."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, I16]] = []
        """begin and samples of each stretch that was played"""
        self.seen: list[tuple[float, int]] = []
        """time and first sample of each picture"""

    def speech(self) -> I16:
        """All samples that were heard, without the padding at the ends."""
        sound = np.concatenate([samples for _, samples in self.heard] or [np.zeros(0, np.int16)])
        return sound[sound != 0]

    def heard_at_s(self) -> dict[int, float]:
        """When each sample was heard, by its number; numbers must not come twice."""
        times = {}
        for begin_s, samples in self.heard:
            for at, number in enumerate(samples):
                if number:
                    times[int(number)] = begin_s + at / RATE
        return times

    def skews_ms(self) -> Any:
        """Of each picture of speech: seen minus heard, positive when the picture is late."""
        times = self.heard_at_s()
        skews = [(at_s - times[number]) * 1e3 for at_s, number in self.seen if number in times]
        return np.array(skews)


class FakeAudioSource:
    """rtc.AudioSource in virtual time."""

    sources: Sources

    def __init__(self, sample_rate: int, num_channels: int, queue_size_ms: int) -> None:
        assert num_channels == 1
        self._rate_hz, self._most_s = sample_rate, queue_size_ms / 1e3
        self._silent_from_s = 0.0
        self._waiting: deque[I16] = deque()
        self._is_cleared = asyncio.Event()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Queue it; wait while it does not fit."""
        sound = np.frombuffer(frame.data, np.int16)
        loop = asyncio.get_running_loop()
        while (left_s := self._silent_from_s + frame.duration - loop.time() - self._most_s) > 1e-9:
            self._is_cleared.clear()
            try:
                await asyncio.wait_for(self._is_cleared.wait(), left_s)
            except TimeoutError:
                continue
        begin_s = max(loop.time(), self._silent_from_s)
        self.sources.heard.append((begin_s, sound))
        self._silent_from_s = begin_s + frame.duration

    def clear_queue(self) -> None:
        """Forget what was not heard."""
        now_s = asyncio.get_running_loop().time()
        kept = []
        for begin_s, sound in self.sources.heard:
            n_heard = int(np.ceil((now_s - begin_s) * self._rate_hz))
            kept.append((begin_s, sound[: max(n_heard, 0)]))
        self.sources.heard[:] = kept
        self._silent_from_s = min(self._silent_from_s, now_s)
        self._is_cleared.set()

    async def aclose(self) -> None:
        """Nothing to give back."""


class FakeVideoSource:
    """rtc.VideoSource in virtual time."""

    sources: Sources

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)

    def capture_frame(self, frame: rtc.VideoFrame) -> None:
        """Note it down."""
        assert (frame.width, frame.height) == self._size
        number = frame.data[0] * 256 + frame.data[1]
        self.sources.seen.append((asyncio.get_running_loop().time(), number))

    async def aclose(self) -> None:
        """Nothing to give back."""


class FakeRoom(rtc.EventEmitter[str]):
    """A room in which somebody listens, at once or later."""

    name = "somewhere"

    def __init__(self) -> None:
        super().__init__()
        self.published: list[Any] = []
        self.has_listener = asyncio.Event()
        self.has_listener.set()
        self.local_participant = SimpleNamespace(identity="agent", publish_track=self._publish)
        self.remote_participants: dict[str, Any] = {}

    def isconnected(self) -> bool:
        """It is."""
        return True

    async def _publish(self, track: Any, options: Any) -> Any:
        self.published.append(options.source)
        return SimpleNamespace(wait_for_subscription=self.has_listener.wait)


class Call:
    """One agent's voice with its face, from the audio output to the room's sources."""

    def __init__(self, sources: Sources, room: FakeRoom) -> None:
        self.sources, self.room = sources, room
        self.face = NumberedFace(RATE, FPS)
        self.live = LiveStream(self.face, now_s=_now_s)  # type: ignore[arg-type]
        self.video = FaceVideo(self.live, RATE, now_s=_now_s)
        self.output = SpeechQueue(RATE, self.video.heard_s)
        self.video.on_cleared = self.output.finish_cleared
        options = AvatarOptions(self.face.size_px, self.face.size_px, FPS, RATE, 1)
        self.runner = AvatarRunner(
            room,
            audio_recv=self.output,
            video_gen=self.video,
            options=options,  # type: ignore[arg-type]
        )
        self.video.attach(self.runner.av_sync)
        self.finished: list[tuple[float, PlaybackFinishedEvent]] = []
        self.started_s: list[float] = []
        self.output.on("playback_finished", lambda e: self.finished.append((_now_s(), e)))
        self.output.on("playback_started", lambda e: self.started_s.append(_now_s()))

    async def say(self, sound: I16, pauses_s: tuple[float, ...] = (0.0,)) -> None:
        """One segment, piece by piece, with pauses between the pieces in turn."""
        for at, frame in enumerate(frames_of(sound)):
            await self.output.capture_frame(frame)
            await asyncio.sleep(pauses_s[at % len(pauses_s)])
        self.output.flush()


@asynccontextmanager
async def a_call(monkeypatch: pytest.MonkeyPatch, is_heard: bool = True) -> AsyncIterator[Call]:
    """A call that runs, on a virtual loop; somebody listens from the beginning or not."""
    with virtual_sources(monkeypatch) as sources:
        call = Call(sources, FakeRoom())
        if not is_heard:
            call.room.has_listener.clear()
        call.live.start()
        await call.runner.start()
        await asyncio.sleep(0.5)
        try:
            yield call
        finally:
            await call.runner.aclose()
            await call.live.close()


@contextmanager
def virtual_sources(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sources]:
    """LiveKit's sources, tracks and clock are ours."""
    sources = Sources()
    with monkeypatch.context() as patch:
        patch.setattr(FakeAudioSource, "sources", sources, raising=False)
        patch.setattr(FakeVideoSource, "sources", sources, raising=False)
        patch.setattr(rtc, "AudioSource", FakeAudioSource)
        patch.setattr(rtc, "VideoSource", FakeVideoSource)
        clock = SimpleNamespace(perf_counter=_now_s)
        patch.setattr("livekit.rtc.synchronizer.time", clock)
        track = SimpleNamespace(
            create_audio_track=lambda name, source: source,
            create_video_track=lambda name, source: source,
        )
        patch.setattr(rtc, "LocalAudioTrack", track)
        patch.setattr(rtc, "LocalVideoTrack", track)
        yield sources


def _now_s() -> float:
    return virtual_loop().time()
