"""Compiled loops for streaming sound: one output sample at a time, so that chunks never matter.

fastmath lets a sum run in lanes; its length never changes, so neither does its order.
"""

from __future__ import annotations

import typing

import numpy as np

from vasa_avatar.kernel_cache import kernel


@kernel(fastmath=True)
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
        under, taps = samples[left : left + n_taps], table[phase]
        total = np.float32(0.0)
        for j in range(n_taps):
            total += under[j] * taps[j]
        out[m] = total


@kernel
@typing.no_type_check
def find_pitch(acf, window_acf, lag_bonus, first_lag, rate_hz, voiced_from, f0_hz, voicing):
    """The highest peak of each row's normalised autocorrelation, refined by a parabola.

    Args:
        acf: (T, L) float32 of windowed sound, from lag 0.
        window_acf: (L,) float32 of the window, 1 at lag 0.
        lag_bonus: (B,) float32 added to the heights from `first_lag` on for the choice alone.
        first_lag: shortest period, samples.
        rate_hz: sample rate.
        voiced_from: height from which a peak is a voice.
        f0_hz: (T,) float32, written; 0 without voice.
        voicing: (T,) float32, written, 0..1.
    """
    for t in range(acf.shape[0]):
        energy = max(acf[t, 0], np.float32(1e-6))  # some -85 dB, nothing to hear
        best, most = 0, np.float32(-np.inf)
        for i in range(lag_bonus.shape[0]):
            lag = first_lag + i
            height = acf[t, lag] / (energy * window_acf[lag]) + lag_bonus[i]
            if height > most:
                best, most = lag, height
        left = acf[t, best - 1] / (energy * window_acf[best - 1])
        peak = acf[t, best] / (energy * window_acf[best])
        right = acf[t, best + 1] / (energy * window_acf[best + 1])
        curvature = left - np.float32(2) * peak + right
        f0_hz[t] = 0.0
        if peak >= voiced_from and peak >= left and peak >= right and curvature < 0:
            f0_hz[t] = rate_hz / (best + np.float32(0.5) * (left - right) / curvature)
        voicing[t] = min(max(peak, np.float32(0)), np.float32(1))
