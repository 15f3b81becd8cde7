"""Speech and commands in, timed frames out: one character's show, with no clock and no thread.

`step(now_s)` does at most one frame of work and says how long to wait for the next. The rule when
it gets late: sound always goes out whole and in order; a frame that fails or comes too late costs
its picture and is counted.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from vasa_avatar.datatypes import I16, Controls
from vasa_avatar.motion import Attention
from vasa_avatar.session import FaceStream, MotionFrame
from vasa_avatar.units import FrameClock
from vasa_server.show.encode import PictureEncoder
from vasa_server.show.pacing import Pacer, Pacing
from vasa_server.show.packets import (
    AudioPacket,
    BargedIn,
    FaceFailed,
    PicturePacket,
    SentenceStart,
    UtteranceEdge,
)
from vasa_server.show.speech_queue import SpeechQueue, Utterance, take_samples

log = logging.getLogger(__name__)
Cue: TypeAlias = AudioPacket | PicturePacket | UtteranceEdge | SentenceStart | BargedIn | FaceFailed

ABANDONED_AFTER_S = 0.3
"""Speech that stops without an end is taken as ended after this long."""
TROUBLE_INTERVAL_S = 10.0
MAX_UNREAD_SOUND_S = 1.0
_READER_WAIT_S = 0.02
_ALL = 1 << 62
_COST_WEIGHT = 0.3
_COST_LIMIT_S = 0.3
_COST_FADE = 0.05
_RECENT = 512


@dataclass(slots=True)
class Figures:
    """What a session counts."""

    pictures_drawn: int = 0
    speech_samples_out: int = 0
    late_pictures: int = 0
    """not drawn, so that the sound stays in time"""
    held_frames: int = 0
    """not drawn, because the face failed"""
    first_frame_s: float | None = None
    lead_s: float = 0.0
    motion_s: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))
    render_s: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))
    encode_s: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))


class Performance:
    """Drives one face along one clock."""

    def __init__(
        self,
        face: FaceStream,
        encoder: PictureEncoder,
        clock: FrameClock,
        give: Callable[[Cue], None],
        now_s: float,
        pacing: Pacing | None = None,
    ) -> None:
        """Begin at sample 0.

        Args:
            face: the face; owned by this performance from now on.
            encoder: of its pictures; likewise.
            clock: the session's rates.
            give: takes each cue, in order; must not block.
            now_s: real time.
            pacing: how far to run ahead.
        """
        self.figures = Figures()
        self.queue = SpeechQueue()
        self.pacer = Pacer(clock.sample_rate_hz, now_s, pacing)
        self.generation = 0
        self.wants_key = False
        self.leaps = False
        """The viewer leaps to an utterance that begins after silence, and so does the clock."""
        self.unread_samples: Callable[[], int] = lambda: 0
        """Samples of sound given out that the reader has not taken yet."""
        self._face = face
        self._encoder = encoder
        self._clock = clock
        self._give = give
        self._in_face: deque[I16] = deque()
        self._is_flushed = True
        self._last_sound_s = now_s
        self._now_s = now_s
        self._sequence = 0
        self._was_speech = False
        self._cost_s = 0.0
        """what a picture costs, smoothed"""
        self._trouble_s = -TROUBLE_INTERVAL_S

    # -- commands ---------------------------------------------------------------------------

    def begin(self, number: int, now_s: float) -> None:
        """Queue an utterance; its sound follows by `append`."""
        self.queue.open(Utterance(number, began_s=now_s))

    def append(self, number: int, pcm_i16: I16, sentence: str = "") -> None:
        """Add (N,) samples to an utterance, and the words that begin with them."""
        self.queue.append(number, pcm_i16, sentence)

    def complete(self, number: int) -> None:
        """The utterance has all its sound."""
        self.queue.complete(number)

    def interrupt(self, generation: int, now_s: float, request_id: int | None = None) -> None:
        """Barge-in: nothing of what waits is spoken; the next frame is due now."""
        gone = self.queue.clear()
        self._in_face.clear()
        self._is_flushed = True
        self._guard(self._face.interrupt)
        self.pacer.restart(now_s)
        sample = self.pacer.sample
        for utterance in gone:
            self._give(UtteranceEdge(utterance.number, sample, self.generation, False, True))
        self.generation = generation
        self._give(BargedIn(generation, sample, request_id))

    def set_controls(self, controls: Controls) -> None:
        """Steer the face."""
        self._guard(lambda: self._face.set_controls(controls))

    def attend(self, attention: Attention) -> None:
        """Idle, listening or thinking."""
        self._guard(lambda: self._face.attend(attention))

    def close(self) -> None:
        """Free the encoder."""
        self._encoder.close()

    # -- the show ---------------------------------------------------------------------------

    def step(self, now_s: float) -> float:
        """Give out at most one frame.

        Returns:
            Seconds until the next step is of use; 0 = at once.
        """
        self._now_s = now_s
        if self.unread_samples() > MAX_UNREAD_SOUND_S * self._clock.sample_rate_hz:
            return _READER_WAIT_S
        self.pacer.catch_stall(now_s)
        if self._face.is_ready or self._in_face or len(self.queue):
            wait_s = self.pacer.speech_wait_s(now_s)
            if wait_s > 0:
                return wait_s
            try:
                frame = self._next_speech(now_s)
            except Exception as problem:
                self._speak_blind(problem, now_s)
                return 0.0
            if frame is not None:
                self._show_speech(frame, now_s)
                return 0.0
            wait_s = self.pacer.starve_wait_s(now_s) if self._is_starving() else 0.0
            if wait_s > 0:
                return wait_s
        wait_s = self.pacer.idle_wait_s(now_s)
        if wait_s > 0:
            return wait_s
        self._show_idle(now_s)
        return 0.0

    def _is_starving(self) -> bool:
        """An utterance is under way and its next sound has not come."""
        current = self.queue.current
        return current is not None and current.is_started and not self._is_flushed

    def _next_speech(self, now_s: float) -> MotionFrame | None:
        """The next frame of speech, feeding the face just enough to get it."""
        while not self._face.is_ready:
            if not self._feed(now_s):
                return None
        began_s = time.perf_counter()
        frame = next(self._face.pull_motion())
        self.figures.motion_s.append(time.perf_counter() - began_s)
        return frame

    def _feed(self, now_s: float) -> bool:
        """Give the face one more frame of sound, or the end; False when there is neither."""
        current = self.queue.current
        if current is None:
            return False
        pcm = self.queue.take(self._clock.samples_in(0) + 1)
        if len(pcm):
            self._in_face.append(pcm)
            self._is_flushed = False
            self._last_sound_s = now_s
            self._face.push(pcm)
            return True
        is_abandoned = bool(self._in_face) and now_s - self._last_sound_s > ABANDONED_AFTER_S
        if (current.is_complete or is_abandoned) and not self._is_flushed:
            self._is_flushed = True
            self._face.flush()
            return True
        if current.is_complete and not self._in_face:
            self._finish_utterance(now_s)
            return len(self.queue) > 0
        return False

    def _finish_utterance(self, now_s: float) -> None:
        done = self.queue.pop()
        if not done.is_started:  # nothing could be spoken: still a start and an end
            self._give(UtteranceEdge(done.number, self.pacer.sample, self.generation, True))
        self._give(UtteranceEdge(done.number, self.pacer.sample, self.generation, False))
        following = self.queue.current
        if following is not None:
            following.began_s = max(following.began_s, now_s)

    def _show_speech(self, frame: MotionFrame, now_s: float) -> None:
        began_s = time.perf_counter()
        current = self.queue.current
        is_first = current is not None and not current.is_started
        if is_first and self.leaps and not self._was_speech:
            self.pacer.restart(now_s)
        self._was_speech = True
        samples = self._give_sound(len(frame.audio))
        if frame.is_last or not samples:
            samples = max(samples, self._clock.samples_in(frame.index))
        # The picture may cost only so much that the next frame's sound is still in time.
        if self.pacer.lead_s(now_s) + 1.0 / self._clock.fps >= self._cost_s:
            self._draw(frame, samples)
        else:
            self._skip()
        self._advance(samples, now_s)
        if current is not None and is_first:
            took_s = time.perf_counter() - began_s
            self.figures.first_frame_s = now_s + took_s - current.began_s

    def _show_idle(self, now_s: float) -> None:
        self._was_speech = False
        samples = self._clock.samples_in(0)
        try:
            frame = self._face.idle_motion()
            samples = self._clock.samples_in(frame.index)
            if self.pacer.lead_s(now_s) + 1.0 / self._clock.fps >= 0.0:
                self._draw(frame, samples)
            else:
                self._skip()
        except Exception as problem:
            self._hold(problem, now_s)
        self._advance(samples, now_s)

    def _draw(self, frame: MotionFrame, samples: int) -> None:
        """Render, encode, give out; a failure holds the last picture."""
        try:
            began_s = time.perf_counter()
            picture = self._face.render(frame)
            drawn_s = time.perf_counter()
            data, is_key = self._encoder.encode(picture.frame_rgb, self.wants_key)
            done_s = time.perf_counter()
        except Exception as problem:
            self._hold(problem, self._now_s)
            return
        self.wants_key = False
        self.figures.pictures_drawn += 1
        self.figures.render_s.append(drawn_s - began_s)
        self.figures.encode_s.append(done_s - drawn_s)
        self._cost_s += _COST_WEIGHT * (min(done_s - began_s, _COST_LIMIT_S) - self._cost_s)
        self._give(
            PicturePacket(
                self._sequence, self.generation, self.pacer.sample, samples,
                data, frame.is_speech, is_key,
            )
        )  # fmt: skip

    def _skip(self) -> None:
        """A picture too late to be drawn; the estimate fades, so that drawing is tried again."""
        self.figures.late_pictures += 1
        self._cost_s *= 1.0 - _COST_FADE

    def _advance(self, samples: int, now_s: float) -> None:
        self._sequence += 1
        self.pacer.advance(samples)
        self.figures.lead_s = self.pacer.lead_s(now_s)

    # -- trouble ----------------------------------------------------------------------------

    def _speak_blind(self, problem: Exception, now_s: float) -> None:
        """The face failed in mid speech: a frame of sound alone, then it gets the rest anew."""
        self._hold(problem, now_s)
        self._guard(self._face.interrupt)
        rest = take_samples(self._in_face, _ALL)
        samples = self._clock.samples_in(0)
        self._in_face.append(rest)
        self._give_sound(samples)
        self._is_flushed = True
        if len(rest) > samples:
            self._is_flushed = False
            self._guard(lambda: self._face.push(rest[samples:]))
        self._advance(samples, now_s)

    def _give_sound(self, samples: int) -> int:
        """Give out up to `samples` samples of what the face has; how many there were."""
        current = self.queue.current
        if current is not None and not current.is_started:
            current.is_started = True
            self._give(UtteranceEdge(current.number, self.pacer.sample, self.generation, True))
        sound = take_samples(self._in_face, samples)
        if current is not None:
            self._mark_sentences(current, len(sound))
        if len(sound):
            self.figures.speech_samples_out += len(sound)
            self._give(AudioPacket(self._sequence, self.generation, self.pacer.sample, sound))
        return len(sound)

    def _mark_sentences(self, utterance: Utterance, samples: int) -> None:
        """Tell which sentences begin within the next `samples` samples."""
        end = utterance.given_samples + samples
        while utterance.sentences and utterance.sentences[0][0] < end:
            first, text = utterance.sentences.popleft()
            sample = self.pacer.sample + first - utterance.given_samples
            self._give(SentenceStart(utterance.number, sample, self.generation, text))
        utterance.given_samples = end

    def _guard(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as problem:
            self._report(problem, self._now_s)

    def _hold(self, problem: Exception, now_s: float) -> None:
        """No new picture for this frame; the viewer keeps the last one."""
        self.figures.held_frames += 1
        self._report(problem, now_s)

    def _report(self, problem: Exception, now_s: float) -> None:
        if now_s - self._trouble_s < TROUBLE_INTERVAL_S:
            return
        self._trouble_s = now_s
        log.warning("the face failed; the voice goes on", exc_info=problem)
        self._give(FaceFailed(f"{type(problem).__name__}; pictures wait, the voice goes on"))
