"""Speech, emotion and dynamics to one face: (52,) each in, (52,) in 0..1 out.

Speech owns the lips while they must shut: whatever the mood, p, b and m close. A smile gives way to
rounding, a wide eye to a blink.
"""

from __future__ import annotations

import typing

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, F32
from vasa_avatar.kernel_cache import kernel


def _columns(*names: str) -> tuple[int, ...]:
    return tuple(ARKIT_INDEX[name] for name in names)


_JAW_OPEN = ARKIT_INDEX["jawOpen"]
_MOUTH_CLOSE = ARKIT_INDEX["mouthClose"]
_PRESSES = _columns("mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthRollUpper")
# Signs of p, b and m alone: the lower lip rolls in for f and v, too.
_SEALS = _columns("mouthPressLeft", "mouthPressRight", "mouthRollUpper")
_PARTERS = _columns(
    "mouthFunnel", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthUpperUpLeft", "mouthUpperUpRight",
)  # fmt: skip
_WIDENERS = _columns(
    "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthDimpleLeft", "mouthDimpleRight",
)  # fmt: skip
# What a mood bends the lips into and speech has to bend them out of.
_SHAPERS = _columns(
    "mouthFrownLeft", "mouthFrownRight", "mouthShrugLower", "mouthShrugUpper", "mouthPucker",
    "mouthStretchLeft", "mouthStretchRight", "mouthLeft", "mouthRight",
)  # fmt: skip
_SMILES = _columns("mouthSmileLeft", "mouthSmileRight")
_DIMPLES = _columns("mouthDimpleLeft", "mouthDimpleRight")
_STRETCHES = _columns("mouthStretchLeft", "mouthStretchRight")
_STRETCH_FOR_SMILE = 1.0
"""the vowels' smile with its dimple parts the corners as far as this much stretch"""
_LIFTS = {"mouthPress": 0.8, "mouthStretch": 0.4, "mouthUpperUp": 0.6, "mouthLowerDown": 0.4}
"""how far speech pulls the mouth's corners up and out, in smiles; a mean of portraits as read"""
_STRETCH_FOR_HELD = 0.8
"""how far the corners are parted instead by a smile that is taken: the mouth stays as wide"""
_HELD_BY_FROWN = 0.5
"""share of what still pulls them up that is held down where there is no smile to take from"""
_ROUNDERS = _columns("mouthPucker", "mouthFunnel")
_BLINKS = _columns("eyeBlinkLeft", "eyeBlinkRight")
_WIDE = _columns("eyeWideLeft", "eyeWideRight")
_SQUINTS = _columns("eyeSquintLeft", "eyeSquintRight")
_LIFTED = _columns("browInnerUp", "browOuterUpLeft", "browOuterUpRight")
_KNIT = _columns("browDownLeft", "browDownRight")
_FROWNS = _columns("mouthFrownLeft", "mouthFrownRight")
_LIP_SHUT_FROM = 0.06
_LIP_SHUT_AT = 0.18
_PARTED = 0.05
"""share of a mood's parted lips that speech leaves; more, and vowels are seen less"""
_DROPPED = 0.05
"""share of a mood's dropped jaw that speech leaves"""
_SMILE_GAP = 0.032
"""how far a full smile draws the lips apart, in mouthClose"""


def _lift() -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Places and weights of what pulls at both corners."""
    weights: dict[int, float] = {}
    for name, size in _LIFTS.items():
        both = (name,) if name in ARKIT_INDEX else (f"{name}Left", f"{name}Right")
        weights |= dict.fromkeys(_columns(*both), size / len(both))
    return tuple(weights), tuple(weights.values())


_LIFTERS, _LIFT = _lift()


def lips_shut(speech: F32) -> float:
    """How firmly speech holds the lips together, 0..1."""
    return float(_shut(speech))


def mix_face(
    speech: F32, lip_gain: float, mood: F32, living: F32, speaking: float, corners: float = 1.0
) -> F32:
    """One face out of three layers.

    Args:
        speech: (52,) mouth of the speech model.
        lip_gain: 0..2 on the openings; closures are kept whole.
        mood: (52,) of the emotions.
        living: (52,) of the dynamics: blinks, brows, idle mouth.
        speaking: 0..1, how much the mouth belongs to speech.
        corners: ratio on how far they smile with the vowels. What they smile less, they stretch
            more: the mouth gets as wide.

    Returns:
        (52,) float32 in 0..1, read-only.
    """
    lips, face = speech.copy(), mood.copy()
    _mix(lips, face, living, lip_gain, speaking, corners)
    face.flags.writeable = False
    return face


@kernel
@typing.no_type_check
def _mix(lips, face, living, lip_gain, speaking, corners):
    """Three layers to one, which is written over the mood's; the speech's is spoiled."""
    _style_corners(lips, corners)
    shut = _shut(lips)
    rounded = min(1.0, 1.6 * _most(lips, _ROUNDERS))
    _open_lips(lips, lip_gain)
    _give_way(face, shut, rounded, speaking)
    lifted, knit = _most(face, _LIFTED), _most(face, _KNIT)
    smiling, frowning = _most(face, _SMILES), _most(face, _FROWNS)
    gap = _SMILE_GAP * np.float64(np.float32(0.5) * (face[_SMILES[0]] + face[_SMILES[1]]))
    lids = face[_BLINKS[0]], face[_BLINKS[1]]
    for n in range(face.shape[0]):
        face[n] += lips[n]
        face[n] += living[n]
    # What a speaker's own way shows gives way to what in a mood speaks against it.
    _take_back(face, living, _LIFTED, knit)
    _take_back(face, living, _KNIT, lifted)
    _take_back(face, living, _SMILES, frowning)
    _take_back(face, living, _FROWNS, smiling)
    _hold_corners(face, lips)
    if shut > 0.0:
        closed = shut * (np.float64(face[_JAW_OPEN]) + gap)
        face[_MOUTH_CLOSE] = np.float32(max(np.float64(face[_MOUTH_CLOSE]), closed))
    # A lid that falls over a half-closed eye starts from there.
    for n in range(len(_BLINKS)):
        closure, open_ = living[_BLINKS[n]], np.float32(1.0) - living[_BLINKS[n]]
        face[_BLINKS[n]] = closure + lids[n] * open_
        face[_WIDE[n]] *= np.float32(1.0) - face[_BLINKS[n]]
        face[_SQUINTS[n]] *= np.float32(1.0) - face[_BLINKS[n]]
    _clip(face)


@kernel
@typing.no_type_check
def _style_corners(lips, corners):
    for n in range(len(_SMILES)):
        wider = np.float32(_STRETCH_FOR_SMILE * (1.0 - corners)) * lips[_SMILES[n]]
        lips[_STRETCHES[n]] += wider
    _scale(lips, _SMILES, corners)
    _scale(lips, _DIMPLES, corners)
    _clip(lips)


@kernel
@typing.no_type_check
def _shut(speech):
    jaw = np.float64(speech[_JAW_OPEN])
    sealed = np.float64(speech[_MOUTH_CLOSE]) / max(jaw, 0.04) if jaw > 0.02 else 0.0
    pressed = (_most(speech, _SEALS) - _LIP_SHUT_FROM) / (_LIP_SHUT_AT - _LIP_SHUT_FROM)
    return min(max(sealed, pressed, 0.0), 1.0)


@kernel
@typing.no_type_check
def _open_lips(lips, lip_gain):
    for n in range(lips.shape[0]):
        is_press = False
        for place in _PRESSES:
            is_press = is_press or n == place
        lips[n] *= np.float32(min(1.0, 2.0 * lip_gain) if is_press else lip_gain)


@kernel
@typing.no_type_check
def _give_way(mood, shut, rounded, speaking):
    """A mood leaves the mouth to speech where both want it."""
    _scale(mood, _PARTERS, (1.0 - shut) * (1.0 - (1.0 - _PARTED) * speaking))
    _scale(mood, _WIDENERS, 1.0 - 0.42 * rounded * speaking)
    _scale(mood, _SHAPERS, 1.0 - 0.5 * speaking)
    _scale(mood, _PRESSES, 1.0 - 0.8 * speaking)
    mood[_JAW_OPEN] *= np.float32((1.0 - 0.7 * shut) * (1.0 - (1.0 - _DROPPED) * speaking))


@kernel
@typing.no_type_check
def _take_back(face, living, own, against):
    share = np.float32(min(against, 1.0))
    for n in range(len(own)):
        face[own[n]] -= living[own[n]] * share


@kernel
@typing.no_type_check
def _hold_corners(face, lips):
    """The corners stay where the mood holds them: what vowels and closures pull up is undone."""
    pull = np.float32(0.0)
    for n in range(len(_LIFTERS)):
        pull += lips[_LIFTERS[n]] * np.float32(_LIFT[n])
    pull = max(pull, np.float32(0.0))
    for n in range(len(_SMILES)):
        taken = min(face[_SMILES[n]], pull)
        face[_SMILES[n]] -= taken
        face[_STRETCHES[n]] += np.float32(_STRETCH_FOR_HELD) * taken
        face[_FROWNS[n]] += np.float32(_HELD_BY_FROWN) * (pull - taken)


@kernel
@typing.no_type_check
def _scale(face, places, gain):
    for n in range(len(places)):
        face[places[n]] *= np.float32(gain)


@kernel
@typing.no_type_check
def _most(face, places):
    most = face[places[0]]
    for n in range(1, len(places)):
        most = max(most, face[places[n]])
    return np.float64(most)


@kernel
@typing.no_type_check
def _clip(face):
    for n in range(face.shape[0]):
        face[n] = min(max(face[n], np.float32(0.0)), np.float32(1.0))
