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
from vasa_avatar.geometry.face_topology import CHIN, FACE_OVAL

if TYPE_CHECKING:
    from vasa_avatar.appearance.canvas import Canvas
    from vasa_avatar.appearance.landmarks import FaceLandmarker
    from vasa_avatar.appearance.plate import Plate
    from vasa_avatar.appearance.portrait import Portrait
    from vasa_avatar.nets import ModelStore

Progress = Callable[[str], None]

HAIR_RADIUS = 0.75
"""of the dome that hair beyond the picture's edge makes, in face widths"""
MAX_DOME = 0.8
"""half the width of such a dome at the edge over its radius"""
BAND_PX = 14.0
"""design pixels around the person in which the background is made, not taken"""
COARSE_NOTE = (
    "the matting net is not there, so hair has hard edges; "
    "`vasa-avatar models fetch modnet` gets it"
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
    from vasa_avatar.appearance.calibrate import calibrated, looks_past_camera
    from vasa_avatar.appearance.canvas import make_canvas
    from vasa_avatar.appearance.inner_lips import open_to_teeth
    from vasa_avatar.appearance.measure import measure_landmarks
    from vasa_avatar.appearance.parsing import glasses_mask

    points = picture.landmarks.points_px
    canvas = make_canvas(picture.image_rgb, points)
    scale = 512.0 / canvas.crop_side_px
    landmarks_px = np.column_stack([canvas.to_design(points[:, :2]), points[:, 2] * scale])
    landmarks_px = open_to_teeth(canvas, landmarks_px.astype(np.float32))
    say("cutting out the person")
    alpha, foreground, plate, notes = _layers(picture, canvas, store)
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


def _layers(
    picture: Portrait, canvas: Canvas, store: ModelStore
) -> tuple[F32, F32, U8, tuple[str, ...]]:
    """Matte and foreground colour on the canvas, background of the frame, warnings."""
    from vasa_avatar.appearance.bake import frame_part
    from vasa_avatar.appearance.matte import estimate_matte
    from vasa_avatar.appearance.plate import background_plate

    notes: tuple[str, ...] = ()
    if picture.alpha is not None:
        matte = picture.alpha
    else:
        estimated = estimate_matte(picture.image_rgb, picture.landmarks, store)
        matte = estimated.alpha
        notes = (COARSE_NOTE,) if estimated.is_coarse else ()
    band_px = BAND_PX * canvas.crop_side_px / 512.0
    behind = background_plate(picture.image_rgb, matte)
    matte, foreground, plate = _agree(picture.image_rgb, matte, behind, band_px)
    alpha = canvas.resample(matte * 255.0, is_mirrored=False) / 255.0
    _round_hair(alpha, canvas, canvas.to_design(picture.landmarks.points_px[:, :2]))
    own = _fill_margin(canvas, foreground, matte, alpha)
    frame = np.clip(np.rint(frame_part(canvas.resample(plate), canvas)), 0, 255)
    return alpha, own, frame.astype(np.uint8), notes


def _keep_distant(image_rgb: U8, plate: U8, apart: F32, band_px: float) -> F32:
    """The plate, with the picture itself wherever the person is farther than a band away."""
    from vasa_avatar.appearance import texture

    share = texture.smoothstep(0.7 * band_px, band_px, apart)[..., None]
    return np.asarray(image_rgb * share + plate * (1.0 - share), np.float32)


def _agree(image_rgb: U8, matte: F32, behind: Plate, band_px: float) -> tuple[F32, F32, F32]:
    """Matte, foreground colour and plate that give the picture back when laid over each other.

    Where picture and plate differ beside the person, what has the person's colour is stray hair
    that the matte missed and joins the foreground; the rest is background and joins the plate.
    """
    import cv2

    from vasa_avatar.appearance import texture
    from vasa_avatar.appearance.matte import decontaminate
    from vasa_avatar.appearance.plate import filled_in

    apart = _distance_to_person(matte)
    if behind.is_soft:
        plate, near = behind.rgb.astype(np.float32), apart < 4.0 * band_px
    else:
        plate, near = _keep_distant(image_rgb, behind.rgb, apart, band_px), apart < 1.2 * band_px
    image = image_rgb.astype(np.float32)
    solid = (matte > 0.9).astype(np.float32)
    reach = (0, 0)
    weight = cv2.GaussianBlur(solid, reach, band_px) + 1e-4
    person = cv2.GaussianBlur(image * solid[..., None], reach, band_px) / weight[..., None]
    missed = np.abs(image - plate).max(2)
    like_person = np.abs(image - person).max(2) / (missed + 12.0)
    hair = 1.0 - texture.smoothstep(0.45, 0.8, like_person)
    if behind.is_soft:
        hair = np.maximum(hair, _rim(image - plate, 0.3 * band_px) * (apart < 0.8 * band_px))
    stray = texture.smoothstep(10.0, 40.0, missed) * near * hair
    veil = _veil(image - plate, person - plate) * (apart < 0.4 * band_px)
    alpha = np.maximum(matte, np.maximum(stray, veil)).astype(np.float32)
    alpha[alpha > 0.97] = 1.0
    own = (1.0 - hair) * (1.0 - texture.smoothstep(0.15, 0.5, alpha))
    own = np.where(veil > 0.0, 0.0, own).astype(np.float32)
    plate = plate * (1.0 - own[..., None]) + image * own[..., None]
    if behind.is_soft:
        plate = filled_in(plate, alpha)
    colour = decontaminate(image_rgb, alpha)
    least = np.maximum(alpha, 0.05)[..., None]
    exact = np.clip((image - (1.0 - least) * plate) / least, 0.0, 255.0)
    share = texture.smoothstep(0.08, 0.35, alpha)[..., None]
    return alpha, np.asarray(exact * share + colour * (1.0 - share), np.float32), plate


def _rim(shown: F32, width_px: float) -> F32:
    """Where the picture differs from the plate in something thin, 0..1."""
    import cv2

    from vasa_avatar.appearance import texture

    broad = cv2.GaussianBlur(shown, (0, 0), width_px)
    return np.asarray(texture.smoothstep(8.0, 20.0, np.abs(shown - broad).max(2)), np.float32)


def _veil(shown: F32, person: F32) -> F32:
    """Share of the person in pixels that are background with a little of the person's colour.

    Args:
        shown: (H, W, 3) picture minus plate.
        person: (H, W, 3) the person's colour nearby minus plate.
    """
    from vasa_avatar.appearance import texture

    share = np.clip((shown * person).sum(2) / ((person**2).sum(2) + 200.0), 0.0, 1.0)
    left = np.abs(shown - share[..., None] * person).max(2)
    sure = 1.0 - texture.smoothstep(8.0, 16.0, left)
    return np.asarray(share * sure * texture.smoothstep(0.02, 0.05, share), np.float32)


def _distance_to_person(matte: F32) -> F32:
    import cv2

    outside = (matte < 0.1).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, 5), np.float32)


def _round_hair(alpha: F32, canvas: Canvas, landmarks_px: F32) -> None:
    """Hair that the picture cuts off above or beside the head goes on as a dome, not as a column.

    Args:
        alpha: (C, C) the matte on the canvas, its margin repeated; written.
        canvas: the frame and its margin.
        landmarks_px: (478, 2) design pixels; what is cut off at a side and reaches lower than the
            chin is shoulder or long hair and goes on.
    """
    from vasa_avatar.appearance.canvas import MARGIN_PX

    first = int(round(MARGIN_PX * canvas.texels_per_px))
    width = float(np.ptp(landmarks_px[list(FACE_OVAL), 0]))
    radius = HAIR_RADIUS * width * canvas.texels_per_px
    _round_edge(alpha, first, len(alpha), radius)
    chin = first + int(round(float(landmarks_px[CHIN, 1]) * canvas.texels_per_px))
    for turned in (alpha.T, alpha[:, ::-1].T):
        _round_edge(turned, first, chin, radius)


def _round_edge(alpha: F32, first: int, last: int, radius: float) -> None:
    """Round what lies beyond row `first`, where it is cut off before column `last`."""
    solid = np.concatenate([[0], (alpha[first] > 0.5).astype(np.int8), [0]])
    starts, ends = np.flatnonzero(np.diff(solid) == 1), np.flatnonzero(np.diff(solid) == -1)
    columns = np.arange(last)[None, :]
    up = np.arange(first, 0, -1)[:, None]
    kept = np.zeros((first, last), np.float32)
    for start, end in zip(starts, ends, strict=True):
        half, centre = 0.5 * (end - start), 0.5 * (start + end)
        bend = max(radius, half / MAX_DOME)
        middle = np.sqrt(bend**2 - half**2)
        dome = np.sqrt(np.clip(bend**2 - (middle + up) ** 2, 0.0, None))
        goes_on = half if end > last else dome
        kept = np.maximum(kept, np.clip((goes_on - np.abs(columns - centre)) / 3.0, 0.0, 1.0))
    alpha[:first, :last] = np.minimum(alpha[:first, :last], kept)


def _fill_margin(canvas: Canvas, foreground: NDArray[Any], matte: F32, alpha: F32) -> F32:
    """Foreground colour on the canvas; beyond the picture where the mirror shows the person."""
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
