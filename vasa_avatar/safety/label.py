"""The visible label in a film: larger for the first seconds, then small, always in its corner."""

from __future__ import annotations

import logging
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vasa_avatar.datatypes import F32, U8

PLAIN_LABEL = "AI"
FIRST_S = 3.0
"""for so long it is large"""
_LARGE, _SMALL, _EDGE = 0.075, 0.045, 0.03
"""heights of the letters, and the distance from the picture's edge, in the picture's height"""
_GROUND_ALPHA = 0.55
_ALIKE = 0.75
"""correlation from which a corner shows the label; films at .3 Mb/s have .9, faces without it .5"""
PLACES = ("top right", "top left", "bottom right", "bottom left")
_log = logging.getLogger(__name__)


class FilmLabel:
    """A label drawn into every frame of one film."""

    def __init__(self, text: str = PLAIN_LABEL, place: str = "top right") -> None:
        """Choose words and corner.

        Args:
            text: what is said; letters beyond the Latin ones become "AI".
            place: top right, top left, bottom right, bottom left; others become top right.
        """
        self.text = text
        self._drawn = text if _is_latin(text) else PLAIN_LABEL
        if self._drawn != text:
            _log.warning("the label %r cannot be drawn into a film; it says %r", text, self._drawn)
        self._is_top, self._is_right = not place.startswith("bottom"), not place.endswith("left")

    def draw(self, frame_rgb: U8, time_s: float) -> None:
        """Put it into a (S, S, 3) picture in place."""
        size_px = len(frame_rgb)
        letters = _LARGE if time_s < FIRST_S else _SMALL
        colour, alpha = _sign(self._drawn, round(letters * size_px))
        height, width = (min(n, size_px) for n in alpha.shape[:2])
        edge = min(round(_EDGE * size_px), size_px - height, size_px - width)
        top = edge if self._is_top else size_px - edge - height
        left = size_px - edge - width if self._is_right else edge
        under = frame_rgb[top : top + height, left : left + width]
        a = alpha[:height, :width]
        under[:] = np.rint(under * (1.0 - a) + colour[:height, :width] * a)


def seen_label(luma: F32, text: str = PLAIN_LABEL) -> str | None:
    """In which corner of a film's or picture's brightness (H, W) a label stands; None: in none.

    It is found as it was drawn: at its size, for a film that was not cropped.
    """
    size_px = len(luma)
    best, where = _ALIKE, None
    for letters in (_LARGE, _SMALL):
        colour, alpha = _sign(text if _is_latin(text) else PLAIN_LABEL, round(letters * size_px))
        sign = np.asarray((colour * alpha)[..., 0], np.float32)
        reach_y, reach_x = (
            min(2 * n + round(_EDGE * size_px), m)
            for n, m in zip(sign.shape, luma.shape, strict=True)
        )
        if reach_y < len(sign) or reach_x < sign.shape[1]:
            continue
        for place in PLACES:
            rows = slice(reach_y) if place.startswith("top") else slice(-reach_y, None)
            columns = slice(reach_x) if place.endswith("left") else slice(-reach_x, None)
            corner = np.ascontiguousarray(luma[rows, columns], np.float32)
            alike = float(cv2.matchTemplate(corner, sign, cv2.TM_CCOEFF_NORMED).max())
            best, where = (alike, place) if alike > best else (best, where)
    return where


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return text.isprintable()


@lru_cache(maxsize=16)
def _sign(text: str, letters_px: int) -> tuple[F32, F32]:
    """(H, W, 1) brightness 0..255 and (H, W, 1) alpha 0..1 of white letters on a dark ground."""
    font = ImageFont.load_default(max(6, letters_px))
    left, top, right, bottom = font.getbbox(text)
    pad = max(2, letters_px // 3)
    size = (int(right - left) + 2 * pad, int(bottom - top) + 2 * pad)
    ground, letters = Image.new("L", size), Image.new("L", size)
    ImageDraw.Draw(ground).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), pad, fill=255)
    ImageDraw.Draw(letters).text((pad - left, pad - top), text, fill=255, font=font)
    white = np.asarray(letters, np.float32)[..., None] / 255.0
    dark = np.asarray(ground, np.float32)[..., None] / 255.0 * _GROUND_ALPHA
    alpha = np.maximum(white, dark)
    colour = 255.0 * white / np.maximum(alpha, 1e-6)
    return np.asarray(np.minimum(colour, 255.0), np.float32), np.asarray(alpha, np.float32)
