"""What goes with a drawn lid and what stays, on the artist's drawings with readings made worse."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from drawn_truth import _part, clear_portraits

from vasa_avatar.appearance.avatar import Avatar
from vasa_avatar.appearance.baking.drawn_eye_masks import moving, read_masks, strands, strands_under
from vasa_avatar.appearance.baking.drawn_mouth import paint_over_mouth
from vasa_avatar.appearance.baking.drawn_parts import DrawnParts, parts_on
from vasa_avatar.appearance.build import _build
from vasa_avatar.appearance.picture import Canvas, make_canvas, square_crop
from vasa_avatar.appearance.reading import DrawnFace, Portrait
from vasa_avatar.appearance.reading.drawn_mesh import landmarks_of_drawing
from vasa_avatar.datatypes import ARKIT_INDEX, F32, U8, FaceMotion, K
from vasa_avatar.geometry.drawn_layout import MOUTH, RIGHT_EYE
from vasa_avatar.nets import ModelStore
from vasa_avatar.render import MeshRenderer
from vasa_avatar.training.drawing.batches import EYE_CLASSES
from vasa_avatar.training.drawing.paper import Part
from vasa_avatar.training.drawing.scene import DrawnPicture

SIDE_PX = 512
RED_SEED, WIDE_SEED = 1067, 1051
"""of drawings whose mouth is open"""
WHITE, LASH, COVER = (EYE_CLASSES.index(name) for name in ("white", "lash", "cover"))

Portraits = list[tuple[DrawnPicture, DrawnFace]]


@pytest.fixture(scope="module")
def portraits() -> Portraits:
    return clear_portraits(4, SIDE_PX, first=1001)


def portrait_of(rgb: U8, face: DrawnFace) -> Portrait:
    landmarks = landmarks_of_drawing(face.points_px, face.mouth_open, face.score)
    box = landmarks.box_px
    frame = square_crop(rgb.shape[1::-1], box[:2], box[2:])
    return Portrait(rgb, None, landmarks, frame, (), face)


def parts_of(picture: DrawnPicture, face: DrawnFace) -> tuple[DrawnParts, Canvas]:
    canvas = make_canvas(picture.rgb, portrait_of(picture.rgb, face).frame)
    return parts_on(canvas, face), canvas


def shown(canvas: Canvas, picture: DrawnPicture, where: tuple[slice, slice], what: Part) -> F32:
    """(h, w) 0 or 1 where an eye's window shows a part of the drawing."""
    labels = np.repeat((picture.labels == what)[..., None] * 255.0, 3, axis=2)
    plane = make_canvas(labels.astype(np.uint8), canvas.frame).rgb
    return np.asarray(plane[where].mean(2) > 128.0, np.float32)


def taken_for_hair(face: DrawnFace, index: int, half: str) -> DrawnFace:
    """A reading that takes half of a class for hair: the outer one, or the upper one of cells."""
    eyes = []
    for eye in face.eyes:
        classes = eye.classes.copy()
        rows, columns = np.nonzero(classes[index] > 0.5)
        along = columns if half == "outer" else rows
        for column in np.unique(columns) if half == "upper" else [None]:
            these = np.full(len(rows), True) if column is None else columns == column
            lost = these & (along < np.median(along[these]))
            classes[index, rows[lost], columns[lost]] = 0.0
            classes[COVER, rows[lost], columns[lost]] = 1.0
        eyes.append(dataclasses.replace(eye, classes=classes))
    right, left = eyes
    return dataclasses.replace(face, eyes=(right, left))


def test_white_that_was_taken_for_hair_is_white(portraits: Portraits) -> None:
    found = []
    for picture, face in portraits:
        parts, canvas = parts_of(picture, taken_for_hair(face, WHITE, "outer"))
        for eye in (parts.right_eye, parts.left_eye):
            white = shown(canvas, picture, eye.slices(), Part.WHITE) > 0.5
            if white.sum() > 100:
                found.append((eye.classes["white"][white] > 0.5).mean())
    assert np.mean(found) > 0.6


def test_a_thick_lash_line_is_no_hair(portraits: Portraits) -> None:
    left_behind = []
    for picture, face in portraits:
        parts, canvas = parts_of(picture, taken_for_hair(face, LASH, "upper"))
        for eye in (parts.right_eye, parts.left_eye):
            masks = read_masks(eye, parts.skin_rgb)
            lash = shown(canvas, picture, eye.slices(), Part.LASH) * masks.above > 0.5
            if lash.sum() > 100:
                left_behind.append(strands(eye, masks)[lash].mean())
    assert np.median(left_behind) < 0.2


def test_hair_beside_a_lid_has_no_torn_edge(portraits: Portraits) -> None:
    rng = np.random.default_rng(3)
    picture, face = portraits[0]
    parts, _ = parts_of(picture, face)
    eye = parts.right_eye
    masks = read_masks(eye, parts.skin_rgb)
    contour = eye.points_texels
    left, right = sorted(contour[[0, 4], 0].astype(int))
    ends = int(contour[:8, 1].min()) - 6 + rng.integers(-2, 3, eye.rgb.shape[1])
    torn = np.asarray(np.arange(eye.rgb.shape[0])[:, None] < ends, np.float32)
    masks = dataclasses.replace(masks, hair=torn)
    whole = np.maximum(strands(eye, masks), strands_under(eye, masks))
    rough = [np.abs(np.diff((alpha > 0.5).sum(0)[left:right])).mean() for alpha in (torn, whole)]
    assert rough[0] > 1.0 and rough[1] < 0.6


LIGHT = (90, 250, 90)


def with_light_on_lash(picture: DrawnPicture, face: DrawnFace) -> U8:
    """A drawing with a light stroke on the right eye's upper lash line."""
    rgb = picture.rgb.copy()
    points = face.points_px[RIGHT_EYE]
    upper = points[1:4] + np.array([0.0, -0.06 * float(np.ptp(points[:, 1]))])
    cv2.polylines(rgb, [np.rint(upper).astype(np.int32)], False, LIGHT, 2)
    return rgb


@pytest.mark.slow
def test_light_on_a_lash_line_is_gone_in_a_shut_eye(portraits: Portraits) -> None:
    picture, face = portraits[0]
    portrait = portrait_of(with_light_on_lash(picture, face), face)
    avatar: Avatar = _build(portrait, None, ModelStore(), False, lambda step: None)  # type: ignore[arg-type]
    renderer = MeshRenderer(avatar, SIDE_PX)
    canvas = make_canvas(portrait.image_rgb, portrait.frame)
    box = canvas.to_design(face.points_px[RIGHT_EYE])
    (x0, y0), (x1, y1) = box.min(0).astype(int) - 8, box.max(0).astype(int) + 8
    seen = []
    for blink in (0.0, 1.0):
        expression = np.zeros(K, np.float32)
        for side in ("Left", "Right"):
            expression[ARKIT_INDEX[f"eyeBlink{side}"]] = blink
        frame = renderer.render(FaceMotion(expression)).astype(float)
        light = np.linalg.norm(frame - LIGHT, axis=2) < 90.0
        seen.append(light[y0:y1, x0:x1].sum())
    assert seen[0] > 40 and seen[1] < 0.1 * seen[0]


def test_a_mouth_in_an_eye_s_window_is_no_hair() -> None:
    """Large eyes' windows reach the mouth, which would stay before the face when it moves."""
    picture, face, mouth = open_mouth(RED_SEED)
    reach = 1.3 * float(np.linalg.norm(mouth.mean(0) - face.points_px[RIGHT_EYE].mean(0)))
    square = dataclasses.replace(face.eyes[0].square, side=2.0 * reach)
    wide = _part(picture, square, face.points_px[RIGHT_EYE], EYE_CLASSES)
    face = dataclasses.replace(face, eyes=(wide, face.eyes[1]))
    parts, canvas = parts_of(picture, face)
    eye = parts.right_eye
    seen = shown(canvas, picture, eye.slices(), Part.MOUTH_INSIDE) > 0.5
    assert seen.sum() > 50
    assert eye.classes["cover"][seen].mean() < 0.05


def test_a_line_that_runs_past_a_mouth_stays() -> None:
    """A chin's or a collar's line right below a mouth is none of it."""
    picture, face, mouth = open_mouth(WIDE_SEED)
    rgb = picture.rgb.copy()
    size = float(np.ptp(mouth[:, 0]))
    row = round(float(mouth[:, 1].max()) + 6.0)
    ends = [round(float(mouth[:, 0].mean() + side * 1.4 * size)) for side in (-1, 1)]
    cv2.line(rgb, (ends[0], row), (ends[1], row), (20, 20, 120), 2)
    picture = dataclasses.replace(picture, rgb=rgb)
    parts, canvas = parts_of(picture, face)
    clean = paint_over_mouth(canvas.rgb, parts)
    drawn = np.linalg.norm(canvas.rgb - (20, 20, 120), axis=2) < 60.0
    stays = np.linalg.norm(clean - (20, 20, 120), axis=2) < 60.0
    assert drawn.sum() > 50
    assert stays[drawn].mean() > 0.95


def open_mouth(seed: int) -> tuple[DrawnPicture, DrawnFace, F32]:
    """A drawing of an open mouth, its reading, and (8, 2) where the mouth is."""
    picture, face = clear_portraits(1, SIDE_PX, first=seed)[0]
    return picture, face, face.points_px[MOUTH]


@pytest.mark.parametrize("is_joined", [False, True])
def test_a_fold_above_an_eye_does_not_go_with_the_lid(
    portraits: Portraits, is_joined: bool
) -> None:
    """Nor does a brow that hangs down to it; a lid took pieces of them along."""
    base, face = portraits[0]
    picture, fold = with_fold(base, face, is_joined)
    parts, canvas = parts_of(picture, face)
    eye = parts.right_eye
    at = make_canvas(fold, canvas.frame).rgb[eye.slices()].mean(2) > 200.0
    goes = moving(eye, read_masks(eye, parts.skin_rgb), parts.skin_rgb)
    assert at.sum() > 20
    assert goes[at].mean() < 0.1


def with_fold(picture: DrawnPicture, face: DrawnFace, is_joined: bool) -> tuple[DrawnPicture, U8]:
    """A drawing with a line above the right eye's lash line, which a lash may touch, and
    (H, W, 3) where that is white."""
    points = face.points_px[RIGHT_EYE]
    columns = np.linspace(points[0, 0], points[4, 0], 9)[2:-2].round().astype(int)
    near = slice(int(points[:8, 1].min()) - 30, int(points[:8, 1].max()))
    line = [
        (x, near.start + int(np.flatnonzero(lash).min()) - 8)
        for x in columns
        if (lash := picture.labels[near, x] == Part.LASH).any()
    ]
    rgb, fold = picture.rgb.copy(), np.zeros_like(picture.rgb)
    for paper, ink in ((rgb, (110, 60, 40)), (fold, (255, 255, 255))):
        cv2.polylines(paper, [np.array(line, np.int32)], False, ink, 1)
    if is_joined:
        cv2.line(rgb, line[0], (line[0][0], line[0][1] + 9), (110, 60, 40), 1)
    return dataclasses.replace(picture, rgb=rgb), fold
