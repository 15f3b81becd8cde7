"""A large picture: seen whole at a small size, and cut out at full density where it is needed.

Nothing of it becomes float, or is copied, at its full size: files that can be are decoded small
(JPEG), everything else is reduced in strips, as 8-bit pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from vasa_avatar.appearance.picture.image_source import opened_image
from vasa_avatar.appearance.picture.pixels import (
    BACKDROP_RGB,
    Picture,
    array_to_float,
    has_transparency,
    image_to_float,
    is_deep,
    picture_of,
    to_srgb,
    to_unit_range,
)
from vasa_avatar.datatypes import U8, Floats, Pixels
from vasa_avatar.errors import PortraitError

Box = tuple[int, int, int, int]
"""left, top, right, bottom in pixels"""

STRIP_PIXELS = 2**20
"""reduced at a time"""
_PLAIN_MODES = ("L", "RGB", "RGBA", "CMYK")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""what brings a picture of each EXIF orientation upright"""


@dataclass(frozen=True, slots=True, eq=False)
class _Raster:
    """Decoded pixels, as they are stored."""

    size_wh: tuple[int, int]
    cut: Callable[[Box], Image.Image]
    """a part of them as an 8-bit image"""
    orientation: int
    """EXIF's, 1 for upright"""
    profile: bytes | None
    """colour profile"""


class LargePicture:
    """An upright picture whose pixels come when they are asked for.

    Args:
        source: a file, its bytes, or an array as `open_picture` takes them.
        size_wh: of the picture as it is stored.
    """

    def __init__(self, source: Path | bytes | Pixels, size_wh: tuple[int, int]) -> None:
        self._source = source
        self._stored_wh = size_wh
        self._raster: _Raster | None = None

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height of the upright picture."""
        orientation = self._decoded(0.0).orientation
        width, height = self._stored_wh
        return (height, width) if orientation > 4 else (width, height)

    def overview(self, side_px: int) -> U8:
        """(H, W, 3) the whole picture, its longer side `side_px`, on the backdrop."""
        scale = side_px / max(self._stored_wh)
        image = to_srgb(self._cut((0, 0, *self.size_wh), scale))
        if not has_transparency(image):
            return np.asarray(image.convert("RGB"))
        backdrop = Image.new("RGB", image.size, tuple(int(level) for level in BACKDROP_RGB))
        image = image.convert("RGBA")
        backdrop.paste(image, mask=image)
        return np.asarray(backdrop)

    def part(self, box: Box, scale: float) -> Picture:
        """A part of the picture.

        Args:
            box: in pixels of the upright picture, inside it.
            scale: of the result over the picture, at most 1.

        Raises:
            PortraitError: `not_an_image`, the file is damaged.
        """
        return picture_of(image_to_float(self._cut(box, scale)))

    def _cut(self, box: Box, scale: float) -> Image.Image:
        """A part, upright, in the picture's own colours."""
        raster = self._decoded(scale)
        width, height = (max(1, round((box[i + 2] - box[i]) * scale)) for i in (0, 1))
        stored = _stored_box(box, self.size_wh, raster.orientation)
        density = np.array(raster.size_wh) / self._stored_wh
        exact = np.array(stored) * np.tile(density, 2)
        low = np.floor(exact[:2] + 1e-6).astype(int)
        high = np.minimum(np.ceil(exact[2:] - 1e-6).astype(int), raster.size_wh)
        factor = max(1, int(density.min() / scale + 1e-6))
        image = _reduced(raster, (*low.tolist(), *high.tolist()), factor)
        within = np.clip((exact - np.tile(low, 2)) / factor, 0, np.tile(image.size, 2))
        size = (height, width) if raster.orientation > 4 else (width, height)
        image = image.resize(size, Image.Resampling.BOX, box=tuple(within.tolist()))
        return _upright(image, raster)

    def _decoded(self, scale: float) -> _Raster:
        """Pixels at least `scale` as dense as the picture's; the last ones again if they are."""
        kept = self._raster
        if kept is None or kept.size_wh[0] < min(1.0, scale) * self._stored_wh[0] - 1.0:
            self._raster = None
            self._raster = kept = self._decode(scale)
        return kept

    def _decode(self, scale: float) -> _Raster:
        if isinstance(self._source, np.ndarray):
            return _of_array(self._source)
        with opened_image(self._source) as image:
            if image.format == "WEBP" and not getattr(image, "is_animated", False):
                return _of_webp(self._source, image)
            width, height = (max(1, int(n * scale)) for n in image.size)
            image.draft(image.mode, (width, height))  # only JPEG can
            image.load()
            return _of_image(image)


def _of_image(image: Image.Image) -> _Raster:
    cut = _deep_cut(image) if is_deep(image) else image.crop
    return _Raster(image.size, cut, _orientation(image), image.info.get("icc_profile"))


def _deep_cut(image: Image.Image) -> Callable[[Box], Image.Image]:
    values = np.asarray(image)
    top = float(max(np.nanmax(row) for row in values))

    def cut(box: Box) -> Image.Image:
        part = to_unit_range(values[box[1] : box[3], box[0] : box[2]], top)
        return Image.fromarray(_eight_bit(part))

    return cut


def _of_webp(source: Path | bytes, image: Image.Image) -> _Raster:
    """OpenCV decodes these with a third of the memory; header and profile are Pillow's."""
    content = source if isinstance(source, bytes) else source.read_bytes()
    stored = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if stored is None or stored.dtype != np.uint8:
        raise PortraitError("not_an_image", "the picture is damaged (its WebP data ends early)")
    order = cv2.COLOR_BGR2RGB if stored.shape[2] == 3 else cv2.COLOR_BGRA2RGBA

    def cut(box: Box) -> Image.Image:
        part = cv2.cvtColor(stored[box[1] : box[3], box[0] : box[2]], order)
        return Image.fromarray(np.asarray(part, np.uint8))

    profile = image.info.get("icc_profile")
    return _Raster((stored.shape[1], stored.shape[0]), cut, _orientation(image), profile)


def _of_array(array: Pixels) -> _Raster:
    def cut(box: Box) -> Image.Image:
        part = array[box[1] : box[3], box[0] : box[2]]
        if part.dtype == np.uint8 and part.ndim == 3 and part.shape[2] >= 3:
            return Image.fromarray(np.ascontiguousarray(part, np.uint8))
        return Image.fromarray(_eight_bit(array_to_float(part)))

    return _Raster((array.shape[1], array.shape[0]), cut, 1, None)


def _eight_bit(levels: Floats) -> U8:
    return np.asarray(np.clip(np.rint(levels * 255.0), 0, 255), np.uint8)


def _orientation(image: Image.Image) -> int:
    orientation = int(image.getexif().get(ExifTags.Base.Orientation, 1))
    return orientation if orientation in _TURNS else 1


def _reduced(raster: _Raster, box: Box, factor: int) -> Image.Image:
    """A part of the pixels, a whole number of times smaller, each the mean of what it covers."""
    left, top, right, bottom = box
    size = (-(-(right - left) // factor), -(-(bottom - top) // factor))
    rows = max(1, STRIP_PIXELS // ((right - left) * factor)) * factor
    out: Image.Image | None = None
    for first in range(top, bottom, rows):
        strip = _plain(raster.cut((left, first, right, min(first + rows, bottom))))
        out = Image.new(strip.mode, size) if out is None else out
        out.paste(strip.reduce(factor), (0, (first - top) // factor))
    assert out is not None
    if raster.profile:
        out.info["icc_profile"] = raster.profile
    return out


def _plain(image: Image.Image) -> Image.Image:
    """In a mode whose pixels can be averaged."""
    if image.mode in _PLAIN_MODES and "transparency" not in image.info:
        return image
    return image.convert("RGBA" if has_transparency(image) else "RGB")


def _upright(image: Image.Image, raster: _Raster) -> Image.Image:
    if raster.orientation == 1:
        return image
    turned = image.transpose(_TURNS[raster.orientation])
    turned.info.update(image.info)
    return turned


def _stored_box(box: Box, size_wh: tuple[int, int], orientation: int) -> Box:
    """Where a part of the upright picture lies in the stored one."""
    width, height = size_wh
    corners = []
    for x, y in (box[:2], box[2:]):
        x, y = (
            (width - x if orientation in (2, 3, 6, 7) else x),
            (height - y if orientation in (3, 4, 7, 8) else y),
        )
        corners.append((y, x) if orientation > 4 else (x, y))
    (x0, y0), (x1, y1) = corners
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
