"""The living face without words: tiny movements of mouth and lids, listening, thinking."""

from __future__ import annotations

import math

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, F32, K
from vasa_avatar.motion.dynamics.base import Attention
from vasa_avatar.motion.dynamics.temper import Level, Temper
from vasa_avatar.motion.spring import Spring

# What a state of attention adds to the resting face.
_STATES: dict[Attention, dict[str, float]] = {
    Attention.IDLE: {},
    Attention.LISTENING: {
        "browInnerUp": 0.07, "browOuterUpLeft": 0.05, "browOuterUpRight": 0.06,
        "mouthSmileLeft": 0.07, "mouthSmileRight": 0.06, "eyeWideLeft": 0.04, "eyeWideRight": 0.04,
    },
    Attention.THINKING: {
        "browDownLeft": 0.14, "browDownRight": 0.10, "browInnerUp": 0.06,
        "eyeSquintLeft": 0.12, "eyeSquintRight": 0.12, "mouthPressLeft": 0.10,
        "mouthPressRight": 0.13, "mouthLeft": 0.03,
    },
}  # fmt: skip

_WANDER_STD = {
    "mouthPressLeft": 0.035, "mouthPressRight": 0.035, "mouthSmileLeft": 0.02,
    "mouthSmileRight": 0.02, "mouthShrugLower": 0.02, "eyeSquintLeft": 0.03, "eyeSquintRight": 0.03,
}  # fmt: skip
_WANDER_RATE = 1.3
_SMILES = ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]
_FROWNS = ARKIT_INDEX["mouthFrownLeft"], ARKIT_INDEX["mouthFrownRight"]
_SMILE_RATE = 2.2
_SMILE_LEVEL_SPREAD = 0.6
"""of the logarithm of the slow smile's swing, from stretch to stretch"""
_SMILE_AT_REST, _SMILE_AT_REST_SHARE = 0.03, 0.35
"""the smile of a face that does not talk, and how much of the talker's is in it"""
_FROWN_OF_SMILERS = 0.3
"""share that is left where a smiler's swing goes below none: they are serious then, not sad"""
_BROADEST, _LOWEST = 0.6, 0.35
"""coefficients that a talker's own smile and frown do not pass; a mood's come on top"""
_SET_RATE = 1.6
_STATE_RATE = 5.0


def _vector(shape: dict[str, float]) -> F32:
    out = np.zeros(K, np.float32)
    for name, amount in shape.items():
        out[ARKIT_INDEX[name]] = amount
    return out


_WANDER_MOUTH = _vector({name: std for name, std in _WANDER_STD.items() if "mouth" in name})
_WANDER_LIDS = _vector({name: std for name, std in _WANDER_STD.items() if "eye" in name})
_STATE_VECTORS = {attention: _vector(shape) for attention, shape in _STATES.items()}


class IdleFace:
    """Moves what nothing else moves; fades while the character speaks."""

    def __init__(self, rng: np.random.Generator, temper: Temper) -> None:
        self._rng = rng
        self._halves = np.float32(1.0 + temper.side), np.float32(1.0 - temper.side)
        self._smile_set, self._smile_swing = temper.smile_set, temper.smile_swing
        self._smile_level = Level(rng, _SMILE_LEVEL_SPREAD)
        self._smile, self._held = Spring(), Spring(_SMILE_AT_REST)
        self._mouth = Spring()
        self._lids, self._lids_gain = Spring(), temper.squint
        self._state = np.zeros(K, np.float32)

    def step(self, dt_s: float, speaking: float, attention: Attention | None) -> F32:
        """Go on by one frame.

        Args:
            dt_s: a frame's length.
            speaking: 0 at rest .. 1 in speech.
            attention: None while speaking.

        Returns:
            (52,) float32, a new array.
        """
        kick = math.sqrt(4.0 / (_WANDER_RATE * dt_s))
        noise = self._rng.standard_normal(2).tolist()
        mouth = max(self._mouth.step(noise[0] * kick, _WANDER_RATE, dt_s), 0.0) * (1 - speaking)
        lids = self._lids_gain * max(self._lids.step(noise[1] * kick, _WANDER_RATE, dt_s), 0.0)
        target = _STATE_VECTORS[attention or Attention.IDLE]
        share = np.float32(1 - math.exp(-_STATE_RATE * dt_s))
        self._state += share * (target - self._state)
        out: F32 = self._state + _WANDER_LIDS * np.float32(lids)
        out += _WANDER_MOUTH * np.float32(mouth)
        smile = self._smiling(dt_s, speaking)
        places = _SMILES if smile > 0.0 else _FROWNS
        for place, half in zip(places, self._halves, strict=True):
            out[place] += half * np.float32(abs(smile))
        return out

    def _smiling(self, dt_s: float, speaking: float) -> float:
        """The talker's own slow smile, a frown below 0."""
        kick = float(self._rng.standard_normal()) * math.sqrt(4.0 / (_SMILE_RATE * dt_s))
        talking = _SMILE_AT_REST_SHARE + (1.0 - _SMILE_AT_REST_SHARE) * speaking
        held = _SMILE_AT_REST + talking * (self._smile_set - _SMILE_AT_REST)
        smile = self._held.step(held, _SET_RATE, dt_s)
        swing = talking * self._smile_swing * self._smile_level.step(dt_s)
        smile += swing * self._smile.step(kick, _SMILE_RATE, dt_s)
        if smile > 0.0:
            return _softly(smile, _BROADEST)
        return _softly(smile if self._smile_set < 0.0 else _FROWN_OF_SMILERS * smile, _LOWEST)


def _softly(value: float, most: float) -> float:
    """Nearly the value itself, and never beyond the most."""
    return value / math.sqrt(math.sqrt(1.0 + (value / most) ** 4))
