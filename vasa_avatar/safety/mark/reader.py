"""Finds the mark in pictures: their mean, made even, is compared with the known chips at every
place and scale; where they fit best, the payload is read. First where a whole frame has it, then
anywhere in the picture, then, for a face that is a part of a screen, in squares all over it.

How sure it is, is a number with a bound. Let u be the picture's values on the 1,024 chips. If the
picture does not know the layout's signs, the sum of u over n chips times their signs, divided by
the length of u, exceeds z by chance with a probability below exp(-z^2 / 2) (Hoeffding 1963,
theorem 2). All squares, places, scales and payloads together are tries that are counted in full.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from vasa_avatar.datatypes import F32, F64, U8
from vasa_avatar.safety.mark.layout import DRAWN_TILES, N_KNOWN, TILE, TILES, mark_layout
from vasa_avatar.safety.mark.payload import (
    N_PAYLOADS,
    MarkPayload,
    most_likely,
    most_likely_of_ours,
    payload_of,
)
from vasa_avatar.safety.mark.waves import (
    Band,
    Square,
    Waves,
    best_fits,
    best_place,
    known_fit,
    resized,
)

_KINDS = (TILES, DRAWN_TILES)
"""tiles along an edge of the frames that there are"""
_LEAST_SCALE, _MOST_SCALE = 0.4, 4.6
"""pixels of the picture for one step of a tile; in a 512 px frame 1, and 2 where it is drawn"""
_SCALES = np.exp(np.arange(math.log(_LEAST_SCALE), math.log(_MOST_SCALE), 0.004))
"""at half a step from the right one a picture of 512 px is wrong by 1/2 px at its edges"""
_FEWEST_TILES = 1.5
"""along the longer side of a picture in which a scale is looked for"""
_LEVELS = (0.5, 0.8, 1.25, 2.0, 3.2)
"""scales for which the band is cut out; the others take the nearest"""
_NEAR = np.array([-0.002, 0.0, 0.002])
"""steps around a likely scale"""
_MOST_PX = 1920
_PLACES = 3
"""best places at a scale that are read in full"""
_LIKELY = 3
"""best scales, or squares, that are read in full"""

_OCTAVE = math.sqrt(2.0)
_SQUARE_SCALES = np.exp(np.arange(0.0, math.log(_OCTAVE), 0.006))
"""of a square, for one of its least"""
_SQUARE_PX = 460
"""edge of a square, for 1 of its least scale, in a frame of four tiles: the frame is 1.1 to 1.6
times as large"""
_SQUARE_MOST = 0.8
"""of the picture's shorter side; larger frames are found in the whole"""
_CORNERS = 9
"""at most so many corners of a frame agree with a place found in a square"""

FALSE_ALARM = 1e-7
"""bound of the chance that a picture, or 2 s of a film, without a mark is said to have one"""
_SEARCHES = 3
"""that share it: the whole frame in its place, anywhere in the whole picture, in squares"""
_CUTS = (False, True)
"""as a photograph, and as a flat picture"""
_IN_PLACE = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
"""steps by which a whole frame may be off its place, by rounding"""
IN_PLACE_TRIES = float(len(_KINDS) * len(_CUTS) * len(_IN_PLACE) * N_PAYLOADS)
_PLACED_TRIES = float(TILE**2 * N_PAYLOADS)
"""places, and payloads of this program, at one scale"""
_WHOLE_TRIES = len(_CUTS) * (len(_NEAR) * len(_SCALES) + len(_KINDS)) * _PLACED_TRIES


def _enough_z(tries: float) -> float:
    return math.sqrt(2.0 * math.log(_SEARCHES * tries / FALSE_ALARM))


SURE_Z = _enough_z(_WHOLE_TRIES)
"""10.4 in the whole of a picture, 8.9 where the whole frame is in its place, 11 in squares; a clean
mark has 20 to 30"""


@dataclass(frozen=True, slots=True)
class MarkReading:
    """A mark that was found."""

    payload: MarkPayload
    z: float
    """how far above chance; from 8.9 to 32"""
    scale: float
    """pixels of the picture for one step of a tile; in a 512 px frame 1, and 2 where it is drawn"""
    false_alarm: float
    """bound of the chance that a picture without a mark reads so"""
    square: Square | None = None
    """where; None for the whole picture"""


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


def read_mark(luma: F32, first: MarkReading | None = None) -> MarkReading | None:
    """The mark in a picture, or in the mean of two seconds of pictures.

    Args:
        luma: (H, W) brightness, 0..255.
        first: found in another picture of this size; looked for at its place and scale first.

    Returns:
        What it says; None when nothing was found that chance would not bring.
    """
    for guess in guesses(luma, first):
        payload = payload_of(guess.data)
        if payload is not None and guess.false_alarm <= FALSE_ALARM:
            return MarkReading(payload, guess.z, guess.scale, guess.false_alarm, guess.square)
    return None


@dataclass(frozen=True, slots=True)
class Guess:
    """What fits best in one search, mark or chance."""

    data: bytes
    """six bytes"""
    z: float
    scale: float
    tries: float
    """how many the search counts"""
    square: Square | None = None

    @property
    def false_alarm(self) -> float:
        """Bound of the chance that one of the searches goes so far without a mark."""
        return min(1.0, _SEARCHES * self.tries * math.exp(-(self.z**2) / 2.0))


def guesses(luma: F32, first: MarkReading | None = None) -> Iterator[Guess]:
    """What each search finds: at a place known before, the whole frame, anywhere, in squares."""
    smaller = min(1.0, _MOST_PX / max(luma.shape))
    luma = resized(luma, smaller)
    if first is not None:
        yield _guess_again(luma, first, smaller)
    others = (search(luma) for search in (_in_the_whole, _in_squares))
    for found in itertools.chain(_as_it_mostly_is(luma), others):
        if found is not None:
            yield replace(
                found, scale=found.scale / smaller, square=_scaled(found.square, 1.0 / smaller)
            )


def _guess_again(luma: F32, first: MarkReading, smaller: float) -> Guess:
    scale, square = first.scale * smaller, _scaled(first.square, smaller)
    tries = _WHOLE_TRIES if square is None else _square_tries(luma.shape)
    found = _guess_cut(luma, np.array([scale]), tries, square)
    return replace(found, scale=first.scale, square=first.square)


def _scaled(square: Square | None, factor: float) -> Square | None:
    if square is None:
        return None
    edges = (round(n * factor) for n in (square.left_px, square.top_px, square.side_px))
    return Square(*edges)


def _as_it_mostly_is(luma: F32) -> Iterator[Guess]:
    """The whole frame fills the picture: in its place, then moved round."""
    scales = [min(luma.shape) / (TILE * tiles) for tiles in _KINDS]
    ways = [
        (Band.cut(luma, scale, is_flat).waves(np.array([scale])), scale)
        for scale, is_flat in itertools.product(scales, _CUTS)
        if scale >= _LEAST_SCALE
    ]
    if ways:
        yield _surest(
            _guess_placed(waves[0], x, y, scale, IN_PLACE_TRIES)
            for (waves, scale), (x, y) in itertools.product(ways, _IN_PLACE)
        )
        yield _surest(_guess_moved(waves, np.array([scale]), _WHOLE_TRIES) for waves, scale in ways)


def _in_the_whole(luma: F32) -> Guess:
    """Some scale, over the whole picture."""
    most = max(luma.shape) / (_FEWEST_TILES * TILE)
    tried = _SCALES[: max(1, int(np.searchsorted(_SCALES, most)))]
    nearest = np.argmin(np.abs(np.log(tried[:, None] / np.array(_LEVELS))), axis=1)
    levels = [(_LEVELS[index], tried[nearest == index]) for index in np.unique(nearest)]
    fits = np.concatenate(
        [best_fits(Band.cut(luma, level).spectrum(scales[0]), scales) for level, scales in levels]
    )
    likely = tried[np.argsort(fits)[-_LIKELY:]]
    return _surest(_guess_cut(luma, best * (1 + _NEAR), _WHOLE_TRIES) for best in likely)


def _surest(found: Iterable[Guess]) -> Guess:
    return max(found, key=lambda guess: guess.z)


def _guess_cut(luma: F32, scales: F64, tries: float, square: Square | None = None) -> Guess:
    """What fits best at scales near one another, the band cut in either way."""
    bands = [Band.cut(luma, float(scales.mean()), is_flat) for is_flat in _CUTS]
    return _surest(_guess_at(band, scales, tries, square) for band in bands)


def _guess_at(band: Band, scales: F64, tries: float, square: Square | None = None) -> Guess:
    """What fits best at a few scales."""
    return _guess_moved(band.waves(scales, square), scales, tries)


def _guess_moved(waves: Waves, scales: F64, tries: float) -> Guess:
    """What fits best anywhere: waves (n, 512) at n scales."""
    return _surest(
        _guess_placed(one, *divmod(int(place), TILE), float(scale), tries)
        for one, scale, fit in zip(waves, scales, known_fit(waves), strict=True)
        for place in np.argpartition(fit.ravel(), -_PLACES)[-_PLACES:]
    )


def _guess_placed(waves: Waves, x: int, y: int, scale: float, tries: float) -> Guess:
    layout = mark_layout()
    turned = waves * np.exp(2j * np.pi * (layout.periods @ (x, y)) / TILE)
    values = np.concatenate([turned.real, -turned.imag])[layout.order] * layout.signs
    data, fit = most_likely(values[N_KNOWN:])
    known, length = float(values[:N_KNOWN].sum()), float(np.linalg.norm(values)) or 1.0
    if (known + fit) / length >= _enough_z(tries) and payload_of(data) is None:
        data, fit = most_likely_of_ours(values[N_KNOWN:]) or (data, fit)
    return Guess(data, (known + fit) / length, scale, tries)


@dataclass(frozen=True, slots=True)
class _Likely:
    """Where the known chips fit best in a square."""

    fit: float
    square: Square
    scale: float
    x: int
    y: int
    tiles: int
    """along an edge of the frame"""


def _in_squares(luma: F32) -> Guess | None:
    """A frame that is a part of the picture."""
    likely: list[_Likely] = []
    for least, tiles in itertools.product(_square_levels(luma.shape), _KINDS):
        coarsest = least * TILES / tiles
        band = Band.cut(luma, coarsest * math.sqrt(_OCTAVE), is_flat=tiles == DRAWN_TILES)
        likely += [
            _likely(band, square, coarsest * _SQUARE_SCALES, tiles)
            for square in _squares(luma.shape, _side_px(least))
        ]
    likely.sort(key=lambda each: each.fit)
    tries = _square_tries(luma.shape)
    found = [guess for each in likely[-_LIKELY:] for guess in _guess_frames(luma, each, tries)]
    return _surest(found) if found else None


def _likely(band: Band, square: Square, scales: F64, tiles: int) -> _Likely:
    fit, scale, x, y = best_place(band.spectrum(scales[0], square), scales)
    return _Likely(fit, square, scale, x, y, tiles)


def _guess_frames(luma: F32, likely: _Likely, tries: float) -> Iterator[Guess]:
    """The whole frames of which a square may show a part: its tiles tell their corners."""
    scales = likely.scale * (1 + 1.5 * _NEAR)
    tops = _corners(likely.square.top_px, likely.y, likely)
    lefts = _corners(likely.square.left_px, likely.x, likely)
    for is_flat in _CUTS:
        band = Band.cut(luma, likely.scale, is_flat)
        for top, left in itertools.product(tops, lefts):
            frame = Square(left, top, round(likely.tiles * TILE * likely.scale))
            yield replace(_guess_at(band, scales, tries, frame), square=frame)


def _corners(start_px: int, place: int, likely: _Likely) -> list[int]:
    """Where a frame may begin along one axis: whole tiles from the place that was found."""
    side_px, tile_px = likely.square.side_px, TILE * likely.scale
    frame_px = likely.tiles * tile_px
    found_px = start_px + side_px // 2 + place * likely.scale
    least, most = start_px + side_px - 1.125 * frame_px, start_px + 0.125 * frame_px
    first = math.ceil((least - found_px) / tile_px)
    return [
        round(found_px + n * tile_px)
        for n in range(first, math.floor((most - found_px) / tile_px) + 1)
    ]


def _square_levels(size_hw: tuple[int, ...]) -> Iterator[float]:
    """Least scales, of frames of four tiles, of the squares that a picture is searched with."""
    least = _LEAST_SCALE
    while _side_px(least) <= _SQUARE_MOST * min(size_hw):
        yield least
        least *= _OCTAVE


def _side_px(least_scale: float) -> int:
    return round(_SQUARE_PX * least_scale)


def _squares(size_hw: tuple[int, ...], side_px: int) -> Iterator[Square]:
    """Squares that overlap by half and fill the picture."""
    tops, lefts = (
        np.linspace(0, n - side_px, math.ceil(2 * (n - side_px) / side_px) + 1).round()
        for n in size_hw
    )
    for top in tops:
        for left in lefts:
            yield Square(int(left), int(top), side_px)


def _square_tries(size_hw: tuple[int, ...]) -> float:
    n_squares = sum(
        1 for least in _square_levels(size_hw) for _ in _squares(size_hw, _side_px(least))
    )
    per_square = len(_KINDS) * len(_CUTS) * len(_SQUARE_SCALES) * _CORNERS * len(_NEAR)
    return n_squares * per_square * _PLACED_TRIES
