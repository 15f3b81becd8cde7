"""What is said of a picture before it is baked."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance import inspect_portrait
from vasa_avatar.errors import ModelStoreError
from vasa_avatar.nets import ModelStore

CHARACTERS = Path(__file__).resolve().parents[2] / "character_profiles"


@pytest.fixture(autouse=True)
def _needs_the_nets() -> None:
    try:
        ModelStore().path("face_landmarker")
    except ModelStoreError as error:
        pytest.skip(f"needs the landmark nets: {error}")


def encoded(picture: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", picture)[1].tobytes())


def test_a_good_portrait_is_praised_and_its_face_is_found() -> None:
    report = inspect_portrait((CHARACTERS / "iris" / "portrait.png").read_bytes())
    assert report.refusal == "" and not report.is_drawn
    assert report.image_rgb is not None and report.points_px is not None
    height, width = report.image_rgb.shape[:2]
    assert (report.points_px >= 0).all() and (report.points_px <= [width, height]).all()
    assert any("sharp enough" in words for words in report.good)


def test_a_picture_without_a_face_is_shown_and_refused() -> None:
    report = inspect_portrait(encoded(np.full((300, 400, 3), 127, np.uint8)))
    assert report.reason == "no_face" and "no face was found" in report.refusal
    assert report.image_rgb is not None and report.image_rgb.shape == (300, 400, 3)
    assert report.points_px is None and report.good == ()


def test_what_is_no_picture_is_refused() -> None:
    report = inspect_portrait(b"a letter")
    assert report.reason == "not_an_image" and report.image_rgb is None
