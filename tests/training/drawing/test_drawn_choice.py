"""Who is believed: the landmark net, unless the picture shows large eyes that it half covers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_truth import clear_portraits

from vasa_avatar.appearance.reading import DrawnFace, FaceLandmarks
from vasa_avatar.appearance.reading.drawn_choice import (
    choose_drawn,
    contradiction,
    contradicts,
    flatness,
)
from vasa_avatar.appearance.reading.drawn_mesh import landmarks_of_drawing
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.geometry.drawn_layout import LEFT_EYE, OUTLINE, RIGHT_EYE

NOISE = np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def drawn() -> DrawnFace:
    """A drawing with tall eyes."""
    for _, face in clear_portraits(12, side_px=192, first=3000):
        width = np.linalg.norm(face.points_px[OUTLINE][0] - face.points_px[OUTLINE][-1])
        tall = [np.linalg.norm(face.points_px[eye][2] - face.points_px[eye][6])
                for eye in (RIGHT_EYE, LEFT_EYE)]  # fmt: skip
        if np.mean(tall) > 0.2 * width:
            return face
    raise AssertionError("the artist draws no tall eyes any more")


def landmarks(
    face: DrawnFace, eye_share: float, width: float = 0.85, aside: float = 0.0
) -> FaceLandmarks:
    """As the landmark net would: a face less wide, of whose eyes it covers the upper share."""
    found = landmarks_of_drawing(face.points_px, 0.0, 1.0)
    points: F32 = found.points_px.copy()
    for upper, lower in (
        (topo.RIGHT_EYE_UPPER, topo.RIGHT_EYE_LOWER),
        (topo.LEFT_EYE_UPPER, topo.LEFT_EYE_LOWER),
    ):
        up, low = points[list(upper[1:-1])], points[list(lower[1:-1])]
        points[list(lower[1:-1])] = up + eye_share * (low - up)
    cheeks = face.points_px[OUTLINE][[0, -1]]
    points[:, :2] += aside * (cheeks[1] - cheeks[0])
    scale = width * float(np.linalg.norm(cheeks[1] - cheeks[0])) / 15.3
    return replace(found, points_px=points, scale_px=scale)


def test_nothing_and_one_reading(drawn: DrawnFace) -> None:
    assert choose_drawn(NOISE, [], []) is None
    assert choose_drawn(NOISE, [], [drawn]) is drawn
    assert choose_drawn(NOISE, [landmarks(drawn, 1.0)], []) is None


def test_a_lone_reading_must_be_rather_sure(drawn: DrawnFace) -> None:
    assert choose_drawn(NOISE, [], [replace(drawn, score=0.55)]) is None


def test_tall_eyes_in_a_narrow_face_are_drawn(drawn: DrawnFace) -> None:
    half = landmarks(drawn, 0.45)
    assert contradicts(drawn, half) and choose_drawn(NOISE, [half], [drawn]) is drawn


def test_photographed_proportions_are_not(drawn: DrawnFace) -> None:
    flat = drawn.points_px.copy()
    for eye in (RIGHT_EYE, LEFT_EYE):
        middle = flat[eye].mean(0)
        flat[eye] = middle + (flat[eye] - middle) * [1.0, 0.35]
    low = replace(drawn, points_px=flat)
    assert not contradicts(low, landmarks(low, 1.0, width=1.05))


def test_a_face_elsewhere_contradicts_more(drawn: DrawnFace) -> None:
    near, aside = (landmarks(drawn, 1.0, width=1.05, aside=share) for share in (0.0, 0.3))
    assert contradiction(drawn, aside) > 1.5 * contradiction(drawn, near)


def test_plain_areas_between_lines_are_drawn(drawn: DrawnFace) -> None:
    flat = np.full((400, 400, 3), 220, np.uint8)
    flat[:, ::40] = 20
    believed = landmarks(drawn, 1.0, width=1.3)
    assert flatness(flat, believed) > 100 > 10 > flatness(NOISE, believed)
    assert choose_drawn(flat, [believed], [drawn]) is drawn
    assert choose_drawn(NOISE, [believed], [drawn]) is None


def test_unsure_readings_and_shut_eyes_do_not_overrule(drawn: DrawnFace) -> None:
    half = landmarks(drawn, 0.45)
    assert not contradicts(replace(drawn, score=0.6), half)
    assert not contradicts(replace(drawn, closed=np.array([0.0, 0.9], np.float32)), half)


def test_another_face_is_another_face(drawn: DrawnFace) -> None:
    far = landmarks(drawn, 0.45, aside=5.0)
    assert choose_drawn(NOISE, [far], [drawn]) is None
