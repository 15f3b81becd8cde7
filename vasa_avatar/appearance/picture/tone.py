"""The tone of a black-and-white or sepia portrait, for what is drawn inside its mouth."""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import F32, U8

BINS = 24
"""of luma, in which the mean tint is read"""
MAX_SPREAD = 1.4
"""mean distance of a one-tone picture's colours from its tone curve, levels of 0..255; a sepia JPEG
has .9, the least coloured of 45 portraits, oil paintings among them, 2"""
_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601 luma"""


def tone_curve(rgb: F32 | U8) -> F32 | None:
    """The colour of each luma of a picture in one tone; None for a coloured picture.

    Args:
        rgb: (H, W, 3) 0..255.

    Returns:
        (256, 3)
    """
    colours = np.asarray(rgb, np.float32).reshape(-1, 3)
    colours = colours[:: max(1, len(colours) // 20_000)]
    luma = colours @ _WEIGHTS
    bins = np.clip((luma * BINS / 256.0).astype(int), 0, BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    seen = np.flatnonzero(count)
    totals = np.stack([np.bincount(bins, c - luma, BINS) for c in colours.T], 1)[seen]
    means = totals / count[seen, None]
    centres = (seen + 0.5) * 256.0 / BINS
    tint = np.stack([np.interp(luma, centres, m) for m in means.T], 1)
    if float(np.abs(colours - luma[:, None] - tint).mean()) > MAX_SPREAD:
        return None
    levels = np.arange(256.0)
    curve = levels[:, None] + np.stack([np.interp(levels, centres, m) for m in means.T], 1)
    return np.asarray(np.clip(curve, 0.0, 255.0), np.float32)


def in_tone(premultiplied: F32, curve: F32) -> F32:
    """A picture in one tone.

    Args:
        premultiplied: (H, W, 4) 0..255.
        curve: (256, 3) see `tone_curve`.
    """
    alpha = premultiplied[..., 3:] / 255.0
    luma = premultiplied[..., :3] @ _WEIGHTS / np.maximum(alpha[..., 0], 1e-3)
    toned = curve[np.clip(np.rint(luma), 0, 255).astype(int)] * alpha
    return np.asarray(np.concatenate([toned, premultiplied[..., 3:]], -1), np.float32)
