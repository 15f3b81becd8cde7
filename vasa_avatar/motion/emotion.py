"""Emotions as faces: strengths of the eight to (52,) coefficients and a leaning of the head.

After the prototypes of Ekman and Friesen's EMFACS (action units in the comments), a little stronger
on one side as spontaneous faces are; contempt is one-sided by nature.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, EMOTIONS, F32, K

# "name" sets Left and Right (the second a little less), a full ARKit name just itself.
_FACES: dict[str, dict[str, tuple[float, float] | float]] = {
    "neutral": {},
    "happy": {  # 6 + 12
        "mouthSmile": (0.78, 0.72), "cheekSquint": (0.56, 0.52), "eyeSquint": (0.28, 0.26),
        "mouthDimple": (0.14, 0.11), "mouthUpperUp": (0.13, 0.11), "mouthStretch": (0.08, 0.06),
        "browOuterUp": (0.08, 0.07),
    },
    "sad": {  # 1 + 4 + 15 (+ 17)
        "browInnerUp": 0.68, "browDown": (0.16, 0.18), "mouthFrown": (0.52, 0.47),
        "mouthShrugLower": 0.28, "mouthPress": (0.08, 0.08), "eyeSquint": (0.14, 0.13),
        "eyeBlink": (0.12, 0.12),
    },
    "angry": {  # 4 + 5 + 7 + 23
        "browDown": (0.74, 0.68), "eyeSquint": (0.34, 0.32), "eyeWide": (0.14, 0.14),
        "noseSneer": (0.30, 0.25), "mouthPress": (0.30, 0.28), "mouthRollLower": 0.12,
        "mouthRollUpper": 0.12, "mouthFrown": (0.22, 0.20), "jawForward": 0.14,
    },
    "surprised": {  # 1 + 2 + 5 + 26
        "browInnerUp": 0.66, "browOuterUp": (0.64, 0.60), "eyeWide": (0.62, 0.60),
        "jawOpen": 0.24, "mouthFunnel": 0.14,
    },
    "fearful": {  # 1 + 2 + 4 + 5 + 20 (+ 26)
        "browInnerUp": 0.72, "browOuterUp": (0.24, 0.22), "browDown": (0.22, 0.20),
        "eyeWide": (0.52, 0.50), "mouthStretch": (0.42, 0.38), "mouthFrown": (0.14, 0.12),
        "mouthLowerDown": (0.16, 0.15), "jawOpen": 0.08,
    },
    "disgusted": {  # 9 + 10 + 17
        "noseSneer": (0.64, 0.56), "mouthUpperUp": (0.34, 0.27), "browDown": (0.38, 0.35),
        "eyeSquint": (0.36, 0.34), "cheekSquint": (0.32, 0.30), "mouthFrown": (0.30, 0.28),
        "mouthShrugLower": 0.26,
    },
    "contempt": {  # 12 + 14 on one side
        "mouthSmileLeft": 0.30, "mouthDimpleLeft": 0.58, "mouthPressLeft": 0.26,
        "mouthLeft": 0.16, "mouthUpperUpLeft": 0.16, "mouthPressRight": 0.14,
        "mouthFrownRight": 0.10, "noseSneerLeft": 0.10, "browOuterUpLeft": 0.30,
        "browDownRight": 0.22, "eyeSquint": (0.18, 0.20), "eyeBlink": (0.14, 0.14),
    },
}  # fmt: skip

# Degrees: pitch, yaw, roll.
_HEADS: dict[str, tuple[float, float, float]] = {
    "neutral": (0.0, 0.0, 0.0),
    "happy": (0.6, 0.0, 1.0),
    "sad": (-3.0, 0.0, 1.6),
    "angry": (-2.0, 0.0, 0.0),
    "surprised": (1.6, 0.0, 0.0),
    "fearful": (0.8, 0.0, -0.8),
    "disgusted": (1.0, 1.5, 0.0),
    "contempt": (2.4, -2.5, 1.6),
}


def _face(shape: dict[str, tuple[float, float] | float]) -> F32:
    out = np.zeros(K, np.float32)
    for name, amount in shape.items():
        if isinstance(amount, tuple):
            out[ARKIT_INDEX[f"{name}Left"]], out[ARKIT_INDEX[f"{name}Right"]] = amount
        else:
            out[ARKIT_INDEX[name]] = amount
    return out


_FACE_MATRIX = np.stack([_face(_FACES[name]) for name in EMOTIONS])
_HEAD_MATRIX = np.deg2rad(np.array([_HEADS[name] for name in EMOTIONS], np.float32))


def emotion_face(strengths: F32) -> F32:
    """(8,) strengths in the order of EMOTIONS to (52,) coefficients."""
    face: F32 = strengths @ _FACE_MATRIX
    return face


def emotion_head_rad(strengths: F32) -> F32:
    """(8,) strengths to (3,) pitch, yaw, roll that the mood adds to the pose."""
    lean: F32 = strengths @ _HEAD_MATRIX
    return lean
