"""A drawing is baked as it is drawn: seen on the artist's own, whose parts are known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from drawn_truth import clear_portraits, reading_of

from vasa_avatar.appearance.avatar import Avatar
from vasa_avatar.appearance.baking.drawn_eye_masks import moving, read_masks
from vasa_avatar.appearance.baking.drawn_parts import (
    PartOnCanvas,
    _skin_colour,
    _skin_of,
    paint_with_skin,
)
from vasa_avatar.appearance.build import _build
from vasa_avatar.appearance.picture import Canvas, make_canvas, square_crop
from vasa_avatar.appearance.picture.texture import polygon_mask
from vasa_avatar.appearance.reading import DrawnFace, Portrait
from vasa_avatar.appearance.reading.drawn_mesh import landmarks_of_drawing
from vasa_avatar.datatypes import ARKIT_INDEX, F32, U8, FaceMotion, K
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.geometry.drawn_layout import LEFT_EYE, MOUTH, RIGHT_EYE
from vasa_avatar.nets import ModelStore
from vasa_avatar.render import MeshRenderer, assets
from vasa_avatar.training.drawing.paper import Part
from vasa_avatar.training.drawing.scene import DrawnPicture, draw_picture

pytestmark = pytest.mark.slow

SIDE_PX = 512


@dataclass(frozen=True, slots=True, eq=False)
class Baked:
    avatar: Avatar
    canvas: Canvas
    picture: U8
    labels: U8
    face: DrawnFace

    def frame(self, gaze_deg: tuple[float, float] = (0.0, 0.0), **units: float) -> U8:
        expression = np.zeros(K, np.float32)
        for name, value in units.items():
            expression[ARKIT_INDEX[name]] = value
        motion = FaceMotion(expression, gaze_rad=np.deg2rad(np.array(gaze_deg, np.float32)))
        return MeshRenderer(self.avatar, SIDE_PX).render(motion)

    def design(self, points_px: F32) -> F32:
        return self.canvas.to_design(points_px)


DOTS_SEED, SHUT_SEED = 10_000_137, 2127
"""of drawings whose eyes are dots, and shut"""


def bake_all(portraits: list[tuple[DrawnPicture, DrawnFace]]) -> list[Baked]:
    made = []
    for picture, face in portraits:
        landmarks = landmarks_of_drawing(face.points_px, face.mouth_open, face.score)
        box = landmarks.box_px
        frame = square_crop(picture.rgb.shape[1::-1], box[:2], box[2:])
        portrait = Portrait(picture.rgb, None, landmarks, frame, (), face)
        avatar = _build(portrait, None, ModelStore(), False, lambda step: None)  # type: ignore[arg-type]
        canvas = make_canvas(picture.rgb, frame)
        made.append(Baked(avatar, canvas, picture.rgb, picture.labels, face))
    return made


@pytest.fixture(scope="module")
def baked() -> list[Baked]:
    return bake_all(clear_portraits(3, SIDE_PX, first=1001))


@pytest.fixture(scope="module")
def dotted() -> Baked:
    picture = draw_picture(DOTS_SEED, SIDE_PX)
    return bake_all([(picture, reading_of(picture, picture.faces[0]))])[0]


def eye_pixels(one: Baked, parts: tuple[Part, ...]) -> np.ndarray:
    """(n, 2) rows and columns of the frame where the drawing shows these parts of its eyes."""
    rows, columns = np.nonzero(np.isin(one.labels, parts))
    at = one.design(np.stack([columns + 0.5, rows + 0.5], -1).astype(np.float32))
    boxes = [one.design(one.face.points_px[eye]) for eye in (RIGHT_EYE, LEFT_EYE)]
    near = np.zeros(len(at), bool)
    for box in boxes:
        low, high = box.min(0) - 4, box.max(0) + 4
        near |= ((at > low) & (at < high)).all(1)
    places = np.unique(np.clip(at[near].astype(int), 0, SIDE_PX - 1), axis=0)
    return places[:, ::-1]


def test_at_rest_the_picture_is_the_picture(baked: list[Baked]) -> None:
    for one in baked:
        frame = one.frame().astype(float)
        size = one.canvas.frame.side_px
        x, y = one.canvas.frame.corner_px
        own = one.picture[y : y + size, x : x + size].astype(float)
        assert own.shape == frame.shape
        assert np.median(np.abs(frame - own)) < 3.0
        assert np.abs(frame - own).mean() < 8.0


def test_eyes_at_rest_are_the_drawn_eyes(baked: list[Baked]) -> None:
    """Lines and lashes around the openings, too, though eyes are taken apart to be moved."""
    seen = []
    for one in baked:
        size = one.canvas.frame.side_px
        x, y = one.canvas.frame.corner_px
        own = one.picture[y : y + size, x : x + size].astype(float)
        off = np.abs(one.frame() - own).sum(-1) > 60.0
        for eye in (RIGHT_EYE, LEFT_EYE):
            points = one.design(one.face.points_px[eye])
            room = 0.25 * np.ptp(points, axis=0)
            low, high = ((points.min(0) - room).astype(int), (points.max(0) + room).astype(int))
            seen.append(off[low[1] : high[1], low[0] : high[0]].mean())
    assert np.mean(seen) < 0.07


def test_skin_right_below_an_opening_is_no_white(baked: list[Baked]) -> None:
    """Lids lie a little outside of what they show; what is drawn there is shown all the same."""
    lost = []
    for one in baked:
        size = one.canvas.frame.side_px
        x, y = one.canvas.frame.corner_px
        own, labels = (all_[y : y + size, x : x + size] for all_ in (one.picture, one.labels))
        eye = np.isin(labels, (Part.WHITE, Part.IRIS))
        rim = (eye[:-3] | eye[1:-2] | eye[2:-1]) & (labels[3:] == Part.SKIN)
        off = np.abs(one.frame().astype(float) - own).sum(-1)
        lost.append(off[3:][rim].mean())
    assert (np.sort(lost) < (13.0, 19.2, 31.0)).all()


def test_pressed_lips_are_one_line_without_gaps(baked: list[Baked]) -> None:
    """No skin that folds there is drawn over it."""
    pressed = {"mouthPress": 0.2, "mouthRollLower": 0.22, "mouthRollUpper": 0.2}
    expression = np.zeros(K, np.float32)
    for name, amount in pressed.items():
        for side in ("", "Left", "Right"):
            if name + side in ARKIT_INDEX:
                expression[ARKIT_INDEX[name + side]] = amount
    for one in baked:
        renderer = MeshRenderer(one.avatar, SIDE_PX)
        light = renderer.render(FaceMotion(expression)).astype(float).mean(-1)
        lip = renderer.vertices_px(FaceMotion(expression))[list(topo.LIP_INNER_UPPER)]
        along = np.linspace(1, 9, 120)
        x, y = (np.interp(along, np.arange(11), lip[:, axis]).astype(int) for axis in (0, 1))
        line = light[y, x]
        usual = np.array([np.median(line[max(0, i - 6) : i + 7]) for i in range(len(line))])
        assert (line - usual).max() < 60.0


@pytest.mark.parametrize("unit", ["eyeBlink", "cheekSquint"])
def test_shut_and_laughing_eyes_leave_no_iris_and_no_white(baked: list[Baked], unit: str) -> None:
    """Where the open eye shows white or iris, the shut one shows skin or the lash's ink."""
    for one in baked:
        shut = one.frame(**{f"{unit}Left": 1.0, f"{unit}Right": 1.0}).astype(float)
        open_eyes = one.frame().astype(float)
        at = eye_pixels(one, (Part.WHITE, Part.IRIS))
        lash = open_eyes[tuple(eye_pixels(one, (Part.LASH,)).T)]
        skin = eye_skin(one, shut)
        ink = lash[lash.mean(1) <= np.quantile(lash.mean(1), 0.2)].mean(0)
        seen = shut[tuple(at.T)]
        line = np.clip(((seen - skin) @ (ink - skin)) / ((ink - skin) @ (ink - skin)), -0.5, 1.5)
        nearest = skin + line[:, None] * (ink - skin)
        gone = np.linalg.norm(seen - nearest, axis=1) < 60.0
        assert gone.mean() >= 0.97


def eye_skin(one: Baked, frame: np.ndarray) -> np.ndarray:
    """The face's skin, from below both eyes."""
    places = []
    for eye in (RIGHT_EYE, LEFT_EYE):
        points = one.design(one.face.points_px[eye])
        places.append(points[6] + 0.35 * (points[6] - points[2]))
    x, y = np.stack(places).astype(int).T
    return np.asarray(frame[y, x].mean(0))


@pytest.mark.parametrize("yaw_deg", [-15.0, 15.0])
def test_gaze_moves_the_iris_within_the_eye(baked: list[Baked], yaw_deg: float) -> None:
    for one in baked:
        rest, aside = one.frame().astype(float), one.frame((0.0, yaw_deg)).astype(float)
        changed = np.abs(aside - rest).sum(-1) > 60
        inside = np.zeros_like(changed)
        at = eye_pixels(one, (Part.WHITE, Part.IRIS, Part.LASH))
        inside[tuple(at.T)] = True
        near = np.zeros_like(changed)
        for step in np.ndindex(7, 7):
            near |= np.roll(inside, (step[0] - 3, step[1] - 3), (0, 1))
        assert (changed & inside).sum() > 0.05 * inside.sum()
        assert (changed & ~near).sum() < 5  # a strand's soft edge may cross a corner


def test_dots_look_as_a_whole_and_shut(dotted: Baked) -> None:
    rest = dotted.frame().astype(float)
    dots = eye_pixels(dotted, (Part.WHITE, Part.IRIS, Part.LASH))
    skin = eye_skin(dotted, rest)
    dark = np.linalg.norm(rest - skin, axis=2) > 100.0
    places = []
    for yaw_deg in (-15.0, 0.0, 15.0):
        frame = dotted.frame((0.0, yaw_deg)).astype(float)
        moved = np.linalg.norm(frame - skin, axis=2) > 100.0
        near = np.zeros_like(moved)
        near[dots.min(0)[0] - 6 : dots.max(0)[0] + 7, dots.min(0)[1] - 6 : dots.max(0)[1] + 7] = 1
        places.append(np.argwhere(moved & near)[:, 1].mean())
        assert (moved & near).sum() > 0.9 * (dark & near).sum()
    assert 1.5 < places[1] - places[0] < 6.0
    assert 1.5 < places[2] - places[1] < 6.0
    shut = dotted.frame(eyeBlinkLeft=1.0, eyeBlinkRight=1.0).astype(float)
    open_dark = dark[tuple(dots.T)]
    shut_dark = np.linalg.norm(shut - skin, axis=2)[tuple(dots.T)] > 100.0
    assert shut_dark.sum() < 0.2 * open_dark.sum()


def test_dots_laugh_with_arches(dotted: Baked) -> None:
    """A stroke where the dot was, and not before."""
    dots = eye_pixels(dotted, (Part.WHITE, Part.IRIS, Part.LASH))
    skin = eye_skin(dotted, dotted.frame().astype(float))
    laugh = dotted.frame(cheekSquintLeft=1.0, cheekSquintRight=1.0).astype(float)
    dark = np.linalg.norm(laugh - skin, axis=2) > 100.0
    low, high = dots.min(0) - 6, dots.max(0) + 7
    stroke = dark[low[0] : high[0], low[1] : high[1]].sum()
    assert 0.05 * len(dots) < stroke < 0.5 * len(dots)


def test_no_teeth_and_no_shading_come_in(baked: list[Baked]) -> None:
    for one in baked:
        made = one.avatar.assets
        layers = set(made.triangle_layer.tolist())
        assert assets.LAYER_LOWER_TEETH not in layers
        has_teeth = bool((one.labels == Part.TEETH).any())
        assert (assets.LAYER_UPPER_TEETH in layers) <= has_teeth
        assert not made.shading.any()


def test_a_mouth_opens_from_its_line(baked: list[Baked]) -> None:
    for one in baked:
        wide = one.frame(jawOpen=0.8).astype(float)
        rest = one.frame().astype(float)
        changed = np.abs(wide - rest).sum(-1) > 40
        eyes = changed[tuple(eye_pixels(one, (Part.WHITE, Part.IRIS)).T)]
        mouth = one.design(one.face.points_px[MOUTH])
        low, high = (edge.astype(int) for edge in (mouth.min(0) - 2, mouth.max(0) + 6))
        near = changed[low[1] : high[1], low[0] : high[0]]
        assert near.sum() > 20 and near.mean() > 10 * eyes.mean()


def test_a_smile_does_not_part_the_lips(baked: list[Baked]) -> None:
    for one in baked:
        smile = np.zeros(K, np.float32)
        smile[[ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]]] = 1.0
        made = one.avatar.assets
        renderer = MeshRenderer(one.avatar, SIDE_PX)
        rest, smiling = (
            renderer.vertices_px(FaceMotion(units))[made.lip_pairs] for units in (0 * smile, smile)
        )
        gaps = [(places[:, 1] - places[:, 0])[:, 1] for places in (rest, smiling)]
        assert np.abs(gaps[1] - gaps[0]).max() < 1.0


def test_an_avatar_of_a_drawing_survives_its_file(baked: list[Baked], tmp_path) -> None:  # type: ignore[no-untyped-def]
    from vasa_avatar.appearance import load_avatar

    one = baked[0]
    one.avatar.save(tmp_path / "a.npz")
    again = MeshRenderer(load_avatar(tmp_path / "a.npz"), SIDE_PX).render(FaceMotion())
    assert np.abs(again.astype(int) - one.frame().astype(int)).max() <= 2


def test_squeezed_eyes_are_wedges_that_point_at_the_nose(baked: list[Baked]) -> None:
    """><: the arc's ends lie outside, one above the other, its middle towards the nose."""
    for one in baked:
        assert one.avatar.is_drawn
        renderer = MeshRenderer(one.avatar, SIDE_PX)
        expression = np.zeros(K, np.float32)
        for name in ("eyeBlinkLeft", "eyeBlinkRight", "tongueOut"):
            expression[ARKIT_INDEX[name]] = 1.0
        at = renderer.vertices_px(FaceMotion(expression))
        for eye, inward in zip(one.avatar.assets.eyes, (1.0, -1.0), strict=True):
            line = at[eye.fringe].mean(0)
            width = float(np.ptp(at[eye.upper, 0]))
            assert inward * (line[4, 0] - line[[0, 8], 0]).min() > 0.5 * width
            assert 0.2 * width < line[8, 1] - line[0, 1] < 1.2 * width
            lashes = at[eye.lash]
            assert float(np.abs(lashes - lashes[0]).max()) < 0.5
            for arm in (line[:5], line[4:]):
                chord = arm[-1] - arm[0]
                off = (arm - arm[0]) @ np.array([chord[1], -chord[0]]) / np.linalg.norm(chord)
                assert float(np.abs(off).max()) < 0.06 * width


def test_a_lid_has_the_face_s_skin_beside_a_blush() -> None:
    """More of what is around an eye may be blush and hair than skin; in a shadow all is darker."""
    skin, blush, shadow = (
        np.array(rgb, np.float32) for rgb in ([250, 235, 215], [248, 200, 180], [190, 160, 160])
    )
    assert np.allclose(_skin_of(np.stack([skin - 3] * 30 + [blush] * 70), skin), skin - 3)
    assert np.allclose(_skin_of(np.stack([skin] * 5 + [shadow] * 95), skin), shadow)
    assert np.allclose(_skin_of(np.stack([blush] * 5), skin), skin)


def test_what_is_drawn_below_an_eye_is_taken_off_the_skin() -> None:
    """The lower lid's line goes with the lid; a mark further down stays on the cheek."""
    phase = np.linspace(np.pi, 3 * np.pi, 8, endpoint=False)
    ring = 60.0 + 30.0 * np.stack([np.cos(phase), np.sin(phase)], -1)
    points = np.concatenate([ring, [[60.0, 60.0]]]).astype(np.float32)
    skin = np.array([250, 230, 210], np.float32)
    rgb = np.tile(skin, (120, 120, 1))
    rgb[92:94, 45:75] = rgb[112:114, 45:75] = 30.0
    none = np.zeros((120, 120), np.float32)
    classes = dict.fromkeys(("white", "iris", "lash", "cover"), none) | {"other": none + 1}
    part = PartOnCanvas((0, 0), rgb, classes, points, points, 0.0)
    masks = read_masks(part, skin)
    marks = masks.below
    assert marks[92:94, 50:70].min() > 0.95
    assert marks[112:114].max() == marks[:60].max() == 0.0
    assert moving(part, masks, skin)[92:94, 50:70].min() > 0.95


def test_a_lid_of_a_lit_face_runs_on_from_the_skin_around() -> None:
    """Where a light falls from the side, a lid of the plain colour would be a patch."""
    phase = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    points = 60.0 + 25.0 * np.stack([np.cos(phase), np.sin(phase)], -1).astype(np.float32)
    skin = np.array([193, 135, 115], np.float32)
    light = np.linspace(0.62, 1.0, 120, dtype=np.float32)[None, :, None]
    lit = np.tile(skin, (120, 120, 1)) * light
    eye = polygon_mask((120, 120), points)
    rgb = np.where(eye[..., None] > 0.5, np.float32(20.0), lit)
    none = np.zeros((120, 120), np.float32)
    part = PartOnCanvas((0, 0), rgb, {"other": none + 1 - eye}, points, points, 0.0)
    inside = eye > 0.5
    remove = np.asarray(cv2.dilate(eye, np.ones((5, 5), np.uint8)), np.float32)

    def off(is_shaded: bool) -> float:
        painted = paint_with_skin(part, rgb, remove, skin, is_shaded)
        return float(np.quantile(np.linalg.norm(painted - lit, axis=2)[inside], 0.9))

    assert off(True) < 2.0
    assert off(False) > 30.0


def test_a_face_in_light_and_shade_is_told_from_a_flat_one() -> None:
    found = []
    for picture, face in clear_portraits(3, SIDE_PX, first=1001):
        eyes = np.array([face.points_px[eye, 0].mean() for eye in (RIGHT_EYE, LEFT_EYE)])
        across = np.clip((np.arange(SIDE_PX) - eyes[0]) / (eyes[1] - eyes[0]), 0.0, 1.0)
        frame = square_crop((SIDE_PX, SIDE_PX), np.zeros(2), np.full(2, SIDE_PX))
        for light in (1.0 + 0.0 * across, 0.4 + 0.6 * across, 1.0 - 0.6 * across):
            lit = (picture.rgb * light[None, :, None]).astype(np.uint8)
            found.append(_skin_colour(make_canvas(lit, frame), face)[1])
    assert found == [False, True, True] * 3


def test_ink_is_darker_than_skin() -> None:
    """The darkest of a pale eye on dark skin is no ink: arcs would be drawn light."""
    phase = np.pi + np.arange(8) * np.pi / 4
    ring = 40.0 + 15.0 * np.stack([np.cos(phase), np.sin(phase)], -1)
    points = np.concatenate([ring, [[40.0, 40.0]]]).astype(np.float32)
    none = np.zeros((80, 80), np.float32)
    iris = none.copy()
    iris[35:45, 35:45] = 1.0
    rgb = np.full((80, 80, 3), (137, 83, 44), np.float32)
    rgb[iris > 0] = 115.0
    classes = {"white": none, "iris": iris, "lash": none, "cover": none, "other": 1.0 - iris}
    part = PartOnCanvas((0, 0), rgb, classes, points, points, 0.0)
    dark, light = np.array([137, 83, 44], np.float32), np.array([250, 230, 210], np.float32)
    assert read_masks(part, dark).ink_rgb.mean() < 0.5 * dark.mean()
    assert np.allclose(read_masks(part, light).ink_rgb, 115.0)


def test_an_eye_that_is_drawn_shut_stays_as_it_is() -> None:
    picture = draw_picture(SHUT_SEED, SIDE_PX)
    assert all(picture.faces[0].eye_closed)
    one = bake_all([(picture, reading_of(picture, picture.faces[0]))])[0]
    rest = one.frame().astype(int)
    for unit in ("eyeBlink", "eyeWide", "eyeSquint", "cheekSquint"):
        moved = one.frame(**{f"{unit}Right": 1.0, f"{unit}Left": 1.0})
        for eye in (RIGHT_EYE, LEFT_EYE):
            points = one.design(one.face.points_px[eye])
            (x, y), (right, low) = points.min(0).astype(int) - 2, points.max(0).astype(int) + 3
            off = np.abs(moved[y:low, x:right] - rest[y:low, x:right]).max(2)
            assert (off > 40).mean() < 0.02, unit
        assert (np.abs(moved - rest) > 40).mean() < 0.02
