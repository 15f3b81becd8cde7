"""What happens to a drawing afterwards: tints, paint, grain, rescaling, JPEG."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import U8
from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.style import hsv

Image = NDArray[Any]
"""(H, W, 3) 0..255"""
_SMALLER = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_NEAREST)
_LARGER = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)


def finish_picture(picture: U8, rng: np.random.Generator) -> U8:
    """Treat a drawing as pictures are treated; nothing in it moves by more than a pixel."""
    image: Image = picture
    if chance(rng, 0.18):
        image = _paint_over(image, rng)
    image = _tone(image.astype(np.float32), rng)
    if chance(rng, 0.25):
        grain = rng.normal(0, between(rng, 1, 9), image.shape[:2]).astype(np.float32)
        image = image + cv2.GaussianBlur(grain, (0, 0), 0.7)[..., None]
    if chance(rng, 0.25):
        image = _light_fall(image, rng)
    image = np.clip(image, 0, 255).astype(np.uint8)
    if chance(rng, 0.3):
        image = _rescale(image, rng)
    if chance(rng, 0.25):
        image = cv2.GaussianBlur(image, (0, 0), between(rng, 0.4, 1.1))
    if chance(rng, 0.2):
        image = cv2.addWeighted(image, 1.6, cv2.GaussianBlur(image, (0, 0), 1.2), -0.6, 0)
    if chance(rng, 0.6):
        image = _save_as_jpeg(image, int(rng.integers(15, 96)))
    return image.astype(np.uint8)


def _tone(image: Image, rng: np.random.Generator) -> Image:
    """Tinted, grey, faded, dark or in two colours; most stay as they are."""
    kinds = ("none", "tint", "grey", "fade", "dark", "duo")
    tone = pick(rng, kinds, [0.68, 0.1, 0.06, 0.1, 0.03, 0.03])
    grey: Image = image.mean(-1, keepdims=True)
    toned = image
    if tone == "tint":
        toned = image * (1 - rng.random(3, np.float32) * 0.35)
    elif tone == "grey":
        toned = grey * (1 - rng.random(3, np.float32) * 0.1)
    elif tone == "fade":
        toned = image * between(rng, 0.3, 0.8) + 255 * between(rng, 0.1, 0.3)
    elif tone == "dark":
        toned = image * between(rng, 0.3, 0.7)
    elif tone == "duo":
        dark, light = hsv(rng.random(), rng.random(), 0.3), hsv(rng.random(), 0.3, 1.0)
        toned = dark * (1 - grey / 255) + light * grey / 255
    return toned


def _light_fall(image: Image, rng: np.random.Generator) -> Image:
    """Brighter at one place and darker away from it."""
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.hypot(x / width - rng.random(), y / height - rng.random())[..., None]
    lit: Image = image * (1 - between(rng, 0, 0.5) * away) + between(rng, 0, 60) * (1 - away)
    return lit


def _paint_over(image: Image, rng: np.random.Generator) -> Image:
    """Brush strokes: edges wander and small detail melts."""
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    for axis in (x, y):
        wander = rng.normal(0, between(rng, 0.2, 0.8), (height // 6 + 1, width // 6 + 1))
        axis += cv2.resize(
            wander.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
        )
    moved: Image = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    if chance(rng, 0.6):
        moved = cv2.bilateralFilter(moved, 5, between(rng, 15, 50), 3)
    return moved


def _rescale(image: Image, rng: np.random.Generator) -> Image:
    """Down and up again, well or badly."""
    height, width = image.shape[:2]
    share = between(rng, 0.2, 0.4) if chance(rng, 0.15) else between(rng, 0.35, 0.9)
    size = max(1, round(width * share)), max(1, round(height * share))
    small = cv2.resize(image, size, interpolation=pick(rng, _SMALLER, [0.6, 0.3, 0.1]))
    return cv2.resize(small, (width, height), interpolation=pick(rng, _LARGER, [0.5, 0.4, 0.1]))


def _save_as_jpeg(image: Image, quality: int) -> Image:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
