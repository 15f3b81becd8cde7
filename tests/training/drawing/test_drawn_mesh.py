"""Forty points of a drawing to the mesh: drawn lines are met exactly, nothing folds over."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from vasa_avatar.appearance.reading.drawn_mesh import (
    head_turn,
    landmarks_of_drawing,
    mesh_landmarks,
)
from vasa_avatar.geometry import drawn_layout as names
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.training.drawing.figure import DrawnFace
from vasa_avatar.training.drawing.head import Head, Turn, draw_proportions
from vasa_avatar.training.drawing.scene import draw_picture


def faces(n: int) -> list[DrawnFace]:
    found: list[DrawnFace] = []
    seed = 500
    while len(found) < n:
        for face in draw_picture(seed, side_px=128).faces:
            if abs(float(head_turn(face.points_px)[1])) < 0.6:
                found.append(face)
        seed += 1
    return found[:n]


def skin_triangles() -> np.ndarray:
    with np.load(str(files("vasa_avatar") / "weights" / "face_basis.npz")) as data:
        skin, _ = topo.split_holes(data["triangles"])
    return skin


def test_a_far_cheek_falls_away_gently() -> None:
    """Else a turn draws out the line and the hair at the face's edge."""
    eyes = [*topo.RIGHT_EYE_HOLE, *topo.LEFT_EYE_HOLE]
    for face in faces(12):
        points = mesh_landmarks(face.points_px, float(face.mouth_open)).astype(np.float64)
        height = -1.15 * points[:, 2]
        for edge in topo.FACE_OVAL:
            apart = np.linalg.norm(points[eyes, :2] - points[edge, :2], axis=1)
            assert ((height[eyes] - height[edge]) / apart).max() < 0.91


def areas(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (points[triangles[:, k], :2] for k in range(3))
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


def test_drawn_corners_lids_and_chin_are_met() -> None:
    for face in faces(10):
        mesh = mesh_landmarks(face.points_px, float(face.mouth_open))
        for eye, upper, lower in (
            (names.RIGHT_EYE, topo.RIGHT_EYE_UPPER, topo.RIGHT_EYE_LOWER),
            (names.LEFT_EYE, topo.LEFT_EYE_UPPER, topo.LEFT_EYE_LOWER),
        ):
            drawn = face.points_px[eye]
            np.testing.assert_allclose(mesh[list(upper[::2]), :2], drawn[:5], atol=1e-3)
            np.testing.assert_allclose(mesh[list(lower[2:-1:2]), :2], drawn[[7, 6, 5]], atol=1e-3)
        np.testing.assert_allclose(mesh[topo.CHIN, :2], face.points_px[names.CHIN], atol=1e-3)
        assert np.isfinite(mesh).all()


def test_little_of_the_face_folds_over() -> None:
    """Of the skin's area hardly any lies the wrong way round."""
    skin, shares = skin_triangles(), []
    for face in faces(25):
        area = areas(mesh_landmarks(face.points_px, float(face.mouth_open)), skin)
        area = area * np.sign(np.median(area))
        shares.append(-area[area < 0].sum() / area[area > 0].sum())
    assert max(shares) < 0.03 and float(np.mean(shares)) < 0.004


def test_a_shut_mouth_is_one_stroke_and_an_open_one_is_not() -> None:
    lips = list(topo.LIP_INNER_UPPER[1:-1]), list(topo.LIP_INNER_LOWER[1:-1])
    seen = set()
    for face in faces(30):
        mesh = mesh_landmarks(face.points_px, float(face.mouth_open))
        gap = np.linalg.norm(mesh[lips[0], :2] - mesh[lips[1], :2], axis=1).max()
        assert (gap > 0.2) == face.mouth_open
        seen.add(face.mouth_open)
    assert seen == {True, False}


@pytest.mark.parametrize("yaw_rad", [-0.5, -0.2, 0.0, 0.2, 0.5])
def test_the_turn_is_read_from_the_midline(yaw_rad: float) -> None:
    """Points straight from the plan, whose depth the reading assumes to within a fifth."""
    rng = np.random.default_rng(5)
    turns = []
    for _ in range(12):
        head = Head(draw_proportions(rng, "anime"), Turn(yaw_rad, 0.0, 0.3, 0.0, 0.0, 100.0))
        points = np.zeros((names.N_POINTS, 2), np.float32)
        for eye, side in ((names.RIGHT_EYE, -1), (names.LEFT_EYE, 1)):
            plan = head.plan
            x = side * (plan.eye_x + np.linspace(1, -1, 5) * plan.eye_half_width)
            line = head.surface(np.stack([x, np.full(5, plan.eye_y)], -1))
            points[eye][:5], points[eye][5:8] = line, line[3:0:-1]
            points[eye][names.IRIS] = line[2]
        points[names.NOSE] = head.surface(np.array([0.0, head.plan.nose_y]))
        heights = np.array([0.0, 0.45, 0.8]) * head.plan.chin_y
        points[names.OUTLINE][:3] = head.edge(heights, -1)
        points[names.OUTLINE][4:] = head.edge(heights, 1)[::-1]
        turns.append(head_turn(points))
    mean = np.mean(turns, 0)
    assert mean[1] == pytest.approx(yaw_rad, abs=0.12)
    assert mean[2] == pytest.approx(0.3, abs=0.12)


def test_landmarks_know_size_and_turn() -> None:
    for face in faces(5):
        found = landmarks_of_drawing(face.points_px, 0.0, 0.9)
        cheeks = face.points_px[names.OUTLINE][[0, -1]]
        assert 0.7 < found.width_px / np.linalg.norm(cheeks[1] - cheeks[0]) < 1.5
        assert found.score == 0.9 and not found.blendshapes.any()
