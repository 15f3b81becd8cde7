"""An opened picture to the face in it, the pixels that an avatar is cut from, and its frame.

A large picture is looked at in small; then only the frame and its margin are taken, as dense as an
avatar can use. A face that would be too small in the whole picture's frame gets a frame of its own.
"""

from __future__ import annotations

import dataclasses
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
from vasa_avatar.appearance.reading.landmarks import FaceLandmarker, FaceLandmarks
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


def find_face(opened: Picture | LargePicture, landmarker: FaceLandmarker) -> Sight | None:
    """The largest face of a picture; None when there is none.

    Raises:
        PortraitError: `not_an_image`, a large picture's file is damaged.
    """
    if isinstance(opened, LargePicture):
        return _in_large(opened, landmarker)
    faces = landmarker.detect(opened.rgb)
    if not faces:
        return None
    low, high = _box(faces[0])
    return Sight(opened, faces[0], square_crop(opened.size_wh, low, high), len(faces), False)


def _in_large(opened: LargePicture, landmarker: FaceLandmarker) -> Sight | None:
    overview = opened.overview(OVERVIEW_PX)
    faces = landmarker.detect(overview, finest_tiles=FINEST_TILES)
    if not faces:
        return None
    shrink = max(opened.size_wh) / max(overview.shape[:2])
    frame, is_cut = _large_frame(opened.size_wh, faces[0], shrink)
    margin = int(np.ceil(frame.side_px * MARGIN_PX / DESIGN_PX)) + 1
    left, top = max(0, frame.x_px - margin), max(0, frame.y_px - margin)
    right = min(opened.size_wh[0], frame.x_px + frame.side_px + margin)
    bottom = min(opened.size_wh[1], frame.y_px + frame.side_px + margin)
    scale = min(
        FRAME_PX / frame.side_px, (PART_PIXELS / (right - left) / (bottom - top)) ** 0.5, 1.0
    )
    picture = opened.part((left, top, right, bottom), scale)
    expected = _moved(faces[0], shrink * scale, (left * scale, top * scale))
    face = _nearest(landmarker.detect(picture.rgb), expected)
    side = min(round(frame.side_px * scale), *picture.size_wh)
    x = min(round((frame.x_px - left) * scale), picture.size_wh[0] - side)
    y = min(round((frame.y_px - top) * scale), picture.size_wh[1] - side)
    return Sight(picture, face, Square(x, y, side), len(faces), is_cut)


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
