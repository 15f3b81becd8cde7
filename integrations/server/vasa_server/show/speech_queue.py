"""Speech that waits to be spoken: utterances of (N,) int16 samples, bounded, cut into frames."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from vasa_avatar.datatypes import I16


@dataclass(slots=True)
class Utterance:
    """One stretch of speech, from `say`, or from pushed sound up to its end."""

    number: int
    parts: deque[I16] = field(default_factory=deque)
    sentences: deque[tuple[int, str]] = field(default_factory=deque)
    """where in the utterance a sentence begins (samples), and its words, when they are known"""
    appended_samples: int = 0
    is_complete: bool = False
    """True when no more sound will come"""
    began_s: float = 0.0
    """real time at which its text or first sample came"""
    is_started: bool = False
    """True once its first frame was given out"""
    given_samples: int = 0
    """samples given out"""

    @property
    def samples(self) -> int:
        """Samples that wait."""
        return sum(len(part) for part in self.parts)


def take_samples(parts: deque[I16], samples: int) -> I16:
    """Take up to `samples` samples off the front of some sound, exactly as they are."""
    taken: list[I16] = []
    missing = samples
    while missing > 0 and parts:
        part = parts.popleft()
        if len(part) > missing:
            parts.appendleft(part[missing:])
            part = part[:missing]
        taken.append(part)
        missing -= len(part)
    return np.concatenate(taken) if taken else np.zeros(0, np.int16)


class SpeechQueue:
    """Utterances in order. One thread appends and reads under the owner's lock."""

    def __init__(self) -> None:
        self._utterances: deque[Utterance] = deque()
        self._samples = 0
        self.taken = 0
        """samples appended that wait no more, in total: taken, refused or forgotten"""

    def __len__(self) -> int:
        return len(self._utterances)

    @property
    def samples(self) -> int:
        """Samples that wait in all utterances."""
        return self._samples

    @property
    def current(self) -> Utterance | None:
        """The utterance whose turn it is."""
        return self._utterances[0] if self._utterances else None

    def open(self, utterance: Utterance) -> None:
        """Append an utterance; its sound may come later."""
        self._utterances.append(utterance)

    def append(self, number: int, pcm_i16: I16, sentence: str = "") -> None:
        """Add sound to an utterance that is not complete; unknown numbers were interrupted.

        Args:
            number: of the utterance.
            pcm_i16: (N,) samples.
            sentence: the words that begin with this sound.
        """
        for utterance in self._utterances:
            if utterance.number == number and not utterance.is_complete:
                if sentence:
                    utterance.sentences.append((utterance.appended_samples, sentence))
                utterance.appended_samples += len(pcm_i16)
                utterance.parts.append(pcm_i16)
                self._samples += len(pcm_i16)
                return
        self.taken += len(pcm_i16)

    def complete(self, number: int) -> None:
        """No more sound will come for this utterance."""
        for utterance in self._utterances:
            if utterance.number == number:
                utterance.is_complete = True

    def take(self, samples: int) -> I16:
        """Up to `samples` samples of the current utterance; empty when it has none."""
        utterance = self.current
        if utterance is None:
            return np.zeros(0, np.int16)
        taken = take_samples(utterance.parts, samples)
        self._forget(len(taken))
        return taken

    def pop(self) -> Utterance:
        """The current utterance is over."""
        utterance = self._utterances.popleft()
        self._forget(utterance.samples)
        return utterance

    def clear(self) -> list[Utterance]:
        """Forget everything; the utterances that were there."""
        gone = list(self._utterances)
        self._utterances.clear()
        self._forget(self._samples)
        return gone

    def _forget(self, samples: int) -> None:
        self._samples -= samples
        self.taken += samples
