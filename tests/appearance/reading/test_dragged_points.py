"""Points that are dragged on a photograph take the found face with them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.appearance.reading import FaceLandmarker, load_portrait
from vasa_avatar.nets import ModelStore
from vasa_avatar.profiles import load_profile

FOUND = {
    "right_eye": [33, 133, 159, 145], "left_eye": [263, 362, 386, 374], "mouth": [61, 291, 0, 17],
    "chin": [152], "outline": [234, 454],
}  # fmt: skip


@pytest.fixture(scope="module")
def landmarker() -> FaceLandmarker:
    return FaceLandmarker(ModelStore().path("face_landmarker"))


def test_a_dragged_mouth_moves_and_the_eyes_stay(
    landmarker: FaceLandmarker, tmp_path: Path
) -> None:
    portrait = load_profile("leo").portrait
    found = load_portrait(portrait, landmarker).landmarks.points_px[:, :2]
    marks = {name: found[places].tolist() for name, places in FOUND.items()}
    marks["chin"] = marks["chin"][0]
    path = tmp_path / "points.json"

    path.write_text(json.dumps(marks))
    same = load_portrait(portrait, landmarker, path)
    assert same.drawing is None, "a photograph stays one"
    np.testing.assert_allclose(same.landmarks.points_px[:, :2], found, atol=0.05)

    marks["mouth"] = [[x, y + 6.0] for x, y in marks["mouth"]]
    path.write_text(json.dumps(marks))
    moved = load_portrait(portrait, landmarker, path).landmarks.points_px[:, :2] - found
    np.testing.assert_allclose(moved[FOUND["mouth"]], [[0.0, 6.0]] * 4, atol=0.05)
    np.testing.assert_allclose(moved[FOUND["right_eye"]], 0.0, atol=0.05)
    assert moved[13, 1] == pytest.approx(6.0, abs=1.5), "what lies between goes along"
    assert 0.5 < moved[2, 1] < 6.0, "below the nose a part of the way"


def test_marks_elsewhere_are_a_drawing(landmarker: FaceLandmarker, tmp_path: Path) -> None:
    portrait = load_profile("leo").portrait
    found = load_portrait(portrait, landmarker).landmarks.points_px[:, :2]
    middle = found.mean(0)
    marks = {
        name: (middle + 0.5 * (found[places] - middle) + [120, -150]).tolist()
        for name, places in FOUND.items()
    }
    marks["chin"] = marks["chin"][0]
    path = tmp_path / "points.json"
    path.write_text(json.dumps(marks))
    assert load_portrait(portrait, landmarker, path).drawing is not None
