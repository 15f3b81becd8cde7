"""Pixels of any kind (Pillow's modes, arrays of 8 or 16 bit or float) to upright 8-bit sRGB."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageCms

from vasa_avatar.datatypes import F32, U8, Pixels
from vasa_avatar.errors import PortraitError

log = logging.getLogger(__name__)

BACKDROP_RGB = (196.0, 196.0, 198.0)
"""shown where a picture is transparent"""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An upright picture."""

    rgb: U8
    """(H, W, 3) sRGB, over a plain backdrop where it is transparent"""
    alpha: F32 | None
    """(H, W) 0..1; None for a picture without transparency"""

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.rgb.shape[1], self.rgb.shape[0]


def image_to_float(image: Image.Image) -> F32:
    """(H, W, 3 or 4) 0..1 sRGB of any kind of Pillow image."""
    if is_deep(image):
        return array_to_float(to_unit_range(np.asarray(image)))
    image = to_srgb(image)
    converted = image.convert("RGBA" if has_transparency(image) else "RGB")
    return np.asarray(converted, np.float32) / 255.0


def is_deep(image: Image.Image) -> bool:
    """Whether its values are 16 or 32 bit, or float."""
    return image.mode.startswith(("I", "F"))


def has_transparency(image: Image.Image) -> bool:
    """Whether some of it may be transparent."""
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def to_unit_range(values: Pixels, top: float | None = None) -> F32:
    """Grey of 16 or 32 bit, or float of unknown range, to 0..1.

    Args:
        values: any shape.
        top: the largest of them, if they are a part of more.
    """
    levels = values.astype(np.float32)
    top = float(np.nanmax(levels)) if top is None else top
    full = next((f for f in (1.0, 255.0, 65535.0) if top <= f), max(top, 1.0))
    return levels / np.float32(full)


def to_srgb(image: Image.Image) -> Image.Image:
    """Apply the picture's own colour profile, where there is a usable one."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        log.info("the picture's colour profile is ignored (%s)", error)
        return image
    return image if converted is None else converted


def array_to_float(array: Pixels) -> F32:
    """(H, W, 3 or 4) 0..1 of an array of pixels.

    Raises:
        PortraitError: `not_an_image`, the array is no picture.
    """
    if array.ndim == 3 and array.shape[2] in (1, 2):
        grey, rest = array[..., :1], array[..., 1:]
        array = np.concatenate([grey, grey, grey, rest], -1)
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, -1)
    if array.ndim != 3 or array.shape[2] not in (3, 4) or 0 in array.shape:
        raise PortraitError(
            "not_an_image",
            f"an array of shape {array.shape} is not a picture; expected (H, W), (H, W, 3) or "
            f"(H, W, 4)",
        )
    if array.dtype == np.uint8:
        return array.astype(np.float32) / 255.0
    if array.dtype == np.uint16:
        return array.astype(np.float32) / 65535.0
    if np.issubdtype(array.dtype, np.floating):
        return np.clip(np.nan_to_num(array.astype(np.float32)), 0.0, 1.0)
    raise PortraitError(
        "not_an_image", f"pixels are {array.dtype}; expected uint8, uint16 or float in 0..1"
    )


def picture_of(pixels: F32, size_wh: tuple[int, int] | None = None) -> Picture:
    """Put transparent pixels on the backdrop, and shrink them.

    Args:
        pixels: (H, W, 3 or 4) 0..1.
        size_wh: of the picture; that of the pixels when None.
    """
    has_alpha = pixels.shape[2] == 4 and float(pixels[..., 3].min()) < 0.99
    rgb = pixels[..., :3]
    alpha = pixels[..., 3:] if has_alpha else np.ones((*pixels.shape[:2], 1), np.float32)
    over = rgb * alpha + (1.0 - alpha) * (np.array(BACKDROP_RGB, np.float32) / 255.0)
    layers = np.concatenate([over, alpha], -1).astype(np.float32)
    if size_wh not in (None, (pixels.shape[1], pixels.shape[0])):
        layers = np.asarray(cv2.resize(layers, size_wh, interpolation=cv2.INTER_AREA), np.float32)
    out = np.clip(np.rint(layers[..., :3] * 255.0), 0, 255).astype(np.uint8)
    return Picture(out, np.ascontiguousarray(layers[..., 3]) if has_alpha else None)
