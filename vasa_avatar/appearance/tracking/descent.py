"""Many small least squares problems with bounds, one a frame, solved coordinate by coordinate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F64
from vasa_avatar.kernel_cache import kernel

_SWEEPS = 200
"""at most; it ends when nothing moves by _SMALLEST_MOVE"""
_SMALLEST_MOVE = 1e-5


@kernel
def descend(
    matrix: F64, slope: F64, values: F64, free: NDArray[np.int64], n_bounded: int
) -> None:  # pragma: no cover - compiled
    """Minimise x'Mx/2 - s'x for each of T frames.

    Args:
        matrix: (T, U, U).
        slope: (T, U), s in the formula.
        values: (T, U) start, written.
        free: the unknowns that may move; the others stay.
        n_bounded: so many first unknowns stay in 0..1.
    """
    for t in range(len(values)):
        for _ in range(_SWEEPS):
            largest = 0.0
            for k in free:
                rest = slope[t, k]
                for m in range(values.shape[1]):
                    rest -= matrix[t, k, m] * values[t, m]
                moved = values[t, k] + rest / matrix[t, k, k]
                if k < n_bounded:
                    moved = min(1.0, max(0.0, moved))
                largest = max(largest, abs(moved - values[t, k]))
                values[t, k] = moved
            if largest < _SMALLEST_MOVE:
                break
