"""A picture as it comes (file, bytes, array): read whole, or made ready to be cut if it is large.

Reads what Pillow reads: PNG, JPEG, WebP, AVIF, TIFF, BMP, GIF (first frame) and more, in grey,
palette, CMYK, 16 bit or float, with EXIF rotation and colour profiles applied; HEIC where
pi-heif or pillow-heif is installed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import ImageOps

from vasa_avatar.appearance.picture.image_source import check_pixels, opened_image
from vasa_avatar.appearance.picture.large_picture import LargePicture
from vasa_avatar.appearance.picture.pixels import (
    Picture,
    array_to_float,
    image_to_float,
    picture_of,
)
from vasa_avatar.datatypes import F32, Pixels

LARGE_PIXELS = 2_100_000
"""a full HD frame and less is used pixel by pixel"""
MAX_SIDE_PX = 2560
"""longer pictures are shrunk: a frame has at most 1024 px and textures twice as many"""


def load_picture(source: str | Path | bytes | Pixels) -> Picture:
    """Read a picture whole, shrunk if it is large.

    Args:
        source: see `open_picture`.

    Raises:
        PortraitError: `not_an_image` or `too_large`.
    """
    opened = open_picture(source)
    if isinstance(opened, Picture):
        return opened
    scale = MAX_SIDE_PX / max(opened.size_wh)
    return opened.part((0, 0, *opened.size_wh), min(1.0, scale))


def open_picture(source: str | Path | bytes | Pixels) -> Picture | LargePicture:
    """Read a picture, or make ready to read parts of a large one.

    Args:
        source: file name, the file's bytes, or an array (H, W), (H, W, 3) or (H, W, 4), RGB order,
            uint8, uint16, or float in 0..1.

    Raises:
        PortraitError: `not_an_image` or `too_large`.
    """
    if isinstance(source, np.ndarray):
        return _of_array(source)
    content = source if isinstance(source, bytes) else Path(source)
    with opened_image(content) as image:
        if image.size[0] * image.size[1] > LARGE_PIXELS:
            return LargePicture(content, image.size)
        return _shrunk(image_to_float(ImageOps.exif_transpose(image) or image))


def _of_array(array: Pixels) -> Picture | LargePicture:
    array_to_float(array[:1, :1] if array.ndim > 1 else array)  # refuses what is no picture
    check_pixels("the array", (array.shape[1], array.shape[0]))
    if array.shape[0] * array.shape[1] > LARGE_PIXELS:
        return LargePicture(array, (array.shape[1], array.shape[0]))
    return _shrunk(array_to_float(array))


def _shrunk(pixels: F32) -> Picture:
    """An ordinary picture, not longer than MAX_SIDE_PX."""
    height, width = pixels.shape[:2]
    scale = min(1.0, MAX_SIDE_PX / max(height, width))
    return picture_of(pixels, (max(1, round(width * scale)), max(1, round(height * scale))))
