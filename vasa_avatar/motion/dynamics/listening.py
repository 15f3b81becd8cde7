"""The user's sound to what a listener's face does: nods and small smiles where listeners give them.

Where follows Ward and Tsukahara 2000: 700 ms after a stretch of low pitch (110 ms or more below the
26th percentile of the speaker) that comes after 700 ms of speech, and not within 800 ms of the last
one. A laugh is answered with a smile, a lively voice with a brighter face.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum

import numpy as np

from vasa_avatar.datatypes import F32
from vasa_avatar.motion.dynamics.arousal import Arousal
from vasa_avatar.motion.dynamics.prosody import ROW_S, ProsodyRow, ProsodyStream
from vasa_avatar.motion.dynamics.voice_events import VoiceEvent, VoiceEvents

_LOW_PERCENTILE = 26.0
_LOW_S = 0.11
_SPEECH_S = 0.7
_AGAIN_S = 0.8
_AFTER_S = 0.7
_TAKEN = 0.8
"""share of the places that are taken: listeners leave some out"""
_PITCHES = 1_000
"""voiced rows by which the speaker's pitch is known"""
_KNOWN_PITCHES = 100
_PERCENTILE_EVERY = 20
_QUIET_S = 3.0


class Response(Enum):
    """What a listener does for a moment."""

    NOD = "nod"
    NODS = "nods"
    SMILE = "smile"
    BROWS = "brows"
    LAUGH = "laugh"


_HOW_OFTEN = ((Response.NOD, 0.55), (Response.NODS, 0.2), (Response.SMILE, 0.15))
"""the rest are brows"""


@dataclass(frozen=True, slots=True)
class _Due:
    time_s: float
    response: Response


class Listening:
    """Hears one user over a whole session."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._prosody = ProsodyStream()
        self._arousal, self._events = Arousal(), VoiceEvents()
        self._rows: list[ProsodyRow] = []
        self._pitches: deque[float] = deque(maxlen=_PITCHES)
        self._n_pitches = 0
        self._low_st = -math.inf
        self._low_rows = self._speech_rows = 0
        self._last_s = -math.inf
        self._heard_s = -math.inf
        self._due: list[_Due] = []

    def push(self, pcm_16k: F32) -> None:
        """Take (N,) samples of the user's sound, any N."""
        self._rows.extend(self._prosody.push(pcm_16k))

    @property
    def energy(self) -> float:
        """-2 (subdued) .. 2 (roused): how the user sounds just now."""
        return self._arousal.level

    def step(self, time_s: float, dt_s: float) -> list[Response]:
        """Go on by one frame; gives what is due in it."""
        rows, self._rows = self._rows, []
        for row in rows:
            self._hear(row, time_s)
        if rows:
            self._heard_s = time_s
        elif time_s - self._heard_s > _QUIET_S:
            self._arousal.relax(dt_s)
        due = [each.response for each in self._due if each.time_s <= time_s]
        self._due = [each for each in self._due if each.time_s > time_s]
        return due

    def forget(self) -> None:
        """The character speaks: what was due is not wanted any more."""
        self._due.clear()
        self._low_rows = self._speech_rows = 0

    def _hear(self, row: ProsodyRow, time_s: float) -> None:
        self._arousal.push(row)
        for event in self._events.push(row):
            if event is VoiceEvent.LAUGH:
                self._due.append(_Due(time_s + 0.25, Response.LAUGH))
        self._speech_rows = self._speech_rows + 1 if row.is_speech else 0
        if row.is_voiced:
            self._learn(row.semitones)
            is_low = row.semitones < self._low_st and row.is_speech
            self._low_rows = self._low_rows + 1 if is_low else 0
        is_place = (
            self._low_rows * ROW_S >= _LOW_S
            and self._speech_rows * ROW_S >= _SPEECH_S
            and time_s + _AFTER_S - self._last_s >= _AGAIN_S
        )
        if is_place:
            self._low_rows = 0
            self._last_s = time_s + _AFTER_S
            if self._rng.random() < _TAKEN:
                self._due.append(_Due(self._last_s, self._choose()))

    def _learn(self, semitones: float) -> None:
        self._pitches.append(semitones)
        self._n_pitches += 1
        if self._n_pitches >= _KNOWN_PITCHES and self._n_pitches % _PERCENTILE_EVERY == 0:
            self._low_st = float(np.percentile(np.array(self._pitches), _LOW_PERCENTILE))

    def _choose(self) -> Response:
        draw = float(self._rng.random())
        for response, share in _HOW_OFTEN:
            if draw < share:
                return response
            draw -= share
        return Response.BROWS
