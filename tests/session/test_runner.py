"""The shell of live sessions: what is handed out when, on which thread, and how it ends."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fake_face import FakeFace, tone
from virtual_time import run_virtual, virtual_loop

from vasa_avatar.datatypes import U8, AvatarFrame
from vasa_avatar.session import (
    CONTINUOUS,
    FaceFailed,
    Interrupted,
    LiveEvent,
    LiveRunner,
    MotionFrame,
    PacedFrame,
    UtteranceEnded,
    UtteranceStarted,
)
from vasa_avatar.units import FrameClock

PATIENCE_S = 20.0


class Output:
    """Keeps what is handed out, and when."""

    def __init__(self) -> None:
        self.is_full = False
        self.items: list[tuple[float, Any]] = []
        """times with events, PacedFrames (their sound), and (PacedFrame, picture)"""
        self.threads: set[int] = set()

    def on_event(self, event: LiveEvent) -> None:
        self._note(event)

    def on_sound(self, frame: PacedFrame) -> None:
        self._note(frame)

    def on_picture(self, frame: PacedFrame, picture: int | None) -> None:
        self._note((frame, picture))

    def _note(self, item: Any) -> None:
        self.threads.add(threading.get_ident())
        self.items.append((asyncio.get_running_loop().time(), item))

    def of(self, kind: type) -> list[Any]:
        return [item for _, item in self.items if isinstance(item, kind)]


def _level(frame_rgb: U8) -> int:
    return int(frame_rgb[-1, -1, 0])


def _runner(face: FakeFace, output: Output, encode: Any = _level) -> LiveRunner[int]:
    now_s = asyncio.get_running_loop().time
    return LiveRunner(face, FrameClock(24_000, 25), output, encode, CONTINUOUS, now_s=now_s)


def test_events_sound_and_picture_come_in_order() -> None:
    output = Output()

    async def work() -> None:
        runner = _runner(FakeFace(), output)
        number = runner.begin()
        runner.push(tone(0.2), number, "One.")
        runner.flush(number)
        await asyncio.sleep(1.0)
        await runner.close()

    run_virtual(work())
    items = [item for _, item in output.items]
    started = next(n for n, item in enumerate(items) if isinstance(item, UtteranceStarted))
    assert [type(item).__name__ for item in items[started : started + 4]] == [
        "UtteranceStarted", "SentenceStarted", "PacedFrame", "tuple",
    ]  # fmt: skip
    ended = next(n for n, item in enumerate(items) if isinstance(item, UtteranceEnded))
    last, picture = items[ended - 1]
    assert last.is_last and picture is not None, "the end comes after the last picture"
    sound = np.concatenate([frame.audio for frame in output.of(PacedFrame)])
    assert np.array_equal(sound, tone(0.2))


def test_a_reader_that_stalls_stalls_the_session_and_not_its_commands() -> None:
    output = Output()

    async def work() -> None:
        output.is_full = True
        runner = _runner(FakeFace(), output)
        runner.push(tone(1.0))
        await asyncio.sleep(1.0)
        assert output.items == []
        runner.interrupt()
        await asyncio.sleep(0.001)
        assert [type(event) for event in output.of(object)] == [UtteranceEnded, Interrupted]
        runner.push(tone(0.5))
        runner.flush()
        output.is_full = False
        await asyncio.sleep(2.0)
        await runner.close()

    run_virtual(work())
    sound = np.concatenate([frame.audio for frame in output.of(PacedFrame)])
    assert np.array_equal(sound, tone(0.5))


def test_figures_are_taken_of_what_was_computed() -> None:
    class Slow(FakeFace):
        def render(self, frame: MotionFrame, out: U8 | None = None) -> AvatarFrame:
            virtual_loop().spend(0.012)
            return super().render(frame, out)

    def encode(frame_rgb: U8) -> int:
        virtual_loop().spend(0.003)
        return 0

    async def work() -> None:
        runner = _runner(Slow(), Output(), encode)
        await asyncio.sleep(0.9)
        runner.push(tone(1.0))
        runner.flush()
        assert runner.pending_s == 1.0
        await asyncio.sleep(2.0)
        stats = runner.stats()
        await runner.close()
        assert (stats.render_ms_p50, stats.render_ms_p95) == pytest.approx((12.0, 12.0))
        assert stats.encode_ms_p50 == pytest.approx(3.0)
        assert stats.fps == pytest.approx(25.0, abs=0.5)
        assert stats.first_frame_ms is not None and 15.0 <= stats.first_frame_ms < 40.0
        assert (stats.speech_samples_in, stats.speech_samples_out) == (24_000, 24_000)
        assert stats.pictures_drawn == stats.frames

    run_virtual(work())


def test_a_session_that_must_give_up_says_so(caplog: pytest.LogCaptureFixture) -> None:
    output = Output()

    async def work() -> None:
        runner = _runner(FakeFace(), output)
        await asyncio.sleep(0.1)
        runner._pacer.next = None  # type: ignore[assignment,method-assign]
        await asyncio.sleep(0.1)
        await runner.close()

    run_virtual(work())
    (failed,) = output.of(FaceFailed)
    assert failed.is_fatal and isinstance(failed.error, TypeError)
    assert "had to stop" in caplog.text


@pytest.mark.realtime
def test_sound_is_handed_out_before_its_picture_is_drawn() -> None:
    """With the session's own thread: drawing waits until the sound of its frame was seen."""
    output = Output()
    seen, over = threading.Event(), asyncio.Event()

    class Waiting(FakeFace):
        def render(self, frame: MotionFrame, out: U8 | None = None) -> AvatarFrame:
            if frame.is_speech:
                assert seen.wait(PATIENCE_S), "the sound waits for its picture"
                seen.clear()
            return super().render(frame, out)

    class Watching(Output):
        def on_event(self, event: LiveEvent) -> None:
            super().on_event(event)
            if isinstance(event, UtteranceEnded):
                over.set()

        def on_sound(self, frame: PacedFrame) -> None:
            super().on_sound(frame)
            if len(frame.audio):
                seen.set()

    async def work() -> None:
        nonlocal output, over
        output, over = Watching(), asyncio.Event()
        runner = _runner(Waiting(), output)
        runner.push(tone(0.4))
        runner.flush()
        async with asyncio.timeout(PATIENCE_S):
            await over.wait()
        await runner.close()
        n_items = len(output.items)
        await asyncio.sleep(0.1)
        assert len(output.items) == n_items, "nothing comes after it was closed"
        await runner.close()

    asyncio.run(work())
    assert output.threads == {threading.get_ident()}, "all is handed out on the loop's thread"
    sound = np.concatenate([frame.audio for frame in output.of(PacedFrame)])
    assert np.array_equal(sound, tone(0.4))


def test_a_bundle_of_motion_is_handed_out_at_once() -> None:
    output = Output()

    async def work() -> None:
        loop, clock = asyncio.get_running_loop(), FrameClock(24_000, 25)
        pacing = replace(CONTINUOUS, frames_at_once=4)
        runner: LiveRunner[int] = LiveRunner(
            FakeFace(), clock, output, _level, pacing, express=lambda motion: 1, now_s=loop.time
        )
        runner.push(tone(2.0))
        runner.flush()
        await asyncio.sleep(3.0)
        await runner.close()

    run_virtual(work())
    sound = np.concatenate([frame.audio for frame in output.of(PacedFrame)])
    assert np.array_equal(sound, tone(2.0))
    spoken = [at_s for at_s, item in output.items if isinstance(item, PacedFrame)]
    assert len(spoken) == 50
    assert len(set(spoken)) <= 50 / 4 + 4
