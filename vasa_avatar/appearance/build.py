"""build_avatar: a portrait's file or pixels to a calibrated Avatar.

Portrait (landmarks, checks) -> canvas (square frame with margin) -> matte and clean background ->
bake (mesh, textures) -> calibration (render, measure, correct).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vasa_avatar.appearance.avatar import Avatar
from vasa_avatar.render.assets import DESIGN_PX

if TYPE_CHECKING:
    from vasa_avatar.appearance.baking import FaceOnCanvas
    from vasa_avatar.appearance.picture import Canvas
    from vasa_avatar.appearance.reading import FaceLandmarker, Portrait
    from vasa_avatar.datatypes import F32, Pixels
    from vasa_avatar.nets import ModelStore

Progress = Callable[[str], None]


def build_avatar(
    portrait: str | Path | bytes | Pixels,
    *,
    store: ModelStore | None = None,
    calibrate: bool = True,
    progress: Progress | None = None,
    points: str | Path | None = None,
) -> Avatar:
    """Turn a portrait into an avatar; takes seconds, once.

    Args:
        portrait: path or bytes of a picture file, or (H, W, 3) uint8 RGB.
        store: where other people's nets are kept; the user's own when None.
        calibrate: measure and correct what a viewer sees.
        progress: told the name of each step as it begins.
        points: a file of points set by hand on the picture's face; then nothing is searched.

    Raises:
        PortraitError: the picture cannot become an avatar; `.reason` says why.
        ModelStoreError: the landmark model is neither cached nor obtainable.
    """
    from vasa_avatar.appearance.reading import FaceLandmarker, load_portrait
    from vasa_avatar.nets import ModelStore

    say = progress or (lambda step: None)
    store = store or ModelStore()
    say("finding the face")
    landmarker = FaceLandmarker(store.path("face_landmarker"))
    picture = load_portrait(portrait, landmarker, points)
    return _build(picture, landmarker, store, calibrate, say)


def _build(
    picture: Portrait,
    landmarker: FaceLandmarker,
    store: ModelStore,
    calibrate: bool,
    say: Progress,
) -> Avatar:
    from vasa_avatar.appearance.baking import (
        bake_assets,
        calibrated,
        load_face_model,
        with_small_turns,
    )
    from vasa_avatar.appearance.layers import cut_layers
    from vasa_avatar.appearance.picture import make_canvas

    canvas = make_canvas(picture.image_rgb, picture.frame)
    face = _face_on(canvas, picture)
    say("cutting out the person")
    layers = cut_layers(picture, canvas, store)
    say("making the mesh")
    assets = bake_assets(canvas, face, layers, load_face_model())
    notes = (*picture.warnings, *layers.warnings)
    avatar = Avatar(assets, notes, picture.drawing is not None)
    if calibrate and picture.drawing is None:
        say("calibrating")
        avatar = calibrated(avatar, landmarker)
    return with_small_turns(avatar, picture.turned_beyond)


def _face_on(canvas: Canvas, picture: Portrait) -> FaceOnCanvas:
    """What the bake must know of the face; a drawing is taken to look at the viewer."""
    from vasa_avatar.appearance.baking import (
        FaceOnCanvas,
        lids_on_edges,
        parts_on,
        room_for_dots,
        with_dots,
    )
    from vasa_avatar.appearance.reading import looks_past_camera, measure_landmarks

    if picture.drawing is not None:
        parts = with_dots(parts_on(canvas, picture.drawing))
        placed = lids_on_edges(canvas, _placed_on(canvas, picture), parts)
        landmarks_px = room_for_dots(placed, parts)
        return FaceOnCanvas(landmarks_px, np.zeros(2, np.float32), None, parts)
    gaze = measure_landmarks(picture.image_rgb, picture.landmarks).gaze_rad
    return FaceOnCanvas(
        _landmarks_on(canvas, picture),
        looks_past_camera(gaze),
        _glasses_on(canvas, picture),
        turned_beyond=picture.turned_beyond,
        has_teeth=picture.is_person,
    )


def _landmarks_on(canvas: Canvas, picture: Portrait) -> F32:
    """(478, 3) design pixels, the inner lips opened as far as teeth are seen."""
    from vasa_avatar.appearance.reading import open_to_teeth

    return open_to_teeth(canvas, _placed_on(canvas, picture))


def _placed_on(canvas: Canvas, picture: Portrait) -> F32:
    """(478, 3) design pixels."""
    points = picture.landmarks.points_px
    scale = DESIGN_PX / canvas.frame.side_px
    placed = np.column_stack([canvas.to_design(points[:, :2]), points[:, 2] * scale])
    return placed.astype(np.float32)


def _glasses_on(canvas: Canvas, picture: Portrait) -> F32 | None:
    """(C, C) 0..1 where a frame of glasses is; None without glasses."""
    from vasa_avatar.appearance.reading import glasses_mask

    frames = glasses_mask(picture.image_rgb, picture.landmarks)
    return canvas.resample(frames * 255.0) / 255.0 if frames.any() else None
