"""A picture as it comes (file, bytes, array) to upright 8-bit sRGB and, if it has one, its alpha.

Reads what Pillow reads: PNG, JPEG, WebP, TIFF, BMP, GIF (first frame) and more, in grey, palette,
CMYK, 16 bit or float, with EXIF rotation and colour profiles applied.
"""

from __future__ import annotations

import io
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from vasa_avatar.datatypes import F32, U8, Pixels
from vasa_avatar.errors import PortraitError

log = logging.getLogger(__name__)

MAX_PIXELS = 60_000_000
"""checked in the header, before a pixel is decoded"""
MAX_FILE_BYTES = 200_000_000
"""checked before a byte is read"""
MAX_SIDE_PX = 2560
"""larger pictures are shrunk: a frame has at most 1024 px and textures twice as many"""
BACKDROP_RGB = (196.0, 196.0, 198.0)
"""shown where a picture is transparent"""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An upright picture."""

    rgb: U8
    """(H, W, 3) sRGB, over a plain backdrop where it is transparent"""
    alpha: F32 | None
    """(H, W) 0..1; None for a picture without transparency"""


def load_picture(source: str | Path | bytes | Pixels) -> Picture:
    """Read a picture.

    Args:
        source: file name, the file's bytes, or an array (H, W), (H, W, 3) or (H, W, 4), RGB order,
            uint8, uint16, or float in 0..1.

    Raises:
        PortraitError: `not_an_image` or `too_large`.
    """
    if isinstance(source, np.ndarray):
        return _finish(_array_to_float(source))
    image = _open(source)
    try:
        image.load()
        upright = ImageOps.exif_transpose(image) or image
        pixels = _pixels(upright)
    except PortraitError:
        raise
    except Exception as error:  # Pillow's decoders raise anything on damaged files
        raise PortraitError("not_an_image", f"the picture is damaged ({error})") from error
    return _finish(pixels)


def _open(source: str | Path | bytes) -> Image.Image:
    name = "the data" if isinstance(source, bytes) else str(source)
    try:
        content = source if isinstance(source, bytes) else _read(Path(source))
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PortraitError("too_large", f"{name} is too large ({error})") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PortraitError(
            "not_an_image", f"{name} is not a picture that can be read ({error})"
        ) from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PortraitError(
            "too_large",
            f"{name} has {width} x {height} = {width * height / 1e6:.0f} million pixels; at most "
            f"{MAX_PIXELS / 1e6:.0f} million are read. Make it smaller",
        )
    return image


def _read(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise PortraitError(
            "too_large",
            f"{path} has {size / 1e6:.0f} MB; at most {MAX_FILE_BYTES / 1e6:.0f} MB are read",
        )
    return path.read_bytes()


def _pixels(image: Image.Image) -> F32:
    """(H, W, 3 or 4) 0..1 of any kind of Pillow image."""
    if image.mode.startswith(("I", "F")):
        return _array_to_float(_scaled(np.asarray(image)))
    image = _to_srgb(image)
    has_alpha = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    converted = image.convert("RGBA" if has_alpha else "RGB")
    return np.asarray(converted, np.float32) / 255.0


def _scaled(values: Pixels) -> F32:
    """Grey of 16 or 32 bit, or float of unknown range, to 0..1."""
    levels = values.astype(np.float32)
    top = float(np.nanmax(levels))
    full = next((f for f in (1.0, 255.0, 65535.0) if top <= f), max(top, 1.0))
    return levels / np.float32(full)


def _to_srgb(image: Image.Image) -> Image.Image:
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


def _array_to_float(array: Pixels) -> F32:
    """(H, W, 3 or 4) 0..1 of an array of pixels."""
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
    if array.shape[0] * array.shape[1] > MAX_PIXELS:
        raise PortraitError("too_large", f"{array.shape[1]} x {array.shape[0]} pixels are too many")
    if array.dtype == np.uint8:
        return array.astype(np.float32) / 255.0
    if array.dtype == np.uint16:
        return array.astype(np.float32) / 65535.0
    if np.issubdtype(array.dtype, np.floating):
        return np.clip(np.nan_to_num(array.astype(np.float32)), 0.0, 1.0)
    raise PortraitError(
        "not_an_image", f"pixels are {array.dtype}; expected uint8, uint16 or float in 0..1"
    )


def _finish(pixels: F32) -> Picture:
    """Shrink what is too large and put transparent pictures on the backdrop."""
    longest = max(pixels.shape[:2])
    has_alpha = pixels.shape[2] == 4 and float(pixels[..., 3].min()) < 0.99
    rgb = pixels[..., :3]
    alpha = pixels[..., 3:] if has_alpha else np.ones((*pixels.shape[:2], 1), np.float32)
    over = rgb * alpha + (1.0 - alpha) * (np.array(BACKDROP_RGB, np.float32) / 255.0)
    layers = np.concatenate([over, alpha], -1).astype(np.float32)
    if longest > MAX_SIDE_PX:
        scale = MAX_SIDE_PX / longest
        size = tuple(max(1, round(n * scale)) for n in (layers.shape[1], layers.shape[0]))
        layers = np.asarray(cv2.resize(layers, size, interpolation=cv2.INTER_AREA), np.float32)
    out = np.clip(np.rint(layers[..., :3] * 255.0), 0, 255).astype(np.uint8)
    return Picture(out, np.ascontiguousarray(layers[..., 3]) if has_alpha else None)
