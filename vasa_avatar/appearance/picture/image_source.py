"""An image file or its bytes, opened; what cannot be read or is too large is refused."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from vasa_avatar.appearance.picture import heif
from vasa_avatar.errors import PortraitError

MAX_PIXELS = 110_000_000
"""checked in the header, before a pixel is decoded; telephones take 108 million"""
MAX_FILE_BYTES = 200_000_000
"""checked before a byte is read"""


@contextmanager
def opened_image(source: Path | bytes) -> Iterator[Image.Image]:
    """An image whose header has been read; what fails while it is used is refused with a reason.

    Pixels that were loaded inside stay loaded.

    Args:
        source: a file, or its bytes.

    Raises:
        PortraitError: `not_an_image` or `too_large`.
    """
    name = "the data" if isinstance(source, bytes) else str(source)
    with _opened_file(source, name) as file:
        image = _header(file, name)
        check_pixels(name, image.size)
        try:
            yield image
        except PortraitError:
            raise
        except Exception as error:  # Pillow's decoders raise anything on damaged files
            raise PortraitError("not_an_image", f"the picture is damaged ({error})") from error


def check_pixels(name: str, size_wh: tuple[int, int]) -> None:
    """Refuse what has too many pixels.

    Raises:
        PortraitError: `too_large`.
    """
    width, height = size_wh
    if width * height > MAX_PIXELS:
        raise PortraitError(
            "too_large",
            f"{name} has {width} x {height} = {width * height / 1e6:.0f} million pixels; at most "
            f"{MAX_PIXELS / 1e6:.0f} million are read. Make it smaller",
        )


def _opened_file(source: Path | bytes, name: str) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        size = source.stat().st_size
        if size > MAX_FILE_BYTES:
            raise PortraitError(
                "too_large",
                f"{name} has {size / 1e6:.0f} MB; at most {MAX_FILE_BYTES / 1e6:.0f} MB are read",
            )
        return source.open("rb")
    except OSError as error:
        raise PortraitError(
            "not_an_image", f"{name} is not a picture that can be read ({error})"
        ) from error


def _header(file: BinaryIO, name: str) -> Image.Image:
    heif.prepare(file, name)
    try:
        with warnings.catch_warnings():
            # Our own limit is checked next, before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Image.open(file)
    except Image.DecompressionBombError as error:
        raise PortraitError("too_large", f"{name} is too large ({error})") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PortraitError(
            "not_an_image", f"{name} is not a picture that can be read ({error})"
        ) from error
