"""Landmarks agree with MediaPipe's own run, and follow what is done to the picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance.reading import FaceLandmarker, FaceLandmarks
from vasa_avatar.datatypes import ARKIT_INDEX, F32, U8
from vasa_avatar.errors import ModelStoreError

DATA = Path(__file__).parents[1] / "data"


def warp(image: U8, matrix: F32, size: tuple[int, int] = (384, 384)) -> U8:
    return cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)


def error_px(face: FaceLandmarks, expected_xy: F32) -> float:
    return float(np.linalg.norm(face.points_px[:, :2] - expected_xy, axis=1).mean())


def test_agrees_with_mediapipe(landmarker: FaceLandmarker, synthetic_rgb: U8) -> None:
    with np.load(DATA / "synthetic_mediapipe.npz") as data:
        expected = {name: data[name] for name in data.files}
    (face,) = landmarker.detect(synthetic_rgb, refinements=0)
    # MediaPipe's points lie half a pixel of its net to the right and below, and count from the
    # first pixel's centre.
    net_px = 1.5 * float(np.ptp(face.points_px[:, :2], axis=0).max()) / 256
    shift = np.array([0.5 * net_px - 0.5, 0.5 * net_px - 0.5, 0.0], np.float32)
    np.testing.assert_allclose(face.points_px + shift, expected["points_px"], atol=0.3)
    for name, score in zip(expected["names"][1:], expected["scores"][1:], strict=True):
        assert face.blendshapes[ARKIT_INDEX[str(name)]] == pytest.approx(score, abs=0.02), name
    assert face.blendshapes[ARKIT_INDEX["tongueOut"]] == 0.0


@pytest.mark.parametrize("angle_deg", [-30.0, 20.0])
def test_roll_is_clockwise(
    landmarker: FaceLandmarker, synthetic_rgb: U8, synthetic_face: FaceLandmarks, angle_deg: float
) -> None:
    matrix = cv2.getRotationMatrix2D((192.0, 192.0), -angle_deg, 1.0).astype(np.float32)
    (face,) = landmarker.detect(warp(synthetic_rgb, matrix))
    turned = np.rad2deg(face.pose_rad - synthetic_face.pose_rad)
    np.testing.assert_allclose(turned, [0, 0, angle_deg], atol=2.0)
    expected = synthetic_face.points_px[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    assert error_px(face, expected) < 1.5


def test_points_are_not_shifted(landmarker: FaceLandmarker, synthetic_rgb: U8) -> None:
    """The mean of a picture's points and its mirror image's points lies in the middle."""
    (face,) = landmarker.detect(synthetic_rgb, refinements=3)
    (mirrored,) = landmarker.detect(np.ascontiguousarray(synthetic_rgb[:, ::-1]), refinements=3)
    middle = (face.points_px[:468, 0].mean() + mirrored.points_px[:468, 0].mean()) / 2
    assert middle == pytest.approx(192.0, abs=0.25)


def test_mirroring_swaps_left_and_right(
    landmarker: FaceLandmarker, synthetic_rgb: U8, synthetic_face: FaceLandmarks
) -> None:
    (face,) = landmarker.detect(np.ascontiguousarray(synthetic_rgb[:, ::-1]))
    assert face.pose_rad[1] == pytest.approx(-synthetic_face.pose_rad[1], abs=0.03)
    left, right = ARKIT_INDEX["browOuterUpLeft"], ARKIT_INDEX["browOuterUpRight"]
    np.testing.assert_allclose(
        face.blendshapes[[left, right]], synthetic_face.blendshapes[[right, left]], atol=0.12
    )


def test_finds_a_small_face_in_a_large_picture(
    landmarker: FaceLandmarker, synthetic_rgb: U8, synthetic_face: FaceLandmarks
) -> None:
    matrix = np.array([[0.35, 0, 1100], [0, 0.35, 620]], np.float32)
    canvas = np.full((1000, 1500, 3), 128, np.uint8)
    canvas[620 : 620 + 134, 1100 : 1100 + 134] = warp(
        synthetic_rgb, matrix * [[1, 1, 0]], (134, 134)
    )
    (face,) = landmarker.detect(canvas)
    expected = synthetic_face.points_px[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    assert error_px(face, expected) < 1.0


def test_finds_a_face_that_fills_the_frame(
    landmarker: FaceLandmarker, synthetic_rgb: U8, synthetic_face: FaceLandmarks
) -> None:
    x0, y0, x1, y1 = synthetic_face.box_px.astype(int)
    (face,) = landmarker.detect(np.ascontiguousarray(synthetic_rgb[y0:y1, x0:x1]))
    assert error_px(face, synthetic_face.points_px[:, :2] - [x0, y0]) < 3.0


def test_faces_come_largest_first(landmarker: FaceLandmarker, synthetic_rgb: U8) -> None:
    small = cv2.resize(synthetic_rgb, (270, 270), interpolation=cv2.INTER_AREA)
    canvas = np.full((384, 384 + 270, 3), 90, np.uint8)
    canvas[:270, :270] = small
    canvas[:, 270:] = synthetic_rgb
    faces = landmarker.detect(canvas)
    assert len(faces) == 2
    assert faces[0].scale_px / faces[1].scale_px == pytest.approx(384 / 270, rel=0.03)
    assert faces[0].points_px[1, 0] > 270


@pytest.mark.parametrize("content", ["flat", "noise"])
def test_no_face(landmarker: FaceLandmarker, content: str) -> None:
    image = np.full((300, 400, 3), 127, np.uint8)
    if content == "noise":
        image = np.random.default_rng(0).integers(0, 256, image.shape, np.uint8)
    assert landmarker.detect(image) == []


def test_track_follows_and_does_not_depend_on_earlier_videos(
    landmarker: FaceLandmarker, synthetic_rgb: U8, synthetic_face: FaceLandmarks
) -> None:
    track = landmarker.stream()
    first = []
    for step in range(6):
        matrix = np.array([[1, 0, 3.0 * step], [0, 1, -2.0 * step]], np.float32)
        face = track.track(warp(synthetic_rgb, matrix))
        assert face is not None
        assert error_px(face, synthetic_face.points_px[:, :2] + matrix[:, 2]) < 1.0
        first.append(face.points_px)
    assert track.track(np.zeros((384, 384, 3), np.uint8)) is None
    track.reset()
    again = track.track(synthetic_rgb)
    assert again is not None
    np.testing.assert_array_equal(again.points_px, first[0])


def test_refuses_another_file(tmp_path: Path) -> None:
    wrong = tmp_path / "x.task"
    wrong.write_bytes(b"nothing")
    with pytest.raises(ModelStoreError, match=r"is no face_landmarker\.task"):
        FaceLandmarker(wrong)
