"""The mark as pixels: a grey level brighter or darker where a field of waves is high or low.

It stands still and is the same in every frame: films compress it once, and nothing flickers.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F64, U8
from vasa_avatar.safety.mark.layout import N_KNOWN, TILES, mark_layout
from vasa_avatar.safety.mark.payload import MarkPayload, chips_of

QUIET = 0.35
"""share of the field's usual height below which a picture stays as it is: steps of one level
instead of two, on flat colour, at no cost for the reader (49.5 dB instead of 48.1)"""


def mark_chips(payload: MarkPayload) -> F64:
    """(1024,) the chips of a payload in the order of the layout."""
    return np.concatenate([np.ones(N_KNOWN), chips_of(payload.to_bytes())])


@lru_cache(maxsize=16)
def mark_pattern(payload: MarkPayload, size_px: int) -> NDArray[np.int8]:
    """(size, size) of -1, 0 and 1, read-only: what is added to a picture's grey levels."""
    layout = mark_layout()
    waves = np.empty(len(layout.order))
    waves[layout.order] = layout.signs * mark_chips(payload)
    cosines, sines = np.split(waves, 2)
    periods = layout.periods * TILES
    fits = np.abs(periods).max(1) < size_px / 2  # a small picture has no place for the finest
    spectrum = np.zeros((size_px, size_px), np.complex128)
    x, y = periods[fits].T
    spectrum[y % size_px, x % size_px] = (cosines - 1j * sines)[fits]
    field = np.fft.ifft2(spectrum).real
    is_loud = np.abs(field) > QUIET * field.std()
    pattern: NDArray[np.int8] = (np.sign(field) * is_loud).astype(np.int8)
    pattern.flags.writeable = False
    return pattern


@lru_cache(maxsize=16)
def _planes(payload: MarkPayload, size_px: int) -> tuple[U8, U8]:
    """What is added to and what is taken from a picture, (size, size, 3) each."""
    pattern = np.repeat(mark_pattern(payload, size_px)[..., None], 3, axis=2)
    return (pattern > 0).astype(np.uint8), (pattern < 0).astype(np.uint8)


def add_mark(frame_rgb: U8, payload: MarkPayload) -> None:
    """Mark a square (S, S, 3) picture in place."""
    brighter, darker = _planes(payload, len(frame_rgb))
    cv2.add(frame_rgb, brighter, dst=frame_rgb)
    cv2.subtract(frame_rgb, darker, dst=frame_rgb)
