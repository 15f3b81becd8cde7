"""The rest of a drawn eye's white, which a net left out or took for hair: in a shadow, in a corner.

It lies beside what the net saw of the eye and has the white's hue, lighter or darker, rather than
the skin's or the hair's.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.picture import grown, texture, touching
from vasa_avatar.datatypes import F32

BESIDE = 0.4
"""how far from the eye's contour white may lie, over the eye's size"""
NEARER_OTHER, NEARER_SKIN, NEARER_HUE = 0.6, 0.7, 0.5
"""share of a colour's distance from hair and iris, from skin, and from the skin's hue unless it
was taken for hair, that its distance from the white's hue may be"""
LIGHT = 0.6
"""least light of a white in shadow, over the white's"""
SURE = 0.5
MIN_TEXELS = 20


def rest_of_white(rgb: F32, classes: dict[str, F32], contour: F32, skin_rgb: F32, hair: F32) -> F32:
    """(h, w) 0..1 white of an eye beyond what its classes say.

    Args:
        rgb: (h, w, 3) the eye's window, 0..255.
        classes: (h, w) 0..1 each: white, iris and lash.
        contour: (8, 2) of the eye, texels.
        skin_rgb: (3,) the face's plain skin.
        hair: (h, w) 0..1 what was taken for hair, which some of it is.
    """
    shape = rgb.shape[:2]
    seen = rgb[classes["white"] > SURE]
    if len(seen) < MIN_TEXELS:
        return np.zeros(shape, np.float32)
    light = seen.mean(1)
    white = seen[light >= np.median(light)].mean(0)
    off = _off_hue(rgb, white)
    alike = off < NEARER_SKIN * np.linalg.norm(rgb - skin_rgb, axis=2)
    for other in (hair, classes["iris"]):
        if (other > SURE).sum() >= MIN_TEXELS:
            usual = np.median(rgb[other > SURE], 0)
            alike &= off < NEARER_OTHER * np.linalg.norm(rgb - usual, axis=2)
    alike &= (hair > SURE) | (off < NEARER_HUE * _off_hue(rgb, skin_rgb))
    alike &= rgb @ white > LIGHT * float(white @ white)
    taken = sum(classes[name] for name in ("white", "iris", "lash"))
    found = (alike & _beside(contour, shape)).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    eye = grown(classes["white"] + classes["iris"] > SURE, 1)
    joined = touching(found > 0, eye > 0)
    soft = cv2.GaussianBlur(joined.astype(np.float32), (0, 0), 0.7)
    return np.asarray(soft * np.clip(1.0 - taken, 0.0, 1.0), np.float32)


def _off_hue(rgb: F32, hue_rgb: F32) -> F32:
    """(h, w) distance of colours (h, w, 3) from lighter and darker ones of a hue (3,)."""
    unit = hue_rgb / max(float(np.linalg.norm(hue_rgb)), 1e-3)
    return np.asarray(np.linalg.norm(rgb - (rgb @ unit)[..., None] * unit, axis=2), np.float32)


def _beside(contour: F32, shape_hw: tuple[int, ...]) -> NDArray[np.bool_]:
    """(h, w) in and near the contour, not above or below it."""
    reach = round(BESIDE * float(np.ptp(contour, axis=0).max()))
    inside = texture.polygon_mask((shape_hw[0], shape_hw[1]), contour)
    near = grown(inside, reach) > SURE
    rows = np.arange(shape_hw[0])[:, None]
    return np.asarray(near & (rows > contour[:, 1].min()) & (rows < contour[:, 1].max()), bool)
