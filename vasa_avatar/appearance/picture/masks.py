"""Masks grown, and their connected parts told apart."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32, U8

_Mask = NDArray[np.bool_]


def grown(mask: F32 | U8 | _Mask, reach: int) -> F32:
    """(H, W) each pixel the greatest of a mask (H, W) in a square about it.

    Args:
        mask: any values; True counts as 1.
        reach: pixels from the square's middle to its sides.
    """
    square = np.ones((2 * reach + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(np.asarray(mask, np.float32), square), np.float32)


def touching(mask: _Mask, seeds: _Mask) -> _Mask:
    """(H, W) the connected parts of a mask (H, W) of which some pixel is among the seeds (H, W)."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    return np.isin(labels, np.unique(labels[mask & seeds]))
