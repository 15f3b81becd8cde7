"""A dark nose and dark eyes on light fur are an animal's; any one of them may be a person's."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance.picture import load_picture
from vasa_avatar.appearance.reading import FaceLandmarker, FaceLandmarks, load_portrait
from vasa_avatar.appearance.reading.muzzle import muzzle_evidence
from vasa_avatar.datatypes import U8
from vasa_avatar.errors import PortraitError
from vasa_avatar.geometry.face_topology import LEFT_EYE_HOLE, RIGHT_EYE_HOLE

PROFILES = Path(__file__).parents[3] / "character_profiles"
PORTRAITS = [PROFILES / name / "portrait.png" for name in ("greta", "iris", "leo")]
LEATHER = (38, 32, 34)


def painted(picture: U8, face: FaceLandmarks, *, nose: bool, eyes: bool) -> U8:
    """The face with a black nose, or with eyes that are dark all over."""
    out, points = picture.copy(), face.points_px[:, :2]
    if nose:
        middle = np.rint(points[[1, 4]].mean(0)).astype(int).tolist()
        axes = (round(0.075 * face.width_px), round(0.06 * face.width_px))
        cv2.ellipse(out, (middle[0], middle[1]), axes, 0, 0, 360, LEATHER, -1, cv2.LINE_AA)
    for hole in (RIGHT_EYE_HOLE, LEFT_EYE_HOLE) if eyes else ():
        cv2.fillPoly(out, [np.rint(points[list(hole)]).astype(np.int32)], LEATHER, cv2.LINE_AA)
    return out


@pytest.mark.parametrize(
    ("nose", "eyes", "expected"),
    [(False, False, False), (True, False, False), (False, True, False), (True, True, True)],
)
def test_it_takes_both(
    synthetic_rgb: U8, synthetic_face: FaceLandmarks, nose: bool, eyes: bool, expected: bool
) -> None:
    picture = painted(synthetic_rgb, synthetic_face, nose=nose, eyes=eyes)
    assert muzzle_evidence(picture, synthetic_face).is_animal == expected


@pytest.mark.parametrize("path", PORTRAITS, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("gain", [1.0, 0.25])
def test_people_are_people_in_any_light(
    landmarker: FaceLandmarker, path: Path, gain: float
) -> None:
    picture = (load_picture(path).rgb * gain).astype(np.uint8)
    evidence = muzzle_evidence(picture, landmarker.detect(picture)[0])
    assert not evidence.is_animal and evidence.nose_over_cheeks > 0.6


def test_an_animal_is_refused_with_a_reason(
    landmarker: FaceLandmarker, synthetic_rgb: U8, synthetic_face: FaceLandmarks
) -> None:
    picture = painted(synthetic_rgb, synthetic_face, nose=True, eyes=True)
    if not landmarker.detect(picture):
        pytest.skip("the landmark net sees no face in it at all")
    with pytest.raises(PortraitError, match="an animal's: its nose has") as refused:
        load_portrait(picture, landmarker)
    assert refused.value.reason == "no_face"
