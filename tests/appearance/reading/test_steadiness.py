"""A person's landmarks stay where they are when looked at again; an animal's wander."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance import build_avatar
from vasa_avatar.appearance.picture import load_picture
from vasa_avatar.appearance.reading import (
    FaceLandmarker,
    FaceLandmarks,
    load_portrait,
    portrait,
)
from vasa_avatar.appearance.reading.steadiness import STEADY, Steadiness, steadiness
from vasa_avatar.datatypes import U8
from vasa_avatar.errors import PortraitError
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.nets import ModelStore
from vasa_avatar.render import assets

PROFILES = Path(__file__).parents[3] / "character_profiles"
PORTRAITS = [PROFILES / name / "portrait.png" for name in ("greta", "iris", "leo")]
SIDE_PX = 512


def cat_face() -> U8:
    """(512, 512, 3) round eyes close together, a small nose and a mouth of two arcs, on fur."""
    chance = np.random.default_rng(0)
    fur = cv2.GaussianBlur(chance.normal(size=(SIDE_PX, SIDE_PX)), (0, 0), 1.5, sigmaY=4.0)
    coat = np.array([150.0, 129.0, 105.0]) + (fur / fur.std())[..., None] * 25.0
    head = np.zeros((SIDE_PX, SIDE_PX))
    cv2.ellipse(head, (256, 266), (168, 184), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    for side in (-1, 1):
        ear = np.array([(256 + side * x, y) for x, y in ((51, 113), (153, 41), (158, 190))])
        cv2.fillPoly(head, [ear.astype(np.int32)], 1.0, cv2.LINE_AA)
    picture = np.where(head[..., None] > 0.5, coat, (96.0, 120.0, 110.0))
    cv2.ellipse(picture, (256, 332), (76, 61), 0, 0, 360, (180, 165, 150), -1, cv2.LINE_AA)
    for side in (-1, 1):
        eye = (256 + side * 51, 231)
        for radius, colour in ((35, (60, 48, 30)), (19, (10, 10, 10))):
            cv2.circle(picture, eye, radius, colour, -1, cv2.LINE_AA)
        cv2.circle(picture, (eye[0] - 10, 221), 7, (250, 250, 250), -1, cv2.LINE_AA)
        arc = (256 + side * 25, 342)
        cv2.ellipse(picture, arc, (25, 17), 0, 0, 180, (60, 40, 40), 3, cv2.LINE_AA)
    cv2.ellipse(picture, (256, 301), (17, 12), 0, 0, 360, (112, 75, 72), -1, cv2.LINE_AA)
    cv2.line(picture, (256, 301), (256, 342), (60, 40, 40), 2, cv2.LINE_AA)
    grain = chance.normal(0.0, 3.0, picture.shape)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 1.0) + grain, 0, 255).astype(np.uint8)


def test_the_landmarks_of_a_cat_wander(
    landmarker: FaceLandmarker, synthetic_face: FaceLandmarks
) -> None:
    """A person's face laid over its eyes and mouth tells the net where to look."""
    scale = 220.0 / synthetic_face.width_px
    points = synthetic_face.points_px * np.float32(scale)
    points[:, :2] += (256.0, 270.0) - points[:, :2].mean(0)
    laid = dataclasses.replace(
        synthetic_face, points_px=points, scale_px=synthetic_face.scale_px * scale
    )
    assert landmarker.unsteadiness(cat_face(), laid) > 1.3 * STEADY


@pytest.mark.parametrize("path", PORTRAITS, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("kind", ["plain", "dark", "noisy", "small", "masked", "stone"])
def test_people_and_statues_stand_still(landmarker: FaceLandmarker, path: Path, kind: str) -> None:
    picture = load_picture(path).rgb
    face = landmarker.detect(picture)[0]
    if kind == "dark":
        picture = (picture * 0.1).astype(np.uint8)
    elif kind == "noisy":
        noise = np.random.default_rng(1).normal(0.0, 30.0, picture.shape)
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    elif kind == "small":
        scale = 70.0 / face.width_px
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    elif kind == "masked":
        cloth = face.points_px[[123, 50, 4, 280, 352, 361, 397, 365, 152, 136, 172, 132], :2]
        picture = cv2.fillPoly(picture.copy(), [cloth.astype(np.int32)], (225, 235, 240))  # type: ignore[assignment]
    elif kind == "stone":
        grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), 2.0)
        picture = np.clip(grey[..., None] * np.array([1.02, 1.0, 0.97]), 0, 255).astype(np.uint8)
    seen = steadiness(picture, landmarker.detect(picture)[0], landmarker)
    assert seen.is_person and seen.moved < 0.8 * STEADY


@pytest.mark.parametrize(
    ("moved", "flat_share", "is_face", "is_person"),
    [
        (0.02, 0.0, True, True),
        (0.03, 0.0, True, False),  # a dog
        (0.06, 0.0, False, False),  # a deer
        (0.04, 0.4, True, True),  # a drawing
        (0.09, 0.4, False, False),  # a plate
    ],
)
def test_verdicts(moved: float, flat_share: float, is_face: bool, is_person: bool) -> None:
    seen = Steadiness(moved, flat_share)
    assert (seen.is_face, seen.is_person) == (is_face, is_person)


def test_who_may_be_an_animal_gets_a_warning_and_no_teeth(
    monkeypatch: pytest.MonkeyPatch, store: ModelStore, landmarker: object, synthetic_rgb: U8
) -> None:
    monkeypatch.setattr(portrait, "steadiness", lambda *_: Steadiness(0.032, 0.0))
    made = build_avatar(synthetic_rgb, store=store, calibrate=False)
    assert any("may not be a person's" in note and "3.2 %" in note for note in made.warnings)
    layers = made.assets.triangle_layer
    assert assets.LAYER_LOWER_TEETH not in layers
    lip_shade = 2 * (len(topo.LIP_INNER_UPPER) - 1)
    assert (layers == assets.LAYER_UPPER_TEETH).sum() == lip_shade


def test_what_is_hardly_a_face_is_refused(
    monkeypatch: pytest.MonkeyPatch, landmarker: FaceLandmarker, synthetic_rgb: U8
) -> None:
    monkeypatch.setattr(portrait, "steadiness", lambda *_: Steadiness(0.06, 0.0))
    with pytest.raises(PortraitError, match="hardly one: .* 6 % of its width") as refused:
        load_portrait(synthetic_rgb, landmarker)
    assert refused.value.reason == "no_face"
