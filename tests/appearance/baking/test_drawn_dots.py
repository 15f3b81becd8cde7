"""Dots: told from irises, given room, and moved whole over the skin behind them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vasa_avatar.appearance.baking.drawn_dots import ROOM, room_for_dots, with_dots
from vasa_avatar.appearance.baking.drawn_parts import DrawnParts, PartOnCanvas
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry import face_topology as topo

SIDE = 120
SKIN = np.array([240.0, 215.0, 200.0], np.float32)
RADIUS = 22.0
MIDDLE = 60.0


def apart() -> F32:
    ys, xs = np.mgrid[:SIDE, :SIDE] + 0.5
    return np.hypot(xs - MIDDLE, ys - MIDDLE).astype(np.float32)


def drawn_eye(kind: str) -> PartOnCanvas:
    """An eye on plain skin: a dot, a rim around a light iris, or a dot in a white."""
    shape = (apart() < RADIUS).astype(np.float32)
    rgb = np.where(shape[..., None] > 0, np.full(3, 45.0, np.float32), SKIN)
    iris, white = shape, np.zeros_like(shape)
    if kind == "ringed":
        rgb = np.where((apart() < 0.75 * RADIUS)[..., None], np.float32(150.0), rgb)
    if kind == "white":
        iris = (apart() < 0.7 * RADIUS).astype(np.float32)
        white = shape - iris
        rgb = np.where(white[..., None] > 0, np.float32(250.0), rgb)
    if kind == "beside hair":
        rgb[:, : int(MIDDLE)] = np.where(shape[:, : int(MIDDLE), None] > 0, 45.0, 90.0)
    turns = np.deg2rad(np.array([180, 225, 270, 315, 0, 45, 90, 135]))
    rim = MIDDLE + RADIUS * np.stack([np.cos(turns), np.sin(turns)], -1)
    points = np.concatenate([rim, [[MIDDLE, MIDDLE]]]).astype(np.float32)
    none = np.zeros_like(shape)
    classes = {"other": 1.0 - shape, "white": white, "iris": iris, "lash": none, "cover": none}
    return PartOnCanvas((0, 0), rgb.astype(np.float32), classes, points, points, 0.0)


def parts_of(eye: PartOnCanvas) -> DrawnParts:
    return with_dots(DrawnParts(eye, replace(eye, state=1.0), eye, SKIN))


@pytest.mark.parametrize(
    ("kind", "is_dot"),
    [("dot", True), ("ringed", False), ("white", False), ("beside hair", False)],
)
def test_plain_dark_shapes_on_skin_are_dots(kind: str, is_dot: bool) -> None:
    assert parts_of(drawn_eye(kind)).right_eye.is_dot is is_dot


def test_a_shut_eye_is_none() -> None:
    assert not parts_of(drawn_eye("dot")).left_eye.is_dot


def test_lids_give_a_dot_room_and_nothing_folds() -> None:
    parts = parts_of(drawn_eye("dot"))
    landmarks = np.zeros((topo.N_LANDMARKS, 3), np.float32)
    lids = [*topo.RIGHT_EYE_UPPER, *topo.RIGHT_EYE_LOWER]
    turns = np.linspace(0.0, 2.0 * np.pi, len(lids), endpoint=False)
    landmarks[lids, :2] = MIDDLE + RADIUS * np.stack([np.cos(turns), np.sin(turns)], -1)
    rest = np.setdiff1d(np.arange(topo.N_MESH), lids)
    landmarks[rest, 0] = MIDDLE + RADIUS * np.linspace(0.0, 4.0, len(rest))
    landmarks[rest, 1] = MIDDLE
    moved = room_for_dots(landmarks, parts)
    reach = np.linalg.norm(moved[lids, :2] - MIDDLE, axis=1)
    np.testing.assert_allclose(reach, (1.0 + ROOM) * RADIUS, rtol=0.02)
    assert (np.diff(moved[rest, 0]) > 0.0).all()
    np.testing.assert_array_equal(moved[rest[-50:]], landmarks[rest[-50:]])
