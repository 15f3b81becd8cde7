"""Shutting an open mouth with the learned basis, on the mean face."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.appearance.baking import close_mouth, load_face_model
from vasa_avatar.appearance.baking.closed_mouth import SHUT_GAP
from vasa_avatar.datatypes import ARKIT_INDEX
from vasa_avatar.geometry import face_topology as topo

DOWN = np.array([0.0, 1.0, 0.0])
UP, LOW = list(topo.LIP_INNER_UPPER[1:-1]), list(topo.LIP_INNER_LOWER[1:-1])


def _gaps(vertices: np.ndarray) -> np.ndarray:
    return vertices[LOW, 1] - vertices[UP, 1]


@pytest.mark.parametrize(
    "opened", [{"jawOpen": 0.4}, {"mouthUpperUpLeft": 0.7, "mouthUpperUpRight": 0.7}]
)
def test_an_open_mouth_is_shut(opened: dict[str, float]) -> None:
    model = load_face_model()
    basis = model.displacement[:, :468]
    face = model.mean_shape.copy()
    shut_gap = _gaps(face).max()
    for name, amount in opened.items():
        face = face + amount * model.displacement[ARKIT_INDEX[name]]
    assert _gaps(face).max() > shut_gap + 0.02
    shut = close_mouth(face.astype(np.float32), basis, DOWN)
    assert shut.was_open
    rest = face[:468] + shut.shift
    assert np.abs(_gaps(rest) - SHUT_GAP).max() < 0.006
    eyes = [33, 133, 362, 263, 159, 386]
    assert np.abs(shut.shift[eyes]).max() < 0.01


def test_a_shut_mouth_stays_as_it_is() -> None:
    model = load_face_model()
    face = model.mean_shape.copy()
    middle = 0.5 * (face[UP] + face[LOW])
    face[UP], face[LOW] = middle - 0.001 * DOWN, middle + 0.001 * DOWN
    shut = close_mouth(face.astype(np.float32), model.displacement[:, :468], DOWN)
    assert not shut.was_open
    assert not shut.shift.any()
