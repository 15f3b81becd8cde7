"""An opened picture to the face in it, the pixels that an avatar is cut from, and its frame.

A large picture is looked at in small; then only the frame and its margin are taken, as dense as an
avatar can use. A face that would be too small in the whole picture's frame gets a frame of its own.
Drawn faces are read by nets of their own, and a face may be marked by hand: one that is found where
the marks are follows them, any other is taken for a drawing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vasa_avatar.appearance.picture import (
    FRAME_PX,
    MARGIN_PX,
    LargePicture,
    Picture,
    Square,
    square_crop,
)
from vasa_avatar.appearance.reading.dragged_points import follow_marks
from vasa_avatar.appearance.reading.drawn_choice import choose_drawn
from vasa_avatar.appearance.reading.drawn_face import DrawnFace, drawn_face_at, find_drawn_faces
from vasa_avatar.appearance.reading.drawn_mesh import landmarks_of_drawing
from vasa_avatar.appearance.reading.face_detector import COARSE_TILES
from vasa_avatar.appearance.reading.landmarks import FaceLandmarker, FaceLandmarks
from vasa_avatar.datatypes import F32, U8
from vasa_avatar.render.assets import DESIGN_PX

GOOD_FACE_PX = 120
"""between the ears; a face narrower than this is enlarged to more than twice its size at 512 px"""
OVERVIEW_PX = 2560
"""longer side of a large picture's overview, in which the face is searched"""
FINEST_TILES = 6.4
"""tiles across a large picture in which faces are looked for at last: a face that is 1/40 of the
longer side wide fills a sixth of such a tile"""
PART_PIXELS = 1_100_000
"""of the part that is taken, margin and all: a large picture costs hardly more time than one of
a megapixel; the frame is then 840 to 1024 px wide"""
HEAD_SHARE = 0.3
"""width of a small face in a frame of its own, over the frame's: head and shoulders"""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A face and where it was seen."""

    picture: Picture
    """what an avatar is cut from: the whole picture, or a part of a large one"""
    face: FaceLandmarks
    """the largest face, in its pixels"""
    frame: Square
    """what of it is shown, likewise"""
    n_faces: int
    """in the whole picture"""
    is_cut: bool
    """the frame shows less than the picture would allow"""
    drawing: DrawnFace | None = None
    """the face as the nets for drawings read it; None where the landmark net's reading is used"""
    is_by_hand: bool = False
    """the face is where a person marked it"""
    as_found: FaceLandmarks | None = None
    """the face as the net read it, where a person has moved its points"""


@dataclass(frozen=True, slots=True, eq=False)
class _Faces:
    """What one look at a picture gives."""

    faces: list[FaceLandmarks]
    """the one to be used first; at least one"""
    drawing: DrawnFace | None
    as_found: FaceLandmarks | None = None
    """the first one before its points were moved by hand"""


def find_face(
    opened: Picture | LargePicture, landmarker: FaceLandmarker, marks_px: F32 | None = None
) -> Sight | None:
    """The largest face of a picture; None when there is none.

    Args:
        opened: the picture.
        landmarker: the landmark nets.
        marks_px: (40, 2) a face that a person marked.

    Raises:
        PortraitError: `not_an_image`, a large picture's file is damaged.
    """
    if isinstance(opened, LargePicture):
        return _in_large(opened, landmarker, marks_px)
    if marks_px is None:
        found = _look(opened.rgb, landmarker)
    else:
        found = _marked(opened.rgb, landmarker, marks_px)
    if found is None:
        return None
    low, high = _box(found.faces[0])
    frame = square_crop(opened.size_wh, low, high)
    return Sight(
        opened, found.faces[0], frame, len(found.faces), False, found.drawing,
        marks_px is not None, found.as_found,
    )  # fmt: skip


def _look(rgb: U8, landmarker: FaceLandmarker, finest_tiles: float = COARSE_TILES) -> _Faces | None:
    """A picture's faces, as the landmark net or as the nets for drawings read them."""
    faces = landmarker.detect(rgb, finest_tiles=finest_tiles)
    drawn = find_drawn_faces(rgb)
    chosen = choose_drawn(rgb, faces, drawn)
    if chosen is not None:
        return _of_drawing(chosen, [face for face in drawn if face is not chosen])
    return _Faces(faces, None) if faces else None


def _marked(
    rgb: U8, landmarker: FaceLandmarker, marks_px: F32, finest_tiles: float = COARSE_TILES
) -> _Faces:
    """The face that a person marked: a photographed one that is there, or else a drawing."""
    looked = _look(rgb, landmarker, finest_tiles)
    for face in () if looked is None or looked.drawing is not None else looked.faces:
        followed = follow_marks(face, marks_px)
        if followed is not None:
            return _Faces([followed], None, face)
    return _of_drawing(drawn_face_at(rgb, marks_px))


def _of_drawing(chosen: DrawnFace, others: Sequence[DrawnFace] = ()) -> _Faces:
    return _Faces([_as_landmarks(face) for face in (chosen, *others)], chosen)


def _as_landmarks(face: DrawnFace) -> FaceLandmarks:
    return landmarks_of_drawing(face.points_px, face.mouth_open, face.score)


def _in_large(
    opened: LargePicture, landmarker: FaceLandmarker, marks_px: F32 | None
) -> Sight | None:
    overview = opened.overview(OVERVIEW_PX)
    shrink = max(opened.size_wh) / max(overview.shape[:2])
    if marks_px is None:
        found = _look(overview, landmarker, FINEST_TILES)
    else:
        found = _marked(overview, landmarker, marks_px / np.float32(shrink), FINEST_TILES)
    if found is None:
        return None
    frame, is_cut = _large_frame(opened.size_wh, found.faces[0], shrink)
    margin = int(np.ceil(frame.side_px * MARGIN_PX / DESIGN_PX)) + 1
    left, top = max(0, frame.x_px - margin), max(0, frame.y_px - margin)
    right = min(opened.size_wh[0], frame.x_px + frame.side_px + margin)
    bottom = min(opened.size_wh[1], frame.y_px + frame.side_px + margin)
    scale = min(
        FRAME_PX / frame.side_px, (PART_PIXELS / (right - left) / (bottom - top)) ** 0.5, 1.0
    )
    picture = opened.part((left, top, right, bottom), scale)
    corner = left * scale, top * scale
    face, drawing = _moved(found.faces[0], shrink * scale, corner), None
    as_found: FaceLandmarks | None = None
    if found.drawing is None:
        face = _nearest(landmarker.detect(picture.rgb), face)
        if marks_px is not None:
            marks = marks_px * np.float32(scale) - np.asarray(corner, np.float32)
            as_found, face = face, follow_marks(face, marks) or face
    else:
        points = found.drawing.points_px * np.float32(shrink * scale)
        points = points - np.asarray(corner, np.float32)
        drawing = _drawn_again(picture.rgb, points, is_sure=marks_px is not None)
        face = _as_landmarks(drawing)
    side = min(round(frame.side_px * scale), *picture.size_wh)
    x = min(round((frame.x_px - left) * scale), picture.size_wh[0] - side)
    y = min(round((frame.y_px - top) * scale), picture.size_wh[1] - side)
    return Sight(
        picture, face, Square(x, y, side), len(found.faces), is_cut, drawing,
        marks_px is not None, as_found,
    )  # fmt: skip


def _drawn_again(rgb: U8, expected_px: F32, is_sure: bool) -> DrawnFace:
    """A drawn face read anew where it is expected, (40, 2); only its parts where that is sure."""
    for face in () if is_sure else find_drawn_faces(rgb):
        if face.is_at(expected_px):
            return face
    return drawn_face_at(rgb, expected_px)


def _large_frame(
    size_wh: tuple[int, int], face: FaceLandmarks, shrink: float
) -> tuple[Square, bool]:
    """The frame in the large picture's pixels, and whether it is one of the head's own.

    Args:
        size_wh: of the picture.
        face: in its overview.
        shrink: the picture's size over the overview's.
    """
    low, high = (edge * shrink for edge in _box(face))
    whole = square_crop(size_wh, low, high)
    width = face.width_px * shrink
    shown = width * min(1.0, FRAME_PX / whole.side_px)
    own_side = round(width / HEAD_SHARE)
    if shown >= GOOD_FACE_PX or shown >= width or own_side >= whole.side_px:
        return whole, False
    return square_crop(size_wh, low, high, own_side), True


def _box(face: FaceLandmarks) -> tuple[np.ndarray, np.ndarray]:
    box = face.box_px
    return box[:2], box[2:]


def _moved(face: FaceLandmarks, scale: float, corner: tuple[float, float]) -> FaceLandmarks:
    """A face's landmarks in a picture `scale` times as large whose part begins at `corner`."""
    points = face.points_px * np.float32(scale)
    points[:, :2] -= np.asarray(corner, np.float32)
    return dataclasses.replace(face, points_px=points, scale_px=face.scale_px * scale)


def _nearest(faces: list[FaceLandmarks], expected: FaceLandmarks) -> FaceLandmarks:
    """The face that was expected, read again; as expected where it is not found again."""
    middle = expected.points_px[:, :2].mean(0)
    for face in sorted(faces, key=lambda f: np.linalg.norm(f.points_px[:, :2].mean(0) - middle)):
        if np.linalg.norm(face.points_px[:, :2].mean(0) - middle) < 0.5 * expected.width_px:
            return face
        break
    return expected
