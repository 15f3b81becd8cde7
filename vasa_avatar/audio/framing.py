"""A stream of 16 kHz samples to overlapping windows, row k centred on sample k * hop."""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import F32


class WindowStream:
    """Cuts a stream into windows; silence is assumed before its start and after its end."""

    def __init__(self, window_samples: int, hop_samples: int = 160) -> None:
        """Prepare for windows of an even number of samples."""
        if window_samples % 2:
            raise ValueError(f"window is {window_samples} samples; expected an even number")
        self._window = window_samples
        self._hop = hop_samples
        self.reset()

    @property
    def lookahead_samples(self) -> int:
        """Row k needs the samples before k * hop + lookahead_samples."""
        return self._window // 2

    def reset(self) -> None:
        """Forget everything: equal to a new stream."""
        self._held = np.zeros(self._window // 2, np.float32)
        self._n_in = 0
        self._n_rows = 0

    def push(self, samples: F32) -> F32:
        """Take (N,) samples, give (rows, window_samples): all windows that they complete."""
        self._n_in += len(samples)
        self._held = np.concatenate((self._held, samples))
        count = max(0, (len(self._held) - self._window) // self._hop + 1)
        return self._take(count)

    def flush(self) -> F32:
        """The windows left: one row for each begun hop of input."""
        count = -(-self._n_in // self._hop) - self._n_rows
        needed = (count - 1) * self._hop + self._window
        padding = np.zeros(max(0, needed - len(self._held)), np.float32)
        self._held = np.concatenate((self._held, padding))
        return self._take(count)

    def _take(self, count: int) -> F32:
        if count <= 0:
            return np.zeros((0, self._window), np.float32)
        rows = np.empty((count, self._window), np.float32)
        for k in range(count):
            rows[k] = self._held[k * self._hop : k * self._hop + self._window]
        self._held = self._held[count * self._hop :]
        self._n_rows += count
        return rows
