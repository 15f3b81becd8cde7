"""Mouth shapes from the spectrum alone, without a trained network: 16 kHz sound to (T, 52) rows.

Loudness says how much, the spectrum says what: the first formant opens the jaw, the second tells
rounded back vowels from spread front ones, hiss narrows the jaw and bares the teeth, a quiet murmur
between louder sounds (m, b, p, n) shuts the lips, a noise floor that is tracked keeps pauses still.
"""

from __future__ import annotations

import math

import numpy as np

from vasa_avatar.audio.features import SpeechFeatures, SpeechFeatureStream
from vasa_avatar.datatypes import ARKIT_INDEX, F32, K
from vasa_avatar.motion.speech.base import HOP_SAMPLES, MAX_LOOKAHEAD_SAMPLES, SpeechStream
from vasa_avatar.motion.speech.row_filter import RowFilter

# Articulatory activities, the filter's columns.
_OPEN, _ROUND, _SPREAD, _HISS, _CLOSE, _TONGUE = range(6)
_N_ACTIVITIES = 6

# What one unit of an activity does to the face.
_SHAPES: dict[int, dict[str, float]] = {
    _OPEN: {
        "jawOpen": 0.62, "mouthLowerDownLeft": 0.34, "mouthLowerDownRight": 0.34,
        "mouthUpperUpLeft": 0.16, "mouthUpperUpRight": 0.16,
    },
    _ROUND: {"mouthPucker": 0.62, "mouthFunnel": 0.42, "jawForward": 0.04},
    _SPREAD: {
        "mouthStretchLeft": 0.30, "mouthStretchRight": 0.30, "mouthSmileLeft": 0.16,
        "mouthSmileRight": 0.16, "mouthDimpleLeft": 0.10, "mouthDimpleRight": 0.10,
        "mouthUpperUpLeft": 0.08, "mouthUpperUpRight": 0.08,
    },
    _HISS: {
        "jawOpen": 0.07, "mouthShrugUpper": 0.06, "mouthLowerDownLeft": 0.24,
        "mouthLowerDownRight": 0.24, "mouthUpperUpLeft": 0.12, "mouthUpperUpRight": 0.12,
        "mouthStretchLeft": 0.10, "mouthStretchRight": 0.10,
    },
    _CLOSE: {
        "mouthPressLeft": 0.44, "mouthPressRight": 0.44, "mouthRollLower": 0.30,
        "mouthRollUpper": 0.22, "mouthShrugLower": 0.10,
    },
    _TONGUE: {"tongueOut": 0.08},
}  # fmt: skip

_SILENT_DB = -62.0
_START_PEAK_DB = -26.0
_LONGEST_HISS_ROWS = 28


def _shape_matrix() -> F32:
    matrix = np.zeros((_N_ACTIVITIES, K), np.float32)
    for activity, shape in _SHAPES.items():
        for name, amount in shape.items():
            matrix[activity, ARKIT_INDEX[name]] = amount
    return matrix


_SHAPE_MATRIX = _shape_matrix()


def _step(value: float, middle: float, width: float) -> float:
    """A smooth step from 0 to 1 around `middle`."""
    return 1.0 / (1.0 + math.exp(-min(max((value - middle) / width, -30.0), 30.0)))


class _LevelTracker:
    """Follows the speaker's loudness and the room's noise, causally, in dB per 10 ms row."""

    def __init__(self) -> None:
        self.peak_db = _START_PEAK_DB
        self.floor_db = _SILENT_DB
        self._rows = 0
        self._unvoiced_rows = 0

    def update(self, level_db: float, is_voiced: bool) -> None:
        self._rows += 1
        self._unvoiced_rows = 0 if is_voiced else self._unvoiced_rows + 1
        if level_db > self.peak_db:
            self.peak_db += 0.35 * (level_db - self.peak_db)
        elif is_voiced:
            self.peak_db -= 0.5 if self._rows < 100 else 0.06
            self.peak_db = max(self.peak_db, level_db, -55.0)
        if level_db < self.floor_db:
            self.floor_db = max(level_db, -75.0)
        elif not is_voiced:
            # No hiss of speech lasts as long as noise does.
            rise = 0.6 if self._unvoiced_rows > _LONGEST_HISS_ROWS else 0.08
            self.floor_db = min(self.floor_db + rise, level_db, self.peak_db - 14.0)


def _kernel(n_ahead: int) -> F32:
    """(rows, 6) weights: what is to come counts as far as the stream may look ahead.

    Vowels are smoothed over some 80 ms, rounding starts earliest, closures stay sharp. Beside
    filmed mouths the jaw came 20 to 40 ms early without the delay of one row.
    """
    spread_rows = {_OPEN: 2.0, _ROUND: 4.5, _SPREAD: 3.5, _HISS: 2.0, _CLOSE: 1.2, _TONGUE: 2.0}
    lead_rows = {_OPEN: -1.0, _ROUND: 1.5, _SPREAD: 0.5, _HISS: -1.0, _CLOSE: 0.0, _TONGUE: 0.0}
    n_behind = 8
    offset = np.arange(-n_behind, n_ahead + 1, dtype=np.float64)
    kernel = np.zeros((len(offset), _N_ACTIVITIES), np.float32)
    for activity in range(_N_ACTIVITIES):
        lead = min(lead_rows[activity], n_ahead / 2)
        weights = np.exp(-0.5 * ((offset - lead) / spread_rows[activity]) ** 2)
        kernel[:, activity] = weights / weights.sum()
    return kernel


class SpectralSpeechStream:
    """One utterance; see SpeechStream."""

    def __init__(self, lookahead_ms: int) -> None:
        self._features = SpeechFeatureStream()
        spare = MAX_LOOKAHEAD_SAMPLES[lookahead_ms] - self._features.lookahead_samples
        n_ahead = min(spare // HOP_SAMPLES, 8)
        self._filter = RowFilter(_kernel(n_ahead), n_ahead)
        self.reset()

    @property
    def lookahead_samples(self) -> int:
        """Row k needs the samples before k * 160 + lookahead_samples, at 16 kHz."""
        return self._features.lookahead_samples + self._filter.n_ahead * HOP_SAMPLES

    def reset(self) -> None:
        """Forget everything: equal to a new stream."""
        self._features.reset()
        self._filter.reset()
        self._levels = _LevelTracker()

    def push(self, pcm_16k: F32) -> F32:
        """Take (N,) samples, give (rows, 52)."""
        return _shape(self._filter.push(self._activities(self._features.push(pcm_16k))))

    def flush(self) -> F32:
        """The rows left, as if silence followed."""
        last = self._filter.push(self._activities(self._features.flush()))
        return _shape(np.concatenate((last, self._filter.flush())))

    def _activities(self, features: SpeechFeatures) -> F32:
        out = np.zeros((len(features), _N_ACTIVITIES), np.float32)
        for k in range(len(features)):
            level_db = float(features.level_db[k])
            voicing = float(features.voicing[k])
            self._levels.update(level_db, voicing > 0.55)
            _fill_row(out[k], level_db, voicing, features.bands_db[k].tolist(), self._levels)
        return out


def _fill_row(
    out: F32, level_db: float, voicing: float, bands_db: list[float], levels: _LevelTracker
) -> None:
    """One row of activities from one row of features."""
    murmur, low, mid, back, front, _, hiss = bands_db
    present = _step(level_db, levels.floor_db + 13.0, 2.5) * _step(level_db, _SILENT_DB, 2.0)
    if present < 0.01:
        return
    loud = min(max((level_db - levels.peak_db + 27.0) / 27.0, 0.0), 1.1)
    voiced = _step(voicing, 0.55, 0.07)
    hissing = _step(hiss - max(low, mid), -3.0, 3.0) * (1 - 0.7 * voiced)
    # A murmur: voiced, all below 500 Hz, well under the vowels beside it.
    murmuring = voiced * _step(murmur - mid, 17.0, 3.0) * _step(levels.peak_db - level_db, 7.0, 2.0)
    vowel = present * voiced * (1 - murmuring)
    openness = _step(mid - low, -4.0, 4.0)
    frontness = _step(front - back, -9.0, 3.5)
    out[_OPEN] = vowel * loud**1.3 * (0.30 + 0.70 * openness)
    rounding = _step(back - front, 21.0, 3.0) * _step(low - mid, -1.0, 4.0)
    out[_ROUND] = vowel * loud * rounding
    out[_SPREAD] = vowel * loud * frontness * (1 - 0.4 * openness)
    out[_HISS] = present * hissing * min(1.0, 0.4 + loud)
    out[_CLOSE] = present * murmuring
    out[_TONGUE] = vowel * loud * frontness * (1 - openness) * 0.3


def _shape(activities: F32) -> F32:
    """(T, 6) activities to (T, 52) coefficients; closing takes the jaw along."""
    rows = np.zeros((len(activities), K), np.float32)
    for row, activity in zip(rows, activities, strict=True):
        np.dot(activity, _SHAPE_MATRIX, out=row)
        shut = float(activity[_CLOSE])
        row[_OPENERS] *= 1 - 0.8 * shut
        row[_MOUTH_CLOSE] = row[_JAW_OPEN] * shut
    return np.clip(rows, 0.0, 1.0, out=rows)


_JAW_OPEN = ARKIT_INDEX["jawOpen"]
_MOUTH_CLOSE = ARKIT_INDEX["mouthClose"]
_OPENERS = [
    ARKIT_INDEX[name]
    for name in (
        "jawOpen", "mouthLowerDownLeft", "mouthLowerDownRight",
        "mouthUpperUpLeft", "mouthUpperUpRight",
    )
]  # fmt: skip


class SpectralSpeech:
    """The speech model that needs no weights; see SpeechModel."""

    def stream(self, lookahead_ms: int) -> SpeechStream:
        """A new stream with 80 or 160 ms of the session's lookahead."""
        if lookahead_ms not in MAX_LOOKAHEAD_SAMPLES:
            raise ValueError(
                f"lookahead_ms is {lookahead_ms}; expected one of {sorted(MAX_LOOKAHEAD_SAMPLES)}"
            )
        return SpectralSpeechStream(lookahead_ms)
