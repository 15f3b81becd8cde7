"""The nets in the package, on drawings that they never saw, and on pictures without a face."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest
from drawn_truth import clear_portraits

from vasa_avatar.appearance.reading import DrawnFace, find_drawn_faces
from vasa_avatar.geometry.drawn_layout import IRIS, LEFT_EYE, MOUTH, RIGHT_EYE
from vasa_avatar.training.drawing.pool import HELD_OUT_SEED
from vasa_avatar.training.drawing.scene import draw_picture

PORTRAITS = clear_portraits(12, side_px=320, first=HELD_OUT_SEED)


def test_all_nets_together_are_small() -> None:
    folder = files("vasa_avatar") / "weights"
    names = ("finder", "points", "eye", "mouth")
    assert sum(len((folder / f"drawn_{name}.onnx").read_bytes()) for name in names) <= 6_000_000


@pytest.fixture(scope="module")
def found() -> list[list[DrawnFace]]:
    return [find_drawn_faces(picture.rgb) for picture, _ in PORTRAITS]


def test_held_out_faces_are_found_where_they_are(found: list[list[DrawnFace]]) -> None:
    good_eyes, good_mouths = [], []
    for faces, (_, truth) in zip(found, PORTRAITS, strict=True):
        assert faces
        for eye in (RIGHT_EYE, LEFT_EYE):
            size = np.linalg.norm(truth.points_px[eye][0] - truth.points_px[eye][4])
            off = np.linalg.norm(faces[0].points_px[eye][IRIS] - truth.points_px[eye][IRIS])
            good_eyes.append(off < 0.2 * size)
        width = np.linalg.norm(truth.points_px[MOUTH][0] - truth.points_px[MOUTH][4])
        off = np.linalg.norm(faces[0].points_px[MOUTH].mean(0) - truth.points_px[MOUTH].mean(0))
        good_mouths.append(off < max(0.2 * width, 2.0))
    assert np.mean(good_eyes) >= 0.9 and np.mean(good_mouths) >= 0.8


def test_eyes_are_seen_in_their_parts(found: list[list[DrawnFace]]) -> None:
    """What the eye net calls iris or white is what was drawn so, mostly."""
    shares = []
    for faces, (_, truth) in zip(found, PORTRAITS, strict=True):
        for own, known in zip(faces[0].eyes, truth.eyes, strict=True):
            places = known.square.to_picture(cells(known.classes[1:3].max(0) > 0.5))
            inside = own.square.to_unit(places) * 64
            kept = inside[((inside >= 0) & (inside < 64)).all(1)].astype(int)
            seen = own.classes[1:3].sum(0)[kept[:, 1], kept[:, 0]]
            shares.append(float((seen > 0.5).mean()))
    assert np.median(shares) > 0.75


def cells(mask: np.ndarray) -> np.ndarray:
    """(n, 2) middles of the cells that are set, in 0..1."""
    rows, columns = np.nonzero(mask)
    return ((np.stack([columns, rows], -1) + 0.5) / 64).astype(np.float32)


def test_twice_the_size_is_the_same_face() -> None:
    picture, _ = PORTRAITS[0]
    small = find_drawn_faces(picture.rgb)[0]
    large = find_drawn_faces(np.repeat(np.repeat(picture.rgb, 2, 0), 2, 1))[0]
    off = np.linalg.norm(large.points_px / 2 - small.points_px, axis=1)
    assert np.median(off) < 0.03 * small.size_px


def test_without_a_face_none_is_found() -> None:
    pictures = [draw_picture(HELD_OUT_SEED + i, 256, with_faces=False).rgb for i in range(25)]
    assert sum(bool(find_drawn_faces(picture)) for picture in pictures) <= 1
    plain = np.full((300, 400, 3), 200, np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3)).astype(np.uint8)
    assert find_drawn_faces(plain) == [] and find_drawn_faces(noise) == []
