"""build_avatar: a portrait's file or pixels to a calibrated Avatar.

Portrait (landmarks, checks) -> canvas (square frame with margin) -> matte and clean background ->
bake (mesh, textures) -> calibration (render, measure, correct).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.avatar import Avatar
from vasa_avatar.datatypes import F32, U8

if TYPE_CHECKING:
    from vasa_avatar.appearance.canvas import Canvas
    from vasa_avatar.appearance.landmarks import FaceLandmarker
    from vasa_avatar.appearance.portrait import Portrait
    from vasa_avatar.nets import ModelStore

Progress = Callable[[str], None]

COARSE_NOTE = (
    "the matting net is not there, so hair has hard edges; `vasa-avatar models fetch modnet` gets it"
)


def build_avatar(
    portrait: str | Path | bytes | NDArray[Any],
    *,
    store: ModelStore | None = None,
    calibrate: bool = True,
    progress: Progress | None = None,
) -> Avatar:
    """Turn a portrait into an avatar; takes seconds, once.

    Args:
        portrait: path or bytes of a picture file, or (H, W, 3) uint8 RGB.
        store: where other people's nets are kept; the user's own when None.
        calibrate: measure and correct what a viewer sees.
        progress: told the name of each step as it begins.

    Raises:
        PortraitError: the picture cannot become an avatar; `.reason` says why.
        ModelStoreError: the landmark model is neither cached nor obtainable.
    """
    from vasa_avatar.appearance.landmarks import FaceLandmarker
    from vasa_avatar.appearance.portrait import load_portrait
    from vasa_avatar.nets import ModelStore

    say = progress or (lambda step: None)
    store = store or ModelStore()
    say("finding the face")
    landmarker = FaceLandmarker(store.path("face_landmarker"))
    picture = load_portrait(portrait, landmarker)
    return _build(picture, landmarker, store, calibrate, say)


def _build(
    picture: Portrait,
    landmarker: FaceLandmarker,
    store: ModelStore,
    calibrate: bool,
    say: Progress,
) -> Avatar:
    from vasa_avatar.appearance import bake
    from vasa_avatar.appearance.calibrate import calibrated
    from vasa_avatar.appearance.canvas import make_canvas

    points = picture.landmarks.points_px
    canvas = make_canvas(picture.image_rgb, points)
    scale = 512.0 / canvas.crop_side_px
    landmarks_px = np.column_stack([canvas.to_design(points[:, :2]), points[:, 2] * scale])
    say("cutting out the person")
    alpha, foreground, plate, notes = _layers(picture, canvas, store)
    say("making the mesh")
    assets = bake.bake(
        canvas, landmarks_px.astype(np.float32), alpha, foreground, plate, np.zeros(2),
        bake.load_face_model(),
    )  # fmt: skip
    avatar = Avatar(assets, (*picture.warnings, *notes))
    if calibrate:
        say("calibrating")
        avatar = calibrated(avatar, landmarker)
    return avatar


def _layers(
    picture: Portrait, canvas: Canvas, store: ModelStore
) -> tuple[F32, F32, U8, tuple[str, ...]]:
    """Matte and foreground colour on the canvas, background of the frame, warnings."""
    from vasa_avatar.appearance.bake import frame_part
    from vasa_avatar.appearance.matte import decontaminate, estimate_matte

    notes: tuple[str, ...] = ()
    if picture.alpha is not None:
        matte = picture.alpha
    else:
        estimated = estimate_matte(picture.image_rgb, picture.landmarks, store)
        matte = estimated.alpha
        notes = (COARSE_NOTE,) if estimated.is_coarse else ()
    foreground = decontaminate(picture.image_rgb, matte)
    plate = background_plate(picture.image_rgb, matte)
    alpha = canvas.resample(matte * 255.0, is_mirrored=False) / 255.0
    own = _fill_margin(canvas, foreground, matte, alpha)
    frame = np.clip(np.rint(frame_part(canvas.resample(plate), canvas)), 0, 255)
    return alpha, own, frame.astype(np.uint8), notes


def background_plate(image_rgb: U8, alpha: F32) -> F32:
    """Background behind the person, filled from what is seen beside it."""
    import cv2

    from vasa_avatar.appearance import texture

    seen = (alpha < 0.02).astype(np.uint8)
    reach = max(3, len(image_rgb) // 90)
    valid = cv2.erode(seen, np.ones((reach, reach), np.uint8)).astype(np.float32)
    return texture.fill(image_rgb.astype(np.float32), valid)


def _fill_margin(canvas: Canvas, foreground: NDArray[Any], matte: F32, alpha: F32) -> F32:
    """Foreground colour on the canvas; beyond the picture only where the mirror shows the person."""
    from vasa_avatar.appearance import texture

    colour = canvas.resample(foreground)
    mirrored = canvas.resample(matte * 255.0) / 255.0
    solid = texture.smoothstep(0.5, 0.95, mirrored).astype(np.float32)
    missing = (alpha > 0.01) & (mirrored < alpha - 0.05)
    if not missing.any():
        return colour
    filled = texture.fill(colour, solid)
    share = np.where(missing, 1.0 - solid, 0.0)[..., None]
    return np.asarray(colour * (1.0 - share) + filled * share, np.float32)
