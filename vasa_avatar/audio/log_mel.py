"""16 kHz float32 sound to log-mel rows at 100 Hz, streaming and at once, with equal results.

Row k is centred on sample k * 160 (25 ms Hann window, 512-point FFT, Slaney mel scale); values are
natural logarithms of the mean power in each band, floored at 1e-10.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from vasa_avatar.audio.framing import WindowStream
from vasa_avatar.datatypes import F32

SAMPLE_RATE_HZ = 16_000
HOP_SAMPLES = 160
WINDOW_SAMPLES = 400
FFT_SAMPLES = 512
LOW_HZ = 40.0
HIGH_HZ = 7_800.0
FLOOR_POWER = 1e-10


def _hz_to_mel(hz: F32) -> F32:
    """Slaney's scale: linear below 1 kHz (200/3 Hz a mel), logarithmic above (Auditory Toolbox)."""
    linear = hz * 3 / 200
    logarithmic = 15 + 27 * np.log(np.maximum(hz, 1.0) / 1000) / np.log(6.4)
    mel: F32 = np.where(hz < 1000, linear, logarithmic).astype(np.float32)
    return mel


@lru_cache(maxsize=8)
def mel_filters(n_mels: int) -> F32:
    """(257, n_mels) weights of triangular bands, each summing to one."""
    bin_hz = np.arange(FFT_SAMPLES // 2 + 1) * (SAMPLE_RATE_HZ / FFT_SAMPLES)
    bin_mel = _hz_to_mel(bin_hz.astype(np.float32))
    low, high = _hz_to_mel(np.array([LOW_HZ, HIGH_HZ], np.float32))
    edges = np.linspace(low, high, n_mels + 2)
    rise = (bin_mel[:, None] - edges[None, :-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[None, 2:] - bin_mel[:, None]) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rise, fall))
    # A band narrower than one bin may lie between two: it takes the nearest bin.
    for band in np.flatnonzero(weights.sum(axis=0) == 0):
        weights[np.abs(bin_mel - edges[band + 1]).argmin(), band] = 1
    filters: F32 = (weights / weights.sum(axis=0)).astype(np.float32)
    filters.flags.writeable = False
    return filters


_WINDOW = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)


def _log_mel_rows(windows: F32, filters: F32) -> F32:
    """(T, 400) samples to (T, n_mels) log powers; a row's bits do not depend on its neighbours."""
    spectrum = np.fft.rfft(windows * _WINDOW, FFT_SAMPLES)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    # A stack of single rows: each is a product by itself, of one shape, whatever the batch.
    bands = (power[:, None, :] @ filters)[:, 0]
    rows: F32 = np.log(np.maximum(bands, np.float32(FLOOR_POWER)))
    return rows


class LogMelStream:
    """Streaming log-mel rows. Any split of the input gives the same rows, bit for bit."""

    def __init__(self, n_mels: int = 40) -> None:
        """Prepare `n_mels` bands, 20 to 80."""
        if not 20 <= n_mels <= 80:
            raise ValueError(f"n_mels is {n_mels}; expected 20 to 80")
        self._filters = mel_filters(n_mels)
        self._windows = WindowStream(WINDOW_SAMPLES, HOP_SAMPLES)

    @property
    def lookahead_samples(self) -> int:
        """Row k needs the samples before k * 160 + lookahead_samples."""
        return self._windows.lookahead_samples

    def reset(self) -> None:
        """Forget everything: equal to a new stream."""
        self._windows.reset()

    def push(self, pcm_16k: F32) -> F32:
        """Take (N,) samples, give (rows, n_mels)."""
        return _log_mel_rows(self._windows.push(pcm_16k), self._filters)

    def flush(self) -> F32:
        """The rows left: one for each begun 160 samples."""
        return _log_mel_rows(self._windows.flush(), self._filters)


def log_mel(pcm_16k: F32, n_mels: int = 40) -> F32:
    """(T, n_mels) rows of a whole recording, equal to streaming it."""
    stream = LogMelStream(n_mels)
    return np.concatenate((stream.push(pcm_16k), stream.flush()))
