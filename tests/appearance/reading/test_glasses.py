"""Glasses that were painted on a face are found where they are; the bare face has none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance.reading import FaceLandmarker, FaceLandmarks
from vasa_avatar.appearance.reading.glasses import glasses_mask
from vasa_avatar.datatypes import F32, U8


def painted(
    image: U8, face: FaceLandmarks, colour: tuple[int, int, int], thickness: int
) -> tuple[U8, F32]:
    """The face with round glasses, and the frame's own mask."""
    mask = np.zeros(image.shape[:2], np.uint8)
    eyes = [face.points_px[list(pair), :2].mean(0) for pair in ((33, 133), (362, 263))]
    radius = 0.30 * face.eye_distance_px
    for eye in eyes:
        centre = tuple(int(v) for v in eye + [0, 0.03 * face.eye_distance_px])
        cv2.circle(mask, centre, int(radius), 255, thickness, cv2.LINE_AA)
    middle = (eyes[0] + eyes[1]) / 2
    half = float(eyes[1][0] - eyes[0][0]) / 2 - radius
    ends = [(int(middle[0] + s * half), int(middle[1])) for s in (-1.0, 1.0)]
    cv2.line(mask, *ends, 255, thickness, cv2.LINE_AA)
    share = mask[..., None] / 255.0
    out = image * (1 - share) + np.array(colour) * share
    return np.rint(out).astype(np.uint8), (mask / 255.0).astype(np.float32)


def test_a_bare_face_has_none(synthetic_rgb: U8, synthetic_face: FaceLandmarks) -> None:
    mask = glasses_mask(synthetic_rgb, synthetic_face)
    assert mask.shape == synthetic_rgb.shape[:2] and mask.dtype == np.float32
    assert mask.max() == 0.0


@pytest.mark.parametrize(("colour", "thickness"), [((25, 22, 24), 6), ((240, 235, 225), 4)])
def test_painted_glasses(
    landmarker: FaceLandmarker,
    synthetic_rgb: U8,
    synthetic_face: FaceLandmarks,
    colour: tuple[int, int, int],
    thickness: int,
) -> None:
    image, truth = painted(synthetic_rgb, synthetic_face, colour, thickness)
    face = landmarker.detect(image)[0]
    mask = glasses_mask(image, face)
    found = float((mask * truth).sum() / truth.sum())
    beside = float((mask * (cv2.dilate(truth, np.ones((9, 9))) < 0.1)).sum() / mask.sum())
    assert found > 0.55
    assert beside < 0.25
