"""A live session in asyncio: a thin shell around LivePacer that brings clock and thread.

Frames are computed on a thread of the session's own, in turn with all other sessions of the process
(turns.py); all methods are called, and everything is handed out, on the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, Protocol, TypeAlias, TypeVar

from vasa_avatar.datatypes import I16, U8, FaceMotion, TimedWord
from vasa_avatar.privacy import fault_of
from vasa_avatar.session.events import FaceFailed, LiveEvent
from vasa_avatar.session.face_stream import FaceStream
from vasa_avatar.session.pacing import LivePacer, PacedFrame, Wait
from vasa_avatar.session.stats import LiveStats
from vasa_avatar.session.time_line import Pacing
from vasa_avatar.session.turns import shared_turns
from vasa_avatar.units import FrameClock

_log = logging.getLogger(__name__)
_LONGEST_WAIT_S = 0.25
_READER_WAIT_S = 0.02
_CLOSE_PATIENCE_S = 10.0
_Calls: TypeAlias = list[Callable[[], None]]
_T = TypeVar("_T")
_T_contra = TypeVar("_T_contra", contravariant=True)


class LiveOutput(Protocol[_T_contra]):
    """Where a live session goes; called on the event loop, in order, and must not block."""

    @property
    def is_full(self) -> bool:
        """Whether so much waits unread that the session has to pause."""

    def on_event(self, event: LiveEvent) -> None:
        """Something happened before the next frame."""

    def on_sound(self, frame: PacedFrame) -> None:
        """A frame's sound, before its picture is drawn, unless they are paired."""

    def on_picture(self, frame: PacedFrame, picture: _T_contra | None) -> None:
        """The same frame once more, with its picture; None when the last one stays."""


class LiveRunner(Generic[_T]):
    """Runs one face in real time until closed."""

    def __init__(
        self,
        face: FaceStream,
        clock: FrameClock,
        output: LiveOutput[_T],
        encode: Callable[[U8], _T],
        pacing: Pacing,
        *,
        express: Callable[[FaceMotion], _T] | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin; the event loop must be running.

        Args:
            face: used by this runner alone from now on.
            clock: its rates.
            output: takes what comes out.
            encode: makes of a (H, W, 3) picture what is handed out; called on the worker.
            pacing: how to run along real time.
            express: makes of a motion what is handed out; then nothing is drawn or encoded.
            now_s: real time, from any thread; not the event loop's, which some keep still.
        """
        self.generation = 0
        """of the frames after the last interruption"""
        self._face, self._output = face, output
        self._encode, self._express = encode, express
        self._loop, self._now_s = asyncio.get_running_loop(), now_s
        self._pacer = LivePacer(face, clock, self._now_s(), pacing)
        self._rate_hz, self._is_paired = clock.sample_rate_hz, pacing.is_paired
        self._frames_at_once = max(pacing.frames_at_once, pacing.idle_at_once)
        self._worker = ThreadPoolExecutor(1, "vasa-session")
        self._commands: deque[Callable[[float], object]] = deque()
        self._n_pushed = self._n_forgotten = self._last_number = 0
        self._is_closing = False
        self._woken = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    # -- commands: on the event loop, back at once ------------------------------------------

    def begin(self) -> int:
        """Queue an utterance whose sound follows; its number."""
        self._last_number += 1
        number, now_s = self._last_number, self._now_s()
        self._post(lambda _: self._pacer.begin(number, now_s))
        return number

    def push(self, pcm_i16: I16, number: int | None = None, sentence: str = "") -> None:
        """Take (N,) samples; see LivePacer."""
        self._n_pushed += len(pcm_i16)
        now_s = self._now_s()
        self._post(lambda _: self._pacer.push(pcm_i16, now_s, number, sentence))

    def push_words(self, words: Sequence[TimedWord], number: int | None = None) -> None:
        """Take words of an utterance; see LivePacer."""
        self._post(lambda _: self._pacer.push_words(words, number))

    def flush(self, number: int | None = None) -> None:
        """An utterance is complete."""
        self._post(lambda _: self._pacer.flush(number))

    def interrupt(self) -> int:
        """Barge-in; the generation of the frames after it."""
        self.generation += 1
        self._n_forgotten = self._n_pushed
        self._post(self._pacer.interrupt)
        return self.generation

    def steer(self, act: Callable[[FaceStream], None]) -> None:
        """Let `act` change how the face looks, before the next frame."""
        self._post(lambda now_s: self._pacer.steer(act, now_s))

    @property
    def pending_s(self) -> float:
        """Seconds of speech that wait."""
        gone = max(self._pacer.figures.samples_done, self._n_forgotten)
        return (self._n_pushed - gone) / self._rate_hz

    @property
    def is_speaking(self) -> bool:
        """Whether any speech waits or is being given out."""
        return self._pacer.is_speaking or self.pending_s > 0.0

    def stats(self) -> LiveStats:
        """The figures as they stand."""
        figures = self._pacer.figures
        return figures.snapshot(self._pacer.sample, self._n_pushed, self.pending_s)

    async def close(self) -> None:
        """Stop after the frame in hand. Harmless when repeated."""
        self._is_closing = True
        self._woken.set()
        try:
            await asyncio.wait([self._task], timeout=_CLOSE_PATIENCE_S)
        finally:
            self._worker.shutdown(wait=False)

    # -- the session --------------------------------------------------------------------------

    def _post(self, command: Callable[[float], object]) -> None:
        self._commands.append(command)
        self._woken.set()

    async def _run(self) -> None:
        try:
            while not self._is_closing:
                self._woken.clear()
                is_full = self._output.is_full
                wait_s, calls = await self._loop.run_in_executor(self._worker, self._turn, is_full)
                _call_all(calls)
                if wait_s > 0.0:
                    await self._sleep(min(wait_s, _LONGEST_WAIT_S))
        except Exception as error:  # a bug of ours: the session ends, the process lives
            _log.error("a live session had to stop: %s", fault_of(error))
            self._output.on_event(FaceFailed(error, is_fatal=True))

    async def _sleep(self, seconds: float) -> None:
        """Until then, or until a command comes."""
        timer = self._loop.call_later(seconds, self._woken.set)
        try:
            await self._woken.wait()
        finally:
            timer.cancel()

    # -- the worker: one turn at a time ---------------------------------------------------------

    def _turn(self, is_full: bool) -> tuple[float, _Calls]:
        """Obey what was asked, give out at most as many frames as go together.

        Returns:
            Seconds until there is more to do, and what is left to be called on the event loop.
        """
        calls: _Calls = []
        with shared_turns().turn(self._pacer.lead_s(self._now_s())):
            while self._commands:
                self._commands.popleft()(self._now_s())
            for _ in range(self._frames_at_once):
                step = Wait(_READER_WAIT_S) if is_full else self._next()
                if isinstance(step, Wait):
                    calls += self._told(self._pacer.take_events())
                    return step.seconds, calls
                calls = self._give_out(step, calls)
                wait_s = self._pacer.wait_s(self._now_s())
                if wait_s > 0.0 or self._commands:
                    break
        calls += self._told(self._pacer.take_events())
        return wait_s, calls

    def _give_out(self, step: PacedFrame, calls: _Calls) -> _Calls:
        """One frame; gives what is left to be called."""
        calls += self._told(step.events)
        if not self._is_paired and len(step.audio):
            calls.append(partial(self._output.on_sound, step))
            if self._express is None:  # drawing takes long: the sound does not wait for it
                self._loop.call_soon_threadsafe(_call_all, calls)
                calls = []
        picture = self._draw(step)
        placed = self._pacer.placed(step, self._now_s())
        calls.append(partial(self._output.on_picture, placed, picture))
        if step.came_s is not None:
            self._pacer.figures.first_frame_s = self._now_s() - step.came_s
        return calls

    def _next(self) -> Wait | PacedFrame:
        began_s = self._now_s()
        step = self._pacer.next(began_s)
        if isinstance(step, PacedFrame) and step.is_speech:
            self._pacer.figures.motion_s.append(self._now_s() - began_s)
        return step

    def _draw(self, frame: PacedFrame) -> _T | None:
        """The picture, if there is time for it; a failure holds the last one."""
        if frame.motion is None or not frame.is_to_draw:
            return None
        began_s = self._now_s()
        try:
            if self._express is None:
                frame_rgb = self._face.render(frame.motion).frame_rgb
                rendered_s = self._now_s()
                picture = self._encode(frame_rgb)
            else:
                rendered_s = began_s
                picture = self._express(frame.motion.motion)
        except Exception as error:
            self._pacer.failed(error, self._now_s())
            return None
        done_s = self._now_s()
        self._pacer.figures.render_s.append(rendered_s - began_s)
        self._pacer.figures.encode_s.append(done_s - rendered_s)
        self._pacer.drawn(done_s - began_s, done_s)
        return picture

    def _told(self, events: Sequence[LiveEvent]) -> _Calls:
        return [partial(self._output.on_event, event) for event in events]


def _call_all(calls: _Calls) -> None:
    for call in calls:
        call()
