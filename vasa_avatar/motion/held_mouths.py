"""Speech as animators draw it: a few clear mouths, each held for a moment, quickly changed.

The mouths are the means of nine clusters of what the speech network says of filmed speakers, and
one for its widest; the one next to the network's own mouth is drawn, a little larger. Lips that
must shut do so at once.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, F32, K
from vasa_avatar.motion.face_mix import lips_shut
from vasa_avatar.motion.spring import ease

HOLD_S = 0.08
"""a mouth is held so long at least: animators draw one for two or three of 24 pictures a second"""
CHANGE_S = 0.04
"""from one mouth to the next"""
STAY = 0.8
"""how much nearer the next mouth must be than the one that is held"""
CLEARER = 1.3
"""how much further a drawn mouth opens than a filmed one"""
SHUT = 0.5
"""lips that speech holds together so firmly shut without delay"""
_Mouth = dict[str, float]
# A name without a side sets both.
MOUTHS: tuple[_Mouth, ...] = (
    {},
    {"mouthRollLower": 0.21, "mouthRollUpper": 0.19, "mouthPress": 0.13, "mouthPucker": 0.13,
     "mouthShrugLower": 0.10, "mouthShrugUpper": 0.06, "mouthClose": 0.04, "jawOpen": 0.04},
    {"mouthRollLower": 0.34, "mouthUpperUp": 0.17, "mouthShrugLower": 0.07, "mouthPucker": 0.06,
     "jawOpen": 0.04},
    {"mouthLowerDown": 0.07, "mouthPucker": 0.05, "jawOpen": 0.03},
    {"mouthPucker": 0.36, "mouthFunnel": 0.07, "mouthLowerDown": 0.03, "jawOpen": 0.03},
    {"mouthPucker": 0.17, "mouthFunnel": 0.09, "mouthLowerDown": 0.08, "jawOpen": 0.09},
    {"mouthLowerDown": 0.14, "jawOpen": 0.09, "mouthStretch": 0.09, "mouthUpperUp": 0.07},
    {"mouthLowerDown": 0.21, "jawOpen": 0.15, "mouthStretch": 0.14, "mouthUpperUp": 0.12,
     "mouthSmile": 0.05},
    {"mouthLowerDown": 0.28, "jawOpen": 0.24, "mouthStretch": 0.19, "mouthUpperUp": 0.21,
     "mouthSmile": 0.07, "mouthDimple": 0.04},
    {"mouthLowerDown": 0.32, "jawOpen": 0.36, "mouthStretch": 0.18, "mouthUpperUp": 0.26,
     "mouthSmile": 0.06, "mouthDimple": 0.04},
)  # fmt: skip
_PRESSED = 1


def _rows(mouths: tuple[_Mouth, ...]) -> F32:
    rows = np.zeros((len(mouths), K), np.float32)
    for row, mouth in zip(rows, mouths, strict=True):
        for name, amount in mouth.items():
            sides = (name,) if name in ARKIT_INDEX else (f"{name}Left", f"{name}Right")
            row[[ARKIT_INDEX[side] for side in sides]] = amount
    return rows


_ROWS = _rows(MOUTHS)
_DRAWN = CLEARER * _ROWS
_DRAWN[_PRESSED] = _ROWS[_PRESSED]
_WEIGHTS = np.ones(K, np.float32)
_WEIGHTS[ARKIT_INDEX["jawOpen"]] = 2.0
"""what is seen most counts most"""


class HeldMouths:
    """One session's mouths; moves by one frame a step."""

    def __init__(self, fps: int) -> None:
        self._dt_s = 1.0 / fps
        self._mouth = 0
        self._from = _DRAWN[0]
        self._age_s = HOLD_S

    def rest(self) -> None:
        """A frame without speech comes next: the mouth is nobody's."""
        self._mouth, self._from, self._age_s = 0, _DRAWN[0], HOLD_S

    def step(self, row: F32) -> F32:
        """(52,) the drawn mouth for the one that the speech model gives."""
        self._age_s += self._dt_s
        wanted = self._nearest(row)
        must_shut = wanted == _PRESSED != self._mouth
        if wanted != self._mouth and (must_shut or self._age_s >= HOLD_S):
            self._from, self._mouth, self._age_s = self._shown(), wanted, 0.0
        return self._shown()

    def _nearest(self, row: F32) -> int:
        if lips_shut(row) > SHUT:
            return _PRESSED
        apart = np.linalg.norm((_ROWS - row) * _WEIGHTS, axis=1)
        nearest = int(apart.argmin())
        return nearest if apart[nearest] < STAY * apart[self._mouth] else self._mouth

    def _shown(self) -> F32:
        way = np.float32(ease((self._age_s + self._dt_s) / CHANGE_S))
        shown: F32 = self._from + way * (_DRAWN[self._mouth] - self._from)
        return shown
