"""RGB picture to drawn faces: boxes, forty points, and a closer look at eyes and mouth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vasa_avatar.appearance.reading.drawn_crop import (
    CLOSE_MOUTH_MARGIN,
    FACE_MARGIN,
    MOUTH_MARGIN,
    Square,
    eye_line_angle,
    face_square,
    mouth_square,
    part_square,
)
from vasa_avatar.appearance.reading.drawn_dash import dash_points
from vasa_avatar.appearance.reading.drawn_nets import (
    OPEN_MOUTH,
    DrawnBox,
    DrawnNets,
    FacePoints,
    PartReading,
    load_drawn_nets,
)
from vasa_avatar.appearance.reading.plain_white import with_whole_white
from vasa_avatar.datatypes import F32, U8
from vasa_avatar.geometry.drawn_layout import (
    LEFT_EYE,
    MOUTH,
    RIGHT_EYE,
)

MIN_SCORE = 0.5
MIN_SIZE_SHARE = 0.06
"""of a face's box, over the picture's longer side: smaller ones cannot be used"""
MAX_CANDIDATES = 6
SAME_FACE = 0.4
"""distance of two readings' middles, over the face's size, up to which they mean one face"""
EYE_LOOKS, MOUTH_LOOKS = (0.85, 1.0, 1.25, 1.5), (0.8, 1.0, 1.25, 1.5)
"""sides of the squares in which a part is looked at, over the usual one"""
EYE_SHIFT, EYE_TURN_RAD = 0.06, 0.12
"""an eye is looked at aside and aslant, too: over the square's side, to either side"""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnFace:
    """One drawn face."""

    points_px: F32
    """(40, 2) see drawn_layout"""
    seen: F32
    """(40,) 0..1, whether a point is uncovered"""
    closed: F32
    """(2,) 0..1, right and left eye"""
    mouth_open: float
    """0..1"""
    score: float
    """0..1, how sure both looks are that this is a face"""
    eyes: tuple[PartReading, PartReading]
    """right and left, the left one mirrored"""
    mouth: PartReading

    @property
    def angle_rad(self) -> float:
        """Roll of the eyes' line, clockwise."""
        return eye_line_angle(self.points_px)

    @property
    def size_px(self) -> float:
        """Longer side of the box from brows to chin."""
        return face_square(self.points_px).side / FACE_MARGIN

    def is_at(self, points_px: F32) -> bool:
        """Whether these (40, 2) points are another reading of the same face."""
        apart_px = np.linalg.norm(self.points_px.mean(0) - points_px.mean(0))
        return bool(apart_px <= SAME_FACE * self.size_px)


def find_drawn_faces(image_rgb: U8) -> list[DrawnFace]:
    """All drawn faces of a picture (H, W, 3), the surest and largest first."""
    nets = load_drawn_nets()
    least = MIN_SIZE_SHARE * max(image_rgb.shape[:2])
    boxes = [box for box in nets.find(image_rgb) if max(box.width, box.height) >= least]
    boxes = boxes[:MAX_CANDIDATES]
    looks = _looks(image_rgb, boxes, nets)
    found = [read_parts(image_rgb, look, score, nets) for score, look in looks]
    kept: list[DrawnFace] = []
    for face in sorted(found, key=lambda f: -f.score * f.size_px):
        if not any(other.is_at(face.points_px) for other in kept):
            kept.append(face)
    return kept


def _looks(image_rgb: U8, boxes: list[DrawnBox], nets: DrawnNets) -> list[tuple[float, FacePoints]]:
    """Faces as they are seen once it is known where they lie, with their scores."""
    if not boxes:
        return []
    first = nets.points(image_rgb, [_box_square(box) for box in boxes])
    second = nets.points(image_rgb, [face_square(look.points_px) for look in first])
    looks = [
        (float(np.sqrt(box.score * one.face * two.face)), two)
        for box, one, two in zip(boxes, first, second, strict=True)
    ]
    return [look for look in looks if look[0] >= MIN_SCORE]


def read_parts(image_rgb: U8, look: FacePoints, score: float, nets: DrawnNets) -> DrawnFace:
    """Look at eyes and mouth closely and take their points from there."""
    points = look.points_px.copy()
    angle = eye_line_angle(points)
    right_square = part_square(points[RIGHT_EYE], angle)
    left_square = part_square(points[LEFT_EYE], angle).mirrored()
    right, left = (
        with_whole_white(image_rgb, _read_eye(image_rgb, nets, square))
        for square in (right_square, left_square)
    )
    for least in (MOUTH_MARGIN, CLOSE_MOUTH_MARGIN):  # a small one is seen closely once it is found
        mouth = _read_mouth(image_rgb, nets, mouth_square(points, angle, least))
        points[MOUTH] = mouth.points_px
    mouth_open = (look.mouth_open + mouth.state) / 2
    dash = dash_points(image_rgb, mouth.points_px) if mouth_open < OPEN_MOUTH else None
    if dash is not None:
        points[MOUTH] = dash
        mouth = replace(mouth, points_px=dash)
    for part, where in ((right, RIGHT_EYE), (left, LEFT_EYE)):
        points[where] = part.points_px
    closed = (look.closed + [right.state, left.state]) / 2
    return DrawnFace(
        points, look.seen, closed.astype(np.float32), mouth_open, score,
        (right, left), mouth,
    )  # fmt: skip


def _read_eye(image_rgb: U8, nets: DrawnNets, usual: Square) -> PartReading:
    """An eye as the usual square shows it, its points the middle ones of many looks."""
    squares = _eye_squares(usual)
    looks = [nets.eye(image_rgb, square) for square in squares]
    points = np.median([look.points_px for look in looks], axis=0)
    plain = looks[: len(EYE_LOOKS)]
    state = float(np.mean([look.state for look in plain]))
    return replace(plain[EYE_LOOKS.index(1.0)], points_px=points.astype(np.float32), state=state)


def _eye_squares(usual: Square) -> list[Square]:
    """First as large as EYE_LOOKS say, then each of these four times aside and aslant."""
    plain = _sized(usual, EYE_LOOKS)
    c, s = np.cos(usual.angle_rad), np.sin(usual.angle_rad)
    aside = []
    for i, square in enumerate(plain):
        for j in range(4):
            way = 0.5 * np.pi * j + 0.4 * i  # not the same four places at each size
            x, y = EYE_SHIFT * usual.side * np.array([np.cos(way), np.sin(way)])
            turn = EYE_TURN_RAD if (i + j) % 2 == 0 else -EYE_TURN_RAD
            aside.append(
                replace(
                    square, x=square.x + float(c * x - s * y), y=square.y + float(s * x + c * y),
                    angle_rad=square.angle_rad + turn,
                )
            )  # fmt: skip
    return plain + aside


def _sized(usual: Square, shares: tuple[float, ...]) -> list[Square]:
    return [replace(usual, side=share * usual.side) for share in shares]


def _read_mouth(image_rgb: U8, nets: DrawnNets, usual: Square) -> PartReading:
    """The mouth as the usual square shows it, its points the mean of several looks."""
    looks = [nets.mouth(image_rgb, square) for square in _sized(usual, MOUTH_LOOKS)]
    points = np.mean([look.points_px for look in looks], axis=0)
    state = float(np.mean([look.state for look in looks]))
    return replace(looks[MOUTH_LOOKS.index(1.0)], points_px=points.astype(np.float32), state=state)


def drawn_face_at(image_rgb: U8, points_px: F32) -> DrawnFace:
    """A face whose points a person set; its parts are looked at where they say.

    Args:
        image_rgb: (H, W, 3)
        points_px: (40, 2)
    """
    sure = np.ones(len(points_px), np.float32)
    given = FacePoints(points_px, sure, sure, np.zeros(2, np.float32), 0.0, 1.0)
    read = read_parts(image_rgb, given, 1.0, load_drawn_nets())
    return replace(read, points_px=points_px)


def _box_square(box: DrawnBox) -> Square:
    return Square(box.x, box.y, max(box.width, box.height) * FACE_MARGIN, box.angle_rad)
