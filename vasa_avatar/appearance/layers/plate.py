"""Portrait and matte to a clean background plate: what is behind the person, without a halo.

Only a strip around the head and shoulders is ever seen, when the person moves. It is continued from
the background outside: softly where the background is soft, with patches of the background itself
where it is sharp, and with the picture's own grain.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.picture import (
    fill_with_patches,
    mean_of_known,
    membrane,
    soft_fill,
)
from vasa_avatar.datatypes import F32, U8

CLEAR_ALPHA = 0.02
"""what is more opaque than this counts as person"""
GUARD_PX = 6.0
"""background this close to the person is not trusted: hair and sensor glow; for a 512 px picture"""
MIN_GUARD_PX = 4.0
"""pixels of the picture itself: codecs smear colours this far"""
TRACE_PX = 16.0
"""soft backgrounds are searched this far for stray hair and ringing; for a 512 px picture"""
STRAND_PX = 60.0
"""soft backgrounds are searched this far for thin sharp things; for a 512 px picture"""
STRIP_PX = 64.0
"""how far into the person's place patches go; for a 512 px picture"""
SHARP_PX = 34.0
"""up to where they are in focus"""
BLUR_PX = 5.0
"""how much they are out of focus beyond; for a 512 px picture"""
EDGE_PX = 5.0
"""over which patches take on the colour of what they continue; for a 512 px picture"""
GRAIN_REACH_PX = 72.0
"""how far from the person the background's grain and contrast are read; for a 512 px picture"""
SHARP_CONTRAST = 1.6
"""mean fine contrast of the background near the person, 0..255, above which patches are used"""
_SEED = 5
"""of the grain"""


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """What is behind the person."""

    rgb: U8
    """(H, W, 3); equal to the picture wherever that is surely background"""
    is_soft: bool
    """the background is out of focus: whatever is sharp beside the person belongs to the person"""


def background_plate(image_rgb: U8, alpha: F32) -> Plate:
    """The picture without the person.

    Args:
        image_rgb: (H, W, 3)
        alpha: (H, W) matte 0..1
    """
    scale = max(alpha.shape) / 512
    known = _trusted(alpha, scale)
    if not known.any():
        return Plate(_plain(image_rgb), True)
    image = image_rgb.astype(np.float32)
    detail = image - mean_of_known(image, known, max(1.5, 1.2 * scale))
    near = _near(known, GRAIN_REACH_PX * scale)
    beyond = near & ~_near(known, _trace_reach_px(scale))
    is_soft = fine_contrast(image, known & beyond, scale) <= SHARP_CONTRAST
    if is_soft:
        known = _without_traces(image, known, detail, scale)
        filled = soft_fill(image, known.astype(np.float32)) + _grain(
            detail, known & near, alpha.shape
        )
    else:
        filled = _patched(image, known, scale)
    edge = cv2.GaussianBlur(known.astype(np.float32), (0, 0), max(0.8, 0.7 * scale))
    weight = np.where(known, np.clip(2 * edge - 1, 0, 1), 0.0)[..., None]
    mixed = np.rint(weight * image + (1 - weight) * filled)
    return Plate(np.asarray(np.clip(mixed, 0, 255), np.uint8), is_soft)


def _patched(image: F32, known: NDArray[np.bool_], scale: float) -> F32:
    """A strip of patches in the person's place, and its own colours out of focus deeper inside.

    What is deep inside goes on from the strip, not from the picture: a ground of another colour
    would show the person's outline as soon as the head is farther away.
    """
    reach = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 5) / scale
    strip = ~known & (reach < STRIP_PX)
    start = soft_fill(image, known.astype(np.float32))
    patched = fill_with_patches(image, known, strip, start)
    patched = np.where(strip[..., None], patched + _step(image, patched, known, scale), patched)
    soft = np.asarray(cv2.GaussianBlur(patched, (0, 0), BLUR_PX * scale), np.float32)
    inside = membrane(soft, reach < SHARP_PX)
    share = np.clip((reach - SHARP_PX) / (STRIP_PX - SHARP_PX), 0, 1)[..., None]
    return np.asarray(patched + share * (inside - patched), np.float32)


def _step(image: F32, filled: F32, known: NDArray[np.bool_], scale: float) -> F32:
    """What the fill lacks of the picture's colour at its edge, fading inwards (Perez et al. 2003).

    Args:
        image: (H, W, 3)
        filled: (H, W, 3)
        known: (H, W)
        scale: pixels per pixel of a 512 px picture.
    """
    width_px = EDGE_PX * scale
    outside, inside = mean_of_known(image, known, width_px), mean_of_known(filled, ~known, width_px)
    return membrane(outside - inside, known)


def filled_in(plate: F32, alpha: F32) -> F32:
    """A soft plate with the person's place filled anew from what is background around it.

    Args:
        plate: (H, W, 3)
        alpha: (H, W) the final matte 0..1
    """
    scale = max(alpha.shape) / 512
    hidden = cv2.dilate((alpha > CLEAR_ALPHA).astype(np.uint8), _disc(round(scale))) > 0
    if hidden.all():
        return plate
    reach = cv2.distanceTransform(hidden.astype(np.uint8), cv2.DIST_L2, 5)
    detail = plate - cv2.GaussianBlur(plate, (0, 0), max(1.5, 1.2 * scale))
    grain = _grain(detail, ~hidden & _near(~hidden, GRAIN_REACH_PX * scale), alpha.shape)
    share = np.clip(reach / (2.0 * scale), 0, 1)[..., None]
    film = membrane(plate, ~hidden)
    return np.asarray(plate + share * (film + grain - plate), np.float32)


def fine_contrast(image: F32, where: NDArray[np.bool_], scale: float) -> float:
    """Mean size of detail between 2 and 8 px (of a 512 px picture), 0..255; grain counts little."""
    if not where.any():
        return 0.0
    grey = cv2.GaussianBlur(image.mean(-1), (0, 0), 1.5 * scale)
    band = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 6.0 * scale))
    inner = cv2.erode(where.astype(np.uint8), _disc(round(6 * scale))) > 0
    return float(band[inner if inner.any() else where].mean())


def _trusted(alpha: F32, scale: float) -> NDArray[np.bool_]:
    """Background that shows no trace of the person."""
    person = (alpha > CLEAR_ALPHA).astype(np.uint8)
    person[_islands(1 - person)] = 1
    for guard in (max(GUARD_PX * scale, MIN_GUARD_PX), 2.0 * scale, 0.0):
        wide = cv2.dilate(person, _disc(round(guard))) > 0
        if (~wide).mean() > 0.01:
            return np.asarray(~wide)
    return np.asarray(alpha < 0.5)


def _trace_reach_px(scale: float) -> float:
    return max(TRACE_PX * scale, 3 * MIN_GUARD_PX)


def _without_traces(
    image: F32, known: NDArray[np.bool_], detail: F32, scale: float
) -> NDArray[np.bool_]:
    """Known background, less what near the person does not go on from farther away.

    Two kinds: a strip beside the person that differs from what is beyond it (glow, shadow of hair),
    and thin sharp things, which a background out of focus does not have (stray strands, rims).
    """
    band = known & _near(known, _trace_reach_px(scale))
    far = known & ~band
    if far.mean() < 0.02:
        return known
    noise = 1.4826 * float(np.median(np.abs(detail[far])))
    gap = np.abs(image - soft_fill(image, far.astype(np.float32))).max(-1)
    thin = np.abs(_band(image, known, 5.0 * scale)).max(-1)
    strands = _near(known, STRAND_PX * scale) & (thin > 6.0 + 5.0 * noise)
    traces = ((band & (gap > 5.0 + 4.0 * noise)) | (known & strands)).astype(np.uint8)
    traces = cv2.dilate(traces, _disc(max(1, round(1.5 * scale))))
    return known & ~(traces > 0)


def _band(image: F32, known: NDArray[np.bool_], sigma_px: float) -> F32:
    """What a picture has that its surroundings have not: thin things, without pixel noise."""
    fine = mean_of_known(image, known, 0.2 * sigma_px)
    return np.asarray(fine - mean_of_known(image, known, sigma_px), np.float32)


def _islands(background: U8) -> NDArray[np.bool_]:
    """Small pieces of background inside the person: more often a gap in the matte than a view."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(background.astype(np.uint8))
    height, width = background.shape
    x, y, w, h, area = stats[:, :5].T
    at_edge = (x == 0) | (y == 0) | (x + w == width) | (y + h == height)
    small = ~at_edge & (area < 0.01 * height * width)
    small[0] = False
    return np.asarray(small[labels])


def _near(known: NDArray[np.bool_], reach_px: float) -> NDArray[np.bool_]:
    """Pixels at most this far from the person."""
    distance = cv2.distanceTransform(known.astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(distance < reach_px)


def _grain(detail: F32, where: NDArray[np.bool_], shape: tuple[int, ...]) -> F32:
    """(H, W, 3) noise with the background's own strength, colour and fineness."""
    if not where.any():
        return np.zeros((*shape, 3), np.float32)
    spread = 1.4826 * np.median(np.abs(detail[where]), axis=0)
    grey = detail.mean(-1)
    both = where[:, 1:] & where[:, :-1]
    variance = float((grey[where] ** 2).mean()) + 1e-6
    alike = float((grey[:, 1:] * grey[:, :-1])[both].mean()) / variance if both.any() else 0.0
    noise = np.random.default_rng(_SEED).standard_normal((*shape, 3)).astype(np.float32)
    noise = 0.8 * noise.mean(-1, keepdims=True) * np.sqrt(3) + 0.6 * noise
    if alike > 0.05:
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.4 + 0.8 * min(alike, 0.8)))
    return np.asarray(noise / (noise.std() + 1e-6) * spread, np.float32)


def _disc(radius: int) -> U8:
    side = 2 * max(0, radius) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _plain(image_rgb: U8) -> U8:
    """One colour, for a picture that the person fills."""
    rim = np.concatenate([image_rgb[0], image_rgb[:, 0], image_rgb[:, -1]])
    return np.broadcast_to(np.median(rim, 0).astype(np.uint8), image_rgb.shape).copy()
