"""LiveKit's agent with a face, measured where its native sources play: skew, loss, barge-in.

    python tests/bench/bench_livekit.py [seconds]

Each picture carries a grey that says which frame it is; sound carries its own numbers. Both are
read from tracks on LiveKit's real sources, through the real AvatarRunner and AVSynchronizer.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in (".", "integrations/livekit")]

from livekit import rtc  # noqa: E402
from livekit.agents.voice.avatar import AvatarOptions, AvatarRunner  # noqa: E402
from livekit.plugins.vasa.face_video import FaceVideo  # noqa: E402
from livekit.plugins.vasa.speech_queue import SpeechQueue  # noqa: E402
from livekit_rig import FPS, RATE, FakeRoom, counted, frames_of  # noqa: E402

from vasa_avatar import AvatarStream, LiveStream, load_character  # noqa: E402
from vasa_avatar.datatypes import I16, U8, AvatarFrame  # noqa: E402
from vasa_avatar.session import MotionFrame, tune_interpreter  # noqa: E402

SIZE_PX = 512
FRAME = RATE // FPS
GREYS = 10
"""pictures that are told apart: a skew of up to five frames is measured"""
FEEDS = {"burst": (0.0,), "real time": (0.1,), "stutter": (0.0, 0.0, 0.25, 0.02, 0.9, 0.0, 0.13)}


class MarkedStream(AvatarStream):
    """A character with a grey field that says which frame of the speech it is."""

    first_samples: dict[int, list[int]]
    """of the frames that were drawn, by their grey"""

    def render(self, frame: MotionFrame, out: U8 | None = None) -> AvatarFrame:
        """See AvatarStream."""
        drawn = super().render(frame, out)
        number = -1
        if len(frame.audio):
            number = frame.index % GREYS
            self.first_samples.setdefault(number, []).append(int(frame.audio[0]))
        drawn.frame_rgb[:128, :128] = 20 + 20 * (number + 1)
        return drawn


class Watch:
    """What leaves the sources, with the times at which it does."""

    def __init__(self, runner: AvatarRunner) -> None:
        sources: Any = runner
        self.heard: list[tuple[float, I16]] = []
        self.seen: list[tuple[float, int]] = []
        self._tasks = [
            asyncio.create_task(self._listen(sources._audio_source)),
            asyncio.create_task(self._look(sources._video_source)),
        ]

    async def _listen(self, source: rtc.AudioSource) -> None:
        track = rtc.LocalAudioTrack.create_audio_track("heard", source)
        async for event in rtc.AudioStream.from_track(
            track=track, sample_rate=RATE, num_channels=1
        ):
            self.heard.append((time.monotonic(), np.frombuffer(event.frame.data, np.int16).copy()))

    async def _look(self, source: rtc.VideoSource) -> None:
        track = rtc.LocalVideoTrack.create_video_track("seen", source)
        async for event in rtc.VideoStream.from_track(track=track):
            row = 40 * event.frame.width + 40
            luma = (int(event.frame.data[row]) - 16) * 255 / 219
            self.seen.append((time.monotonic(), round((luma - 20) / 20) - 1))

    def speech(self) -> I16:
        sound = np.concatenate([np.zeros(0, np.int16), *(samples for _, samples in self.heard)])
        return sound[sound != 0]

    def skews_ms(self, first_samples: dict[int, list[int]]) -> Iterator[float]:
        """Of each picture of speech, seen minus heard."""
        heard_s: dict[int, list[float]] = {}
        for at_s, samples in self.heard:
            for at, number in enumerate(samples):
                heard_s.setdefault(int(number), []).append(at_s + at / RATE)
        for at_s, grey in self.seen:
            times = [time_s for first in first_samples.get(grey, ()) for time_s in heard_s[first]]
            if times:
                yield 1e3 * min((at_s - time_s for time_s in times), key=abs)

    def clear(self) -> None:
        self.heard.clear()
        self.seen.clear()


async def main(seconds: float) -> None:
    """Measure and print."""
    iris = await asyncio.to_thread(load_character, "iris")
    stream = MarkedStream(iris.avatar, RATE, FPS, SIZE_PX)
    stream.first_samples = {}
    live = LiveStream(stream)
    live.start()
    face = FaceVideo(live, RATE)
    output = SpeechQueue(RATE, face.heard_s)
    face.on_cleared = output.finish_cleared
    options = AvatarOptions(SIZE_PX, SIZE_PX, FPS, RATE, 1)
    room: Any = FakeRoom()
    runner = AvatarRunner(room, audio_recv=output, video_gen=face, options=options)
    face.attach(runner.av_sync)
    await runner.start()
    watch = Watch(runner)
    await asyncio.sleep(1.0)
    tune_interpreter()
    for name, pauses_s in FEEDS.items():
        stream.first_samples.clear()
        await say(pauses_s, seconds, output, watch)
        report(name, counted(int(seconds * RATE)), stream.first_samples, watch)
    await measure_barge_in(output, watch)
    print(live.stats())
    await runner.aclose()
    await live.close()


async def say(
    pauses_s: tuple[float, ...], seconds: float, output: SpeechQueue, watch: Watch
) -> None:
    """Some speech, fed in one way."""
    watch.clear()
    for at, frame in enumerate(frames_of(counted(int(seconds * RATE)))):
        await output.capture_frame(frame)
        await asyncio.sleep(pauses_s[at % len(pauses_s)])
    output.flush()
    await output.wait_for_playout()
    await asyncio.sleep(0.1)


def report(name: str, sound: I16, first_samples: dict[int, list[int]], watch: Watch) -> None:
    """Print how it came."""
    skews_ms = np.array(list(watch.skews_ms(first_samples)))
    heard = watch.speech()
    lost = "none" if np.array_equal(heard, sound) else f"{len(sound)} became {len(heard)}"
    print(
        f"{name:10} {len(skews_ms):5} pictures, skew mean {skews_ms.mean():+5.1f} ms, "
        f"{skews_ms.min():+5.1f} to {skews_ms.max():+5.1f}; samples lost: {lost}"
    )


async def measure_barge_in(output: SpeechQueue, watch: Watch, times: int = 10) -> None:
    """From clear_buffer to the last sample heard and to the first picture without speech."""
    voice_ms, face_ms = [], []
    for turn in range(times):
        watch.clear()
        for frame in frames_of(counted(3 * RATE)):
            await output.capture_frame(frame)
        output.flush()
        await asyncio.sleep(0.8 + turn * 0.0071)
        cut_s = time.monotonic()
        output.clear_buffer()
        await asyncio.sleep(0.4)
        last_s = max(at_s for at_s, samples in watch.heard if samples.any())
        voice_ms.append(1e3 * (last_s - cut_s))
        face_ms.append(1e3 * next(at_s - cut_s for at_s, n in watch.seen if at_s > cut_s and n < 0))
    print(f"barge-in   voice silent after {max(voice_ms):.0f} ms, face at rest after "
          f"{max(face_ms):.0f} ms (worst of {times})")  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0))
