"""The signs that drawn eyes make of strong feelings: arches of joy, ^^, and eyes squeezed shut, ><.

A drawn avatar shuts its eyes from below, to arches, where cheeks are raised fully; what would put
out a tongue squeezes them (appearance/baking/drawn_expression.py).
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, EMOTIONS, F32
from vasa_avatar.performance_style import DrawnManner

JOY = (0.78, 0.92)
"""happiness from which, and at which, the eyes are arches"""
PAIN, NOT_ONE = (0.75, 0.95), (0.65, 0.8)
"""sum of bad feelings from which, and at which, eyes are squeezed; one that is so strong alone has
a face of its own"""
BURST, BURSTING = (0.4, 0.55), (0.2, 0.35)
"""happiness and surprise that together are a burst of laughter"""
_HAPPY, _SURPRISED = EMOTIONS.index("happy"), EMOTIONS.index("surprised")
_BAD = [EMOTIONS.index(name) for name in ("sad", "angry", "fearful", "disgusted")]
_CHEEKS = [ARKIT_INDEX["cheekSquintLeft"], ARKIT_INDEX["cheekSquintRight"]]
_BLINKS = [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]
_OPEN = [
    ARKIT_INDEX[f"eye{name}{side}"] for name in ("Wide", "Squint") for side in ("Left", "Right")
]
_SQUEEZE = ARKIT_INDEX["tongueOut"]


def with_eye_signs(face: F32, strengths: F32, manner: DrawnManner) -> F32:
    """A face whose eyes say what is felt strongly.

    Args:
        face: (52,)
        strengths: (8,) in the order of EMOTIONS.
        manner: which signs it makes.

    Returns:
        (52,) read-only.
    """
    squeezed = _squeezed(strengths) if manner.squeezed_eyes else 0.0
    arched = _ramp(float(strengths[_HAPPY]), JOY) if manner.arched_eyes else 0.0
    if squeezed == 0.0 and arched == 0.0:
        return face
    signed = face.copy()
    arched *= 1.0 - squeezed
    signed[_CHEEKS] = np.maximum(signed[_CHEEKS], np.float32(arched)) * np.float32(1.0 - squeezed)
    signed[_BLINKS] *= np.float32(1.0 - arched)
    signed[_BLINKS] = np.maximum(signed[_BLINKS], np.float32(squeezed))
    signed[_OPEN] *= np.float32(1.0 - max(arched, squeezed))
    signed[_SQUEEZE] = max(float(signed[_SQUEEZE]), squeezed)
    signed.flags.writeable = False
    return signed


def _squeezed(strengths: F32) -> float:
    bad = strengths[_BAD]
    pain = _ramp(float(bad.sum()), PAIN) * (1.0 - _ramp(float(bad.max()), NOT_ONE))
    burst = _ramp(float(strengths[_HAPPY]), BURST) * _ramp(float(strengths[_SURPRISED]), BURSTING)
    return max(pain, burst)


def _ramp(x: float, ends: tuple[float, float]) -> float:
    share = min(1.0, max(0.0, (x - ends[0]) / (ends[1] - ends[0])))
    return share * share * (3.0 - 2.0 * share)
