"""The mark as pixels: one grey level brighter where a field of waves is above zero, else one darker.

It stands still and is the same in every frame: films compress it once, and nothing flickers.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from vasa_avatar.datatypes import F64, U8
from vasa_avatar.safety.mark.layout import N_KNOWN, TILES, mark_layout
from vasa_avatar.safety.mark.payload import MarkPayload, chips_of


def mark_chips(payload: MarkPayload) -> F64:
    """(1024,) the chips of a payload in the order of the layout."""
    return np.concatenate([np.ones(N_KNOWN), chips_of(payload.to_bytes())])


@lru_cache(maxsize=16)
def mark_pattern(payload: MarkPayload, size_px: int) -> U8:
    """(size, size, 3) of 0 and 1, read-only: where a picture becomes brighter."""
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
    pattern = np.repeat((field > 0.0).astype(np.uint8)[..., None], 3, axis=2)
    pattern.flags.writeable = False
    return pattern


@lru_cache(maxsize=16)
def _darker(payload: MarkPayload, size_px: int) -> U8:
    return np.asarray(1 - mark_pattern(payload, size_px), np.uint8)


def add_mark(frame_rgb: U8, payload: MarkPayload) -> None:
    """Mark a square (S, S, 3) picture in place."""
    size_px = len(frame_rgb)
    cv2.add(frame_rgb, mark_pattern(payload, size_px), dst=frame_rgb)
    cv2.subtract(frame_rgb, _darker(payload, size_px), dst=frame_rgb)
