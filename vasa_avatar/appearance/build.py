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

if TYPE_CHECKING:
    from vasa_avatar.appearance.reading.landmarks import FaceLandmarker
    from vasa_avatar.appearance.reading.portrait import Portrait
    from vasa_avatar.nets import ModelStore

Progress = Callable[[str], None]


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
    from vasa_avatar.appearance.reading.landmarks import FaceLandmarker
    from vasa_avatar.appearance.reading.portrait import load_portrait
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
    from vasa_avatar.appearance.baking import bake
    from vasa_avatar.appearance.baking.calibrate import calibrated, looks_past_camera
    from vasa_avatar.appearance.layers.layers import cut_layers
    from vasa_avatar.appearance.picture.canvas import make_canvas
    from vasa_avatar.appearance.reading.glasses import glasses_mask
    from vasa_avatar.appearance.reading.inner_lips import open_to_teeth
    from vasa_avatar.appearance.reading.measure import measure_landmarks

    points = picture.landmarks.points_px
    canvas = make_canvas(picture.image_rgb, points)
    scale = 512.0 / canvas.crop_side_px
    landmarks_px = np.column_stack([canvas.to_design(points[:, :2]), points[:, 2] * scale])
    landmarks_px = open_to_teeth(canvas, landmarks_px.astype(np.float32))
    say("cutting out the person")
    alpha, foreground, plate, notes = cut_layers(picture, canvas, store)
    say("making the mesh")
    gaze = looks_past_camera(measure_landmarks(picture.image_rgb, picture.landmarks).gaze_rad)
    frames = glasses_mask(picture.image_rgb, picture.landmarks)
    glasses = canvas.resample(frames * 255.0) / 255.0 if frames.any() else None
    assets = bake.bake(
        canvas, landmarks_px, alpha, foreground, plate, gaze,
        bake.load_face_model(), glasses,
    )  # fmt: skip
    avatar = Avatar(assets, (*picture.warnings, *notes))
    if calibrate:
        say("calibrating")
        avatar = calibrated(avatar, landmarker)
    return avatar
