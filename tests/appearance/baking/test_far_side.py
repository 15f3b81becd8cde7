"""The outline of a turned head: where its texture moves to, and where it must not."""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.baking import load_face_model
from vasa_avatar.appearance.baking.far_side import turn_shift
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry import face_topology as topo

SIDE = 512
TURNED = -0.3
"""the nose to the viewer's left, so that the left cheek is the far one"""
SKIN, HAIR = (200.0, 150.0, 130.0), (40.0, 30.0, 25.0)


def _face() -> F32:
    """(468, 2) the mean face in the middle of the picture, 200 px wide."""
    shape = load_face_model().mean_shape[:468, :2]
    shape = shape / np.ptp(shape[:, 0]) * 200.0
    return (shape - shape.mean(0) + SIDE / 2).astype(np.float32)


def _picture(edge_px: float) -> F32:
    """Skin, with hair up to `edge_px` inside the outline on the left."""
    picture = np.full((SIDE, SIDE, 3), SKIN, np.float32)
    left = int(_face()[:, 0].min() + edge_px)
    picture[:, :left] = HAIR
    return picture


def test_a_clean_outline_stays() -> None:
    face = _face()
    shift = turn_shift(face, face, _picture(-30.0), TURNED).shift
    assert not shift.any()


def test_an_outline_on_hair_moves_to_the_skin() -> None:
    face = _face()
    turn = turn_shift(face, face, _picture(5.0), TURNED)
    shift, side = turn.shift, turn.side
    cheek = face[:, 0].argmin()
    assert face[cheek, 0] + shift[cheek, 0] >= face[:, 0].min() + 4.0
    assert side[cheek] == 1.0
    assert np.abs(shift[face[:, 0] > SIDE / 2 + 50]).max() < 0.5


def test_eyes_and_mouth_stay_and_nothing_reaches_them() -> None:
    face = _face()
    turn = turn_shift(face, face, _picture(12.0), TURNED)
    shift, side = turn.shift, turn.side
    openings = [*topo.RIGHT_EYE_HOLE, *topo.LEFT_EYE_HOLE, *topo.MOUTH_HOLE]
    assert not shift[openings].any()
    assert not side[openings].any()
    moved = face + shift
    before = np.linalg.norm(face[:, None] - face[openings][None], axis=2).min(1)
    after = np.linalg.norm(moved[:, None] - face[openings][None], axis=2).min(1)
    assert (after >= 0.25 * before).all()


def test_hair_all_over_the_cheek_moves_nothing_far() -> None:
    face = _face()
    rng = np.random.default_rng(0)
    stripes = rng.choice([0.0, 1.0], SIDE)[None, :, None]
    picture = (np.float32(SKIN) * stripes + np.float32(HAIR) * (1 - stripes)).repeat(SIDE, 0)
    shift = turn_shift(face, face, picture.astype(np.float32), TURNED).shift
    assert np.linalg.norm(shift, axis=1).max() <= 0.06 * 200.0 + 1.0


def test_glasses_are_not_drawn_out() -> None:
    face = _face()
    glasses = np.zeros((SIDE, SIDE), np.float32)
    glasses[:, : int(face[:, 0].min() + 8)] = 1.0
    shift = turn_shift(face, face, _picture(5.0), TURNED, glasses).shift
    assert np.abs(shift[face[:, 0].argmin()]).max() == 0.0


def test_a_frontal_outline_is_trusted_more() -> None:
    face = _face()
    turned = turn_shift(face, face, _picture(5.0), TURNED).shift
    frontal = turn_shift(face, face, _picture(5.0), 0.0).shift
    cheek = face[:, 0].argmin()
    assert 0.0 < frontal[cheek, 0] < 0.5 * turned[cheek, 0]
