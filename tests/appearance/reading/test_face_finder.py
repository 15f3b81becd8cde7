"""Large pictures cost what ordinary ones cost, and show what ordinary ones show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from vasa_avatar.appearance.picture import FRAME_PX, open_picture
from vasa_avatar.appearance.reading import FaceLandmarker, Portrait, load_portrait
from vasa_avatar.appearance.reading.drawn_by_hand import points_by_hand
from vasa_avatar.appearance.reading.face_finder import GOOD_FACE_PX, PART_PIXELS, find_face
from vasa_avatar.datatypes import U8


def scene(
    face_rgb: U8, size_wh: tuple[int, int], face_side: float, corner: tuple[float, float]
) -> U8:
    """A plain wall with a picture of a face on it; lengths as shares of the width."""
    wall = Image.linear_gradient("L").convert("RGB").resize(size_wh)
    side = round(face_side * size_wh[0])
    face = Image.fromarray(face_rgb).resize((side, side), Image.Resampling.BICUBIC)
    wall.paste(face, (round(corner[0] * size_wh[0]), round(corner[1] * size_wh[0])))
    return np.asarray(wall)


@pytest.mark.parametrize("size_wh", [(5200, 3900), (3900, 5200), (2600, 2600)])
def test_a_large_picture_shows_what_a_small_one_shows(
    landmarker: FaceLandmarker, synthetic_rgb: U8, size_wh: tuple[int, int]
) -> None:
    small_wh = (size_wh[0] // 4, size_wh[1] // 4)
    small, large = (
        load_portrait(scene(synthetic_rgb, wh, 0.4, (0.35, 0.2)), landmarker)
        for wh in (small_wh, size_wh)
    )
    assert large.image_rgb.shape[0] * large.image_rgb.shape[1] < 1.02 * PART_PIXELS
    assert large.frame.side_px <= FRAME_PX

    def framed(portrait: Portrait) -> np.ndarray:
        points = portrait.landmarks.points_px[:468, :2]
        return np.asarray((points - portrait.frame.corner_px) / portrait.frame.side_px)

    np.testing.assert_allclose(framed(large), framed(small), atol=0.012)
    assert large.warnings == small.warnings == ()


def test_a_small_face_in_a_large_picture_gets_a_frame_of_its_own(
    landmarker: FaceLandmarker, synthetic_rgb: U8
) -> None:
    picture = scene(synthetic_rgb, (6000, 4500), 0.1, (0.6, 0.3))
    portrait = load_portrait(picture, landmarker)
    assert portrait.landmarks.width_px > GOOD_FACE_PX
    assert "only the part around it is used" in portrait.warnings[0]
    face = portrait.landmarks.points_px[:468, :2]
    low, high = portrait.frame.corner_px, np.add(portrait.frame.corner_px, portrait.frame.side_px)
    assert (face > low).all() and (face < high).all()


_CHILD = """
import resource, sys
from vasa_avatar.appearance import build_avatar
build_avatar(sys.argv[1], calibrate=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="memory is read off as Unix counts it")
@pytest.mark.parametrize("kind", ["png", "jpg", "webp"])
def test_memory_of_a_large_picture(
    landmarker: FaceLandmarker, synthetic_rgb: U8, tmp_path: Path, kind: str
) -> None:
    def peak(side: int) -> int:
        file = tmp_path / f"{side}.{kind}"
        Image.fromarray(synthetic_rgb).resize((side, side)).save(file)
        child = [sys.executable, "-c", _CHILD, str(file)]
        return int(subprocess.run(child, capture_output=True, check=True, text=True).stdout)

    assert peak(5000) < 1.5 * peak(1000)


def test_a_photograph_goes_the_landmark_nets_way(
    synthetic_rgb: U8, landmarker: FaceLandmarker
) -> None:
    sight = find_face(open_picture(synthetic_rgb), landmarker)
    assert sight is not None and sight.drawing is None and not sight.is_by_hand


@pytest.mark.parametrize("times", [1, 5])
def test_a_face_marked_by_hand_is_where_it_was_marked(
    times: int, synthetic_rgb: U8, landmarker: FaceLandmarker
) -> None:
    """In a small picture, and in one so large that a part of it is taken."""
    height, width = synthetic_rgb.shape[:2]
    large = cv2.resize(synthetic_rgb, (times * width, times * height)).astype(np.uint8)
    eye = np.array([[-16, 0], [16, 0], [0, -9], [0, 9]])
    marks = {
        "right_eye": np.array([0.38 * width, 0.45 * height]) + eye,
        "left_eye": np.array([0.62 * width, 0.45 * height]) + eye * [-1, 1],
        "mouth": np.array([0.5 * width, 0.7 * height]) + eye,
        "chin": np.array([[0.5 * width, 0.85 * height]]),
        "outline": np.array([[0.28 * width, 0.45 * height], [0.72 * width, 0.45 * height]]),
    }
    points = points_by_hand({name: times * places for name, places in marks.items()})
    sight = find_face(open_picture(large), landmarker, points)
    assert sight is not None and sight.is_by_hand and sight.drawing is not None
    share = sight.picture.size_wh[0] / width
    np.testing.assert_allclose(
        sight.drawing.points_px, points / times * share, atol=1.0 + 0.002 * width * share
    )
