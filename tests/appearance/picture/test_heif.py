"""HEIC and AVIF: read as other pictures are; without their decoder the message names it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from vasa_avatar.appearance.picture import load_picture
from vasa_avatar.datatypes import U8
from vasa_avatar.errors import PortraitError

HEIC = Path(__file__).parents[1] / "data" / "synthetic.heic"
"""the generated face, 256 px"""


NEEDS_AVIF = pytest.mark.skipif(
    "avif" not in features.get_supported(), reason="this Pillow has no AVIF"
)


def avif(picture: U8) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "AVIF", quality=90)
    return buffer.getvalue()


def test_heic_is_read(synthetic_rgb: U8) -> None:
    pytest.importorskip("pi_heif")
    for source in (HEIC, HEIC.read_bytes()):
        got = load_picture(source).rgb
        small = np.asarray(Image.fromarray(synthetic_rgb).resize((256, 256)))
        assert np.abs(got.astype(int) - small).mean() < 4.0


def test_heic_without_a_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PortraitError, match=r'HEIC.*pip install "vasa-avatar\[heic\]"') as caught:
        load_picture(HEIC)
    assert caught.value.reason == "not_an_image" and "synthetic.heic" in str(caught.value)


@NEEDS_AVIF
def test_avif_is_read(synthetic_rgb: U8) -> None:
    got = load_picture(avif(synthetic_rgb)).rgb
    assert np.abs(got.astype(int) - synthetic_rgb).mean() < 4.0


@NEEDS_AVIF
def test_avif_without_a_decoder(synthetic_rgb: U8, monkeypatch: pytest.MonkeyPatch) -> None:
    data = avif(synthetic_rgb)
    monkeypatch.setattr(features, "get_supported", list)
    with pytest.raises(PortraitError, match=r'AVIF.*pip install "pillow>=11.3"'):
        load_picture(data)


def test_other_films_and_pictures_are_left_alone() -> None:
    film = b"\0\0\0\x18ftypisom\0\0\0\0isommp41" + b"\0" * 64
    with pytest.raises(PortraitError, match="not a picture that can be read"):
        load_picture(film)
