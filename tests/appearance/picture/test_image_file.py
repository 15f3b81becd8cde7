"""Pictures of every kind come out as upright 8-bit sRGB."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from vasa_avatar.appearance.picture import load_picture
from vasa_avatar.appearance.picture.pixels import BACKDROP_RGB
from vasa_avatar.datatypes import U8
from vasa_avatar.errors import PortraitError


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def picture() -> Image.Image:
    y, x = np.mgrid[:60, :80]
    return Image.fromarray(np.stack([x * 3, y * 4, 255 - x * 2], -1).astype(np.uint8))


def test_lossless_kinds_are_exact(picture: Image.Image, tmp_path: Path) -> None:
    expected = np.asarray(picture)
    (tmp_path / "a.png").write_bytes(encoded(picture, "PNG"))
    np.testing.assert_array_equal(load_picture(tmp_path / "a.png").rgb, expected)
    webp = load_picture(encoded(picture, "WEBP", lossless=True))
    np.testing.assert_array_equal(webp.rgb, expected)
    np.testing.assert_array_equal(load_picture(expected).rgb, expected)
    assert webp.alpha is None


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "YCbCr"])
def test_modes(picture: Image.Image, mode: str) -> None:
    kind = "TIFF" if mode in ("CMYK", "YCbCr") else "PNG"
    data = encoded(picture.convert(mode), kind)
    try:
        Image.open(io.BytesIO(data)).load()
    except OSError as problem:  # before version 13 it wrote YCbCr that nobody can read
        pytest.skip(f"this Pillow cannot read what it wrote: {problem}")
    got = load_picture(data).rgb
    expected = np.asarray(picture.convert(mode).convert("RGB"))
    assert got.shape == (60, 80, 3)
    assert np.abs(got.astype(int) - expected).mean() < 1.0


def test_16_bit_grey_and_colour() -> None:
    ramp = np.linspace(0, 65535, 40 * 30).reshape(30, 40).astype(np.uint16)
    ok, png = cv2.imencode(".png", ramp)
    assert ok
    np.testing.assert_allclose(load_picture(png.tobytes()).rgb[..., 1], ramp / 257.0, atol=1.0)
    colour = np.stack([ramp, ramp[::-1], ramp[:, ::-1]], -1)
    ok, png = cv2.imencode(".png", colour)
    np.testing.assert_allclose(load_picture(png.tobytes()).rgb[..., ::-1], colour / 257.0, atol=1.0)
    np.testing.assert_allclose(load_picture(colour).rgb, colour / 257.0, atol=1.0)
    np.testing.assert_allclose(load_picture(colour / 65535.0).rgb, colour / 257.0, atol=1.0)


def test_exif_rotation_is_applied(picture: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise by 90 degrees to show
    got = load_picture(encoded(picture, "PNG", exif=exif)).rgb
    np.testing.assert_array_equal(got, np.rot90(np.asarray(picture), -1))


def test_transparent_pixels_show_the_backdrop(picture: Image.Image) -> None:
    alpha = np.zeros((60, 80), np.uint8)
    alpha[:, 40:] = 255
    alpha[:, 39] = 128
    cut = picture.copy()
    cut.putalpha(Image.fromarray(alpha))
    got = load_picture(encoded(cut, "PNG"))
    assert got.alpha is not None
    np.testing.assert_allclose(got.alpha, alpha / 255, atol=1e-6)
    np.testing.assert_array_equal(got.rgb[:, :39], np.broadcast_to(BACKDROP_RGB, (60, 39, 3)))
    np.testing.assert_array_equal(got.rgb[:, 40:], np.asarray(picture)[:, 40:])


def test_opaque_alpha_is_no_alpha(picture: Image.Image) -> None:
    assert load_picture(encoded(picture.convert("RGBA"), "PNG")).alpha is None


def test_large_pictures_are_shrunk() -> None:
    got = load_picture(np.full((400, 5120, 3), 77, np.uint8)).rgb
    assert got.shape == (200, 2560, 3) and (got == 77).all()


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header claims a huge size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("size", [(10600, 10600), (13000, 13000), (60000, 60000)])
def test_bombs_are_refused_by_their_header(size: tuple[int, int]) -> None:
    with pytest.raises(PortraitError, match="too large|million pixels") as caught:
        load_picture(bomb(*size))
    assert caught.value.reason == "too_large"


def truncated(picture: Image.Image) -> bytes:
    return encoded(picture, "PNG")[:-60]


@pytest.mark.parametrize("kind", ["text", "empty", "truncated", "missing", "shape", "dtype"])
def test_what_is_no_picture_is_refused(picture: Image.Image, tmp_path: Path, kind: str) -> None:
    sources: dict[str, str | bytes | U8 | Any] = {
        "text": b"hello, this is text",
        "empty": b"",
        "truncated": truncated(picture),
        "missing": str(tmp_path / "none.png"),
        "shape": np.zeros((4, 4, 5), np.uint8),
        "dtype": np.zeros((4, 4, 3), np.int64),
    }
    with pytest.raises(PortraitError) as caught:
        load_picture(sources[kind])
    assert caught.value.reason == "not_an_image"
