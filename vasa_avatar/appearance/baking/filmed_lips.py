"""The learned basis's rounded lips, brought to what speaking people's lips do on the whole.

Regression splits a movement among the units that act together, so one unit alone shows less or
more than a filmed mouth does: rounded lips get thin below. That is put right here, in the canonical
face. Its jaw drags the mouth's corners down further than film shows; raising them is left alone, as
an opening mouth then smiles (by the eye, and by the figures of motion).
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64
from vasa_avatar.geometry import face_topology as topo

# Held against the landmarks of seven filmed speakers (1,955 frames, geometry only) and the same
# sentences spoken by our characters, read by the same net; part of the way.
LOWER_LIP_SWELL = {"mouthPucker": 0.042, "mouthFunnel": 0.030}
"""how far rounding moves the lower lip's outer edge down from the inner one, face widths"""
SWELL_FADE = 0.08
"""face widths below the lip over which the chin takes it up"""


def with_filmed_lips(displacement: F32, mean_shape: F32) -> F32:
    """The basis with rounded lips that swell.

    Args:
        displacement: (52, 468, 3) learned, face widths.
        mean_shape: (478, 3) canonical face.
    """
    face = mean_shape[: topo.N_MESH].astype(np.float64)
    moves: F32 = displacement.copy()
    lower = _down_the_lower_lip(face)
    for name, swell in LOWER_LIP_SWELL.items():
        moves[ARKIT_INDEX[name], :, 1] += swell * lower
    return moves


def _down_the_lower_lip(face: F64) -> F64:
    """(468,) 0 at its inner edge and above, 1 in the middle of its outer edge, fading below."""
    x, y = face[:, 0], face[:, 1]
    inner, outer = face[list(topo.LIP_INNER_LOWER)], face[list(topo.LIP_OUTER_LOWER)]
    y_inner = np.interp(x, inner[:, 0], inner[:, 1])
    y_outer = np.interp(x, outer[:, 0], outer[:, 1])
    across = np.clip((y - y_inner) / np.maximum(y_outer - y_inner, 1e-3), 0.0, 1.0)
    below = np.exp(-((np.maximum(y - y_outer, 0.0) / SWELL_FADE) ** 2))
    half = 0.5 * (outer[-1, 0] - outer[0, 0])
    aside = np.maximum(1.0 - (x / half) ** 2, 0.0) ** 1.25
    return np.asarray(across * below * aside)
