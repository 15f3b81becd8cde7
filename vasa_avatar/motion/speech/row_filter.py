"""Smooths rows that stream in, with a short look ahead: (T, C) rows in, (T, C) rows out."""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import F32


class RowFilter:
    """A finite filter along time; rows of zeros are assumed before the first and after the last."""

    def __init__(self, kernel: F32, n_ahead: int) -> None:
        """Prepare the filter.

        Args:
            kernel: (n_behind + 1 + n_ahead, C) weights, oldest row first.
            n_ahead: how many later rows each output row needs.
        """
        self._kernel = kernel
        self.n_ahead = n_ahead
        self.reset()

    def reset(self) -> None:
        """Forget everything: equal to a new filter."""
        n_behind = len(self._kernel) - 1 - self.n_ahead
        self._held = np.zeros((n_behind, self._kernel.shape[1]), np.float32)

    def push(self, rows: F32) -> F32:
        """Take (T, C) rows, give the rows that they complete."""
        self._held = np.concatenate((self._held, rows))
        count = max(0, len(self._held) - len(self._kernel) + 1)
        out = np.empty((count, self._kernel.shape[1]), np.float32)
        for k in range(count):
            out[k] = (self._held[k : k + len(self._kernel)] * self._kernel).sum(axis=0)
        self._held = self._held[count:]
        return out

    def flush(self) -> F32:
        """The rows left, as if zeros followed."""
        return self.push(np.zeros((self.n_ahead, self._kernel.shape[1]), np.float32))
