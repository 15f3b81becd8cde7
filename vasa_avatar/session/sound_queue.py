"""Speech that waits: pushed in any pieces, heard ahead of its frames and played with them.

Utterances are kept apart: each counts its samples from 0 and ends with `close`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from vasa_avatar.datatypes import I16, TimedWord


class _Reader:
    """Reads a growing sound once, in order, in exact lengths."""

    def __init__(self) -> None:
        self._pieces: deque[I16] = deque()
        self._position = 0

    def append(self, pcm_i16: I16) -> None:
        self._pieces.append(pcm_i16)

    def read_until(self, end_sample: int) -> I16:
        taken: list[I16] = []
        while self._pieces and self._position < end_sample:
            piece = self._pieces[0]
            wanted = end_sample - self._position
            if len(piece) <= wanted:
                taken.append(self._pieces.popleft())
            else:
                taken.append(piece[:wanted])
                self._pieces[0] = piece[wanted:]
            self._position += len(taken[-1])
        if len(taken) == 1:
            return taken[0]
        return np.concatenate(taken) if taken else np.zeros(0, np.int16)


class Utterance:
    """One utterance's sound, read twice: by the motion, ahead, and by the frames that carry it."""

    def __init__(self) -> None:
        self._ahead = _Reader()
        self._played = _Reader()
        self._words: list[TimedWord] = []
        self.n_samples = 0
        self.is_closed = False

    def append(self, pcm_i16: I16) -> None:
        """Take (N,) samples."""
        self._ahead.append(pcm_i16)
        self._played.append(pcm_i16)
        self.n_samples += len(pcm_i16)

    def append_words(self, words: Sequence[TimedWord]) -> None:
        """Take words with their times on this utterance's sound."""
        self._words.extend(words)

    def take_words(self) -> list[TimedWord]:
        """The words not yet taken."""
        words, self._words = self._words, []
        return words

    def hear_until(self, end_sample: int) -> I16:
        """The samples not yet heard, up to `end_sample` or the end."""
        return self._ahead.read_until(end_sample)

    def play_until(self, end_sample: int) -> I16:
        """The samples not yet played, up to `end_sample` or the end."""
        return self._played.read_until(end_sample)


class SoundQueue:
    """Utterances in the order in which they will be spoken."""

    def __init__(self) -> None:
        self._utterances: deque[Utterance] = deque()
        self._coming_words: list[TimedWord] = []

    def push(self, pcm_i16: I16) -> None:
        """Take (N,) samples of the utterance that is open, or begin a new one."""
        if not len(pcm_i16):
            return
        if not self._utterances or self._utterances[-1].is_closed:
            self._utterances.append(Utterance())
            self._utterances[-1].append_words(self._coming_words)
            self._coming_words.clear()
        self._utterances[-1].append(pcm_i16)

    def push_words(self, words: Sequence[TimedWord]) -> None:
        """Take words of the utterance that is open, or of the one whose sound comes next."""
        if not self._utterances or self._utterances[-1].is_closed:
            self._coming_words.extend(words)
        else:
            self._utterances[-1].append_words(words)

    def close(self) -> None:
        """The utterance that is open is complete; no effect when none is."""
        if self._utterances:
            self._utterances[-1].is_closed = True

    def clear(self) -> None:
        """Forget everything."""
        self._utterances.clear()
        self._coming_words.clear()

    @property
    def current(self) -> Utterance | None:
        """The utterance that is being spoken."""
        return self._utterances[0] if self._utterances else None

    def finish_current(self) -> None:
        """The current utterance has been spoken to its end."""
        self._utterances.popleft()
