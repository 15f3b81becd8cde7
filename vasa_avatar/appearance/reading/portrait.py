"""Picture to Portrait: the picture, its matte if it brings one, the landmarks of the one face.

What cannot become a good avatar is refused here, with a reason and the numbers that decided.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vasa_avatar.appearance.picture import Picture, Square, open_picture
from vasa_avatar.appearance.reading.drawn_by_hand import read_points
from vasa_avatar.appearance.reading.drawn_face import DrawnFace
from vasa_avatar.appearance.reading.face_finder import GOOD_FACE_PX, Sight, find_face
from vasa_avatar.appearance.reading.landmarks import FaceLandmarker, FaceLandmarks
from vasa_avatar.appearance.reading.muzzle import muzzle_evidence
from vasa_avatar.appearance.reading.steadiness import Steadiness, steadiness
from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64, U8, Floats, Pixels
from vasa_avatar.errors import PortraitError
from vasa_avatar.geometry.face_topology import (
    FACE_OVAL,
    LEFT_EAR,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    RIGHT_EAR,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
)

log = logging.getLogger(__name__)

MIN_PICTURE_PX = 256
"""of the shorter side; a smaller frame is too soft at any size that is shown"""
MIN_FACE_PX = 64
"""between the ears; eyes are four pixels high in such a face"""
MAX_YAW_DEG, MAX_PITCH_DEG, MAX_ROLL_DEG = 45.0, 32.0, 45.0
"""beyond 45 degrees of yaw the far eye lies behind the nose"""
GOOD_YAW_DEG = 30.0
"""up to here a head is turned back and about as far as any other"""
CLOSED_OPENING = 0.12
"""lid distance / distance of the eye's corners, below which an eye may be closed"""
CLOSED_BLINK = 0.5
"""reading of the coefficient net that says the same; open eyes of 13 portraits read up to .27"""
SURELY_CLOSED = 0.9
"""how sure the nets for drawings must be of both eyes, 0..1"""
DRAWN_NOTE = "the face is a drawing; the nets for drawn faces found it"
BY_HAND_NOTE = "the face is where the points file says"


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A picture that can become an avatar."""

    image_rgb: U8
    """(H, W, 3) upright sRGB"""
    alpha: F32 | None
    """(H, W) 0..1, the picture's own cut-out of the person; None when it has none"""
    landmarks: FaceLandmarks
    frame: Square
    """what of the picture is shown"""
    warnings: tuple[str, ...]
    """what the user should know, each one sentence"""
    drawing: DrawnFace | None = None
    """the face as the nets for drawings read it; None where the landmark net's reading is used"""
    is_person: bool = True
    """surely a person's or drawn; an animal's gets no human teeth"""

    @property
    def turned_beyond(self) -> float:
        """How far the head is turned aside beyond what looks good: 0 up to 30 degrees, 1 at 45."""
        beyond = abs(_yaw_deg(self.landmarks)) - GOOD_YAW_DEG
        return max(0.0, beyond / (MAX_YAW_DEG - GOOD_YAW_DEG))


def load_portrait(
    source: str | Path | bytes | Pixels,
    landmarker: FaceLandmarker,
    points: str | Path | None = None,
) -> Portrait:
    """Read a picture and find the face in it: photographed, painted or drawn.

    Args:
        source: see `load_picture`.
        landmarker: the landmark nets.
        points: a file of points that a person set, see drawn_by_hand.

    Raises:
        PortraitError: with one of errors.PORTRAIT_REASONS as `reason`.
    """
    opened = open_picture(source)
    width, height = opened.size_wh
    if min(height, width) < MIN_PICTURE_PX:
        raise PortraitError(
            "face_too_small",
            f"the picture has {width} x {height} pixels; it needs {MIN_PICTURE_PX} or more on its "
            f"shorter side. Use a larger picture",
        )
    sight = find_face(opened, landmarker, None if points is None else read_points(points))
    if sight is None:
        raise PortraitError(
            "no_face",
            f"no face was found in the picture ({width} x {height} pixels). Use one that shows a "
            f"face from the front, with both eyes and the mouth uncovered, or mark its face in a "
            f"points file",
        )
    face, picture = sight.face, sight.picture
    _check_size(face)
    _check_angle(face)
    _check_eyes(face, sight.drawing)
    alpha, notes = _own_matte(picture, face)
    notes += _warnings(sight)
    is_person = True
    if sight.drawing is None:
        steady = steadiness(picture.rgb, sight.as_found or face, landmarker)
        _check_person(picture, face, steady)
        is_person = steady.is_person
        notes += _doubts(steady)
    for note in notes:
        log.warning("%s", note)
    return Portrait(picture.rgb, alpha, face, sight.frame, tuple(notes), sight.drawing, is_person)


def eye_openings(points_px: Floats) -> F64:
    """(2,) largest lid distance / distance of the corners; right eye first."""
    openings = []
    for upper, lower in ((RIGHT_EYE_UPPER, RIGHT_EYE_LOWER), (LEFT_EYE_UPPER, LEFT_EYE_LOWER)):
        above, below = points_px[list(upper), :2], points_px[list(lower), :2]
        gap = np.linalg.norm(above - below, axis=1).max()
        openings.append(gap / max(float(np.linalg.norm(above[0] - above[-1])), 1e-6))
    return np.array(openings)


def _check_size(face: FaceLandmarks) -> None:
    width = face.width_px
    if width < MIN_FACE_PX:
        raise PortraitError(
            "face_too_small",
            f"the face is {math.floor(width)} pixels wide; it needs {MIN_FACE_PX} or more "
            f"({GOOD_FACE_PX} for a good picture). Use a larger picture, or cut it closer",
        )


def _check_angle(face: FaceLandmarks) -> None:
    pitch, yaw, roll = (float(a) for a in np.rad2deg(face.pose_rad))
    for name, angle, most in (
        ("to the side", yaw, MAX_YAW_DEG),
        ("up or down", pitch, MAX_PITCH_DEG),
        ("over (tilted)", roll, MAX_ROLL_DEG),
    ):
        if abs(angle) > most:
            raise PortraitError(
                "turned_too_far",
                f"the head is turned {math.ceil(abs(angle))} degrees {name}; at most {most:.0f} "
                f"work. Use a picture that looks more into the camera",
            )


def _yaw_deg(face: FaceLandmarks) -> float:
    return float(np.rad2deg(face.pose_rad[1]))


def _check_eyes(face: FaceLandmarks, drawing: DrawnFace | None) -> None:
    if drawing is not None:
        if float(drawing.closed.min()) > SURELY_CLOSED:
            raise PortraitError(
                "eyes_closed", "both drawn eyes are closed. Use a picture with open eyes"
            )
        return
    openings = eye_openings(face.points_px)
    blinks = face.blendshapes[[ARKIT_INDEX["eyeBlinkRight"], ARKIT_INDEX["eyeBlinkLeft"]]]
    if openings.max() < CLOSED_OPENING and blinks.min() > CLOSED_BLINK:
        raise PortraitError(
            "eyes_closed",
            f"both eyes are closed (opening {math.floor(100 * openings.max())} % of their width; "
            f"at least {100 * CLOSED_OPENING:.0f} % is needed). Use a picture with open eyes",
        )


def _check_person(picture: Picture, face: FaceLandmarks, steady: Steadiness) -> None:
    seen = muzzle_evidence(picture.rgb, face)
    if not steady.is_face:
        raise PortraitError(
            "no_face",
            f"what looks like a face is hardly one: seen a little from elsewhere its features move "
            f"by {100 * steady.moved:.0f} % of its width, a person's by up to 2 %. Use a picture "
            f"of a person, painted or drawn if you like",
        )
    if seen.is_animal:
        raise PortraitError(
            "no_face",
            f"the face looks like an animal's: its nose has {100 * seen.nose_over_cheeks:.0f} % of "
            f"the cheeks' brightness, and its eyes show no white. It would get human lips and "
            f"teeth; use a picture of a person, painted or drawn if you like",
        )


def _doubts(steady: Steadiness) -> list[str]:
    if steady.is_person:
        return []
    return [
        f"the face may not be a person's (its features move by {100 * steady.moved:.1f} % of its "
        f"width when looked at again, a person's by up to 2), so it gets no teeth"
    ]


def _own_matte(picture: Picture, face: FaceLandmarks) -> tuple[F32 | None, list[str]]:
    """The picture's alpha, if it cuts out the person: the face is solid, some background is not."""
    if picture.alpha is None:
        return None, []
    height, width = picture.alpha.shape
    oval = np.rint(face.points_px[list(FACE_OVAL), :2] - 0.5).astype(int)
    inside = picture.alpha[np.clip(oval[:, 1], 0, height - 1), np.clip(oval[:, 0], 0, width - 1)]
    if float(inside.mean()) > 0.9 and float((picture.alpha < 0.1).mean()) > 0.02:
        return picture.alpha, []
    return None, ["the picture's transparency does not cut out the person and is not used"]


def _warnings(sight: Sight) -> list[str]:
    notes = []
    face, points = sight.face, sight.face.points_px
    width, height = sight.picture.size_wh
    if sight.is_by_hand:
        notes.append(BY_HAND_NOTE)
    elif sight.drawing is not None:
        notes.append(DRAWN_NOTE)
    if sight.n_faces > 1:
        notes.append(f"the picture shows {sight.n_faces} faces; the largest is used")
    if sight.is_cut:
        notes.append("the face is small in a large picture, so only the part around it is used")
    if abs(_yaw_deg(face)) > GOOD_YAW_DEG:
        notes.append(
            f"the head is turned {abs(_yaw_deg(face)):.0f} degrees to the side, so its far cheek "
            f"is made from the near one and it turns less than it is told; up to "
            f"{GOOD_YAW_DEG:.0f} look better"
        )
    if face.width_px < GOOD_FACE_PX:
        notes.append(
            f"the face is only {face.width_px:.0f} pixels wide; {GOOD_FACE_PX} or more look sharper"
        )
    edge = points[[RIGHT_EAR, LEFT_EAR, *FACE_OVAL], :2]
    if (edge < 0).any() or (edge > (width, height)).any():
        notes.append("the face reaches over the picture's edge; leave some room around the head")
    return notes
