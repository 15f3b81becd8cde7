"""What makes a portrait, and what is refused and why."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance.reading import FaceLandmarker, FaceLandmarks
from vasa_avatar.appearance.reading.portrait import eye_openings, load_portrait
from vasa_avatar.datatypes import U8
from vasa_avatar.errors import PortraitError
from vasa_avatar.geometry.face_topology import (
    LEFT_EYE_HOLE,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    RIGHT_EYE_HOLE,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
)


def close_eyes(image: U8, face: FaceLandmarks) -> U8:
    """Paint lids: the skin from under the brow, stretched over the opening, and a lash line."""
    out = image.copy()
    for hole, upper, lower in (
        (RIGHT_EYE_HOLE, RIGHT_EYE_UPPER, RIGHT_EYE_LOWER),
        (LEFT_EYE_HOLE, LEFT_EYE_UPPER, LEFT_EYE_LOWER),
    ):
        points = face.points_px[:, :2]
        centre = points[list(hole)].mean(0)
        size = points[list(hole)].max(0) - points[list(hole)].min(0)
        x0, x1 = int(centre[0] - 0.62 * size[0]), int(centre[0] + 0.62 * size[0])
        top = int(points[list(upper), 1].min() - 0.35 * size[1])
        bottom = int(points[list(lower), 1].max() + 0.1 * size[1])
        strip = image[top - 4 : top, x0:x1]
        out[top:bottom, x0:x1] = cv2.resize(strip, (x1 - x0, bottom - top))
        line = np.rint(points[list(lower)] * 16).astype(np.int32)
        cv2.polylines(out, [line], False, (30, 22, 20), 1, cv2.LINE_AA, 4)
    return out


def refusal(image: U8, landmarker: FaceLandmarker) -> PortraitError:
    with pytest.raises(PortraitError) as caught:
        load_portrait(image, landmarker)
    return caught.value


def test_a_good_portrait(landmarker: FaceLandmarker, synthetic_rgb: U8) -> None:
    portrait = load_portrait(synthetic_rgb, landmarker)
    np.testing.assert_array_equal(portrait.image_rgb, synthetic_rgb)
    assert portrait.alpha is None and portrait.warnings == ()
    assert eye_openings(portrait.landmarks.points_px).min() > 0.2


def test_no_face(landmarker: FaceLandmarker) -> None:
    error = refusal(np.full((300, 300, 3), 120, np.uint8), landmarker)
    assert error.reason == "no_face" and "300 x 300" in str(error)


def test_small_picture_and_small_face(landmarker: FaceLandmarker, synthetic_rgb: U8) -> None:
    small = cv2.resize(synthetic_rgb, (200, 200), interpolation=cv2.INTER_AREA)
    error = refusal(small, landmarker)
    assert error.reason == "face_too_small" and "256 or more" in str(error)
    canvas = np.full((600, 600, 3), 140, np.uint8)
    canvas[250:346, 250:346] = cv2.resize(synthetic_rgb, (96, 96), interpolation=cv2.INTER_AREA)
    error = refusal(canvas, landmarker)
    assert error.reason == "face_too_small" and "it needs 64 or more" in str(error)


def test_tilted_head(landmarker: FaceLandmarker, synthetic_rgb: U8) -> None:
    matrix = cv2.getRotationMatrix2D((192.0, 192.0), 55, 0.8)
    error = refusal(cv2.warpAffine(synthetic_rgb, matrix, (384, 384)), landmarker)
    assert error.reason == "turned_too_far" and "at most 45" in str(error)


def test_head_turned_aside(
    landmarker: FaceLandmarker, synthetic_rgb: U8, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vasa_avatar.appearance.reading.portrait.MAX_YAW_DEG", 1.0)
    assert refusal(synthetic_rgb, landmarker).reason == "turned_too_far"


def test_closed_eyes(
    landmarker: FaceLandmarker, synthetic_rgb: U8, synthetic_face: FaceLandmarks
) -> None:
    error = refusal(close_eyes(synthetic_rgb, synthetic_face), landmarker)
    assert error.reason == "eyes_closed"


def test_several_faces_give_the_largest_and_a_warning(
    landmarker: FaceLandmarker, synthetic_rgb: U8
) -> None:
    small = cv2.resize(synthetic_rgb, (300, 300), interpolation=cv2.INTER_AREA)
    canvas = np.full((384, 684, 3), 90, np.uint8)
    canvas[:300, :300], canvas[:, 300:] = small, synthetic_rgb
    portrait = load_portrait(canvas, landmarker)
    assert "2 faces; the largest is used" in portrait.warnings[0]
    assert portrait.landmarks.points_px[1, 0] > 300


def test_alpha_that_cuts_out_the_person_is_the_matte(
    landmarker: FaceLandmarker, synthetic_rgb: U8
) -> None:
    alpha = np.zeros((384, 384), np.uint8)
    cv2.ellipse(alpha, (192, 220), (150, 200), 0, 0, 360, 255, -1)
    portrait = load_portrait(np.dstack([synthetic_rgb, alpha]), landmarker)
    assert portrait.alpha is not None
    np.testing.assert_allclose(portrait.alpha, alpha / 255)
    portrait = load_portrait(np.dstack([synthetic_rgb, 255 - alpha // 4]), landmarker)
    assert portrait.alpha is None and "transparency" in portrait.warnings[0]
