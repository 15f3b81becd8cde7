"""An utterance's sound on its way to the renderer, which gets it as far as a picture needs, and
what has come of the next few: a barge-in then has little to undo.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from pipecat_vasa.playing.spoken_words import SpokenWords
from vasa_avatar.datatypes import I16, TimedWord
from vasa_avatar.units import ms_to_samples

_MORE_MS = 120
"""three frames: sound is cheaper to hear in pieces of 160 ms than in those of a frame"""


@dataclass(frozen=True, slots=True, eq=False)
class SpeechOrder:
    """One frame of speech to render, or a few."""

    sound: list[I16]
    """(N,) each; new sound, up to the last frame's lookahead"""
    rate_hz: int
    begins: bool
    """the first of an utterance"""
    completes: bool
    """`sound` ends the utterance"""
    n_skipped: int
    """frames before this one that were never ordered"""
    words: list[TimedWord]
    """new ones, timed on the utterance's sound"""
    n_frames: int = 1


class Feed:
    """What the renderer has not heard yet, and how far it has come."""

    def __init__(self, rate_hz: int, words: SpokenWords) -> None:
        """Begin without sound; the words come as they are known."""
        self.n_received = 0
        self._rate_hz = rate_hz
        self._more_samples = ms_to_samples(_MORE_MS, rate_hz)
        self._waiting: deque[I16] = deque()
        self._words = words
        self._n_fed = 0
        self._n_frames = 0
        self._is_complete = False

    def push(self, samples: I16) -> None:
        """Take (N, channels) samples."""
        self._waiting.append(samples)
        self.n_received += len(samples)

    def order(
        self, frame: int, until_sample: int, *, is_closed: bool, n_frames: int = 1
    ) -> SpeechOrder:
        """What the renderer needs for some frames; the first one is counted from the utterance's
        beginning."""
        is_first = not self._n_fed
        sound = self._take(until_sample)
        if sound and not is_first:
            sound += self._take(until_sample + self._more_samples)
        completes = is_closed and self._n_fed == self.n_received and not self._is_complete
        skipped = frame - self._n_frames
        words = self._words.take(until_sample / self._rate_hz)
        begins = not self._n_frames
        order = SpeechOrder(sound, self._rate_hz, begins, completes, skipped, words, n_frames)
        self._is_complete = self._is_complete or completes
        self._n_frames = frame + n_frames
        return order

    def reset(self) -> None:
        """The renderer is a new one: it hears silence in place of what is past."""
        if self._n_fed:
            self._waiting.appendleft(silence(self._n_fed))
        self._n_fed = self._n_frames = 0
        self._is_complete = False

    def _take(self, until_sample: int) -> list[I16]:
        parts: list[I16] = []
        while self._waiting and self._n_fed < until_sample:
            part = self._waiting.popleft()
            wanted = until_sample - self._n_fed
            if len(part) > wanted:
                self._waiting.appendleft(part[wanted:])
                part = part[:wanted]
            self._n_fed += len(part)
            parts.append(_mixed(part))
        return parts


def silence(n_samples: int) -> I16:
    """(N, 1) zeros that take no memory."""
    return np.broadcast_to(np.zeros((), np.int16), (n_samples, 1))


def _mixed(samples: I16) -> I16:
    """(N, channels) to (N,)."""
    if samples.shape[1] == 1:
        return np.ascontiguousarray(samples[:, 0], np.int16)
    mean: I16 = (samples.sum(axis=1, dtype=np.int32) // samples.shape[1]).astype(np.int16)
    return mean
