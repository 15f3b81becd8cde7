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
from vasa_avatar.kernel_cache import kernel
from vasa_avatar.safety.mark.layout import DRAWN_FALL, N_CHIPS, N_KNOWN, TILE, falling, mark_layout
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
_PROMISING, _PROMISING_IN_SQUARE = 12, 4
"""scales, of a level or of half an octave, at which every place is tried"""
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
    is_flat: bool

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
        even = np.asarray(np.clip(band / usual, -2.5, 2.5) / usual, np.float32)
        return cls(even, factor, is_flat)

    def spectrum(self, least_scale: float, square: Square | None = None) -> Spectrum:
        """Of the whole, or of a square inside, for scales from the least on."""
        top, left, side = self._place_of(square)
        even = self.even if square is None else self.even[top : top + side, left : left + side]
        return Spectrum.of(even, self.factor, least_scale * self.factor)

    def waves(self, scales: F64, square: Square | None = None) -> Waves:
        """(n, 512) as `Spectrum.waves`, without its rounding; the faster way for a few scales.

        In flat pictures coarse waves count more, as they do in a drawing's mark. The square may lie
        partly outside: what is there is dark.
        """
        height, width = self.even.shape
        top, left, side = self._place_of(square)
        (y, x) = (
            (height // 2, width // 2) if square is None else (top + side // 2, left + side // 2)
        )
        rows = slice(None) if square is None else slice(max(top, 0), max(top + side, 0))
        columns = slice(None) if square is None else slice(max(left, 0), max(left + side, 0))
        part = self.even[rows, columns]
        across, down = mark_layout().periods.T
        found = np.empty((len(scales), len(across)), np.complex64)
        for one, scale in zip(found, scales, strict=True):
            step = TILE * self.factor * float(scale)
            turns_y = _turns(np.arange(height)[rows] - y, int(down.max()), step)
            turns_x = _turns(np.arange(width)[columns] - x, int(across.max()), step)
            pairs = part.T @ np.ascontiguousarray(turns_y.T).view(np.float32)  # real by real
            half = pairs.view(np.complex64).T  # (periods along y, w)
            right, other = half @ turns_x.T, half @ turns_x.conj().T
            one[:] = np.where(across < 0, other[down, -across], right[down, across])
        weights = falling(DRAWN_FALL if self.is_flat else 0.0)
        return _level(found) * weights.astype(np.float32)

    def _place_of(self, square: Square | None) -> tuple[int, int, int]:
        """Top, left and edge of a square in this picture's own pixels."""
        if square is None:
            return 0, 0, 0
        edges = (square.top_px, square.left_px, square.side_px)
        top, left, side = (round(n * self.factor) for n in edges)
        return top, left, side


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
        steps = 1.0 / (TILE * self.factor * scales)
        found = np.empty((len(scales), N_CHIPS // 2), np.complex64)
        _interpolate(self.table, self.length, mark_layout().periods, steps, found)
        return _level(found)


def _turns(places: NDArray[np.int64], most: int, step: float) -> NDArray[np.complex64]:
    """(most + 1, n) a wave of 0, 1, 2 … periods in so many pixels, backwards, at n places."""
    one = np.exp(-2j * np.pi / step * places)
    turns = np.empty((most + 1, len(places)), np.complex64)
    now = np.ones_like(one)
    for turn in turns:
        turn[:] = now
        now = now * one
    return turns


@kernel
def _interpolate(table, length, periods, steps, found):  # type: ignore[no-untyped-def]
    """The table (R, Q) between its waves, at periods (m, 2) by steps (n,), into (n, m)."""
    n_columns = table.shape[1]
    for i in range(found.shape[0]):
        for j in range(found.shape[1]):
            row = periods[j, 1] * steps[i] * length[0]
            column = periods[j, 0] * steps[i] * length[1]
            top, left = int(np.floor(row)), int(np.floor(column))
            down, right = np.float32(row - top), np.float32(column - left)
            near, far = left % n_columns, (left + 1) % n_columns
            upper = (1 - right) * table[top, near] + right * table[top, far]
            lower = (1 - right) * table[top + 1, near] + right * table[top + 1, far]
            found[i, j] = (1 - down) * upper + down * lower


def _level(waves: Waves) -> Waves:
    """Waves (n, 512), changed in place, each for one of those around it: the layout has them by
    their frequency."""
    _level_rings(waves)
    return waves


@kernel(makes_arrays=True)
def _level_rings(waves):  # type: ignore[no-untyped-def]
    n = waves.shape[1]
    sums = np.zeros(n + 2 * _RING + 1)
    for i in range(waves.shape[0]):
        for k in range(n + 2 * _RING):
            j = abs(k - _RING)  # beyond both ends as in a mirror
            one = waves[i, j if j < n else 2 * n - 2 - j]
            sums[k + 1] = sums[k] + one.real * one.real + one.imag * one.imag
        for j in range(n):
            usual = np.sqrt((sums[j + 2 * _RING + 1] - sums[j]) / (2 * _RING + 1)) + 1e-12
            waves[i, j] = waves[i, j] * np.float32(1.0 / usual)


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


def known_fit(waves: Waves, places: int = TILE) -> F32:
    """(n, 128, 128) how well the known chips fit waves (n, 512) with a tile's corner at each place.

    The axes of a place are x, then y: steps of a tile from the middle of what was transformed; with
    fewer `places` along an edge, every second or fourth step.
    """
    x, y = mark_layout().periods.T
    turned = waves * _known_half()
    half = np.zeros((len(waves), places, int(y.max()) + 1), np.complex64)
    half[:, x % places, y] = turned
    rows = np.fft.ifft(half, axis=1, norm="forward").view(np.float32)
    return np.asarray(rows @ _real_waves(half.shape[2], places))


@lru_cache(maxsize=4)
def _real_waves(n: int, places: int) -> F32:
    """(2n, places) turns real and imaginary parts of waves of 0, 1, 2 … periods, the halves of real
    ones, into their sum at each place."""
    angles = 2 * np.pi / places * np.outer(np.arange(n), np.arange(places))
    weight = np.where(np.arange(n) > 0, 2.0, 1.0)[:, None]
    both = np.stack([weight * np.cos(angles), -weight * np.sin(angles)], axis=1)
    return np.asarray(both.reshape(2 * n, places), np.float32)


def best_fits(spectrum: Spectrum, scales: F64) -> F64:
    """(n,) how well the known chips fit at each scale, where they fit best.

    Every second place is tried, and every one at the scales that are best so.
    """
    fits, promising, places = _promising(spectrum, scales, _PROMISING)
    fits[promising] = places.max((1, 2))
    return fits


def best_place(spectrum: Spectrum, scales: F64) -> tuple[float, float, int, int]:
    """Where the known chips fit best: how well, the scale, the place along x and along y."""
    _, promising, places = _promising(spectrum, scales, _PROMISING_IN_SQUARE)
    best, x, y = np.unravel_index(places.argmax(), places.shape)
    return float(places[best, x, y]), float(scales[promising[best]]), int(x), int(y)


def _promising(spectrum: Spectrum, scales: F64, k: int) -> tuple[F64, NDArray[np.intp], F32]:
    """(n,) fits of scales at every second place, the k best of them, (k, 128, 128) their fits."""
    waves = spectrum.waves(scales)
    fits: F64 = np.concatenate(
        [
            known_fit(waves[first : first + _AT_ONCE], TILE // 2).max((1, 2))
            for first in range(0, len(scales), _AT_ONCE)
        ]
    )
    best = np.argsort(fits)[-k:]
    return fits, best, known_fit(waves[best])


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
