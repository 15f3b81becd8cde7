"""Speech, emotion and dynamics to one face: (52,) each in, (52,) in 0..1 out.

Speech owns the lips while they must shut: whatever the mood, p, b and m close. A smile gives way to
rounding, a wide eye to a blink.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, F32


def _columns(*names: str) -> list[int]:
    return [ARKIT_INDEX[name] for name in names]


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
_STRETCH_FOR_SMILE = 0.5
_LIFTS = {"mouthPress": 2.0, "mouthStretch": 0.9, "mouthUpperUp": 0.6, "mouthClose": -1.1}
"""how far speech pulls the mouth's corners up and out, in smiles; a mean of portraits as read"""
_ROUNDERS = _columns("mouthPucker", "mouthFunnel")
_BLINKS = _columns("eyeBlinkLeft", "eyeBlinkRight")
_OPEN_EYES = (
    _columns("eyeWideLeft", "eyeWideRight"),
    _columns("eyeSquintLeft", "eyeSquintRight"),
)
_LIFTED = _columns("browInnerUp", "browOuterUpLeft", "browOuterUpRight")
_KNIT = _columns("browDownLeft", "browDownRight")
_FROWNS = _columns("mouthFrownLeft", "mouthFrownRight")
_OPPOSITES = ((_LIFTED, _KNIT), (_KNIT, _LIFTED), (_SMILES, _FROWNS), (_FROWNS, _SMILES))
"""what a speaker's own way shows, and what in a mood speaks against it"""
_LIP_SHUT_FROM = 0.06
_LIP_SHUT_AT = 0.18
_PARTED = 0.05
"""share of a mood's parted lips that speech leaves; more, and vowels are seen less"""
_DROPPED = 0.05
"""share of a mood's dropped jaw that speech leaves"""
_SMILE_GAP = 0.032
"""how far a full smile draws the lips apart, in mouthClose"""


def _lift() -> F32:
    """(52,) weights of a pull at both corners."""
    out = np.zeros(len(ARKIT_INDEX), np.float32)
    for name, size in _LIFTS.items():
        both = (name,) if name in ARKIT_INDEX else (f"{name}Left", f"{name}Right")
        out[_columns(*both)] = size / len(both)
    return out


_LIFT = _lift()


def with_corners(speech: F32, corners: float) -> F32:
    """(52,) speech of somebody whose mouth's corners smile more or less with the vowels.

    What they smile less, they stretch more: the mouth gets as wide.
    """
    styled = speech.copy()
    smiles = speech[_SMILES]
    styled[_SMILES] = smiles * np.float32(corners)
    styled[_DIMPLES] *= np.float32(corners)
    styled[_STRETCHES] += np.float32(_STRETCH_FOR_SMILE * (1.0 - corners)) * smiles
    return np.clip(styled, 0.0, 1.0)


def lips_shut(speech: F32) -> float:
    """How firmly speech holds the lips together, 0..1."""
    jaw = float(speech[_JAW_OPEN])
    sealed = float(speech[_MOUTH_CLOSE]) / max(jaw, 0.04)
    pressed: float = max(speech[_SEALS].tolist())
    pressed = (pressed - _LIP_SHUT_FROM) / (_LIP_SHUT_AT - _LIP_SHUT_FROM)
    firmest = max(sealed if jaw > 0.02 else 0.0, pressed)
    return float(min(max(firmest, 0.0), 1.0))


def mix_face(speech: F32, lip_gain: float, mood: F32, living: F32, speaking: float) -> F32:
    """One face out of three layers.

    Args:
        speech: (52,) mouth of the speech model.
        lip_gain: 0..2 on the openings; closures are kept whole.
        mood: (52,) of the emotions.
        living: (52,) of the dynamics: blinks, brows, idle mouth.
        speaking: 0..1, how much the mouth belongs to speech.

    Returns:
        (52,) float32 in 0..1, read-only.
    """
    shut = lips_shut(speech)
    rounded = min(1.0, 1.6 * max(speech[_ROUNDERS].tolist()))
    lips = speech * np.float32(lip_gain)
    lips[_PRESSES] = speech[_PRESSES] * np.float32(min(1.0, 2.0 * lip_gain))
    mood = mood.copy()
    mood[_PARTERS] *= np.float32((1.0 - shut) * (1.0 - (1.0 - _PARTED) * speaking))
    mood[_WIDENERS] *= np.float32(1.0 - 0.42 * rounded * speaking)
    mood[_SHAPERS] *= np.float32(1.0 - 0.5 * speaking)
    mood[_PRESSES] *= np.float32(1.0 - 0.8 * speaking)
    mood[_JAW_OPEN] *= np.float32((1.0 - 0.7 * shut) * (1.0 - (1.0 - _DROPPED) * speaking))
    face = lips + mood + living
    for own, against in _OPPOSITES:
        face[own] -= living[own] * np.float32(min(max(mood[against].tolist()), 1.0))
    # The corners stay where the mood holds them: what vowels and closures pull up is taken back.
    face[_SMILES] -= np.minimum(face[_SMILES], np.float32(max(float(lips @ _LIFT), 0.0)))
    if shut > 0.0:
        gap = float(face[_JAW_OPEN]) + _SMILE_GAP * float(mood[_SMILES].mean())
        face[_MOUTH_CLOSE] = max(float(face[_MOUTH_CLOSE]), shut * gap)
    # A lid that falls over a half-closed eye starts from there.
    face[_BLINKS] = living[_BLINKS] + mood[_BLINKS] * (1.0 - living[_BLINKS])
    for columns in _OPEN_EYES:
        face[columns] *= 1.0 - face[_BLINKS]
    np.clip(face, 0.0, 1.0, out=face)
    face.flags.writeable = False
    return face
