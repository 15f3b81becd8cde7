"""Gaze, pose and size are measured in the picture: they follow what is done to it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance.reading import FaceLandmarker, FaceLandmarks
from vasa_avatar.appearance.reading.iris import locate_irises
from vasa_avatar.appearance.reading.measure import (
    EYE_RADIUS,
    MIN_IRIS_VISIBILITY,
    SEEN_MOVE_XY,
    gaze_from_rest,
    measure_face,
    measure_landmarks,
)
from vasa_avatar.datatypes import U8
from vasa_avatar.geometry.face_topology import LEFT_EYE_HOLE, RIGHT_EYE_HOLE


def repaint_eyes(image: U8, face: FaceLandmarks, shift: tuple[float, float]) -> U8:
    """Fill both openings with white and a dark disc, moved by a share of the corners' distance."""
    out = image.astype(np.float32)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    for opening, corners in ((RIGHT_EYE_HOLE, (33, 133)), (LEFT_EYE_HOLE, (362, 263))):
        a, b = face.points_px[list(corners), :2]
        width = float(np.linalg.norm(b - a))
        centre = (a + b) / 2 + np.array([0.0, -0.08 * width]) + width * np.array(shift)
        mask = np.zeros(image.shape[:2], np.uint8)
        rim = np.round((face.points_px[list(opening), :2] - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(mask, [rim], 255, cv2.LINE_AA, 4)
        disc = np.clip(0.222 * width - np.hypot(columns - centre[0], rows - centre[1]), 0, 1)
        eye = (215 - 165 * disc)[..., None]
        share = mask[..., None] / 255
        out = out * (1 - share) + eye * share
    return np.clip(out, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def large_rgb(synthetic_rgb: U8) -> U8:
    return cv2.resize(synthetic_rgb, (768, 768), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def large_face(landmarker: FaceLandmarker, large_rgb: U8) -> FaceLandmarks:
    return landmarker.detect(large_rgb)[0]


@pytest.mark.parametrize("yaw_deg", [-20.0, -10.0, 10.0, 20.0])
def test_gaze_yaw(large_rgb: U8, large_face: FaceLandmarks, yaw_deg: float) -> None:
    # The landmarks of the eye's corners stay here, so the irises go only as far as is seen of it.
    shift = EYE_RADIUS * SEEN_MOVE_XY[0] * np.sin(np.deg2rad(yaw_deg))
    straight, aside = (
        measure_landmarks(repaint_eyes(large_rgb, large_face, s), large_face)
        for s in ((0.0, 0.0), (shift, 0.0))
    )
    turned = np.rad2deg(aside.gaze_rad - straight.gaze_rad)
    assert aside.is_gaze_seen
    np.testing.assert_allclose(turned, [0.0, yaw_deg], atol=2.5)


@pytest.mark.parametrize("pitch_deg", [-8.0, 8.0])
def test_gaze_pitch(large_rgb: U8, large_face: FaceLandmarks, pitch_deg: float) -> None:
    shift = -EYE_RADIUS * SEEN_MOVE_XY[1] * np.sin(np.deg2rad(pitch_deg))
    straight, aside = (
        measure_landmarks(repaint_eyes(large_rgb, large_face, s), large_face)
        for s in ((0.0, 0.0), (0.0, shift))
    )
    turned = np.rad2deg(aside.gaze_rad - straight.gaze_rad)
    np.testing.assert_allclose(turned, [pitch_deg, 0.0], atol=4.0)


def test_gaze_from_rest_takes_the_way_of_the_irises(
    large_rgb: U8, large_face: FaceLandmarks
) -> None:
    shift = EYE_RADIUS * np.sin(np.deg2rad(15.0))
    straight, aside = (
        measure_landmarks(repaint_eyes(large_rgb, large_face, s), large_face)
        for s in ((0.0, 0.0), (shift, 0.0))
    )
    turned = np.rad2deg(gaze_from_rest(aside, straight))
    np.testing.assert_allclose(turned, [0.0, 15.0], atol=2.0)
    assert np.abs(gaze_from_rest(straight, straight)).max() < 1e-6


def test_iris_place_in_pixels(large_rgb: U8, large_face: FaceLandmarks) -> None:
    irises = locate_irises(repaint_eyes(large_rgb, large_face, (0.05, 0.0)), large_face.points_px)
    for found, corners in zip(irises.centre_px, ((33, 133), (362, 263)), strict=True):
        a, b = large_face.points_px[list(corners), :2]
        width = float(np.linalg.norm(b - a))
        np.testing.assert_allclose(
            found, (a + b) / 2 + [0.05 * width, -0.08 * width], atol=0.03 * width
        )


def test_hidden_irises_are_reported(large_rgb: U8, large_face: FaceLandmarks) -> None:
    closed = large_face.points_px.copy()
    for upper, lower in (
        ((246, 161, 160, 159, 158, 157, 173), (7, 163, 144, 145, 153, 154, 155)),
        ((466, 388, 387, 386, 385, 384, 398), (249, 390, 373, 374, 380, 381, 382)),
    ):
        closed[list(upper), 1] = closed[list(lower), 1] - 0.5  # fmt: skip
    irises = locate_irises(large_rgb, closed)
    assert (irises.visibility < MIN_IRIS_VISIBILITY).all()
    np.testing.assert_allclose(irises.centre_px, closed[[468, 473], :2], atol=1e-3)


def test_scale_is_the_inverse_of_distance(
    landmarker: FaceLandmarker, synthetic_rgb: U8, large_rgb: U8
) -> None:
    near, far = measure_face(large_rgb, landmarker), measure_face(synthetic_rgb, landmarker)
    assert near is not None and far is not None
    assert near.scale_px / far.scale_px == pytest.approx(2.0, rel=0.01)
    np.testing.assert_allclose(near.centre_px, far.centre_px * 2, atol=2.0)
    np.testing.assert_allclose(near.pose_rad, far.pose_rad, atol=0.02)


def test_no_face_gives_none(landmarker: FaceLandmarker) -> None:
    assert measure_face(np.full((256, 256, 3), 90, np.uint8), landmarker) is None
