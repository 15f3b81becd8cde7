"""Speech with a known pitch curve becomes deeper or higher, its vowels and length unchanged.

Pitch-synchronous overlap and add in the time domain (Moulines and Charpentier, "Pitch-synchronous
waveform processing techniques", Speech Communication 9, 1990): grains of two periods, cut at the
old period, laid down at the new one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32

_VOICED_HZ = 40.0
_LOWEST_HZ = 60.0
_UNVOICED_PERIOD_S = 0.005


def shift_pitch(wave: F32, f0_hz: F32, hop_samples: int, sample_rate_hz: int, ratio: float) -> F32:
    """Multiply the pitch.

    Args:
        wave: (N,) speech.
        f0_hz: (F,) its pitch, one value per hop; below 40 Hz means no voice.
        hop_samples: distance of the pitch values; value k stands for the middle of hop k.
        sample_rate_hz: of `wave`.
        ratio: of the new pitch to the old one, 0.4 .. 2.

    Returns:
        (N,) float32.
    """
    period, is_voiced = _periods(len(wave), f0_hz, hop_samples, sample_rate_hz)
    marks = np.flatnonzero(np.diff(np.floor(np.cumsum(1.0 / period)))) + 1
    shifted = np.zeros(len(wave), np.float32)
    if not len(marks):
        return wave.astype(np.float32)
    place = float(marks[0])
    while place < len(wave) - 1:
        centre = int(place)
        nearest = _nearest(marks, centre)
        mark = int(marks[nearest])
        _lay_grain(wave, mark, int(period[mark]), shifted, centre)
        if is_voiced[mark]:
            place += period[mark] / ratio
        elif nearest + 1 < len(marks):
            place = float(marks[nearest + 1])  # noise goes back where it was
        else:
            break
    return shifted


def _periods(
    n: int, f0_hz: F32, hop_samples: int, sample_rate_hz: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Per sample: the period in samples, and whether there is a voice."""
    middles = (np.arange(len(f0_hz)) + 0.5) * hop_samples
    at = np.arange(n)
    is_voiced = np.interp(at, middles, (f0_hz > _VOICED_HZ).astype(np.float64)) > 0.5
    smooth_hz = np.maximum(np.interp(at, middles, f0_hz), _LOWEST_HZ)
    period = np.where(is_voiced, sample_rate_hz / smooth_hz, _UNVOICED_PERIOD_S * sample_rate_hz)
    return period, is_voiced


def _nearest(marks: NDArray[np.intp], place: int) -> int:
    """Index of the mark that is closest."""
    after = int(np.searchsorted(marks, place))
    if after == len(marks) or (after > 0 and place - marks[after - 1] < marks[after] - place):
        after -= 1
    return after


def _lay_grain(wave: F32, source: int, half: int, out: F32, target: int) -> None:
    """Add the Hann-windowed grain around `source` to `out` around `target`."""
    before = min(half, source, target)
    behind = min(half, len(wave) - source, len(out) - target)
    window = np.hanning(2 * half + 1)[half - before : half + behind].astype(np.float32)
    grain = wave[source - before : source + behind] * window
    out[target - before : target + behind] += grain
