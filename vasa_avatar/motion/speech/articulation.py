"""Nine articulators to ARKit coefficients, so that lips which should be shut are shut.

Activities are 0..1: how far the jaw hangs, the lips close, the lower lip tucks under the teeth, the
lower and the upper lip lift off the teeth, the lips purse and funnel, the corners part, the tongue
shows. Only + - * and clip are used on the inputs, so arrays of any kind and shape will do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, F32, K

ARTICULATORS: tuple[str, ...] = (
    "jaw", "closure", "tuck", "lower", "upper", "pucker", "funnel", "spread", "tongue",
)  # fmt: skip
N_ARTICULATORS = len(ARTICULATORS)
JAW_GAIN = 0.94
"""so that the mouth opens as far as filmed speakers' who were kept out do, on average"""
REST = 0.02
"""Activities below this are rest: what a network says in silence is never quite nought."""


def lip_coefficients(activities: Any) -> dict[str, Any]:
    """(..., 9) activities to ARKit coefficients by name, without Left and Right.

    A closure takes the lips' own lift away and cancels the jaw by mouthClose, whatever the jaw
    does; it saturates before its activity does, so that a nearly certain closure is a full one.
    Where a tuck is likelier (f, v) a slight closure is none.
    """
    free = ((activities - REST) / (1 - REST)).clip(0, 1)
    jaw, closure, tuck, lower, upper, pucker, funnel, spread, tongue = (
        free[..., i] for i in range(N_ARTICULATORS)
    )
    shut = ((closure - 0.06 - 0.3 * tuck) * 4.5).clip(0, 1)
    tuck = tuck * (1 - shut)
    apart = 1 - shut
    hang = JAW_GAIN * jaw * (1 - 0.25 * shut)
    return {
        "jawOpen": hang,
        "mouthClose": hang * (1.06 * shut + 0.45 * tuck),
        "mouthLowerDown": lower * apart * (1 - 0.85 * tuck),
        "mouthUpperUp": (upper + 0.18 * tuck) * apart,
        "mouthPucker": pucker,
        "mouthFunnel": funnel * (1 - 0.85 * shut) * (1 - 0.6 * tuck),
        "mouthStretch": 0.45 * spread,
        "mouthSmile": 0.2 * spread,
        "mouthDimple": 0.12 * spread * (1 - 0.5 * shut),
        "mouthPress": 0.14 * shut,
        "mouthRollLower": 0.22 * shut + 0.5 * tuck,
        "mouthRollUpper": 0.2 * shut,
        "mouthShrugLower": 0.1 * shut + 0.1 * tuck,
        "mouthShrugUpper": 0.06 * shut,
        "jawForward": 0.06 * pucker,
        "tongueOut": 0.5 * tongue * apart,
    }


def decode(activities: F32) -> F32:
    """(T, 9) activities to (T, 52) coefficients, the same on both sides of the face."""
    rows = np.zeros((len(activities), K), np.float32)
    for name, values in lip_coefficients(activities).items():
        for column in _COLUMNS[name]:
            rows[:, column] = values
    return np.clip(rows, 0.0, 1.0, out=rows)


_COLUMNS = {
    name: [ARKIT_INDEX[name + side] for side in ("", "Left", "Right") if name + side in ARKIT_INDEX]
    for name in lip_coefficients(np.zeros((1, N_ARTICULATORS), np.float32))
}
