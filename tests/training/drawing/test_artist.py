"""The artist: a seed decides everything, and what is known of a drawing is what it shows."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.geometry import drawn_layout as names
from vasa_avatar.training.drawing.eye_look import draw_eye_look
from vasa_avatar.training.drawing.eyes import draw_eye
from vasa_avatar.training.drawing.head import Head, Turn, draw_proportions
from vasa_avatar.training.drawing.mouth import OPEN_FORMS, draw_mouth, draw_mouth_look
from vasa_avatar.training.drawing.paper import Paper, Part
from vasa_avatar.training.drawing.rarities import rare_mouth
from vasa_avatar.training.drawing.scene import draw_picture
from vasa_avatar.training.drawing.style import KINDS, draw_style

pytestmark = pytest.mark.slow

SIDE_PX = 256


def paper() -> Paper:
    return Paper(SIDE_PX, SIDE_PX, np.full(3, 200.0, np.float32))


def head_of(kind: str, rng: np.random.Generator, yaw_rad: float = 0.0) -> Head:
    turn = Turn(yaw_rad, 0.0, 0.0, SIDE_PX / 2, SIDE_PX / 2, 80.0)
    return Head(draw_proportions(rng, kind), turn)


def test_same_seed_same_picture() -> None:
    first, again, other = draw_picture(5), draw_picture(5), draw_picture(6)
    np.testing.assert_array_equal(first.rgb, again.rgb)
    np.testing.assert_array_equal(first.labels, again.labels)
    for one, two in zip(first.faces, again.faces, strict=True):
        np.testing.assert_array_equal(one.points_px, two.points_px)
    assert (first.rgb != other.rgb).any()


def test_pictures_without_faces_have_none() -> None:
    for seed in range(8):
        picture = draw_picture(seed, with_faces=False)
        assert picture.faces == ()
        assert not np.isin(picture.labels, (Part.WHITE, Part.IRIS, Part.MOUTH_INSIDE)).any()


def test_one_head_in_most_pictures_and_all_kinds() -> None:
    faces = [face for seed in range(40) for face in draw_picture(seed).faces]
    assert len(faces) >= 40
    assert sum(face.mouth_open for face in faces) > 8
    assert any(any(face.eye_closed) for face in faces)


@pytest.mark.parametrize("seed", range(12))
def test_points_lie_in_their_parts(seed: int) -> None:
    """An iris' centre shows the eye wherever nothing lies over it; eyes are in their order."""
    picture = draw_picture(seed)
    labels = picture.labels
    for face in picture.faces:
        if face.scale_px < 25 or face.shown < 0.95:
            continue
        for eye, closed in zip((names.RIGHT_EYE, names.LEFT_EYE), face.eye_closed, strict=True):
            x, y = face.points_px[eye][names.IRIS]
            if not closed and face.is_seen[eye][names.IRIS]:
                around = labels[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3]
                assert np.isin(around, (Part.IRIS, Part.WHITE, Part.LASH)).any()
        right, left = face.points_px[names.RIGHT_EYE], face.points_px[names.LEFT_EYE]
        assert np.linalg.norm(right[names.OUTER] - left[names.OUTER]) > np.linalg.norm(
            right[names.INNER] - left[names.INNER]
        )


@pytest.mark.parametrize("kind", KINDS)
def test_shut_eyes_show_no_white_and_open_ones_do(kind: str) -> None:
    rng = np.random.default_rng(3)
    style = draw_style(rng)
    seen = {"open": 0, "shut": 0}
    for _ in range(60):
        head, sheet = head_of(kind, rng), paper()
        look = draw_eye_look(rng, head.plan, kind)
        eye = draw_eye(sheet, head, style, look, -1, rng)
        has_eyeball = np.isin(sheet.labels, (Part.WHITE, Part.IRIS)).any()
        assert eye.is_closed == (look.closed[0] is not None)
        assert has_eyeball == (not eye.is_closed)
        seen["shut" if eye.is_closed else "open"] += 1
    assert min(seen.values()) > 0


def test_eye_contour_bounds_what_is_drawn_inside() -> None:
    """White and iris lie within the known outermost points, up to a line's width."""
    rng = np.random.default_rng(8)
    style = draw_style(rng)
    for _ in range(30):
        head, sheet = head_of("anime", rng), paper()
        look = draw_eye_look(rng, head.plan, "anime")
        if look.closed[0] is not None or look.form != "open":
            continue
        eye = draw_eye(sheet, head, style, look, -1, rng)
        ys, xs = np.nonzero(np.isin(sheet.labels, (Part.WHITE, Part.IRIS)))
        points = eye.points_px[:8]
        assert xs.min() / 2 > points[:, 0].min() - 3 and xs.max() / 2 < points[:, 0].max() + 3
        assert ys.min() / 2 > points[:, 1].min() - 4 and ys.max() / 2 < points[:, 1].max() + 4


def test_mouths_are_open_where_an_inside_is_drawn() -> None:
    rng = np.random.default_rng(2)
    forms = set()
    for _ in range(80):
        style = draw_style(rng)
        head, sheet = head_of(style.kind, rng), paper()
        look = draw_mouth_look(rng, style)
        mouth = draw_mouth(sheet, head, style, look)
        forms.add(look.form)
        inside = np.isin(sheet.labels, (Part.MOUTH_INSIDE, Part.TEETH, Part.TONGUE)).sum()
        assert mouth.is_open == (look.form in OPEN_FORMS)
        assert (inside > 0) <= mouth.is_open
        upper, lower = mouth.points_px[2], mouth.points_px[6]
        assert (lower[1] - upper[1] > 1.0) == mouth.is_open or not mouth.is_open
    assert len(forms) > 8


def test_a_turned_head_moves_features_and_keeps_them_inside() -> None:
    rng = np.random.default_rng(4)
    for yaw in (-0.7, -0.3, 0.3, 0.7):
        head = head_of("anime", rng, yaw)
        middle = head.project(np.array([0.0, 0.3, head.plan.depth]))
        left, right = head.edge(np.array([0.3]), -1)[0], head.edge(np.array([0.3]), 1)[0]
        assert left[0] < middle[0] < right[0]
        assert (middle[0] - (left[0] + right[0]) / 2) * yaw > 0


def test_mirror_order_mirrors() -> None:
    order = names.mirror_order()
    np.testing.assert_array_equal(order[order], np.arange(names.N_POINTS))
    right = np.arange(names.N_POINTS)[names.RIGHT_EYE]
    np.testing.assert_array_equal(order[right], np.arange(names.N_POINTS)[names.LEFT_EYE])
    assert order[names.NOSE] == names.NOSE and order[names.CHIN] == names.CHIN


def test_hard_pictures_have_smaller_and_fainter_mouths() -> None:
    sizes: dict[bool, list[float]] = {True: [], False: []}
    inks: dict[bool, list[float]] = {True: [], False: []}
    for is_hard in (True, False):
        for seed in range(400):
            rng = np.random.default_rng(seed)
            style = draw_style(rng)
            look = rare_mouth(draw_mouth_look(rng, style), style, rng, is_hard)
            sizes[is_hard].append(look.half_width)
            inks[is_hard].append(look.ink * min(look.faded))
    for told in (sizes, inks):
        assert np.mean(told[True]) < 0.92 * np.mean(told[False])
    assert min(sizes[True]) < 0.015 < 0.02 <= min(sizes[False])
