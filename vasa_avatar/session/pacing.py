"""The core of every live session: speech and commands in, timed frames out.

Pure state: no clock, thread or I/O; the time is an argument. A shell asks `next`, sends the sound
of the frame, draws its picture if there is time for one, and tells what that took (see runner.py).

Sound goes out whole and in order, whatever happens. A picture that would be late is not drawn, one
that fails is held back and counted; without speech there are living frames at the frame rate.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vasa_avatar.datatypes import I16, TimedWord
from vasa_avatar.privacy import fault_of
from vasa_avatar.session.events import (
    FaceFailed,
    Interrupted,
    LiveEvent,
    SentenceStarted,
    UtteranceEnded,
    UtteranceStarted,
)
from vasa_avatar.session.face_stream import FaceStream
from vasa_avatar.session.feeding import FaceFeed
from vasa_avatar.session.render_budget import RenderBudget
from vasa_avatar.session.stats import LiveFigures
from vasa_avatar.session.stream import MotionFrame
from vasa_avatar.session.time_line import Pacing, TimeLine
from vasa_avatar.session.utterances import NO_SOUND, Utterance, UtteranceQueue
from vasa_avatar.units import FrameClock

_log = logging.getLogger(__name__)
_TELL_FAILURE_EVERY_S = 10.0
_MARGIN_S = 0.010
"""a picture that goes out with its sound should be there this long before it is due"""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do, unless a command comes."""

    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class PacedFrame:
    """One frame to give out now."""

    motion: MotionFrame | None
    """None when the face failed: the sound goes alone"""
    audio: I16
    """(N,) read-only; empty without speech"""
    sample: int
    """index of the first sample on the session's clock"""
    n_samples: int
    """how long the frame is shown"""
    sequence: int
    """number of the frame since the session began"""
    generation: int
    """grows by one with each interruption"""
    due_s: float
    is_speech: bool
    is_last: bool
    """whether an utterance ends with this frame"""
    is_to_draw: bool
    """whether there is time for its picture"""
    came_s: float | None
    """first frame of an utterance: when its first sound or text came"""
    events: tuple[LiveEvent, ...]
    """what happened before its sound"""


class LivePacer:
    """Drives one face along one clock."""

    def __init__(self, face: FaceStream, clock: FrameClock, now_s: float, pacing: Pacing) -> None:
        """Begin at sample 0.

        Args:
            face: driven by this pacer alone from now on.
            clock: the session's rates.
            now_s: real time.
            pacing: how to run along it.
        """
        self.figures = LiveFigures()
        self.generation = 0
        self._face = face
        self._clock = clock
        self._pacing = pacing
        self._period_s = 1.0 / clock.fps
        self._line = TimeLine(clock.sample_rate_hz, now_s)
        self._queue = UtteranceQueue()
        self._feed = FaceFeed(face, self._queue, clock, pacing.abandoned_after_s)
        self._budget = RenderBudget()
        self._events: list[LiveEvent] = []
        self._sequence = 0
        self._left_of_bundle = 0
        """frames that go out together with the last one, of its kind"""
        self._was_speech = False
        self._has_ended = False
        self._first_of_run = -1
        """number of the frame that begins a run of speech paired with its pictures"""
        self._failure_told_s = -_TELL_FAILURE_EVERY_S

    @property
    def sample(self) -> int:
        """Index after the last sample given out."""
        return self._line.sample

    @property
    def is_speaking(self) -> bool:
        """Whether any utterance waits or is being given out."""
        return len(self._queue) > 0

    def lead_s(self, now_s: float) -> float:
        """How far what was given out is ahead of real time; negative when late."""
        return self._line.lead_s(now_s)

    def take_events(self) -> tuple[LiveEvent, ...]:
        """What happened since the last call, or since the last frame's `events`."""
        events, self._events = tuple(self._events), []
        return events

    # -- commands ---------------------------------------------------------------------------

    def begin(self, number: int, now_s: float) -> None:
        """Queue an utterance whose sound follows by `push`."""
        self._queue.open(number, now_s)

    def push(
        self, pcm_i16: I16, now_s: float, number: int | None = None, sentence: str = ""
    ) -> None:
        """Take speech.

        Args:
            pcm_i16: (N,) samples.
            now_s: when they came.
            number: of an utterance that was begun; None = the last one, or a new one.
            sentence: the text that begins with them.
        """
        if len(pcm_i16) and not self._queue.push(pcm_i16, number, now_s, sentence):
            self.figures.samples_done += len(pcm_i16)

    def push_words(self, words: Sequence[TimedWord], number: int | None = None) -> None:
        """Take words of an utterance; None = the last, or the coming one; see AvatarStream."""
        self._queue.push_words(words, number)

    def flush(self, number: int | None = None) -> None:
        """An utterance is complete: the one of that number, or the last."""
        self._queue.flush(number)

    def interrupt(self, now_s: float) -> int:
        """Barge-in: nothing of what waits is spoken, the next frame is due now.

        Returns:
            The generation of the frames from here on.
        """
        self._guard(self._face.interrupt, now_s)
        self._line.restart(now_s)
        for gone in self._queue.clear():
            self.figures.samples_done += gone.n_samples - gone.n_played
            self._events.append(UtteranceEnded(gone.number, self.sample, self.generation, True))
        self._feed.begin_anew()
        self._was_speech = self._has_ended = False
        self._left_of_bundle = 0
        self.generation += 1
        self._events.append(Interrupted(self.generation, self.sample))
        return self.generation

    def steer(self, act: Callable[[FaceStream], None], now_s: float) -> None:
        """Let `act` change how the face looks: controls, attention, a nod."""
        self._guard(lambda: act(self._face), now_s)

    # -- frames -----------------------------------------------------------------------------

    def wait_s(self, now_s: float) -> float:
        """Seconds for which `next` has certainly nothing to do."""
        lead_s = self._speech_lead_s if self.is_speaking else self._idle_lead_s
        return self._line.wait_s(now_s, lead_s)

    def next(self, now_s: float) -> Wait | PacedFrame:
        """What to do at this moment."""
        if self._line.lead_s(now_s) < -self._pacing.stall_s:
            self._line.restart(now_s)
            self.figures.stalls += 1
        if self.is_speaking:
            wait_s = self._line.wait_s(now_s, self._speech_lead_s)
            if wait_s > 0.0:
                return Wait(wait_s)
            left = self._left_of_bundle if self._was_speech else 0
            frame = self._next_speech(now_s)
            if frame is not None:
                self._left_of_bundle = (left or self._pacing.frames_at_once) - 1
                return frame
            self._left_of_bundle = 0
            wait_s = self._line.wait_s(now_s, -self._pacing.starve_s)
            if self._feed.is_starving and wait_s > 0.0:
                return Wait(wait_s)
        wait_s = self._line.wait_s(now_s, self._idle_lead_s)
        if wait_s > 0.0:
            return Wait(wait_s)
        left = 0 if self._was_speech else self._left_of_bundle
        at_once = 1 if self.is_speaking else self._pacing.idle_at_once
        frame = self._idle(now_s)
        self._left_of_bundle = (left or at_once) - 1
        return frame

    @property
    def _speech_lead_s(self) -> float:
        """How far ahead the next frame of speech may be."""
        is_bundle = self._left_of_bundle and self._was_speech
        more = self._pacing.frames_at_once - 1 if is_bundle else 0
        return self._pacing.speech_lead_s + more * self._period_s

    @property
    def _idle_lead_s(self) -> float:
        """How far ahead the next frame without speech may be."""
        is_bundle = self._left_of_bundle and not (self._was_speech or self.is_speaking)
        more = self._pacing.idle_at_once - 1 if is_bundle else 0
        return self._pacing.idle_lead_s + more * self._period_s

    def drawn(self, cost_s: float, now_s: float) -> None:
        """The picture of the last frame was drawn; with all that belongs to it, it took so long."""
        self._budget.drawn(cost_s)
        self.figures.pictures_drawn += 1
        self.figures.drawn_at_s.append(now_s)

    def failed(self, error: Exception, now_s: float) -> None:
        """The last frame has no picture, because the face failed; the last picture is held."""
        self.figures.held_frames += 1
        self._tell_failure(error, now_s)

    def placed(self, frame: PacedFrame, now_s: float) -> PacedFrame:
        """The frame as it goes out with its picture: a run of speech that is paired with its
        pictures begins when its first frame does."""
        late_s = now_s - frame.due_s
        if frame.sequence != self._first_of_run or late_s <= 0.0:
            return frame
        self._line.restart(self._line.due_s + late_s)
        return replace(frame, due_s=now_s)

    # -- speech -----------------------------------------------------------------------------

    def _next_speech(self, now_s: float) -> PacedFrame | None:
        """The next frame of speech; None when it needs more sound."""
        while (current := self._queue.current) is not None and current.is_over:
            self._end_utterance(current, now_s)  # it was empty, or flushed late
        if current is None:
            return None
        try:
            motion = self._feed.next_motion(now_s)
        except Exception as error:  # a frame of sound alone, then the face hears the rest anew
            self.failed(error, now_s)
            self._guard(self._face.interrupt, now_s)
            frame = self._speak(current, None, self._clock.samples_in(0), now_s)
            self._feed.begin_anew()
            return frame
        return None if motion is None else self._speak(current, motion, len(motion.audio), now_s)

    def _speak(
        self, utterance: Utterance, motion: MotionFrame | None, n_audio: int, now_s: float
    ) -> PacedFrame:
        came_s = None if utterance.is_started else utterance.came_s
        self._place_speech(is_first=came_s is not None, now_s=now_s)
        if came_s is not None:
            utterance.is_started = True
            place = (utterance.number, self.sample, self.generation)
            self._events.append(UtteranceStarted(*place))
        audio = utterance.play(n_audio)
        self._tell_sentences(utterance, len(audio))
        self.figures.speech_samples_out += len(audio)
        self.figures.samples_done += len(audio)
        n_samples = len(audio)
        if motion is None or motion.is_last or not n_samples:  # the last one is shown in full
            n_samples = max(n_samples, self._clock.samples_in(motion.index if motion else 0))
        is_to_draw = motion is not None and self._is_in_time(now_s)
        return self._paced(motion, audio, n_samples, is_to_draw, now_s, utterance, came_s)

    def _place_speech(self, is_first: bool, now_s: float) -> None:
        """Where the frame of speech comes on the time line."""
        is_paired = self._pacing.is_paired
        is_leap = not self._was_speech and (is_paired or (self._pacing.leaps and is_first))
        if is_leap or self._line.lead_s(now_s) < -self._pacing.shift_s:
            self._line.restart(now_s)
        self._first_of_run = self._sequence if is_leap and is_paired else -1
        self._was_speech = True

    def _is_in_time(self, now_s: float) -> bool:
        """Whether a picture of speech can be drawn: in time for its own sound where they are
        paired, in time for the sound of the next frame where sound goes first."""
        if self._first_of_run == self._sequence:
            return True  # its sound is due when it is drawn
        left_s = self._line.lead_s(now_s)
        left_s += -_MARGIN_S if self._pacing.is_paired else self._period_s
        return self._budget.is_in_time(left_s)

    def _tell_sentences(self, utterance: Utterance, n_audio: int) -> None:
        """Tell which sentences begin within the `n_audio` samples that were just played."""
        first = utterance.n_played - n_audio
        while utterance.sentences and utterance.sentences[0][0] < utterance.n_played:
            at, text = utterance.sentences.popleft()
            sample = self.sample + at - first
            self._events.append(SentenceStarted(utterance.number, sample, self.generation, text))

    def _end_utterance(self, utterance: Utterance, now_s: float) -> None:
        """It is over; what follows has waited for it, not for us."""
        place = (utterance.number, self.sample, self.generation)
        if not utterance.is_started:  # nothing could be spoken: still a start and an end
            self._events.append(UtteranceStarted(*place))
        self._events.append(UtteranceEnded(*place))
        self._has_ended = True
        self._queue.pop()
        self._feed.end()
        following = self._queue.current
        if following is not None:
            following.came_s = max(following.came_s, now_s)

    # -- idle, and what all frames share ------------------------------------------------------

    def _idle(self, now_s: float) -> PacedFrame:
        if self._was_speech and self._feed.is_starving:
            self.figures.underruns += 1
        self._was_speech = False
        motion: MotionFrame | None = None
        n_samples = self._clock.samples_in(0)
        try:
            motion = self._face.idle_motion()
            n_samples = self._clock.samples_in(motion.index)
        except Exception as error:
            self.failed(error, now_s)
        is_to_draw = motion is not None and self._line.lead_s(now_s) + self._period_s >= 0.0
        return self._paced(motion, NO_SOUND, n_samples, is_to_draw, now_s)

    def _paced(
        self,
        motion: MotionFrame | None,
        audio: I16,
        n_samples: int,
        is_to_draw: bool,
        now_s: float,
        utterance: Utterance | None = None,
        came_s: float | None = None,
    ) -> PacedFrame:
        """The frame as it goes out; the time line moves on behind it."""
        if motion is not None and not is_to_draw:
            self.figures.late_pictures += 1
            self._budget.skipped()
        events, due_s, sample = self.take_events(), self._line.due_s, self.sample
        self._line.advance(n_samples)
        if utterance is not None and utterance.is_over:
            self._end_utterance(utterance, now_s)
        is_last, self._has_ended = self._has_ended, False
        frame = PacedFrame(
            motion, audio, sample, n_samples, self._sequence, self.generation, due_s,
            utterance is not None, is_last, is_to_draw, came_s, events,
        )  # fmt: skip
        self._sequence += 1
        self.figures.frames += 1
        self.figures.lead_s = self._line.lead_s(now_s)
        return frame

    # -- trouble ------------------------------------------------------------------------------

    def _guard(self, call: Callable[[], None], now_s: float) -> None:
        try:
            call()
        except Exception as error:
            self._tell_failure(error, now_s)

    def _tell_failure(self, error: Exception, now_s: float) -> None:
        if now_s - self._failure_told_s >= _TELL_FAILURE_EVERY_S:
            self._failure_told_s = now_s
            _log.warning("the face failed; the last picture is held, the voice goes on: %s",
                         fault_of(error))  # fmt: skip
            self._events.append(FaceFailed(error))
