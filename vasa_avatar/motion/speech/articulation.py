"""Nine articulators to ARKit coefficients, so that lips which should be shut are shut.

Activities are 0..1: how far the jaw hangs, the lips close, the lower lip tucks under the teeth, the
lower and the upper lip lift off the teeth, the lips purse and funnel, the corners part, the tongue
shows. Only + - * and clip are used on the inputs, so arrays of any kind and shape will do.
"""

from __future__ import annotations

import typing
from typing import Any

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, F32, K
from vasa_avatar.kernel_cache import kernel

ARTICULATORS: tuple[str, ...] = (
    "jaw", "closure", "tuck", "lower", "upper", "pucker", "funnel", "spread", "tongue",
)  # fmt: skip
N_ARTICULATORS = len(ARTICULATORS)
JAW_GAIN = 0.94
"""so that the mouth opens as far as filmed speakers' who were kept out do, on average"""
ROUND_GAIN, STRETCH_GAIN = 1.2, 0.58
"""so that the mouth's width moves as far as filmed speakers' that may be learned from, both read by
the landmark net, and lips that hardly open are narrow ones; the corners' smile is the mood's"""
UPPER_GAIN, LOWER_GAIN = 1.3, 0.9
"""the upper lip has a greater share of an opening than the network says, as in film"""
REST = 0.02
"""Activities below this are rest: what a network says in silence is never quite nought."""
_SHUT_FROM, _SHUT_TUCK, _SHUT_GAIN = 0.06, 0.3, 4.5
_LIPS: tuple[str, ...] = (
    "jawOpen", "mouthClose", "mouthLowerDown", "mouthUpperUp", "mouthPucker", "mouthFunnel",
    "mouthStretch", "mouthSmile", "mouthDimple", "mouthPress", "mouthRollLower", "mouthRollUpper",
    "mouthShrugLower", "mouthShrugUpper", "jawForward", "tongueOut",
)  # fmt: skip
"""what speech sets, without Left and Right"""


def lip_coefficients(activities: Any) -> dict[str, Any]:
    """(..., 9) activities to ARKit coefficients by name, without Left and Right.

    A closure takes the lips' own lift away and cancels the jaw by mouthClose, whatever the jaw
    does; it saturates before its activity does, so that a nearly certain closure is a full one.
    Where a tuck is likelier (f, v) a slight closure is none. Rounded lips cover the teeth.
    """
    free = ((activities - REST) / (1 - REST)).clip(0, 1)
    jaw, closure, tuck, *others = (free[..., i] for i in range(N_ARTICULATORS))
    shut = ((closure - _SHUT_FROM - _SHUT_TUCK * tuck) * _SHUT_GAIN).clip(0, 1)
    return dict(zip(_LIPS, _shapes(jaw, shut, tuck, *others), strict=True))


@typing.no_type_check
def _shapes(jaw, shut, tuck, lower, upper, pucker, funnel, spread, tongue):
    """Coefficients in the order of _LIPS; what comes in is 0..1, numbers or arrays of any kind."""
    tuck = tuck * (1 - shut)
    apart = 1 - shut
    hang = JAW_GAIN * jaw * (1 - 0.25 * shut) * (1 - 0.8 * pucker)
    bare = apart * (1 - pucker) * (1 - pucker)
    return (
        hang,
        hang * (1.06 * shut + 0.45 * tuck),
        LOWER_GAIN * lower * bare * (1 - 0.85 * tuck),
        UPPER_GAIN * upper * bare + 0.18 * tuck * apart,
        ROUND_GAIN * pucker,
        funnel * (1 - 0.85 * shut) * (1 - 0.6 * tuck),
        STRETCH_GAIN * spread,
        0.2 * spread,
        0.12 * spread * (1 - 0.5 * shut),
        0.14 * shut,
        0.22 * shut + 0.5 * tuck,
        0.2 * shut,
        0.1 * shut + 0.1 * tuck,
        0.06 * shut,
        0.06 * pucker,
        0.5 * tongue * apart,
    )


def decode(activities: F32) -> F32:
    """(T, 9) activities to (T, 52) coefficients, the same on both sides of the face."""
    rows = np.zeros((len(activities), K), np.float32)
    _decode(activities, _LEFT, _RIGHT, rows)
    return rows


def _columns(sides: tuple[str, str]) -> tuple[int, ...]:
    """Where each of _LIPS stands, on one side of the face or in its middle."""
    return tuple(
        next(ARKIT_INDEX[name + side] for side in sides if name + side in ARKIT_INDEX)
        for name in _LIPS
    )


_LEFT, _RIGHT = np.array(_columns(("", "Left"))), np.array(_columns(("", "Right")))
_compiled_shapes = kernel(_shapes)


@kernel
@typing.no_type_check
def _decode(activities, left, right, rows):
    """What `lip_coefficients` says, as numbers: some fifty calls on tiny arrays cost far more."""
    for t in range(activities.shape[0]):
        free = activities[t]
        tuck = _above_rest(free[2])
        firm = (_above_rest(free[1]) - _SHUT_FROM - _SHUT_TUCK * tuck) * _SHUT_GAIN
        shapes = _compiled_shapes(
            _above_rest(free[0]), min(max(firm, 0.0), 1.0), tuck,
            _above_rest(free[3]), _above_rest(free[4]), _above_rest(free[5]),
            _above_rest(free[6]), _above_rest(free[7]), _above_rest(free[8]),
        )  # fmt: skip
        for n in range(len(shapes)):
            value = np.float32(min(max(shapes[n], 0.0), 1.0))
            rows[t, left[n]] = value
            rows[t, right[n]] = value


@kernel(inline=True)
@typing.no_type_check
def _above_rest(activity):
    return min(max((activity - REST) / (1 - REST), 0.0), 1.0)
