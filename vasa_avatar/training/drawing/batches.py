"""Pictures of the pool to what the nets are shown and asked; all arrays for one step."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.reading import FACE_MARGIN, Square, mouth_square, part_square
from vasa_avatar.datatypes import F32, U8
from vasa_avatar.geometry.drawn_layout import (
    INNER,
    LEFT_EYE,
    MOUTH,
    MOUTH_MIRRORED,
    N_POINTS,
    OUTER,
    RIGHT_EYE,
    mirror_order,
)
from vasa_avatar.training.drawing.dice import between, chance
from vasa_avatar.training.drawing.net_sizes import FINDER_PX, FINDER_STRIDE, PART_PX, POINTS_PX
from vasa_avatar.training.drawing.paper import Part
from vasa_avatar.training.drawing.pool import KnownFace, Pool, PooledPicture

MIN_HALF_WIDTH_PX = 15.0
NO_FACE_SHARE = 0.22
PHOTO_SHARE = 0.3
"""of what is no face, where there are photographs"""
MISS_SHARE = 0.7
"""of the rest, where it is known what was taken for a face"""
CLOSEST = 0.35
"""the smallest square around a tiny mouth, over the usual one"""
EYE_CLASSES = ("other", "white", "iris", "lash", "cover")
MOUTH_CLASSES = ("other", "inside", "line", "teeth", "tongue", "cover")
_PARTS = {
    "white": (Part.WHITE,),
    "iris": (Part.IRIS,),
    "lash": (Part.LASH,),
    "inside": (Part.MOUTH_INSIDE,),
    "line": (Part.MOUTH_LINE,),
    "teeth": (Part.TEETH,),
    "tongue": (Part.TONGUE,),
    "cover": (Part.HAIR_BEFORE, Part.COVER, Part.LENS),
}


def class_map(names: tuple[str, ...]) -> NDArray[np.int64]:
    """(256,) a label of the paper to the place of its class among `names`; 0 for the rest."""
    places = np.zeros(256, np.int64)
    for place, name in enumerate(names):
        places[list(_PARTS.get(name, ()))] = place
    return places


_EYE_PLACES, _MOUTH_PLACES = class_map(EYE_CLASSES), class_map(MOUTH_CLASSES)


@dataclass(frozen=True, slots=True, eq=False)
class FinderBatch:
    """For the finder."""

    pictures: F32
    """(B, 3, 192, 192)"""
    heat: F32
    """(B, 24, 24)"""
    known: F32
    """(B, 24, 24)"""
    centres: F32
    """(M, 9) index in the batch, row, column, offset x, y, log width, height, sine, cosine"""


@dataclass(frozen=True, slots=True, eq=False)
class PointBatch:
    """For the points net."""

    faces: F32
    points: F32
    weight: F32
    flags: F32
    flag_weight: F32


@dataclass(frozen=True, slots=True, eq=False)
class PartBatch:
    """For a part's net."""

    parts: F32
    points: F32
    weight: F32
    classes: np.ndarray
    flags: F32


def finder_batch(pool: Pool, size: int, rng: np.random.Generator) -> FinderBatch:
    """Whole pictures, shifted, turned, mirrored and scaled."""
    cells = FINDER_PX // FINDER_STRIDE
    pictures = np.empty((size, 3, FINDER_PX, FINDER_PX), np.float32)
    heat, known = (
        np.zeros((size, cells, cells), np.float32),
        np.ones((size, cells, cells), np.float32),
    )
    centres: list[list[float]] = []
    for i in range(size):
        picture = pool[int(rng.integers(len(pool)))]
        side = picture.rgb.shape[0]
        zoom = between(rng, 0.55, 1.15) if chance(rng, 0.7) else between(rng, 1.1, 2.2)
        slack = abs(zoom - 1) * side * 0.5 + 0.06 * side
        square = Square(
            side / 2 + between(rng, -slack, slack), side / 2 + between(rng, -slack, slack),
            side * zoom, float(rng.normal(0, 0.12)), chance(rng, 0.5),
        )  # fmt: skip
        pictures[i] = _tensor(square.cut(picture.rgb, FINDER_PX), rng)
        for face in picture.faces:
            _add_face(i, face, square, heat[i], known[i], centres)
    return FinderBatch(pictures, heat, known, np.array(centres, np.float32).reshape(-1, 9))


def _add_face(
    i: int, face: KnownFace, square: Square, heat: F32, known: F32, centres: list[list[float]]
) -> None:
    cells = len(heat)
    middle = square.to_unit(face.box_px[None, :2])[0] * cells
    wide, high = face.box_px[2:4] / square.side * cells
    turn = face.box_px[4] - square.angle_rad
    turn = -turn if square.is_mirrored else turn
    points = square.to_unit(face.points_px[[8, 17, 27, 29]])
    inside = bool(((points > 0) & (points < 1)).all())
    low, high_edge = middle - max(wide, high) / 2, middle + max(wide, high) / 2
    if not inside or face.states[3] < 0.6 or max(wide, high) < 1.1:
        a, b = np.clip(low, 0, cells).astype(int), np.clip(np.ceil(high_edge), 0, cells).astype(int)
        known[a[1] : b[1], a[0] : b[0]] = 0
        return
    column, row = (int(v) for v in np.floor(middle))
    if not (0 <= column < cells and 0 <= row < cells):
        return
    spread = max(0.6, 0.11 * max(wide, high))
    y, x = np.mgrid[0:cells, 0:cells] + 0.5
    bump = np.exp(-((x - column - 0.5) ** 2 + (y - row - 0.5) ** 2) / (2 * spread**2))
    np.maximum(heat, bump, out=heat)
    known[row, column] = 1
    centres.append(
        [
            i,
            row,
            column,
            middle[0] - column,
            middle[1] - row,
            np.log(wide),
            np.log(high),
            np.sin(turn),
            np.cos(turn),
        ]
    )


def _tensor(image: U8, rng: np.random.Generator) -> F32:
    """(3, H, W) in 0..1 with a little change of colour."""
    x = image.astype(np.float32).transpose(2, 0, 1) / 255
    if chance(rng, 0.5):
        gain = rng.uniform(0.85, 1.15, (3, 1, 1)).astype(np.float32) * between(rng, 0.8, 1.2)
        x = np.clip((x - 0.5) * np.float32(between(rng, 0.7, 1.25)) + 0.5, 0, 1) * gain
    if chance(rng, 0.06):
        x = np.broadcast_to(x.mean(0, keepdims=True), x.shape)
    return np.clip(x, 0, 1).astype(np.float32)


def face_square(box_px: F32) -> Square:
    """The square around a face's box."""
    return Square(
        float(box_px[0]), float(box_px[1]), float(max(box_px[2:4])) * FACE_MARGIN, float(box_px[4])
    )


def _shaken(square: Square, rng: np.random.Generator, far: float) -> Square:
    """As far off as the net before might be."""
    shift = rng.normal(0, 0.05 * far, 2) * square.side
    return Square(
        square.x + float(np.clip(shift[0], -0.15 * square.side, 0.15 * square.side)),
        square.y + float(np.clip(shift[1], -0.15 * square.side, 0.15 * square.side)),
        square.side * float(np.exp(np.clip(rng.normal(0, 0.13 * far), -0.4, 0.4))),
        square.angle_rad + float(np.clip(rng.normal(0, 0.16 * far), -0.6, 0.6)),
        chance(rng, 0.5),
    )


def _pick_face(pool: Pool, rng: np.random.Generator) -> tuple[PooledPicture, KnownFace]:
    while True:
        picture = pool[int(rng.integers(len(pool)))]
        faces = [f for f in picture.faces if f.states[3] > 0.6 and f.states[4] > MIN_HALF_WIDTH_PX]
        if faces:
            return picture, faces[int(rng.integers(len(faces)))]


def point_batch(pool: Pool, size: int, rng: np.random.Generator) -> PointBatch:
    """Faces cut out, some of them not faces at all."""
    faces = np.empty((size, 3, POINTS_PX, POINTS_PX), np.float32)
    points, weight = (
        np.full((size, N_POINTS, 2), 0.5, np.float32),
        np.zeros((size, N_POINTS), np.float32),
    )
    flags = np.zeros((size, N_POINTS + 4), np.float32)
    flag_weight = np.ones((size, N_POINTS + 4), np.float32)
    order = mirror_order()
    for i in range(size):
        if chance(rng, NO_FACE_SHARE):
            faces[i] = _tensor(_no_face(pool, rng), rng)
            flag_weight[i, : N_POINTS + 3] = 0
            continue
        picture, face = _pick_face(pool, rng)
        square = _shaken(face_square(face.box_px), rng, 1.0)
        faces[i] = _tensor(square.cut(picture.rgb, POINTS_PX), rng)
        known, seen, closed = square.to_unit(face.points_px), face.is_seen, face.states[:2]
        if square.is_mirrored:
            known, seen, closed = known[order], seen[order], closed[::-1]
        points[i] = known
        inside = ((known > 0.01) & (known < 0.99)).all(-1)
        weight[i] = (0.3 + 0.7 * seen) * inside
        flags[i] = [*seen, *closed, face.states[2], 1]
        flag_weight[i, [N_POINTS, N_POINTS + 1]] = [
            seen[RIGHT_EYE].mean() > 0.4,
            seen[LEFT_EYE].mean() > 0.4,
        ]
        flag_weight[i, N_POINTS + 2] = seen[MOUTH].mean() > 0.4
    return PointBatch(faces, points, weight, flags, flag_weight)


def _no_face(pool: Pool, rng: np.random.Generator) -> U8:
    """A square without the middle of a drawn face: of a drawing, or any of a photograph."""
    if pool.photos and chance(rng, PHOTO_SHARE):
        photo = pool.photos[int(rng.integers(len(pool.photos)))]
        height, width = photo.shape[:2]
        side = between(rng, 0.3, 1.1) * min(height, width)
        middle = between(rng, 0.25, 0.75) * width, between(rng, 0.2, 0.8) * height
        square = Square(*middle, side, float(rng.normal(0, 0.2)), chance(rng, 0.5))
        return square.cut(photo, POINTS_PX)
    if len(pool.misses) and chance(rng, MISS_SHARE):
        index, x, y, side, angle = (
            float(v) for v in pool.misses[int(rng.integers(len(pool.misses)))]
        )
        square = _shaken(Square(x, y, side, angle), rng, 1.0)
        return square.cut(pool[int(index)].rgb, POINTS_PX)
    while True:
        picture = pool[int(rng.integers(len(pool)))]
        side = picture.rgb.shape[0]
        square = Square(
            between(rng, 0, side),
            between(rng, 0, side),
            between(rng, 0.12, 0.8) * side,
            between(rng, -0.5, 0.5),
        )
        far = True
        for face in picture.faces:
            seen = square.to_unit(face.points_px[[8, 17, 27, 24]])
            far = far and not ((seen > -0.02) & (seen < 1.02)).all(-1).any()
        if far:
            return square.cut(picture.rgb, POINTS_PX)


def eye_batch(pool: Pool, size: int, rng: np.random.Generator) -> PartBatch:
    """Single eyes, all shown as the character's right one."""
    parts = np.empty((size, 3, PART_PX, PART_PX), np.float32)
    points, weight = np.empty((size, 9, 2), np.float32), np.empty((size, 9), np.float32)
    classes, flags = np.empty((size, PART_PX, PART_PX), np.int64), np.empty((size, 2), np.float32)
    for i in range(size):
        picture, face = _pick_face(pool, rng)
        which = int(rng.integers(2))
        part = (RIGHT_EYE, LEFT_EYE)[which]
        eye = face.points_px[part]
        square = _shaken_part(part_square(eye, face.box_px[4]), _span(face), rng)
        square = square.mirrored() if (which == 1) != square.is_mirrored else square
        parts[i] = _tensor(square.cut(picture.rgb, PART_PX), rng)
        points[i] = square.to_unit(eye)
        inside = ((points[i] > 0.0) & (points[i] < 1.0)).all(-1)
        weight[i] = (0.2 + 0.8 * face.is_seen[part]) * inside
        classes[i] = _EYE_PLACES[_labels(square, picture.labels)]
        flags[i] = face.states[which], face.is_seen[part].mean() > 0.4
    return PartBatch(parts, points, weight, classes, flags)


def mouth_batch(pool: Pool, size: int, rng: np.random.Generator) -> PartBatch:
    """Single mouths."""
    parts = np.empty((size, 3, PART_PX, PART_PX), np.float32)
    points, weight = np.empty((size, 8, 2), np.float32), np.empty((size, 8), np.float32)
    classes, flags = np.empty((size, PART_PX, PART_PX), np.int64), np.empty((size, 2), np.float32)
    for i in range(size):
        picture, face = _pick_face(pool, rng)
        square = _shaken_part(_mouth_look(face, rng), _span(face), rng)
        parts[i] = _tensor(square.cut(picture.rgb, PART_PX), rng)
        known, seen = square.to_unit(face.points_px[MOUTH]), face.is_seen[MOUTH]
        if square.is_mirrored:
            known, seen = known[MOUTH_MIRRORED], seen[MOUTH_MIRRORED]
        points[i] = known
        inside = ((known > 0.0) & (known < 1.0)).all(-1)
        weight[i] = (0.2 + 0.8 * seen) * inside
        classes[i] = _MOUTH_PLACES[_labels(square, picture.labels)]
        flags[i] = face.states[2], seen.mean() > 0.4
    return PartBatch(parts, points, weight, classes, flags)


def _mouth_look(face: KnownFace, rng: np.random.Generator) -> Square:
    """The usual square around a mouth, or for a small one any down to its own size."""
    wide = mouth_square(face.points_px, face.box_px[4])
    own = max(part_square(face.points_px[MOUTH], face.box_px[4]).side, CLOSEST * wide.side)
    if own >= wide.side or chance(rng, 0.5):
        return wide
    return replace(wide, side=wide.side * (own / wide.side) ** rng.random())


def _span(face: KnownFace) -> float:
    right, left = face.points_px[RIGHT_EYE], face.points_px[LEFT_EYE]
    return float(np.linalg.norm(right[OUTER] - left[INNER]))


def _shaken_part(square: Square, span_px: float, rng: np.random.Generator) -> Square:
    side = max(square.side, 0.2 * span_px)
    shift = np.clip(rng.normal(0, 0.07, 2), -0.2, 0.2) * side
    return Square(
        square.x + float(shift[0]), square.y + float(shift[1]),
        side * float(np.exp(np.clip(rng.normal(0, 0.15), -0.4, 0.5))),
        square.angle_rad + float(np.clip(rng.normal(0, 0.12), -0.4, 0.4)), chance(rng, 0.5),
    )  # fmt: skip


def _labels(square: Square, labels: U8) -> U8:
    return square.cut_plain(labels, PART_PX, cv2.INTER_NEAREST)
