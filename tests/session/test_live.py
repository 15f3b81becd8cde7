"""The asynchronous front door, in virtual time: pacing, back-pressure, barge-in, slow readers."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from fake_face import tone
from painter import MotionPainter
from sounds import speech_like
from virtual_time import run_virtual, virtual_loop

from vasa_avatar.datatypes import ARKIT_INDEX, I16, U8, Controls, Emotion, FaceMotion, TimedWord
from vasa_avatar.errors import AudioError
from vasa_avatar.motion import Attention
from vasa_avatar.motion.speech import SpectralSpeech
from vasa_avatar.session import AvatarStream, LiveFrame, LiveStream, live

RATE = 24_000
SECOND = speech_like(1.0, RATE)


class Painter(MotionPainter):
    """Takes its time in virtual time, and may fail."""

    def __init__(self, cost_s: float) -> None:
        super().__init__()
        self.cost_s, self.fails = cost_s, False

    def render(self, motion: FaceMotion, out: U8 | None = None) -> U8:
        virtual_loop().spend(self.cost_s)
        if self.fails:
            raise RuntimeError("no paint left")
        return super().render(motion, out)


class Watcher:
    """Reads a live stream as fast as it comes."""

    def __init__(self, cost_s: float = 0.003, **options: Any) -> None:
        self.painter = Painter(cost_s)
        stream = AvatarStream(None, RATE, renderer=self.painter, speech=SpectralSpeech(), seed=1)
        self.live = LiveStream(stream, now_s=lambda: virtual_loop().time(), **options)
        self.frames: list[LiveFrame] = []
        self.times_s: list[float] = []

    async def watch(self) -> None:
        async for frame in self.live:
            self.frames.append(frame)
            self.times_s.append(virtual_loop().time())

    def speech(self) -> list[tuple[float, LiveFrame]]:
        both = zip(self.times_s, self.frames, strict=True)
        return [(time_s, frame) for time_s, frame in both if frame.is_speech]

    @property
    def sound(self) -> I16:
        return np.concatenate([frame.audio for frame in self.frames])


@asynccontextmanager
async def watching(cost_s: float = 0.003, **options: Any) -> AsyncIterator[Watcher]:
    watcher = Watcher(cost_s, **options)
    async with watcher.live:
        task = asyncio.create_task(watcher.watch())
        yield watcher
    await task


def in_virtual_time(work: Any) -> Any:
    """Makes a test of a coroutine function."""

    def test() -> None:
        run_virtual(work())

    test.__name__, test.__doc__ = work.__name__, work.__doc__
    return test


@in_virtual_time
async def test_without_speech_frames_come_at_the_frame_rate() -> None:
    async with watching() as watcher:
        await asyncio.sleep(2.0)
    assert 50 <= len(watcher.frames) <= 51
    np.testing.assert_allclose(np.diff(watcher.times_s), 0.04, atol=1e-5)
    assert all(frame.is_new_picture for frame in watcher.frames)


@in_virtual_time
async def test_speech_begins_at_once_and_runs_ahead_by_the_lead_only() -> None:
    async with watching() as watcher:
        await asyncio.sleep(0.5)
        pushed_s = virtual_loop().time()
        await watcher.live.push(SECOND)
        watcher.live.flush()
        await asyncio.sleep(1.5)
    speech = watcher.speech()
    assert len(speech) == 25
    assert speech[0][0] - pushed_s < 0.01, "the first frame waited for nothing"
    for n, (time_s, frame) in enumerate(speech):
        assert frame.due_s == pytest.approx(speech[0][1].due_s + n * 0.04)
        assert -0.0031 <= frame.due_s - time_s <= 0.12 + 1e-5  # read after the next is drawn
    np.testing.assert_array_equal(watcher.sound, SECOND)
    assert [frame.is_last for _, frame in speech] == [False] * 24 + [True]
    after = watcher.frames[watcher.frames.index(speech[-1][1]) + 1]
    assert after.due_s - speech[0][1].due_s == pytest.approx(1.0), "idle comes when it is over"
    assert [frame.index for frame in watcher.frames] == list(range(len(watcher.frames)))


@in_virtual_time
async def test_a_slow_renderer_costs_pictures_and_no_sound() -> None:
    async with watching(cost_s=0.08) as watcher:
        await watcher.live.push(speech_like(4.0, RATE))
        watcher.live.flush()
        await asyncio.sleep(5.0)
        late = watcher.live.stats().late_pictures
    np.testing.assert_array_equal(watcher.sound, speech_like(4.0, RATE))
    assert all(time_s <= frame.due_s + 1e-6 for time_s, frame in watcher.speech())
    new = [frame.is_new_picture for _, frame in watcher.speech()]
    assert 0.35 < np.mean(new) < 0.55
    assert max(len(run) for run in "".join("x" if n else "." for n in new).split("x")) <= 3
    assert late >= len(new) - sum(new)


@in_virtual_time
async def test_a_renderer_that_raises_costs_no_sample_and_holds_the_picture() -> None:
    async with watching() as watcher:
        await asyncio.sleep(0.2)
        good = watcher.frames[-1].frame_rgb
        watcher.painter.fails = True
        await watcher.live.push(SECOND)
        watcher.live.flush()
        await asyncio.sleep(1.5)
        assert watcher.live.stats().held_frames >= 25
        watcher.painter.fails = False
        await asyncio.sleep(0.2)
    np.testing.assert_array_equal(watcher.sound, SECOND)
    assert all(frame.frame_rgb is good for _, frame in watcher.speech())
    assert watcher.frames[-1].is_new_picture


@in_virtual_time
async def test_after_an_interruption_no_stale_frame_comes_out() -> None:
    async with watching() as watcher:
        await watcher.live.push(speech_like(5.0, RATE))
        await asyncio.sleep(1.0)
        n_before = len(watcher.frames)
        asked_s = virtual_loop().time()
        assert watcher.live.interrupt() == 1
        assert watcher.live.stats().pending_speech_s == 0
        await asyncio.sleep(1.0)
        after = watcher.frames[n_before:]
        assert {frame.generation for frame in watcher.frames[:n_before]} == {0}
        assert {frame.generation for frame in after} == {1}
        assert not any(frame.is_speech or frame.is_last for frame in after)
        assert watcher.times_s[n_before] - asked_s < 0.01
        assert float(after[3].motion.expression[ARKIT_INDEX["jawOpen"]]) < 0.01
        await watcher.live.push(SECOND)
        watcher.live.flush()
        await asyncio.sleep(1.5)
    np.testing.assert_array_equal(watcher.sound[-RATE:], SECOND)


@in_virtual_time
async def test_frames_that_nobody_has_read_are_gone_after_an_interruption() -> None:
    watcher = Watcher()
    async with watcher.live as stream:
        await stream.push(speech_like(5.0, RATE))
        await asyncio.sleep(2.0)  # nobody reads: frames of speech wait
        generation = stream.interrupt()
        frame = await anext(stream)
        assert (frame.generation, frame.is_speech) == (generation, False)


@in_virtual_time
async def test_push_waits_while_too_much_is_pending() -> None:
    async with watching(max_pending_s=1.5) as watcher:
        began_s = virtual_loop().time()
        waited_s = []
        for _ in range(5):
            await watcher.live.push(SECOND)
            waited_s.append(virtual_loop().time() - began_s)
        watcher.live.flush()
        await asyncio.sleep(4.0)
    assert waited_s[1] == 0.0
    np.testing.assert_allclose(np.diff(waited_s[1:]), [0.4, 1.0, 1.0], atol=0.2)
    np.testing.assert_array_equal(watcher.sound, np.tile(SECOND, 5))
    assert max(np.diff([time_s for time_s, _ in watcher.speech()])) < 0.05, "no hole"


@in_virtual_time
async def test_two_who_push_do_not_overtake_each_other() -> None:
    async with watching(max_pending_s=0.5) as watcher:
        pieces = [tone(0.7, hz=100.0 * n) for n in range(1, 5)]
        await asyncio.gather(*(watcher.live.push(piece) for piece in pieces))
        watcher.live.flush()
        await asyncio.sleep(3.0)
    np.testing.assert_array_equal(watcher.sound, np.concatenate(pieces))


@in_virtual_time
async def test_a_push_that_waits_ends_with_an_interruption_and_gives_nothing() -> None:
    async with watching(max_pending_s=1.0) as watcher:
        await watcher.live.push(np.tile(SECOND, 3))
        pushing = asyncio.create_task(watcher.live.push(SECOND))
        await asyncio.sleep(0.5)
        assert not pushing.done()
        watcher.live.interrupt()
        n_frames = len(watcher.frames)
        await pushing
        await asyncio.sleep(1.0)
        assert not any(frame.is_speech for frame in watcher.frames[n_frames:])


@in_virtual_time
async def test_a_push_that_is_cancelled_gives_nothing_and_blocks_nobody() -> None:
    async with watching(max_pending_s=1.0) as watcher:
        await watcher.live.push(np.tile(SECOND, 2))
        pushing = asyncio.create_task(watcher.live.push(tone(1.0)))
        await asyncio.sleep(0.1)
        pushing.cancel()
        await watcher.live.push(SECOND)
        watcher.live.flush()
        await asyncio.sleep(4.0)
    np.testing.assert_array_equal(watcher.sound, np.tile(SECOND, 3))


@in_virtual_time
async def test_a_push_that_waits_ends_when_the_stream_is_closed() -> None:
    watcher = Watcher(max_pending_s=0.5)
    async with watcher.live:
        await watcher.live.push(SECOND)
        pushing = asyncio.create_task(watcher.live.push(SECOND))
        await asyncio.sleep(0.1)
    with pytest.raises(RuntimeError, match="the stream is closed; use it inside"):
        await pushing


@in_virtual_time
async def test_a_slow_reader_misses_idle_frames_and_no_sound() -> None:
    watcher = Watcher()
    frames: list[LiveFrame] = []
    async with watcher.live as stream:

        async def read(seconds: float, pause_s: float) -> None:
            end_s = virtual_loop().time() + seconds
            while virtual_loop().time() < end_s:
                frames.append(await anext(stream))
                await asyncio.sleep(pause_s)

        await read(2.0, 0.1)
        assert len(frames) == 20
        assert frames[-1].due_s > virtual_loop().time() - 0.15, "what it sees is not old"
        await stream.push(np.tile(SECOND, 3))
        stream.flush()
        await asyncio.sleep(10.0)  # it takes nothing at all
        assert stream.stats().frames < 10 + 50 + 25, "the stream waits for its reader"
        await read(3.0, 0.0)
    np.testing.assert_array_equal(
        np.concatenate([frame.audio for frame in frames]), np.tile(SECOND, 3)
    )


@in_virtual_time
async def test_a_reader_that_is_cancelled_loses_no_frame() -> None:
    watcher = Watcher()
    frames: list[LiveFrame] = []
    async with watcher.live as stream:
        await stream.push(SECOND)
        stream.flush()
        while not (frames and frames[-1].is_last):
            try:
                async with asyncio.timeout(0.013):
                    frames.append(await anext(stream))
            except TimeoutError:
                continue
    np.testing.assert_array_equal(np.concatenate([frame.audio for frame in frames]), SECOND)
    assert [frame.index for frame in frames] == list(range(len(frames)))


@in_virtual_time
async def test_close_ends_the_reader_at_once() -> None:
    watcher = Watcher()
    async with watcher.live as stream:
        await stream.push(SECOND)
        await asyncio.sleep(1.0)  # frames wait
    assert [frame async for frame in stream] == []


@in_virtual_time
async def test_a_stall_in_the_sound_is_bridged_and_counted() -> None:
    async with watching() as watcher:
        await watcher.live.push(SECOND)
        await asyncio.sleep(2.0)
        assert watcher.live.stats().underruns == 1
        await watcher.live.push(SECOND)
        watcher.live.flush()
        await asyncio.sleep(2.0)
        stats = watcher.live.stats()
    np.testing.assert_array_equal(watcher.sound, np.concatenate((SECOND, SECOND)))
    assert (stats.underruns, stats.pending_speech_s) == (1, 0)
    assert sum(frame.is_last for frame in watcher.frames) == 1


@in_virtual_time
async def test_what_is_asked_reaches_the_face_in_order() -> None:
    async with watching() as watcher:
        watcher.live.set_controls(Controls(emotions=(Emotion("happy"),)))
        await watcher.live.push(SECOND)
        watcher.live.interrupt()
        watcher.live.attend(Attention.LISTENING)
        await asyncio.sleep(1.0)
        assert not watcher.speech()
        assert watcher.frames[-1].motion.expression[ARKIT_INDEX["mouthSmileLeft"]] > 0.5
        n_frames = len(watcher.frames)
        watcher.live.nod(0.8)
        await asyncio.sleep(1.0)
        pitch = [f.motion.head.rotation_rad[0] for f in watcher.frames[n_frames:]]
        assert np.rad2deg(max(pitch) - min(pitch)) > 2
        watcher.live.push_words([TimedWord("No,", 0.5, 0.8), TimedWord("never.", 0.9, 1.3)])
        await watcher.live.push(speech_like(2.0, RATE))
        watcher.live.flush()
        await asyncio.sleep(3.0)
    yaw = [frame.motion.head.rotation_rad[1] for _, frame in watcher.speech()]
    assert np.rad2deg(max(yaw[7:32]) - min(yaw[7:32])) > 4, "a shaken head"


@in_virtual_time
async def test_what_is_unusable_is_refused_to_the_caller_and_harms_nothing() -> None:
    async with watching() as watcher:
        with pytest.raises(AudioError, match="expected int16"):
            await watcher.live.push(np.zeros(10, np.float32))  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="expected 0 to 1"):
            watcher.live.nod(-1)
        with pytest.raises(RuntimeError, match="started before"):
            watcher.live.start()
        await asyncio.sleep(0.2)
        assert len(watcher.frames) > 3
    await watcher.live.close()
    for call in (watcher.live.flush, watcher.live.interrupt):
        with pytest.raises(RuntimeError, match="the stream is closed"):
            call()
    with pytest.raises(RuntimeError, match="the stream is not started"):
        Watcher().live.flush()


@in_virtual_time
async def test_a_minute_of_live_speech_stays_exact_and_on_time() -> None:
    async with watching() as watcher:
        pcm = speech_like(2.0, RATE)
        await watcher.live.push(pcm)
        for _ in range(30):
            await watcher.live.push(pcm)
            await asyncio.sleep(2.0)
        stats = watcher.live.stats()
    assert stats.speech_samples_out >= 30 * 2 * RATE - 10_000
    assert (stats.underruns, stats.late_pictures) == (0, 0)
    assert stats.lead_ms == pytest.approx(157, abs=4)


def test_what_ends_the_session_is_raised_to_reader_and_pusher(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work() -> None:
        watcher = Watcher()
        async with watcher.live as stream:
            stream._runner._pacer.next = None  # type: ignore[assignment,method-assign,union-attr]
            with pytest.raises(TypeError, match="not callable"):
                await anext(stream)
            with pytest.raises(TypeError, match="not callable"):
                await stream.push(SECOND)

    run_virtual(work())
    assert "had to stop" in caplog.text


class Generator:
    """What a video generator of an agent framework needs of a LiveStream: three methods."""

    END = object()

    def __init__(self, stream: LiveStream) -> None:
        self.stream = stream

    async def push_audio(self, sound: Any) -> None:
        if sound is self.END:
            self.stream.flush()
        else:
            await self.stream.push(sound)

    def clear_buffer(self) -> None:
        self.stream.interrupt()

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for frame in self.stream:
            yield frame.frame_rgb
            if len(frame.audio):
                yield frame.audio
            if frame.is_last:
                yield self.END


@in_virtual_time
async def test_a_video_generator_of_an_agent_framework_is_three_methods() -> None:
    watcher = Watcher()
    items: list[Any] = []
    async with watcher.live as stream:
        generator = Generator(stream)

        async def read() -> None:
            async for item in generator:
                items.append(item)

        reading = asyncio.create_task(read())
        await generator.push_audio(SECOND)
        await generator.push_audio(Generator.END)
        await asyncio.sleep(1.5)
        await generator.push_audio(speech_like(3.0, RATE))
        await asyncio.sleep(0.5)
        generator.clear_buffer()
        generator.clear_buffer()
        await asyncio.sleep(0.5)
        await generator.push_audio(SECOND)
        await generator.push_audio(Generator.END)
        await asyncio.sleep(1.5)
    await reading
    ends = [n for n, item in enumerate(items) if item is Generator.END]
    assert len(ends) == 2, "one end for each segment that was not cleared"
    first = np.concatenate([i for i in items[: ends[0]] if i is not Generator.END and i.ndim == 1])
    np.testing.assert_array_equal(first, SECOND)
    assert not isinstance(items[ends[0] - 1], type(None)) and items[ends[0] - 1].ndim == 1


def test_the_example_of_the_module_runs() -> None:
    assert live.__doc__ is not None
    lines = [line for line in live.__doc__.splitlines() if not line or line.startswith("    ")]
    source = "async def example():\n" + "\n".join(lines)
    shown: list[U8] = []
    played: list[I16] = []

    async def text_to_speech(text: str) -> AsyncIterator[I16]:
        assert text == "Hello there."
        for first in range(0, RATE, 777):
            yield SECOND[first : first + 777]

    def stream_of(avatar: object, sample_rate_hz: int) -> AvatarStream:
        return AvatarStream(None, sample_rate_hz, renderer=MotionPainter(), speech=SpectralSpeech())

    def live_of(stream: AvatarStream) -> LiveStream:
        return LiveStream(stream, now_s=lambda: virtual_loop().time())

    names: dict[str, Any] = {
        "asyncio": asyncio, "LiveStream": live_of, "AvatarStream": stream_of, "avatar": None,
        "text_to_speech": text_to_speech, "show": shown.append, "play": played.append,
    }  # fmt: skip
    exec(textwrap.dedent(source), names)
    example: Coroutine[Any, Any, None] = names["example"]()
    run_virtual(example)
    np.testing.assert_array_equal(np.concatenate(played), SECOND)
    assert len(shown) >= 25
