"""A picture's known part carried on smoothly into its unknown part."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32

MEMBRANE_SIDE_PX = 320
"""a membrane is smooth: it is computed at this size"""
MEMBRANE_ROUNDS = 80
"""of smoothing on each of four levels (by eye: no step is left on a plain wall)"""


def soft_fill(image: F32, weight: F32) -> F32:
    """Continue a picture smoothly into the pixels of weight 0 (push-pull, Gortler et al. 1996).

    Args:
        image: (H, W, 3)
        weight: (H, W) 1 where the picture is known.
    """
    if min(weight.shape) <= 4 or bool((weight > 0.999).all()):
        total = max(float(weight.sum()), 1e-6)
        mean = (image * weight[..., None]).sum((0, 1)) / total
        return np.asarray(image * weight[..., None] + mean * (1 - weight[..., None]), np.float32)
    height, width = weight.shape
    blurred_weight = cv2.GaussianBlur(weight, (0, 0), 1.0)
    blurred = cv2.GaussianBlur(image * weight[..., None], (0, 0), 1.0)
    half = (max(1, (width + 1) // 2), max(1, (height + 1) // 2))
    small_weight = np.asarray(cv2.resize(blurred_weight, half, interpolation=cv2.INTER_AREA))
    small = cv2.resize(blurred, half, interpolation=cv2.INTER_AREA)
    small = small / np.maximum(small_weight, 1e-6)[..., None]
    coarse = soft_fill(np.asarray(small, np.float32), np.clip(4 * small_weight, 0, 1))
    up = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    up = cv2.GaussianBlur(up, (0, 0), 1.0)
    return np.asarray(image * weight[..., None] + up * (1 - weight[..., None]), np.float32)


def membrane(image: F32, known: NDArray[np.bool_]) -> F32:
    """Continue a picture into its unknown part as a soap film between the edges (Laplace).

    Each level of a pyramid is smoothed until it hardly changes, the next one starts from it.

    Args:
        image: (H, W, 3)
        known: (H, W)
    """
    height, width = known.shape
    filled = soft_fill(image, known.astype(np.float32))
    edges = mean_of_known(image, known, 2.0 * max(height, width) / 512)
    top = min(1.0, MEMBRANE_SIDE_PX / max(height, width))
    for factor in (top / 8, top / 4, top / 2, top):
        size = (max(4, round(width * factor)), max(4, round(height * factor)))
        shown = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
        held = cv2.resize(edges, size, interpolation=cv2.INTER_AREA)
        film = cv2.resize(filled, size, interpolation=cv2.INTER_AREA)
        for _ in range(MEMBRANE_ROUNDS):
            film = np.where(shown[..., None], held, film)
            film = cv2.blur(film, (3, 3), borderType=cv2.BORDER_REPLICATE)
        whole = cv2.resize(film, (width, height), interpolation=cv2.INTER_CUBIC)
        filled = np.where(known[..., None], image, whole).astype(np.float32)
    return filled


def mean_of_known(image: F32, known: NDArray[np.bool_], sigma_px: float) -> F32:
    """A picture blurred over its known pixels alone; as it is where none is near.

    Args:
        image: (H, W, 3)
        known: (H, W)
        sigma_px: of the blur.
    """
    weight = known.astype(np.float32)[..., None]
    share = cv2.GaussianBlur(weight, (0, 0), sigma_px)[..., None]
    total = cv2.GaussianBlur(image * weight, (0, 0), sigma_px)
    return np.asarray(np.where(share > 1e-3, total / np.maximum(share, 1e-3), image), np.float32)
