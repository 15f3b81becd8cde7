"""One utterance's sound, fed frame by frame, to the mouth rows under each frame."""

from __future__ import annotations

import numpy as np

from vasa_avatar.audio import StreamResampler
from vasa_avatar.datatypes import F32, I16, K
from vasa_avatar.motion.dynamics.base import DynamicsStream
from vasa_avatar.motion.speech import ROWS_PER_S, SpeechModel

_KEPT_ROWS = 50


class SpeechTrack:
    """Resamples sound once for mouth and dynamics, and keeps the latest mouth rows."""

    def __init__(
        self, sample_rate_hz: int, lookahead_ms: int, speech: SpeechModel, dynamics: DynamicsStream
    ) -> None:
        self._resampler = StreamResampler(sample_rate_hz)
        self._speech = speech.stream(lookahead_ms)
        self._dynamics = dynamics
        self._rows = np.zeros((0, K), np.float32)
        self._first_row = 0

    def begin(self) -> None:
        """Start an utterance at its sample 0."""
        self._resampler.reset()
        self._speech.reset()
        self._dynamics.begin()
        self._rows = np.zeros((0, K), np.float32)
        self._first_row = 0

    def push(self, pcm_i16: I16) -> None:
        """Take (N,) samples of the utterance."""
        pcm_16k = self._resampler.push(pcm_i16)
        self._dynamics.push(pcm_16k)
        self._keep(self._speech.push(pcm_16k))

    def flush(self) -> None:
        """The utterance's sound is complete."""
        pcm_16k = self._resampler.flush()
        self._dynamics.push(pcm_16k)
        self._dynamics.flush()
        self._keep(self._speech.push(pcm_16k))
        self._keep(self._speech.flush())

    def row_at(self, time_s: float) -> F32:
        """(52,) mouth at an instant of the utterance, between the two nearest rows."""
        position = time_s * ROWS_PER_S - self._first_row
        last = len(self._rows) - 1
        if last < 0:
            return np.zeros(K, np.float32)
        left = min(max(int(position), 0), last)
        right = min(left + 1, last)
        share = np.float32(min(max(position - left, 0.0), 1.0))
        row: F32 = self._rows[left] + share * (self._rows[right] - self._rows[left])
        return row

    def _keep(self, rows: F32) -> None:
        if not len(rows):
            return
        drop = max(0, len(self._rows) - _KEPT_ROWS)
        self._rows = np.concatenate((self._rows[drop:], rows))
        self._first_row += drop
