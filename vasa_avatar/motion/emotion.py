"""Emotions as faces: strengths of the eight to (52,) coefficients and a leaning of the head.

After the prototypes of Ekman and Friesen's EMFACS (action units in the comments), stronger on one
side as spontaneous faces are; contempt is one-sided by nature. A part in `_LATE` grows with the
square of the strength: a slight smile keeps its lips together, a full one shows teeth.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, EMOTIONS, F32, K

_SOON = 0.4
"""how much sooner than in proportion a face shows a weak feeling"""
_Shape = dict[str, tuple[float, float] | float]

# "name" sets Left and Right, a full ARKit name just itself.
_FACES: dict[str, _Shape] = {
    "neutral": {},
    "happy": {  # 6 + 12 (+ 25)
        "mouthSmile": (1.0, 0.94), "cheekSquint": (0.60, 0.56), "eyeSquint": (0.25, 0.23),
        "mouthDimple": (0.20, 0.15), "browOuterUp": (0.10, 0.08),
    },
    "sad": {  # 1 + 4 + 15 + 17
        "browInnerUp": 1.0, "browDown": (0.10, 0.14), "mouthFrown": (1.0, 1.0),
        "mouthShrugLower": 0.92, "mouthPucker": 0.30, "eyeBlink": (0.30, 0.30),
    },
    "angry": {  # 4 + 5 + 7 + 23 + 24
        "browDown": (1.0, 0.96), "eyeSquint": (0.60, 0.56), "eyeWide": (0.20, 0.20),
        "noseSneer": (0.54, 0.46), "mouthRollLower": 0.60, "mouthRollUpper": 0.62,
        "mouthPress": (0.56, 0.52), "mouthFrown": (0.58, 0.54), "jawForward": 0.30,
        "mouthShrugLower": 0.10,
    },
    "surprised": {  # 1 + 2 + 5 + 26
        "browInnerUp": 0.72, "browOuterUp": (0.94, 0.88), "eyeWide": (0.90, 0.86),
        "jawOpen": 0.36, "mouthFunnel": 0.16,
    },
    "fearful": {  # 1 + 2 + 4 + 5 + 20 + 25
        "browInnerUp": 1.0, "browOuterUp": (0.30, 0.26), "browDown": (0.26, 0.24),
        "eyeWide": (0.92, 0.90), "mouthStretch": (1.0, 0.94), "mouthFrown": (0.28, 0.26),
    },
    "disgusted": {  # 9 + 10 + 17
        "noseSneer": (1.0, 0.92), "mouthUpperUp": (0.92, 0.78), "browDown": (0.84, 0.80),
        "eyeSquint": (0.70, 0.66), "cheekSquint": (0.60, 0.56), "mouthFrown": (0.72, 0.68),
        "mouthShrugLower": 0.46,
    },
    "contempt": {  # 12 + 14 on one side
        "mouthLeft": 0.92, "mouthDimpleLeft": 0.70, "mouthPressLeft": 0.58,
        "mouthSmileLeft": 0.38, "mouthUpperUpLeft": 0.26, "mouthFrownRight": 0.14,
        "noseSneerLeft": 0.16, "browOuterUpLeft": 0.80, "browDownRight": 0.46,
        "eyeSquint": (0.16, 0.30), "eyeBlink": (0.26, 0.28),
    },
}  # fmt: skip

_LATE: dict[str, _Shape] = {
    "happy": {"mouthUpperUp": (0.48, 0.44), "mouthLowerDown": (0.26, 0.24), "jawOpen": 0.18},
    "surprised": {"jawOpen": 0.30},
    "fearful": {"mouthLowerDown": (0.42, 0.40), "jawOpen": 0.20},
    "disgusted": {"jawOpen": 0.05, "mouthLowerDown": (0.18, 0.16)},
}  # fmt: skip

# Degrees: pitch, yaw. Sorrow looks down, disgust away, contempt down its nose, anger from under its
# brows; the others straight at whom they feel it for.
_GAZES: dict[str, tuple[float, float]] = {
    "sad": (-12.0, 0.0), "angry": (4.0, 0.0), "disgusted": (-4.0, 10.0), "contempt": (-5.0, 3.0),
}  # fmt: skip

# Degrees: pitch, yaw, roll.
_HEADS: dict[str, tuple[float, float, float]] = {
    "neutral": (0.0, 0.0, 0.0),
    "happy": (2.0, 0.0, 1.8),
    "sad": (-5.0, 0.0, 2.4),
    "angry": (-5.5, 0.0, 0.0),
    "surprised": (2.4, 0.0, 0.0),
    "fearful": (1.6, -1.5, -1.6),
    "disgusted": (2.0, 4.5, -1.0),
    "contempt": (5.0, -4.0, 2.4),
}


# Head, brows, blinks, tempo of the head, tempo of the breath: ratios to a neutral mood. Sorrow
# slows and droops, fear freezes the head, flutters the lids and breathes fast (Boiten 1998), anger
# stares, surprise holds the eyes open.
_LIFE: dict[str, tuple[float, float, float, float, float]] = {
    "happy": (1.12, 1.10, 1.05, 1.15, 1.10), "sad": (0.65, 0.60, 1.15, 0.70, 0.80),
    "angry": (1.10, 0.80, 0.65, 1.20, 1.30), "surprised": (0.95, 0.80, 0.45, 0.90, 1.15),
    "fearful": (0.70, 0.90, 1.60, 1.25, 1.55), "disgusted": (0.85, 0.85, 1.10, 0.90, 0.90),
    "contempt": (0.80, 0.80, 0.80, 0.80, 0.90),
}  # fmt: skip


def _face(shape: _Shape) -> F32:
    out = np.zeros(K, np.float32)
    for name, amount in shape.items():
        if isinstance(amount, tuple):
            out[ARKIT_INDEX[f"{name}Left"]], out[ARKIT_INDEX[f"{name}Right"]] = amount
        else:
            out[ARKIT_INDEX[name]] = amount
    return out


_FACE_MATRIX = np.stack([_face(_FACES[name]) for name in EMOTIONS])
_LATE_MATRIX = np.stack([_face(_LATE.get(name, {})) for name in EMOTIONS])
_GAZE_MATRIX = np.deg2rad(np.array([_GAZES.get(n, (0.0, 0.0)) for n in EMOTIONS], np.float32))
_HEAD_MATRIX = np.deg2rad(np.array([_HEADS[name] for name in EMOTIONS], np.float32))


_LIFE_MATRIX = np.array([_LIFE.get(n, (1.0,) * 5) for n in EMOTIONS], np.float32) - np.float32(1.0)


def emotion_face(strengths: F32) -> F32:
    """(8,) strengths in the order of EMOTIONS to (52,) coefficients."""
    late: F32 = strengths * strengths
    early: F32 = strengths + np.float32(_SOON) * (strengths - late)
    face: F32 = early @ _FACE_MATRIX + late @ _LATE_MATRIX
    return face


def emotion_head_rad(strengths: F32) -> F32:
    """(8,) strengths to (3,) pitch, yaw, roll that the mood adds to the pose."""
    lean: F32 = strengths @ _HEAD_MATRIX
    return lean


def emotion_gaze_rad(strengths: F32) -> F32:
    """(8,) strengths to (2,) pitch, yaw that the mood adds to the gaze."""
    aside: F32 = strengths @ _GAZE_MATRIX
    return aside


def emotion_life(strengths: F32) -> F32:
    """(8,) strengths to (5,) ratios: movement of head and brows, rate of blinks, tempi.

    The tempi are how often the head moves on, and how fast the breath goes.
    """
    life: F32 = np.float32(1.0) + strengths @ _LIFE_MATRIX
    return life


@dataclass(frozen=True, slots=True, eq=False)
class EmotionShown:
    """All that strengths of the emotions do."""

    face: F32
    """(52,) read-only"""
    head_rad: F32
    """(3,) pitch, yaw, roll"""
    gaze_rad: F32
    """(2,) pitch, yaw"""
    life: tuple[float, ...]
    """(5,) see `emotion_life`"""


def emotion_shown(strengths: F32) -> EmotionShown:
    """(8,) strengths in the order of EMOTIONS; a mood that stays is worked out once."""
    return _shown(strengths.tobytes())


@lru_cache(maxsize=64)
def _shown(strengths_f32: bytes) -> EmotionShown:
    strengths = np.frombuffer(strengths_f32, np.float32)
    face, head_rad = emotion_face(strengths), emotion_head_rad(strengths)
    gaze_rad, life = emotion_gaze_rad(strengths), emotion_life(strengths)
    for array in (face, head_rad, gaze_rad):
        array.flags.writeable = False
    return EmotionShown(face, head_rad, gaze_rad, tuple(life.tolist()))
