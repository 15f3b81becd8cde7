"""The signs that drawn eyes make of strong feelings: arches of joy, ^^, and eyes squeezed shut, ><.

A drawn avatar shuts its eyes from below, to arches, where cheeks are raised fully; what would put
out a tongue squeezes them (appearance/baking/drawn_expression.py). Joy that lasts is not laughed
all the time: arches come with it and come again, and between them the eyes are open and blink.
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
ARCHED_S, OPEN_S, CHANGE_S = 1.6, 3.4, 0.12
"""how long eyes are arches, and open, while joy lasts; how fast they change"""
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


class EyeSigns:
    """One session's signs; moves by one frame a step."""

    def __init__(self, fps: int, manner: DrawnManner) -> None:
        self._dt_s = 1.0 / fps
        self._manner = manner
        self._joyful_s = 0.0

    def step(self, face: F32, strengths: F32) -> F32:
        """A face whose eyes say what is felt strongly.

        Args:
            face: (52,)
            strengths: (8,) in the order of EMOTIONS.

        Returns:
            (52,) read-only.
        """
        joy = _ramp(float(strengths[_HAPPY]), JOY) if self._manner.arched_eyes else 0.0
        squeezed = _squeezed(strengths) if self._manner.squeezed_eyes else 0.0
        arched = joy * _arches_at(self._joyful_s)
        self._joyful_s = self._joyful_s + self._dt_s if joy > 0.0 else 0.0
        return _signed(face, arched, squeezed)


def _arches_at(joyful_s: float) -> float:
    """0..1 how far eyes are arches when joy has lasted so long."""
    at_s = joyful_s % (ARCHED_S + OPEN_S)
    opened = _ramp(at_s, (ARCHED_S, ARCHED_S + CHANGE_S))
    again = _ramp(at_s, (ARCHED_S + OPEN_S - CHANGE_S, ARCHED_S + OPEN_S))
    return 1.0 - opened + again


def _signed(face: F32, arched: float, squeezed: float) -> F32:
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
