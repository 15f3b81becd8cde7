"""A picture's brightness to its values on the mark's waves: the band of the mark is cut out, each
place measured against what is usual around it, and transformed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32, F64
from vasa_avatar.safety.mark.layout import N_CHIPS, N_KNOWN, TILE, mark_layout
from vasa_avatar.safety.mark.payload import PROGRAM, chips_of

Waves = NDArray[np.complexfloating]
_ENOUGH = 0.7
"""pixels for one of a 512 px frame at which the finest wave still has five"""
_GROUND = 3
"""times the picture's size that is transformed: waves between those of the spectrum are read from
their neighbours"""
_FINE, _COARSE, _AROUND = 0.5, 3.5, 7.0
"""of the band in which the mark lies, and of the neighbourhood that it is measured against:
standard deviations in pixels of a 512 px frame. These and `_LEAST` read films of 0.3 Mb/s, and
those compressed twice, farthest above chance among some twenty choices"""
_LEAST, _LEAST_FLAT = 0.5, 0.15
"""grey levels below which a neighbourhood counts as no more even"""
_SAME, _MOST = 2.0, 1.5
"""grey levels: colours that near count as one in flat pictures, and a mark's height there; of some
ten choices, among 1.5 to 12 and 1.5 to 6, read drawings of 0.3 and 0.5 Mb/s best"""
_AT_ONCE = 32
"""scales whose places are held at a time"""
_PROMISING = 12
"""scales, of all or of an octave, at which every place is tried"""
_RING = 32
"""waves on either side, ordered by frequency, that say how large a wave usually is"""


@dataclass(frozen=True, slots=True)
class Square:
    """A part of a picture that is looked at alone."""

    left_px: int
    top_px: int
    side_px: int


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A picture in the band of the mark."""

    even: F32
    """(h, w)"""
    factor: float
    """its pixels for one of the picture's"""

    @classmethod
    def cut(cls, luma: F32, scale: float, is_flat: bool = False) -> Band:
        """Out of a picture that has `scale` pixels for one of a 512 px frame.

        Args:
            luma: (H, W) brightness.
            scale: of the mark.
            is_flat: as in a drawing: each place is compared with what has its own colour around it,
                so that lines leave nothing. In photographs that takes half of the mark.
        """
        factor = min(1.0, _ENOUGH / scale)
        luma, scale = resized(luma, factor), scale * factor
        if is_flat:
            colour = cv2.bilateralFilter(luma, -1, _SAME, _COARSE * scale)
            luma = np.asarray(np.clip(luma - colour, -_MOST, _MOST), np.float32)
        fine = cv2.GaussianBlur(luma, (0, 0), _FINE * scale)
        band = fine - cv2.GaussianBlur(luma, (0, 0), _COARSE * scale)
        power = cv2.GaussianBlur(band * band, (0, 0), _AROUND * scale)
        usual = np.sqrt(np.maximum(power, 0.0)) + (_LEAST_FLAT if is_flat else _LEAST)
        return cls(np.asarray(np.clip(band / usual, -2.5, 2.5) / usual, np.float32), factor)

    def spectrum(self, least_scale: float, square: Square | None = None) -> Spectrum:
        """Of the whole, or of a square that lies partly inside, for scales from the least on."""
        least = least_scale * self.factor
        if square is None:
            return Spectrum.of(self.even, self.factor, least)
        left, top = (round(n * self.factor) for n in (square.left_px, square.top_px))
        side = round(square.side_px * self.factor)
        part = np.zeros((side, side), np.float32)  # what is outside stays dark
        inside = self.even[max(top, 0) : top + side, max(left, 0) : left + side]
        at_y, at_x = max(-top, 0), max(-left, 0)
        part[at_y : at_y + inside.shape[0], at_x : at_x + inside.shape[1]] = inside
        return Spectrum.of(part, self.factor, least)


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The waves of a picture, or of a part."""

    table: Waves
    """(R, Q) transform of the picture in the middle of a dark ground (P, Q); rows that are read"""
    length: tuple[int, int]
    """P and Q: in how many pixels the spectrum's waves repeat"""
    factor: float
    """its pixels for one of the picture's"""

    @classmethod
    def of(cls, even: F32, factor: float, least: float) -> Spectrum:
        """Of values (h, w) in the band that have at least so many pixels for one of a frame."""
        height, width = even.shape
        length = (cv2.getOptimalDFTSize(_GROUND * height), cv2.getOptimalDFTSize(_GROUND * width))
        # The middle at the origin: between two waves of the spectrum others then lie smoothly.
        y, x = height // 2, width // 2
        columns = np.zeros((width, length[0]), np.float32)
        columns[:, : height - y], columns[:, -y:] = even[y:].T, even[:y].T
        finest = mark_layout().periods[:, 1].max() / (TILE * least)
        n_rows = min(math.floor(finest * length[0]) + 3, length[0] // 2 + 1)
        rows = _transformed(columns)[:, :n_rows].T
        ground = np.zeros((n_rows, length[1]), np.complex64)
        ground[:, : width - x], ground[:, -x:] = rows[:, x:], rows[:, :x]
        return cls(_transformed(ground), length, factor)

    def waves(self, scales: F64) -> Waves:
        """(n, 512) the picture on the layout's waves at n scales, level over the frequencies."""
        x, y = mark_layout().periods.T[:, None] / (TILE * self.factor * scales[:, None])
        row, column = y * self.length[0], x * self.length[1]
        top, left = np.floor(row).astype(np.intp), np.floor(column).astype(np.intp)
        down, right = (row - top).astype(np.float32), (column - left).astype(np.float32)
        n = self.table.shape[1]
        flat, near, far = self.table.ravel(), left % n, (left + 1) % n
        found = (1 - right) * (
            (1 - down) * flat[top * n + near] + down * flat[(top + 1) * n + near]
        )
        found += right * ((1 - down) * flat[top * n + far] + down * flat[(top + 1) * n + far])
        return np.asarray(found / _usual_by_ring(found))


def _transformed(rows: NDArray[np.generic]) -> NDArray[np.complex64]:
    """The transform of each row (n, P) of float32 or complex64."""
    pairs = rows.view(np.float32).reshape(*rows.shape, -1)
    found = cv2.dft(pairs, flags=cv2.DFT_ROWS | cv2.DFT_COMPLEX_OUTPUT)
    return np.asarray(found, np.float32).view(np.complex64)[..., 0]


def resized(luma: F32, factor: float) -> F32:
    """Made smaller, where the factor is below 1."""
    if factor >= 1.0:
        return luma
    small = cv2.resize(luma, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _usual_by_ring(waves: Waves) -> F64:
    """(n, 512) how large the waves around each one are: the layout has them by their frequency."""
    power = waves.real**2 + waves.imag**2
    padded = np.pad(power, ((0, 0), (_RING, _RING)), mode="reflect")
    sums = np.pad(np.cumsum(padded, axis=1), ((0, 0), (1, 0)))
    width = 2 * _RING + 1
    return np.asarray(np.sqrt((sums[:, width:] - sums[:, :-width]) / width) + 1e-12)


def known_fit(waves: Waves, places: int = TILE) -> F64:
    """(n, 128, 128) how well the known chips fit waves (n, 512) with a tile's corner at each place.

    The axes of a place are x, then y: steps of a tile from the middle of what was transformed; with
    fewer `places` along an edge, every second or fourth step.
    """
    x, y = mark_layout().periods.T
    turned = waves * _known_half()
    half = np.zeros((len(waves), places, int(y.max()) + 1), turned.dtype)
    half[:, x % places, y] = turned
    return np.asarray(np.fft.irfft(np.fft.ifft(half, axis=1), places, axis=2) * places**2)


def best_fits(spectrum: Spectrum, scales: F64) -> F64:
    """(n,) how well the known chips fit at each scale, where they fit best.

    Every second place is tried, and every one at the scales that are best so.
    """
    fits = np.concatenate(
        [
            known_fit(spectrum.waves(scales[first : first + _AT_ONCE]), TILE // 2).max((1, 2))
            for first in range(0, len(scales), _AT_ONCE)
        ]
    )
    best = np.argsort(fits)[-_PROMISING:]
    fits[best] = known_fit(spectrum.waves(scales[best])).max((1, 2))
    return fits


@lru_cache(maxsize=1)
def _known_half() -> NDArray[np.complex64]:
    """(512,) the known chips as a spectrum, turned round; halved where a wave stands for two.

    Known are those at the front, and the program's number behind them.
    """
    layout = mark_layout()
    known = np.concatenate([np.ones(N_KNOWN), chips_of(bytes([PROGRAM]))])
    chips = np.zeros(N_CHIPS)
    chips[layout.order[: len(known)]] = layout.signs[: len(known)] * known
    cosines, sines = np.split(chips, 2)
    weight = np.where(layout.periods[:, 1] > 0, 0.5, 1.0)
    return np.asarray((cosines + 1j * sines) * weight, np.complex64)
