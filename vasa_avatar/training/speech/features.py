"""Sound to what the network is trained on: log-mel rows, with the vocal tract warped at will.

`warped_log_mel` equals audio.log_mel where the warp is 1, but works on a whole recording at once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from vasa_avatar.audio.log_mel import (
    FFT_SAMPLES,
    FLOOR_POWER,
    HOP_SAMPLES,
    SAMPLE_RATE_HZ,
    WINDOW_SAMPLES,
    mel_filters,
)
from vasa_avatar.datatypes import F32

N_MELS = 40
_WINDOW = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)


@lru_cache(maxsize=32)
def warped_filters(warp: float) -> F32:
    """(257, 40) mel filters that read a spectrum stretched by `warp` (1.1: a longer tract)."""
    filters = mel_filters(N_MELS)
    bins = np.arange(len(filters)) / warp
    low = np.minimum(bins.astype(np.int64), len(filters) - 1)
    high = np.minimum(low + 1, len(filters) - 1)
    share = (bins - low).astype(np.float32)[:, None]
    warped = filters[low] * (1 - share) + filters[high] * share
    warped[bins > len(filters) - 1] = 0
    shares: F32 = (warped / np.maximum(warped.sum(axis=0), 1e-6)).astype(np.float32)
    return shares


def power_rows(pcm: F32) -> F32:
    """(T, 257) power spectra; row k is centred on sample k * 160."""
    rows = -(-len(pcm) // HOP_SAMPLES)
    padded = np.zeros((rows - 1) * HOP_SAMPLES + WINDOW_SAMPLES, np.float32)
    half = WINDOW_SAMPLES // 2
    piece = pcm[: len(padded) - half]
    padded[half : half + len(piece)] = piece
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)[::HOP_SAMPLES]
    spectrum = np.fft.rfft(windows * _WINDOW, FFT_SAMPLES)
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


def warped_log_mel(pcm: F32, warps: tuple[float, ...] = (1.0,)) -> F32:
    """(len(warps), T, 40) natural log-mel power of mono 16 kHz sound."""
    assert SAMPLE_RATE_HZ == 16_000
    power = power_rows(pcm)
    return np.stack(
        [np.log(np.maximum(power @ warped_filters(w), FLOOR_POWER)) for w in warps]
    ).astype(np.float32)
