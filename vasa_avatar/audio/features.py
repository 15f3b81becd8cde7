"""16 kHz float32 sound to what an ear would notice, 100 rows a second: level, pitch, colour.

Row k is centred on sample k * 160, window 32 ms. Pitch by the autocorrelation of the windowed
signal, divided by that of the window (Boersma 1993, "Accurate short-term analysis", eq. 9).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.audio.framing import WindowStream
from vasa_avatar.audio.kernels import find_pitch
from vasa_avatar.datatypes import F32

WINDOW_SAMPLES = 512
_FFT_SAMPLES = 1024
_RATE_HZ = 16_000
_LOWEST_F0_HZ = 65.0
_HIGHEST_F0_HZ = 420.0
_OCTAVE_COST = 0.02  # per octave, in favour of the shorter period
_VOICED_FROM = 0.45  # height of the normalised autocorrelation peak
_FLOOR_POWER = 1e-12

# Bands that tell mouth shapes apart (Hz): murmur, first formant of close and of open vowels, second
# formant of back and of front vowels, hiss of sh, hiss of s.
BANDS_HZ: tuple[tuple[float, float], ...] = (
    (90, 280),
    (280, 480),
    (520, 1000),
    (850, 1350),
    (1700, 2900),
    (2600, 4200),
    (4500, 7600),
)


@dataclass(frozen=True, slots=True, eq=False)
class SpeechFeatures:
    """Rows of features, 100 a second."""

    level_db: F32
    """(T,) mean power, dB re full scale, -120 or more"""
    f0_hz: F32
    """(T,) 0 where there is no voice"""
    voicing: F32
    """(T,) 0..1, how periodic the sound is"""
    bands_db: F32
    """(T, 7) mean power density in BANDS_HZ, dB re full scale"""

    def __len__(self) -> int:
        return len(self.level_db)


_WINDOW = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
_WINDOW_POWER = float((_WINDOW**2).sum())
_BAND_EDGES = np.rint(np.array(BANDS_HZ).ravel() * _FFT_SAMPLES / _RATE_HZ).astype(np.int64)
_BAND_SCALE = 1.0 / (np.diff(_BAND_EDGES.reshape(-1, 2), axis=1)[:, 0] * _WINDOW_POWER)
_LAGS = np.arange(int(_RATE_HZ / _HIGHEST_F0_HZ), int(_RATE_HZ / _LOWEST_F0_HZ) + 1)
_WINDOW_SPECTRUM = np.abs(np.fft.rfft(_WINDOW, _FFT_SAMPLES)) ** 2
_WINDOW_ACF = np.fft.irfft(_WINDOW_SPECTRUM)[: _LAGS[-1] + 2]
_WINDOW_ACF = (_WINDOW_ACF / _WINDOW_ACF[0]).astype(np.float32)
_LAG_BONUS = (-_OCTAVE_COST * np.log2(_LAGS * _LOWEST_F0_HZ / _RATE_HZ)).astype(np.float32)


class SpeechFeatureStream:
    """Streaming features. Any split of the input gives the same rows, bit for bit."""

    def __init__(self) -> None:
        self._windows = WindowStream(WINDOW_SAMPLES)

    @property
    def lookahead_samples(self) -> int:
        """Row k needs the samples before k * 160 + lookahead_samples."""
        return self._windows.lookahead_samples

    def reset(self) -> None:
        """Forget everything: equal to a new stream."""
        self._windows.reset()

    def push(self, pcm_16k: F32) -> SpeechFeatures:
        """Take (N,) samples, give the rows that they complete."""
        return _features(self._windows.push(pcm_16k))

    def flush(self) -> SpeechFeatures:
        """The rows left: one for each begun 160 samples."""
        return _features(self._windows.flush())


def _features(windows: F32) -> SpeechFeatures:
    """(T, 512) windows to features; every operation works on each row by itself."""
    if not len(windows):
        empty = np.zeros(0, np.float32)
        return SpeechFeatures(empty, empty, empty, np.zeros((0, len(BANDS_HZ)), np.float32))
    shaped = (windows - windows.mean(axis=1, keepdims=True)) * _WINDOW
    spectrum = np.fft.rfft(shaped, _FFT_SAMPLES)
    power = spectrum.real**2 + spectrum.imag**2
    bands = np.add.reduceat(power, _BAND_EDGES, axis=1)[:, ::2] * _BAND_SCALE
    mean_power = (shaped * shaped).sum(axis=1) * np.float32(1 / _WINDOW_POWER)
    f0_hz, voicing = _pitch(power.astype(np.float32))
    return SpeechFeatures(
        10 * np.log10(mean_power + np.float32(_FLOOR_POWER)),
        f0_hz,
        voicing,
        10 * np.log10(bands.astype(np.float32) + np.float32(_FLOOR_POWER)),
    )


def _pitch(power: F32) -> tuple[F32, F32]:
    """(T, 513) power spectra to (T,) fundamentals in Hz (0 without voice) and (T,) voicings."""
    acf = np.fft.irfft(power)
    f0_hz, voicing = np.empty(len(acf), np.float32), np.empty(len(acf), np.float32)
    find_pitch(acf, _WINDOW_ACF, _LAG_BONUS, _LAGS[0], _RATE_HZ, _VOICED_FROM, f0_hz, voicing)
    return f0_hz, voicing
