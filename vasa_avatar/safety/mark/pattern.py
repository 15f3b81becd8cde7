"""The mark as pixels: brighter or darker where a field of waves is high or low; by one grey level
in a photograph, in a drawing by a share of each pixel's own light, as large as the field is high:
eyes see shares, and on dark flat hair grey levels were seen as spots.

It stands still and is the same in every frame: films compress it once, and nothing flickers.
"""

from __future__ import annotations

from functools import lru_cache

import numba
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F64, U8
from vasa_avatar.kernel_cache import kernel
from vasa_avatar.safety.mark.layout import (
    DRAWN_FALL,
    DRAWN_TILES,
    N_KNOWN,
    TILE,
    TILES,
    falling,
    mark_layout,
)
from vasa_avatar.safety.mark.payload import MarkPayload, chips_of

QUIET = 0.35
"""share of the field's usual height below which a picture stays as it is: steps of one level
instead of two, on flat colour, at no cost for the reader (49.5 dB instead of 48.1)"""
DRAWN_LEVELS = 1.35
"""standard deviation of the field in a drawing, in grey levels where it is white (47 to 49 dB);
at 1.65 a mottle was seen on white and on flat green at the picture's own size"""
STEPS = 16
"""of a drawing's pattern in one of these levels"""
_MOST_STEPS = 127
_DESIGN_PX = TILE * TILES


def mark_chips(payload: MarkPayload) -> F64:
    """(1024,) the chips of a payload in the order of the layout."""
    return np.concatenate([np.ones(N_KNOWN), chips_of(payload.to_bytes())])


@lru_cache(maxsize=16)
def mark_pattern(payload: MarkPayload, size_px: int, is_drawn: bool = False) -> NDArray[np.int8]:
    """(size, size) read-only: -1, 0, 1 grey levels to be added; for a drawing steps, of which
    255 * STEPS are as much as a pixel's own light."""
    if is_drawn:
        field = _field(payload, size_px, DRAWN_TILES, falling(DRAWN_FALL))
        levels = np.round(field * (DRAWN_LEVELS * STEPS / field.std())).clip(
            -_MOST_STEPS, _MOST_STEPS
        )
    else:
        field = _field(payload, size_px, TILES, falling(0.0))
        levels = np.sign(field) * (np.abs(field) > QUIET * field.std())
    pattern: NDArray[np.int8] = levels.astype(np.int8)
    pattern.flags.writeable = False
    return pattern


def mark_tile(payload: MarkPayload, is_drawn: bool = False) -> NDArray[np.int8]:
    """One tile of the pattern of a 512 px frame: (128, 128), or (256, 256) of a drawing."""
    edge_px = _DESIGN_PX // (DRAWN_TILES if is_drawn else TILES)
    return mark_pattern(payload, _DESIGN_PX, is_drawn)[:edge_px, :edge_px]


def _field(payload: MarkPayload, size_px: int, tiles: int, strength: F64) -> F64:
    """(size, size) the sum of the waves (512,) as strong as told, so many tiles along an edge."""
    layout = mark_layout()
    waves = np.empty(len(layout.order))
    waves[layout.order] = layout.signs * mark_chips(payload)
    cosines, sines = np.split(waves, 2)
    periods = layout.periods * tiles
    fits = np.abs(periods).max(1) < size_px / 2  # a small picture has no place for the finest
    spectrum = np.zeros((size_px, size_px), np.complex128)
    x, y = periods[fits].T
    spectrum[y % size_px, x % size_px] = (strength * (cosines - 1j * sines))[fits]
    return np.fft.ifft2(spectrum).real


@lru_cache(maxsize=16)
def _channel_pattern(payload: MarkPayload, size_px: int, is_drawn: bool) -> NDArray[np.int8]:
    """(size * size * 3,) the pattern for every channel."""
    return np.repeat(mark_pattern(payload, size_px, is_drawn).reshape(-1), 3)


def add_mark(frame_rgb: U8, payload: MarkPayload, is_drawn: bool = False) -> None:
    """Mark a square (S, S, 3) picture in place.

    Args:
        frame_rgb: the picture, contiguous.
        payload: what the mark says.
        is_drawn: the face is a drawing, flat colours between lines.
    """
    draw = _shade if is_drawn else _lift
    draw(frame_rgb.reshape(-1), _channel_pattern(payload, len(frame_rgb), is_drawn))


@kernel
def _lift(light, levels):  # type: ignore[no-untyped-def]
    """Each of (n,) bytes brighter or darker by (n,) grey levels."""
    for i in range(light.shape[0]):
        # Sums of 16 bit: those of 64, which numba makes by itself, take three times as long.
        now = numba.int16(numba.int16(light[i]) + numba.int16(levels[i]))
        light[i] = numba.uint8(min(max(now, numba.int16(0)), numba.int16(255)))


@kernel
def _shade(light, steps):  # type: ignore[no-untyped-def]
    """Each of (n,) bytes brighter or darker by (n,) steps of itself, to the nearest level; 257 of
    2 ** 20 are 1 of 255 * STEPS to a fiftieth of a percent."""
    for i in range(light.shape[0]):
        now = numba.int32(light[i])
        change = (now * numba.int32(steps[i]) * numba.int32(257) + numba.int32(1 << 19)) >> 20
        light[i] = min(numba.int32(255), max(numba.int32(0), now + change))
