"""Compiled loops for streaming sound: one output sample at a time, so that chunks never matter.

fastmath lets a sum run in lanes; its length never changes, so neither does its order.
"""

from __future__ import annotations

import typing

import numba
import numpy as np


@numba.njit(cache=True, nogil=True, fastmath=True)
@typing.no_type_check
def polyphase(samples, first, out_first, step_num, step_den, table, out):
    """Windowed-sinc interpolation at the instants k * step_num / step_den (in input samples).

    Args:
        samples: (N,) float32 input; samples[0] has the index `first` in the stream. It must hold
            every sample that the filter touches.
        first: stream index of samples[0].
        out_first: index k of out[0].
        step_num: input rate, divided by the common divisor of both rates.
        step_den: output rate, divided likewise.
        table: (P + 1, 2 * half) float32 filter for each of P equal fractions of a sample, and 1.
        out: (M,) float32, written.
    """
    n_phases = table.shape[0] - 1
    n_taps = table.shape[1]
    half = n_taps // 2
    for m in range(out.shape[0]):
        numerator = (out_first + m) * step_num
        whole = numerator // step_den
        remainder = numerator - whole * step_den
        phase = (remainder * n_phases + step_den // 2) // step_den
        left = whole - half + 1 - first
        total = np.float32(0.0)
        for j in range(n_taps):
            total += samples[left + j] * table[phase, j]
        out[m] = total
