"""A shut eye's line is flatter than the lower lid; a closed lid's texture is skin, not an eye."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.appearance import Avatar, load_avatar
from vasa_avatar.appearance.baking import lids
from vasa_avatar.datatypes import ARKIT_INDEX, FaceMotion, K
from vasa_avatar.render import MeshRenderer

DOWN = np.array([0.0, 1.0, 0.0], np.float32)


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    return load_avatar(Path(__file__).parents[3] / "character_profiles" / "greta" / "avatar.npz")


def closed(level: float) -> FaceMotion:
    expression = np.zeros(K, np.float32)
    expression[[ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]] = level
    return FaceMotion(expression=expression)


def test_shut_line_is_flatter_and_lower_outside() -> None:
    vertices = np.zeros((478, 3), np.float32)
    x = np.linspace(-0.1, 0.1, 9)
    upper, lower = tuple(range(9)), (0, *range(9, 16), 8)
    vertices[list(upper), 0] = vertices[list(lower), 0] = x
    vertices[list(lower), 1] = 0.04 * (1 - (x / 0.1) ** 2)
    blink = np.zeros((468, 3), np.float32)
    lids.lay_shut_line(blink, vertices, upper, lower, DOWN)
    line = vertices[list(lower), 1] + blink[list(lower), 1]
    sag = line[4] - 0.5 * (line[0] + line[8])
    assert sag < 0.04
    assert line[0] > line[8] >= 0.0
    assert (line >= 0.0).all()


def test_a_shut_eye_shows_skin(avatar: Avatar) -> None:
    renderer = MeshRenderer(avatar, 512)
    opened, shut = renderer.render(FaceMotion()).copy(), renderer.render(closed(1.0))
    points = renderer.vertices_px(closed(1.0))
    for eye in avatar.assets.eyes:
        middle = 0.5 * (points[eye.sheet[3, 4]] + points[eye.sheet[-2, 4]])
        x, y = np.rint(middle).astype(int)
        lid = shut[y - 2 : y + 3, x - 4 : x + 5].reshape(-1, 3).astype(float)
        cheek_x, cheek_y = np.rint(points[eye.lower[4]] + [0.0, 18.0]).astype(int)
        cheek = opened[cheek_y - 3 : cheek_y + 4, cheek_x - 3 : cheek_x + 4].reshape(-1, 3)
        ratio = lid.mean(0) / cheek.mean(0)
        assert (ratio > 0.55).all() and (ratio < 1.35).all()
        assert lid.std(0).max() < 14.0


def test_lids_meet_at_full_blink(avatar: Avatar) -> None:
    points = MeshRenderer(avatar, 512).vertices_px(closed(1.0))
    for eye in avatar.assets.eyes:
        np.testing.assert_allclose(points[eye.upper], points[eye.lower], atol=0.05)


def test_a_shut_eye_keeps_its_fold(avatar: Avatar) -> None:
    shut = MeshRenderer(avatar, 512).render(closed(1.0)).astype(float).mean(2)
    points = MeshRenderer(avatar, 512).vertices_px(closed(1.0))
    for eye in avatar.assets.eyes:
        column = points[eye.sheet[:, 4]]
        down = lids.CREASE_AT + np.array([-0.1, 0.0, 0.1])
        place = np.stack([np.interp(down, np.linspace(0, 1, len(column)), a) for a in column.T], 1)
        x, y = np.rint(place).astype(int).T
        above, fold, below = np.mean([shut[y, x + k] for k in range(-4, 5)], axis=0)
        assert fold < 0.5 * (above + below) - 12.0
