"""Large pictures: parts and overviews are those of the upright whole, whatever the file's kind."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from vasa_avatar.appearance.picture import LargePicture, open_picture
from vasa_avatar.appearance.picture.image_file import LARGE_PIXELS
from vasa_avatar.appearance.picture.pixels import BACKDROP_RGB
from vasa_avatar.datatypes import U8, Pixels
from vasa_avatar.errors import PortraitError

SIZE_WH = (1800, 1240)
BOX = (203, 310, 1003, 910)
"""left, top, right, bottom in the upright picture"""


@pytest.fixture(scope="module")
def colours() -> U8:
    """(1240, 1800, 3) smooth, and nowhere alike."""
    y, x = np.mgrid[: SIZE_WH[1], : SIZE_WH[0]].astype(np.float32)
    waves = 25 * np.sin(x / 90) * np.cos(y / 70)
    planes = [x / SIZE_WH[0] * 200 + waves + 25, y / SIZE_WH[1] * 200 + 25, 225 - planes_of(x, y)]
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def planes_of(x: Any, y: Any) -> Any:
    return (x + y) / sum(SIZE_WH) * 200


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(source: bytes | Pixels) -> LargePicture:
    picture = open_picture(source)
    assert isinstance(picture, LargePicture)
    return picture


def expected_part(upright: Image.Image, scale: float) -> np.ndarray:
    size = (round((BOX[2] - BOX[0]) * scale), round((BOX[3] - BOX[1]) * scale))
    return np.asarray(upright.resize(size, Image.Resampling.BOX, box=BOX), float)


def test_what_counts_as_large(colours: U8) -> None:
    assert SIZE_WH[0] * SIZE_WH[1] > LARGE_PIXELS
    assert not isinstance(open_picture(colours[:1160]), LargePicture)


@pytest.mark.parametrize("scale", [1.0, 0.6, 0.3, 0.11])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_parts_of_turned_files(colours: U8, orientation: int, scale: float) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(colours), "JPEG", quality=95, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    picture = opened(data)
    assert picture.size_wh == upright.size
    box = BOX if upright.width > upright.height else (BOX[1], BOX[0], BOX[3], BOX[2])
    size = (round((box[2] - box[0]) * scale), round((box[3] - box[1]) * scale))
    wanted = np.asarray(upright.resize(size, Image.Resampling.BOX, box=box), float)
    got = picture.part(box, scale)
    assert got.alpha is None and got.size_wh == size
    assert np.abs(got.rgb - wanted).max() < 6.0
    overview = picture.overview(400)
    assert max(overview.shape[:2]) == 400
    small = np.asarray(upright.resize(overview.shape[1::-1], Image.Resampling.BOX), float)
    assert np.abs(overview - small).mean() < 2.0


@pytest.mark.parametrize(
    "kind", ["png", "webp", "palette", "cmyk", "grey", "16 bit", "float", "array"]
)
def test_kinds(colours: U8, kind: str) -> None:
    image = Image.fromarray(colours)
    grey = np.asarray(image.convert("L"))
    sources: dict[str, bytes | Pixels] = {
        "png": encoded(image, "PNG"),
        "webp": encoded(image, "WEBP", lossless=True, quality=0, method=0),
        "palette": encoded(image.quantize(256), "PNG"),
        "cmyk": encoded(image.convert("CMYK"), "TIFF"),
        "grey": encoded(image.convert("L"), "PNG"),
        "16 bit": encoded(Image.fromarray(grey.astype(np.uint16) * 257), "PNG"),
        "float": colours.astype(np.float32) / 255.0,
        "array": colours,
    }
    tone = "grey" if kind in ("grey", "16 bit") else "colour"
    wanted = expected_part(image.convert("L").convert("RGB") if tone == "grey" else image, 0.5)
    got = opened(sources[kind]).part(BOX, 0.5)
    assert got.size_wh == (400, 300)
    assert np.abs(got.rgb - wanted).mean() < (6.0 if kind == "palette" else 1.0)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "array"])
def test_what_is_transparent_does_not_bleed(colours: U8, kind: str) -> None:
    alpha = np.where(np.arange(SIZE_WH[0]) // 3 % 2, 255, 0).astype(np.uint8)
    rgba = np.dstack([np.full_like(colours, 200), np.broadcast_to(alpha, colours.shape[:2])])
    rgba[..., :3][rgba[..., 3] == 0] = 0  # black where nothing is seen
    options = {"lossless": True, "quality": 0, "method": 0, "exact": True} if kind == "WEBP" else {}
    source = rgba if kind == "array" else encoded(Image.fromarray(rgba), kind, **options)
    got = opened(source).part(BOX, 0.25)
    assert got.alpha is not None
    np.testing.assert_allclose(got.alpha, 0.5, atol=0.26)  # stripes 3 px wide, seen through 4
    over = 200 * got.alpha[..., None] + np.array(BACKDROP_RGB) * (1 - got.alpha[..., None])
    np.testing.assert_allclose(got.rgb, over, atol=2.0)
    shown = opened(source).overview(500).astype(float)
    assert np.abs(shown - np.mean([[200] * 3, BACKDROP_RGB], axis=0)).max() < 5.0


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_colour_profile_comes_along(
    colours: U8, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def inverted(image: Image.Image) -> Image.Image:
        assert image.info.get("icc_profile") == profile
        return ImageOps.invert(image)

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.fromarray(colours)
    monkeypatch.setattr("vasa_avatar.appearance.picture.pixels.to_srgb", inverted)
    got = opened(encoded(image, kind, icc_profile=profile, quality=95)).part(BOX, 0.5)
    assert np.abs(255.0 - got.rgb - expected_part(image, 0.5)).mean() < 3.0


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_damaged_files_are_refused(colours: U8, kind: str) -> None:
    data = encoded(Image.fromarray(colours), kind)
    with pytest.raises(PortraitError) as caught:
        opened(data[: len(data) // 2]).part(BOX, 0.5)
    assert caught.value.reason == "not_an_image"
