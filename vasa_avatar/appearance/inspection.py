"""What a picture is like as a portrait, before it is baked: the face found, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vasa_avatar.datatypes import F32, U8
from vasa_avatar.errors import PortraitError

if TYPE_CHECKING:
    from vasa_avatar.appearance.reading import Portrait

_OPENING_OF_OPEN_EYES = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class PortraitReport:
    """What was seen in a picture."""

    image_rgb: U8 | None
    """(H, W, 3) upright; None for what is no picture"""
    points_px: F32 | None
    """(478, 2) landmarks; None without a face"""
    is_drawn: bool
    yaw_deg: float
    pitch_deg: float
    face_px: float
    """between the ears"""
    good: tuple[str, ...]
    """what is right, in words"""
    warnings: tuple[str, ...]
    """what could be better"""
    refusal: str
    """why the picture cannot become an avatar; empty when it can"""
    reason: str
    """of the refusal, one of PORTRAIT_REASONS"""


def inspect_portrait(picture: bytes, points: str | None = None) -> PortraitReport:
    """Look at a picture's bytes; a second or so.

    Args:
        picture: a file's content.
        points: a file of points set by hand.

    Raises:
        ModelStoreError: the landmark model is neither cached nor obtainable.
    """
    from vasa_avatar.appearance.reading import FaceLandmarker, load_portrait
    from vasa_avatar.nets import ModelStore

    landmarker = FaceLandmarker(ModelStore().path("face_landmarker"))
    try:
        portrait = load_portrait(picture, landmarker, points)
    except PortraitError as problem:
        return _refused(picture, problem)
    yaw_deg, pitch_deg = (float(np.rad2deg(portrait.landmarks.pose_rad[i])) for i in (1, 0))
    return PortraitReport(
        portrait.image_rgb,
        portrait.landmarks.points_px[:, :2].astype(np.float32),
        portrait.drawing is not None,
        yaw_deg,
        pitch_deg,
        portrait.landmarks.width_px,
        _good(portrait, yaw_deg),
        portrait.warnings,
        "",
        "",
    )


def _refused(picture: bytes, problem: PortraitError) -> PortraitReport:
    from vasa_avatar.appearance.picture import Picture, open_picture

    image: U8 | None = None
    if problem.reason not in ("not_an_image", "too_large"):
        opened = open_picture(picture)
        image = opened.rgb if isinstance(opened, Picture) else None
    return PortraitReport(image, None, False, 0.0, 0.0, 0.0, (), (), str(problem), problem.reason)


def _good(portrait: Portrait, yaw_deg: float) -> tuple[str, ...]:
    """What an author may be glad of."""
    from vasa_avatar.appearance.reading import eye_openings

    found = []
    if portrait.landmarks.width_px >= 160:
        found.append(f"The face is {portrait.landmarks.width_px:.0f} pixels wide: sharp enough.")
    if abs(yaw_deg) <= 15:
        found.append("The face looks ahead: the head can turn to both sides.")
    openings = eye_openings(portrait.landmarks.points_px)
    if portrait.drawing is None and float(openings.min()) > _OPENING_OF_OPEN_EYES:
        found.append("Both eyes are open.")
    return tuple(found)
