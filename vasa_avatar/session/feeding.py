"""Gives a face the speech that waits in small portions: an interruption then has little to undo."""

from __future__ import annotations

from vasa_avatar.datatypes import TimedWord
from vasa_avatar.session.face_stream import FaceStream
from vasa_avatar.session.stream import HEARD_AT_ONCE_MS, MotionFrame
from vasa_avatar.session.utterances import Utterance, UtteranceQueue
from vasa_avatar.units import FrameClock, ms_to_samples


class FaceFeed:
    """Between a queue of utterances and a face. Errors of the face come through."""

    def __init__(
        self, face: FaceStream, queue: UtteranceQueue, clock: FrameClock, abandoned_after_s: float
    ) -> None:
        """Begin with a face that has heard nothing.

        Args:
            face: is given sound, flushes and words by this feed alone.
            queue: its current utterance is the one that is fed.
            clock: the session's rates.
            abandoned_after_s: speech that stops without a flush is flushed after so long.
        """
        self._face, self._queue = face, queue
        self._rate_hz = clock.sample_rate_hz
        self._portion = max(clock.samples_in(0), ms_to_samples(HEARD_AT_ONCE_MS, self._rate_hz)) + 1
        self._abandoned_after_s = abandoned_after_s
        self._is_flushed = True
        """whether the face has the end of all that it was given"""
        self._first = 0
        """sample of the current utterance at which the face's own began"""
        self._last_s = 0.0

    @property
    def is_starving(self) -> bool:
        """An utterance is under way and its next sound has not come."""
        current = self._queue.current
        return current is not None and current.is_started and not self._is_flushed

    def next_motion(self, now_s: float) -> MotionFrame | None:
        """The face's next frame of speech; None when it needs more sound than has come."""
        current = self._queue.current
        if current is not None and not self._is_flushed:
            self._tell_words(current)
        while not self._face.is_ready:
            current = self._queue.current
            if current is None or not self._feed(current, now_s):
                return None
        return next(self._face.pull_motion())

    def begin_anew(self) -> None:
        """The face has forgotten what it heard: it hears what was not played once more."""
        current = self._queue.current
        if current is not None:
            current.unhear()
        self._first = 0 if current is None else current.n_played
        self._is_flushed = True

    def end(self) -> None:
        """The current utterance is over."""
        self._first = 0

    def _feed(self, utterance: Utterance, now_s: float) -> bool:
        """Give one more portion of sound, or the end; False when there is neither."""
        self._tell_words(utterance)
        sound = utterance.hear(self._portion)
        if len(sound):
            self._is_flushed, self._last_s = False, now_s
            self._face.push(sound)
            return True
        is_abandoned = now_s - self._last_s > self._abandoned_after_s
        if self._is_flushed or not (utterance.is_flushed or is_abandoned):
            return False
        self._is_flushed, self._first = True, utterance.n_heard
        self._face.flush()
        return True

    def _tell_words(self, utterance: Utterance) -> None:
        """Words go on at once, however much sound the face has in hand."""
        if words := utterance.take_words():
            self._face.push_words([self._placed(word) for word in words])

    def _placed(self, word: TimedWord) -> TimedWord:
        """A word timed on what the face takes for the utterance."""
        shift_s = self._first / self._rate_hz
        return TimedWord(word.text, word.start_s - shift_s, word.end_s - shift_s)
