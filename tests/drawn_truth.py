"""A drawing of the artist's with the reading that perfect nets would give."""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.reading import DrawnFace, PartReading, Square, mouth_square, part_square
from vasa_avatar.geometry.drawn_layout import LEFT_EYE, MOUTH, RIGHT_EYE
from vasa_avatar.training.drawing import figure
from vasa_avatar.training.drawing.batches import EYE_CLASSES, MOUTH_CLASSES, class_map
from vasa_avatar.training.drawing.scene import DrawnPicture, draw_picture

CELLS = 64


def reading_of(picture: DrawnPicture, face: figure.DrawnFace) -> DrawnFace:
    """What the nets should say of a drawn face."""
    points = face.points_px
    roll = float(face.box_px[4])
    right = _part(picture, part_square(points[RIGHT_EYE], roll), points[RIGHT_EYE], EYE_CLASSES)
    left_square = part_square(points[LEFT_EYE], roll).mirrored()
    left = _part(picture, left_square, points[LEFT_EYE], EYE_CLASSES)
    mouth = _part(picture, mouth_square(points, roll), points[MOUTH], MOUTH_CLASSES)
    closed = np.array(face.eye_closed, np.float32)
    return DrawnFace(
        points, face.is_seen.astype(np.float32), closed, float(face.mouth_open), 1.0,
        (right, left), mouth,
    )  # fmt: skip


def _part(
    picture: DrawnPicture, square: Square, points: np.ndarray, names: tuple[str, ...]
) -> PartReading:
    labels = class_map(names)[square.cut_plain(picture.labels, CELLS, 0)]
    classes = np.stack([(labels == k) for k in range(len(names))]).astype(np.float32)
    return PartReading(square, points, np.ones(len(points), np.float32), classes, 0.0, 1.0)


def clear_portraits(
    n: int, side_px: int = 512, first: int = 0
) -> list[tuple[DrawnPicture, DrawnFace]]:
    """Drawings with one large face that looks ahead, eyes open and uncovered."""
    found: list[tuple[DrawnPicture, DrawnFace]] = []
    seed = first
    while len(found) < n:
        picture = draw_picture(seed, side_px)
        seed += 1
        if len(picture.faces) != 1:
            continue
        face = picture.faces[0]
        is_clear = face.is_seen[:18].mean() > 0.75 and face.is_seen[MOUTH].mean() > 0.9
        if face.scale_px > 0.13 * side_px and is_clear and not any(face.eye_closed):
            found.append((picture, reading_of(picture, face)))
    return found
