"""Finds the mark in pictures: their mean, made even, is compared with the known chips at every
place and scale; where they fit best, the payload is read.

How sure it is, is a number with a bound. Let u be the picture's values on the 1,024 chips. If the
picture does not know the layout's signs, the sum of u over n chips times their signs, divided by
the length of u, exceeds z by chance with a probability below exp(-z^2 / 2) (Hoeffding 1963,
theorem 2). All places, scales and payloads together are tries that are counted in full.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32, F64, U8
from vasa_avatar.safety.mark.layout import N_CHIPS, N_KNOWN, TILE, TILES, mark_layout
from vasa_avatar.safety.mark.payload import MarkPayload, most_likely, payload_of

DESIGN_PX = TILE * TILES
_SCALES = np.exp(np.arange(math.log(0.4), math.log(2.3), 0.004))
"""pixels of the picture for one of a 512 px frame; at half a step from the right one a picture of
512 px is wrong by 1/2 px at its edges"""
_LEVELS = (0.5, 0.8, 1.25, 2.0)
"""scales for which the band is cut out; the others take the nearest"""
_ENOUGH = 0.7
"""pixels for one of a 512 px frame at which the finest wave still has five"""
_MOST_PX = 1920
_GROUND = 3
"""times the picture's size that is transformed: waves between those of the spectrum are read from
their neighbours"""
_PLACES = 3
"""best places at a scale that are read in full"""
_FALSE_ALARM = 1e-8
"""bound of the chance that a window without a mark is said to have one"""
_TRIES = (len(_SCALES) + 5) * TILE**2 * 2.0**32
"""scales, places, and payloads of this program"""
SURE_Z = math.sqrt(2.0 * math.log(_TRIES / _FALSE_ALARM))
"""10.6; a clean mark has 20 to 30"""
_FINE, _COARSE, _AROUND = 0.5, 3.5, 7.0
"""of the band in which the mark lies, and of the neighbourhood that it is measured against:
standard deviations in pixels of a 512 px frame. These and `_LEAST` read films of 0.3 Mb/s, and
those compressed twice, farthest above chance among some twenty choices"""
_LEAST = 0.5
"""grey levels below which a neighbourhood counts as no more even"""


@dataclass(frozen=True, slots=True)
class MarkReading:
    """A mark that was found."""

    payload: MarkPayload
    z: float
    """how far above chance; from SURE_Z to 32"""
    scale: float
    """pixels of the picture for one of a 512 px frame"""

    @property
    def false_alarm(self) -> float:
        """Bound of the chance that a picture without a mark reads so."""
        return min(1.0, _TRIES * math.exp(-(self.z**2) / 2.0))


def mean_luma(frames_rgb: Iterable[U8]) -> F32:
    """(H, W) mean brightness of pictures (H, W, 3) of one size, 0..255.

    Raises:
        ValueError: there is none.
    """
    return mean_of(np.asarray(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), np.uint8) for f in frames_rgb)


def mean_of(lumas: Iterable[U8]) -> F32:
    """(H, W) mean of brightnesses (H, W).

    Raises:
        ValueError: there is none.
    """
    total: F32 | None = None
    n = 0
    for luma in lumas:
        total = np.zeros(luma.shape, np.float32) if total is None else total
        cv2.accumulate(luma, total)
        n += 1
    if total is None:
        raise ValueError("no picture came; expected at least one")
    return total / np.float32(n)


def read_mark(luma: F32, first_scale: float | None = None) -> MarkReading | None:
    """The mark in a picture, or in the mean of two seconds of pictures.

    Args:
        luma: (H, W) brightness, 0..255.
        first_scale: looked at first; a hit there ends the search.

    Returns:
        What it says; None when nothing was found that chance would not bring.
    """
    smaller = min(1.0, _MOST_PX / max(luma.shape))
    luma = _resized(luma, smaller)
    likely = [min(luma.shape) / DESIGN_PX, *([first_scale * smaller] if first_scale else [])]
    for scale in likely:
        if scale >= _SCALES[0] and (found := _read_at(_Band.cut(luma, scale), scale)):
            return replace(found, scale=scale / smaller)
    bands = {level: _Band.cut(luma, level) for level in _LEVELS}
    best, best_fit = 1.0, 0.0
    for scale in _SCALES:
        band = bands[min(_LEVELS, key=lambda level: abs(math.log(level / scale)))]
        fit = float(_known_fit(band.waves(float(scale))).max())
        best, best_fit = (float(scale), fit) if fit > best_fit else (best, best_fit)
    band = _Band.cut(luma, best)
    near = [best * (1.0 + step) for step in (-0.002, 0.0, 0.002)]
    readings = [reading for scale in near if (reading := _read_at(band, scale))]
    found = max(readings, key=lambda reading: reading.z, default=None)
    return found and replace(found, scale=found.scale / smaller)


def _resized(luma: F32, factor: float) -> F32:
    if factor >= 1.0:
        return luma
    small = cv2.resize(luma, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Band:
    """The waves of a picture, in the band of the mark."""

    spectrum: NDArray[np.complexfloating]
    """(P / 2 + 1, Q) transform of the picture in the middle of a dark ground (P, Q)"""
    length: tuple[int, int]
    """P and Q: in how many pixels the spectrum's waves repeat"""
    factor: float
    """its pixels for one of the picture's"""

    @classmethod
    def cut(cls, luma: F32, scale: float) -> _Band:
        """Out of a picture that has `scale` pixels for one of a 512 px frame."""
        factor = min(1.0, _ENOUGH / scale)
        luma, scale = _resized(luma, factor), scale * factor
        fine = cv2.GaussianBlur(luma, (0, 0), _FINE * scale)
        band = fine - cv2.GaussianBlur(luma, (0, 0), _COARSE * scale)
        power = cv2.GaussianBlur(band * band, (0, 0), _AROUND * scale)
        usual = np.sqrt(np.maximum(power, 0.0)) + _LEAST
        # each place against what is usual around it
        even = np.asarray(np.clip(band / usual, -2.5, 2.5) / usual, np.float32)
        height, width = even.shape
        length = (cv2.getOptimalDFTSize(_GROUND * height), cv2.getOptimalDFTSize(_GROUND * width))
        ground = np.zeros(length, np.float32)
        ground[:height, :width] = even
        # The middle at the origin: between two waves of the spectrum others then lie smoothly.
        ground = np.roll(ground, (-(height // 2), -(width // 2)), (0, 1))
        return cls(np.fft.rfft2(ground, axes=(1, 0)), length, factor)

    def waves(self, scale: float) -> NDArray[np.complex128]:
        """(512,) the picture on the layout's waves at a scale, made level over the frequencies."""
        x, y = mark_layout().periods.T / (TILE * scale * self.factor)
        row, column = y * self.length[0], x * self.length[1]
        top, left = np.floor(row).astype(int), np.floor(column).astype(int)
        down, right = row - top, column - left
        table, n = self.spectrum, self.length[1]
        found = (1 - down) * (1 - right) * table[top, left % n]
        found += (1 - down) * right * table[top, (left + 1) % n]
        found += down * (1 - right) * table[top + 1, left % n]
        found += down * right * table[top + 1, (left + 1) % n]
        return np.asarray(found / _usual_by_ring(np.abs(found)), np.complex128)


def _usual_by_ring(size: F64) -> F64:
    """How large the waves around each one are: the layout has them by their frequency."""
    around = np.convolve(np.pad(size**2, 32, mode="reflect"), np.ones(65) / 65.0, mode="valid")
    return np.sqrt(around) + 1e-12


def _known_fit(waves: NDArray[np.complex128]) -> F64:
    """(128, 128) how well the known chips fit with the tile's corner at each place."""
    layout = mark_layout()
    x, y = layout.periods.T
    spectrum = np.zeros((TILE, TILE), np.complex128)
    spectrum[y % TILE, x % TILE] = waves * np.conj(_known_waves())
    return np.asarray(np.fft.ifft2(spectrum).real * TILE**2)


def _known_waves() -> NDArray[np.complex128]:
    """(512,) what the known chips are as a spectrum."""
    layout = mark_layout()
    chips = np.zeros(N_CHIPS)
    chips[layout.order[:N_KNOWN]] = layout.signs[:N_KNOWN]
    cosines, sines = np.split(chips, 2)
    return np.asarray(cosines - 1j * sines)


def _read_at(band: _Band, scale: float) -> MarkReading | None:
    """The mark at one scale, if it is there beyond chance."""
    waves = band.waves(scale)
    fit = _known_fit(waves)
    best: MarkReading | None = None
    for place in np.argpartition(fit.ravel(), -_PLACES)[-_PLACES:]:
        y, x = divmod(int(place), TILE)
        reading = _read_placed(waves, x, y, scale)
        if reading is not None and (best is None or reading.z > best.z):
            best = reading
    return best


def _read_placed(waves: NDArray[np.complex128], x: int, y: int, scale: float) -> MarkReading | None:
    layout = mark_layout()
    turned = waves * np.exp(2j * np.pi * (layout.periods @ (x, y)) / TILE)
    values = np.concatenate([turned.real, -turned.imag])[layout.order] * layout.signs
    data, fit = most_likely(values[N_KNOWN:])
    z = (float(values[:N_KNOWN].sum()) + fit) / (float(np.linalg.norm(values)) or 1.0)
    payload = payload_of(data)
    return MarkReading(payload, z, scale) if payload is not None and z >= SURE_Z else None
