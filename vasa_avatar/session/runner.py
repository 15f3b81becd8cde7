"""A session in a thread of its own, paced in real time: for calls, sockets and pipelines.

Speech goes in from any thread, frames come out through a callback in the worker's thread:

    loop = asyncio.get_running_loop()
    frames: asyncio.Queue[LiveFrame] = asyncio.Queue()
    runner = SessionRunner(
        session, lambda frame: loop.call_soon_threadsafe(frames.put_nowait, frame)
    )
    runner.start()
    runner.push(pcm_i16)
    runner.flush()
    ...
    runner.stop()

Rules. Sound is never dropped, stretched or held back. A frame of speech is handed over up to
`lead_ms` before it is due, counted from the first frame of its run of speech. A picture is drawn
only if, at the usual pace, it will be there when it is due; otherwise its frame carries the last
picture again (`is_new_picture` false) and the sound goes out at once. A renderer that raises costs
the picture, not the sound. Without speech, one living frame is handed over when it is due, and
frames whose time has passed are skipped. After `interrupt` frames carry a new `generation`; those
of an older one should no longer be shown or played. Runners of one process compute in turn, what is
due first comes first (see turns.py); frames are handed over outside of a turn.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vasa_avatar.datatypes import I16, U8, Controls, FaceMotion
from vasa_avatar.errors import AudioError
from vasa_avatar.motion import Attention
from vasa_avatar.session.clock import Clock, SystemClock
from vasa_avatar.session.stats import RunnerStats, StatsCollector
from vasa_avatar.session.stream import AvatarStream, MotionFrame, checked_nod, copy_sound
from vasa_avatar.session.turns import Turns, shared_turns

_log = logging.getLogger(__name__)
_WARN_EVERY_S = 10.0
_MARGIN_S = 0.010  # a picture should be there this long before it is due
_MOST_SKIPPED = 50  # idle frames that a stall may skip; a longer one loses its time


@dataclass(frozen=True, slots=True, eq=False)
class LiveFrame:
    """One frame as it is handed over."""

    frame_rgb: U8
    """(H, W, 3), read-only; the last picture again where `is_new_picture` is false"""
    audio: I16
    """(N,) the frame's own samples; empty without speech"""
    motion: FaceMotion
    index: int
    """frame number since the session began or was interrupted"""
    is_speech: bool
    is_last: bool
    """whether an utterance ends with this frame"""
    is_new_picture: bool
    generation: int
    """counts interruptions; frames of an older generation are stale"""
    due_s: float
    """when it should be seen, on the runner's clock"""


class SessionRunner:
    """Drives one session in real time. All methods may be called from any thread."""

    def __init__(
        self,
        session: AvatarStream,
        on_frame: Callable[[LiveFrame], None],
        *,
        lead_ms: int = 120,
        max_pending_s: float = 120.0,
        clock: Clock | None = None,
        turns: Turns | None = None,
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        """Prepare; `start` begins.

        Args:
            session: to be used by this runner alone from now on.
            on_frame: called for every frame, in the worker's thread; must return quickly.
            lead_ms: how far speech may run ahead of its due time.
            max_pending_s: the most speech that may wait; more is refused.
            clock: the machine's when None.
            turns: who may compute; shared by all sessions of the process when None.
            on_error: called when the worker has to give up; it has stopped then.
        """
        self._session = session
        self._on_frame = on_frame
        self._on_error = on_error
        self._clock = clock or SystemClock()
        self._turns = turns or shared_turns()
        self._lead_s = lead_ms / 1000
        self._max_pending = int(max_pending_s * session.sample_rate_hz)
        self._period_s = 1.0 / session.fps
        self._wake = threading.Condition()
        self._commands: deque[Callable[[], None]] = deque()
        self._n_pending = 0
        self._n_interrupts = 0
        self._generation = 0
        self._is_stopping = False
        self._thread: threading.Thread | None = None
        self._stats = StatsCollector()
        self._due_s: float | None = None
        self._is_running_speech = False
        self._picture: U8 = _blank(session.size_px)
        self._last_warning_s = -_WARN_EVERY_S

    # What callers use.

    def start(self) -> None:
        """Begin to hand over frames; once only."""
        if self._thread is not None:
            raise RuntimeError("the runner was started before; make a new one for another run")
        self._thread = threading.Thread(target=self._work, name="vasa-session", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stop at once; waits for the worker. Harmless when repeated."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def push(self, pcm_i16: I16) -> None:
        """Take speech: (N,) int16 mono at the session's rate.

        Raises:
            AudioError: it is not such sound, or more would wait than `max_pending_s`; nothing of it
                was taken.
        """
        sound = copy_sound(pcm_i16)
        with self._wake:
            if self._n_pending + len(sound) > self._max_pending:
                seconds = self._n_pending / self._session.sample_rate_hz
                raise AudioError(
                    f"{seconds:.1f} s of speech wait already and {len(sound)} samples came; "
                    "push more slowly, or allow a larger max_pending_s"
                )
            self._n_pending += len(sound)
            self._command(lambda: self._session.push(sound))

    def flush(self) -> None:
        """End of the utterance."""
        with self._wake:
            self._command(self._session.flush)

    def interrupt(self) -> int:
        """Barge-in; returns the generation that the frames after it carry."""
        with self._wake:
            self._n_pending = 0
            self._n_interrupts += 1
            generation = self._n_interrupts
            self._command(lambda: self._interrupt(generation))
        return generation

    def set_controls(self, controls: Controls) -> None:
        """New controls, blended over time."""
        with self._wake:
            self._command(lambda: self._session.set_controls(controls))

    def attend(self, attention: Attention) -> None:
        """What to do while not speaking."""
        with self._wake:
            self._command(lambda: self._session.attend(attention))

    def nod(self, strength: float = 0.6) -> None:
        """Nod as a listener does, 0..1."""
        checked_nod(strength)
        with self._wake:
            self._command(lambda: self._session.nod(strength))

    def stats(self) -> RunnerStats:
        """The figures as they stand."""
        with self._wake:
            return self._stats.snapshot(self._n_pending / self._session.sample_rate_hz)

    # The worker.

    def _command(self, action: Callable[[], None]) -> None:
        self._commands.append(action)
        self._wake.notify_all()

    def _work(self) -> None:
        try:
            while True:
                with self._wake:
                    if self._is_stopping:
                        return
                wait_s = self.turn()
                with self._wake:
                    if wait_s > 0 and not self._commands and not self._is_stopping:
                        self._clock.wait(self._wake, wait_s)
        except Exception as error:
            _log.exception("The session's worker had to stop.")
            if self._on_error is not None:
                self._on_error(error)

    def turn(self) -> float:
        """One turn of the worker: obey what was asked, hand over at most one frame.

        Returns:
            Seconds until there is something to do, if nothing is asked before; 0 = at once.
        """
        with self._wake:
            commands, self._commands = self._commands, deque()
        for command in commands:
            command()
        now_s = self._clock.now_s()
        if self._due_s is None:
            self._due_s = now_s
        if self._session.is_ready:
            wait_s = self._due_s - self._lead_s - now_s if self._is_running_speech else 0.0
            if wait_s <= 0:
                self._speech_frame()
                return 0.0
            return wait_s
        wait_s = self._due_s - now_s
        if wait_s <= 0:
            self._idle_frame(now_s)
            return 0.0
        return wait_s

    def _interrupt(self, generation: int) -> None:
        self._session.interrupt()
        self._generation = generation
        self._is_running_speech = False
        self._due_s = self._clock.now_s()

    def _speech_frame(self) -> None:
        with self._turns.turn(self._left_s() if self._is_running_speech else 0.0):
            frame, is_new = self._compute_speech()
        self._hand_over(frame, is_new)

    def _left_s(self) -> float:
        """Until the next frame is due."""
        assert self._due_s is not None
        return self._due_s - self._clock.now_s()

    def _compute_speech(self) -> tuple[MotionFrame, bool]:
        """The next frame, and whether its picture was drawn."""
        frame = next(self._session.pull_motion())
        is_first = not self._is_running_speech
        assert self._due_s is not None
        # Sound that is late has left the listener waiting: the time line goes on from here.
        self._due_s = max(self._due_s, self._clock.now_s())
        is_new = is_first or self._would_be_in_time(self._due_s)
        if is_new:
            is_new = self._draw(frame)
        else:
            self._stats.n_dropped += 1
            self._stats.relax()
        if is_first:  # the run's time line begins when its first frame is handed over
            self._due_s = self._clock.now_s()
        self._is_running_speech = not frame.is_last
        with self._wake:
            if self._generation == self._n_interrupts:
                self._n_pending -= len(frame.audio)
        self._stats.n_speech_frames += 1
        return frame, is_new

    def _idle_frame(self, now_s: float) -> None:
        assert self._due_s is not None
        if self._is_running_speech:
            self._stats.n_underruns += 1
            self._is_running_speech = False
        n_late = int((now_s - self._due_s) / self._period_s)
        for _ in range(min(n_late, _MOST_SKIPPED)):  # life goes on, unseen
            self._session.idle_motion()
        self._due_s += n_late * self._period_s
        with self._turns.turn(self._left_s() + self._period_s):
            frame = self._session.idle_motion()
            is_new = self._draw(frame)
        self._hand_over(frame, is_new)

    def _would_be_in_time(self, due_s: float) -> bool:
        return self._clock.now_s() + self._stats.usual_render_s <= due_s - _MARGIN_S

    def _draw(self, frame: MotionFrame) -> bool:
        """Draw a frame; on failure the last picture stays."""
        started_s = self._clock.now_s()
        try:
            picture = self._session.render(frame).frame_rgb
        except Exception as error:
            self._stats.n_failed += 1
            if started_s - self._last_warning_s >= _WARN_EVERY_S:
                self._last_warning_s = started_s
                _log.warning("A frame could not be drawn, the last one is held: %r", error)
            return False
        picture.flags.writeable = False
        self._picture = picture
        ended_s = self._clock.now_s()
        self._stats.add_render(ended_s - started_s, ended_s)
        return True

    def _hand_over(self, frame: MotionFrame, is_new_picture: bool) -> None:
        assert self._due_s is not None
        due_s = self._due_s
        self._due_s = due_s + self._period_s
        self._stats.n_frames += 1
        self._stats.lead_s = due_s - self._clock.now_s()
        self._on_frame(
            LiveFrame(
                self._picture,
                frame.audio,
                frame.motion,
                frame.index,
                frame.is_speech,
                frame.is_last,
                is_new_picture,
                self._generation,
                due_s,
            )
        )


def _blank(size_px: int) -> U8:
    """What is held when the very first picture fails."""
    picture = np.zeros((size_px, size_px, 3), np.uint8)
    picture.flags.writeable = False
    return picture
