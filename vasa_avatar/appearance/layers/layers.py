"""Portrait to its two layers, the person and what is behind: matte, colours, plate, in agreement.

Laid over each other they give the picture back; moved against each other neither shows traces of
the other.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.layers import margin
from vasa_avatar.appearance.layers.matte import decontaminate, estimate_matte
from vasa_avatar.appearance.layers.plate import Plate, background_plate, filled_in
from vasa_avatar.appearance.picture import Canvas, frame_part, texture
from vasa_avatar.appearance.reading import Portrait
from vasa_avatar.datatypes import F32, U8
from vasa_avatar.nets import ModelStore

BAND_PX = 14.0
"""design pixels around the person in which the background is made, not taken"""
COARSE_NOTE = (
    "the matting net is not there, so hair has hard edges; "
    "`vasa-avatar models fetch modnet` gets it"
)


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The person on the canvas and the background of the frame."""

    alpha: F32
    """(C, C) 0..1 how much of each texel is the person"""
    foreground_rgb: F32
    """(C, C, 3) the person's colour without background, 0..255"""
    plate_rgb: U8
    """(P, P, 3) what is behind the person, the frame's area"""
    warnings: tuple[str, ...]
    """what the user should know, each one sentence"""


def cut_layers(picture: Portrait, canvas: Canvas, store: ModelStore) -> Layers:
    """Cut the person out of a portrait.

    Args:
        picture: the portrait.
        canvas: its frame and margin.
        store: MODNet is used if it is there; nothing is fetched here.
    """
    notes: tuple[str, ...] = ()
    if picture.alpha is not None:
        matte = picture.alpha
    else:
        estimated = estimate_matte(
            picture.image_rgb, picture.landmarks, store, picture.drawing is not None
        )
        matte = estimated.alpha
        notes = (COARSE_NOTE,) if estimated.is_coarse else ()
    band_px = BAND_PX * canvas.frame.side_px / 512.0
    behind = background_plate(picture.image_rgb, matte)
    cut = _agree(picture.image_rgb, matte, behind, band_px)
    alpha = canvas.resample(cut.alpha * 255.0, is_mirrored=False) / 255.0
    margin.round_hair(alpha, canvas, canvas.to_design(picture.landmarks.points_px[:, :2]))
    own = margin.fill_margin(canvas, cut.foreground_rgb, cut.alpha, alpha)
    plate = np.clip(np.rint(frame_part(canvas.resample(cut.plate_rgb), canvas)), 0, 255)
    return Layers(alpha, own, plate.astype(np.uint8), notes)


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """A picture taken apart, in its own pixels: alpha * foreground + (1 - alpha) * plate."""

    alpha: F32
    """(H, W) 0..1"""
    foreground_rgb: F32
    """(H, W, 3) 0..255"""
    plate_rgb: F32
    """(H, W, 3) 0..255"""


def _keep_distant(image_rgb: U8, plate: U8, apart: F32, band_px: float) -> F32:
    """The plate, with the picture itself wherever the person is farther than a band away."""
    share = texture.smoothstep(0.7 * band_px, band_px, apart)[..., None]
    return np.asarray(image_rgb * share + plate * (1.0 - share), np.float32)


def _agree(image_rgb: U8, matte: F32, behind: Plate, band_px: float) -> _Cut:
    """Matte, foreground colour and plate that give the picture back when laid over each other.

    Where picture and plate differ beside the person, what has the person's colour is stray hair
    that the matte missed and joins the foreground; the rest is background and joins the plate.
    """
    apart = _distance_to_person(matte)
    if behind.is_soft:
        plate, near = behind.rgb.astype(np.float32), apart < 4.0 * band_px
    else:
        plate, near = _keep_distant(image_rgb, behind.rgb, apart, band_px), apart < 1.2 * band_px
    image = image_rgb.astype(np.float32)
    person = _person_nearby(image, matte, band_px)
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
    own_colour = np.asarray(exact * share + colour * (1.0 - share), np.float32)
    return _Cut(alpha, own_colour, plate)


def _person_nearby(image: F32, matte: F32, reach_px: float) -> F32:
    """(H, W, 3) mean colour of the person around each pixel."""
    solid = (matte > 0.9).astype(np.float32)
    weight = cv2.GaussianBlur(solid, (0, 0), reach_px) + 1e-4
    total = cv2.GaussianBlur(image * solid[..., None], (0, 0), reach_px)
    return np.asarray(total / weight[..., None], np.float32)


def _rim(shown: F32, width_px: float) -> F32:
    """Where the picture differs from the plate in something thin, 0..1."""
    broad = cv2.GaussianBlur(shown, (0, 0), width_px)
    return np.asarray(texture.smoothstep(8.0, 20.0, np.abs(shown - broad).max(2)), np.float32)


def _veil(shown: F32, person: F32) -> F32:
    """Share of the person in pixels that are background with a little of the person's colour.

    Args:
        shown: (H, W, 3) picture minus plate.
        person: (H, W, 3) the person's colour nearby minus plate.
    """
    share = np.clip((shown * person).sum(2) / ((person**2).sum(2) + 200.0), 0.0, 1.0)
    left = np.abs(shown - share[..., None] * person).max(2)
    sure = 1.0 - texture.smoothstep(8.0, 16.0, left)
    return np.asarray(share * sure * texture.smoothstep(0.02, 0.05, share), np.float32)


def _distance_to_person(matte: F32) -> F32:
    outside = (matte < 0.1).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, 5), np.float32)
