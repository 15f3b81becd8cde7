"""Speech at any rate (int16 or float32, mono) to 16 kHz float32 in -1..1, as it streams in.

For analysis only. The voice that is heard keeps the rate at which it was pushed; where another
one is asked for, soxr resamples it (voice_resampler.py). A polyphase windowed sinc of 3 ms on each
side: soxr's streaming mode holds back tens of milliseconds and lets them go in blocks, which would
eat the lookahead of a frame; here an output sample needs the input up to 3 ms after it.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd

import numpy as np

from vasa_avatar.audio.kernels import polyphase
from vasa_avatar.datatypes import F32, I16
from vasa_avatar.errors import AudioError

_HALF_WIDTH_MS = 3
_KAISER_BETA = 8.0  # side lobes below -80 dB
_TRANSITION_HZ = 840.0  # of this window: (A - 8) / (2.285 * 2 pi * N) * rate, Kaiser 1974
_MAX_PHASES = 1024  # rates that share no divisor round to 1/1024 of a sample (-66 dB at worst)


@lru_cache(maxsize=16)
def _filter_table(rate_in_hz: int, rate_out_hz: int) -> F32:
    """(P + 1, 2 * half) filter taps for every fraction of an input sample."""
    divisor = gcd(rate_in_hz, rate_out_hz)
    phases = min(rate_out_hz // divisor, _MAX_PHASES)
    half = rate_in_hz * _HALF_WIDTH_MS // 1000
    cutoff = (min(rate_in_hz, rate_out_hz) - _TRANSITION_HZ) / rate_in_hz  # of Nyquist
    fraction = np.arange(phases + 1)[:, None] / phases
    distance = np.arange(-half + 1, half + 1)[None, :] - fraction
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (distance / half) ** 2, 0, 1)))
    taps = np.sinc(cutoff * distance) * window
    taps /= taps.sum(axis=1, keepdims=True)
    table = taps.astype(np.float32)
    table.flags.writeable = False
    return table


class StreamResampler:
    """Resamples one stream. Any split of the input gives the same output, bit for bit."""

    def __init__(self, rate_in_hz: int, rate_out_hz: int = 16_000) -> None:
        """Prepare the filter.

        Args:
            rate_in_hz: 4000 to 384000.
            rate_out_hz: likewise.
        """
        for rate in (rate_in_hz, rate_out_hz):
            if not 4_000 <= rate <= 384_000:
                raise AudioError(f"sample rate is {rate} Hz; expected 4000 to 384000 Hz")
        divisor = gcd(rate_in_hz, rate_out_hz)
        self._step_num = rate_in_hz // divisor
        self._step_den = rate_out_hz // divisor
        self._is_copy = rate_in_hz == rate_out_hz
        self._table = _filter_table(rate_in_hz, rate_out_hz)
        self._half = self._table.shape[1] // 2
        self.reset()

    @property
    def lookahead_samples(self) -> int:
        """Output at time t needs the input up to t and this many samples more (input rate)."""
        return 1 if self._is_copy else self._half + 1

    def reset(self) -> None:
        """Forget everything: equal to a new stream."""
        self._held = np.zeros(self._half, np.float32)  # silence before the start
        self._held_first = -self._half
        self._n_in = 0
        self._n_out = 0

    def push(self, pcm: I16 | F32) -> F32:
        """Take (N,) int16 or float32 samples, give all 16 kHz samples that they complete."""
        samples = _as_float(pcm)
        self._n_in += len(samples)
        if self._is_copy:
            self._n_out += len(samples)
            return samples
        self._held = np.concatenate((self._held, samples))
        # The last k whose filter ends inside the input: k * num // den + half < n_in.
        reachable = self._n_in - self._half
        n_ready = -(-reachable * self._step_den // self._step_num) if reachable > 0 else 0
        return self._advance(n_ready)

    def flush(self) -> F32:
        """The samples left, as if silence followed; push no more until `reset`."""
        if self._is_copy:
            return np.zeros(0, np.float32)
        self._held = np.concatenate((self._held, np.zeros(self._half, np.float32)))
        n_total = -(-self._n_in * self._step_den // self._step_num)
        return self._advance(n_total)

    def _advance(self, n_ready: int) -> F32:
        out = np.empty(max(0, n_ready - self._n_out), np.float32)
        polyphase(
            self._held, self._held_first, self._n_out, self._step_num, self._step_den,
            self._table, out,
        )  # fmt: skip
        self._n_out += len(out)
        needed_from = self._n_out * self._step_num // self._step_den - self._half + 1
        drop = min(max(0, needed_from - self._held_first), len(self._held))
        self._held = self._held[drop:]
        self._held_first += drop
        return out


def _as_float(pcm: I16 | F32) -> F32:
    """int16 or float32 samples as float32 in -1..1."""
    if pcm.ndim != 1:
        raise AudioError(f"sound has the shape {pcm.shape}; expected (N,) mono samples")
    if pcm.dtype == np.int16:
        return pcm.astype(np.float32) / np.float32(32768)
    if pcm.dtype == np.float32:
        return np.asarray(pcm, np.float32)
    raise AudioError(f"sound is {pcm.dtype}; expected int16 or float32")


def resample(pcm: I16 | F32, rate_in_hz: int, rate_out_hz: int = 16_000) -> F32:
    """A whole recording at once, equal to streaming it."""
    stream = StreamResampler(rate_in_hz, rate_out_hz)
    return np.concatenate((stream.push(pcm), stream.flush()))
