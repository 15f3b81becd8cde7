"""Speech that waits: utterances of (N,) int16 samples, pushed in any pieces, each read twice.

The motion hears an utterance ahead of its frames, the frames play it. Utterances are kept apart:
each counts its samples from 0 and is complete when it is flushed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vasa_avatar.datatypes import I16, TimedWord

NO_SOUND = np.zeros(0, np.int16)
NO_SOUND.flags.writeable = False


@dataclass(slots=True, eq=False)
class Utterance:
    """One stretch of speech and how far it has been heard and played."""

    number: int
    came_s: float = 0.0
    """when its first sound, or the text for it, came"""
    is_started: bool = False
    """whether a frame of it was given out"""
    is_flushed: bool = False
    """whether no more sound will come"""
    n_samples: int = 0
    n_heard: int = 0
    n_played: int = 0
    sentences: deque[tuple[int, str]] = field(default_factory=deque)
    """sample at which a sentence begins, and its text, where it is known and still to come"""
    words: list[TimedWord] = field(default_factory=list)
    """timed on this utterance's sound, not taken yet"""
    _pieces: deque[I16] = field(default_factory=deque)
    _first: int = 0
    """number of the first sample of the pieces that are kept"""

    @property
    def is_over(self) -> bool:
        """Whether it is complete and played to its end."""
        return self.is_flushed and self.n_played == self.n_samples

    def push(self, pcm_i16: I16, sentence: str = "") -> None:
        """Take (N,) samples, and the sentence that begins with them."""
        if sentence:
            self.sentences.append((self.n_samples, sentence))
        self._pieces.append(pcm_i16)
        self.n_samples += len(pcm_i16)

    def take_words(self) -> list[TimedWord]:
        """The words not taken yet."""
        words, self.words = self.words, []
        return words

    def hear(self, n_samples: int) -> I16:
        """The next samples not heard yet, fewer when they have not come."""
        sound = self._read(self.n_heard, n_samples)
        self.n_heard += len(sound)
        return sound

    def unhear(self) -> None:
        """What was heard and not played is to be heard again."""
        self.n_heard = self.n_played

    def play(self, n_samples: int) -> I16:
        """The next samples not played yet, fewer when they have not come; kept no longer."""
        sound = self._read(self.n_played, n_samples)
        self.n_played += len(sound)
        self.n_heard = max(self.n_heard, self.n_played)
        while self._pieces and self._first + len(self._pieces[0]) <= self.n_played:
            self._first += len(self._pieces.popleft())
        return sound

    def _read(self, first: int, n_samples: int) -> I16:
        at, end, parts = self._first, first + n_samples, []
        for piece in self._pieces:
            if at >= end:
                break
            if at + len(piece) > first:
                parts.append(piece[max(first - at, 0) : end - at])
            at += len(piece)
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else NO_SOUND


class UtteranceQueue:
    """Utterances in the order in which they will be spoken."""

    def __init__(self) -> None:
        self._utterances: deque[Utterance] = deque()
        self._last_number = 0
        self._coming_words: list[TimedWord] = []

    def __len__(self) -> int:
        return len(self._utterances)

    @property
    def current(self) -> Utterance | None:
        """The utterance whose turn it is."""
        return self._utterances[0] if self._utterances else None

    def open(self, number: int | None = None, now_s: float = 0.0) -> Utterance:
        """Append an utterance whose sound may come later; numbered on when no number is given."""
        self._last_number = self._last_number + 1 if number is None else number
        utterance = Utterance(self._last_number, now_s, words=self._coming_words)
        self._coming_words = []
        self._utterances.append(utterance)
        return utterance

    def push(
        self, pcm_i16: I16, number: int | None = None, now_s: float = 0.0, sentence: str = ""
    ) -> bool:
        """Add sound, and the sentence that begins with it, to the utterance of that number; without
        one to the last, or to a new one when that is complete.

        Returns:
            Whether it was taken: an utterance that is gone or complete takes nothing.
        """
        utterance = self._find(number)
        if utterance is None:
            if number is not None:
                return False
            utterance = self.open(now_s=now_s)
        utterance.push(pcm_i16, sentence)
        return True

    def push_words(self, words: Sequence[TimedWord], number: int | None = None) -> None:
        """Add words to the utterance of that number, nothing when it is gone or complete; without
        a number to the last, or to the coming one when that is complete."""
        utterance = self._find(number)
        if utterance is not None:
            utterance.words.extend(words)
        elif number is None:
            self._coming_words.extend(words)

    def flush(self, number: int | None = None) -> None:
        """An utterance is complete, the last one when no number is given; no effect when gone."""
        utterance = self._find(number)
        if utterance is not None:
            utterance.is_flushed = True

    def pop(self) -> Utterance:
        """The current utterance is over."""
        return self._utterances.popleft()

    def clear(self) -> list[Utterance]:
        """Forget everything; the utterances that were there."""
        gone = list(self._utterances)
        self._utterances.clear()
        self._coming_words.clear()
        return gone

    def _find(self, number: int | None) -> Utterance | None:
        """The utterance of that number (None = the last), unless it is complete."""
        for utterance in reversed(self._utterances):
            if number is None or utterance.number == number:
                return None if utterance.is_flushed else utterance
        return None
