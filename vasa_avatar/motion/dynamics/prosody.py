"""16 kHz speech to what head, brows and lids follow: loudness, pitch, stressed syllables, phrases.

Rows at 100 Hz, row k at sample k * 160. All is causal but for the 16 ms of the window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vasa_avatar.audio import SpeechFeatures, SpeechFeatureStream
from vasa_avatar.datatypes import F32

ROW_S = 0.01
_START_PEAK_DB = -26.0
_START_FLOOR_DB = -62.0
_PHRASE_GAP_S = 0.22  # a pause that ends a phrase
_STRESS_GAP_S = 0.17  # the shortest distance of two syllables
_RISE_ROWS = 7
_VOICED, _HEARD = 0.6, 0.1


@dataclass(frozen=True, slots=True)
class ProsodyRow:
    """One 10 ms row."""

    is_speech: bool
    loudness: float
    """0..1 of the speaker's usual range"""
    pitch_st: float
    """semitones above the speaker's running mean; held where there is no voice"""
    stress: float
    """0 but where a syllable begins: how prominent it is, 0..1"""
    starts_phrase: bool
    ends_phrase: bool
    is_voiced: bool = False
    semitones: float = 0.0
    """above 100 Hz, where it is voiced"""
    level_db: float = -120.0
    peak_db: float = 0.0
    """the voice's loudest, as it runs"""
    floor_db: float = -120.0
    """what lies under the voice, as it runs"""

    @property
    def is_syllable(self) -> bool:
        """Whether a syllable begins here."""
        return self.stress > 0.0


class ProsodyStream:
    """Streaming prosody of one utterance. Any split of the input gives the same rows."""

    def __init__(self) -> None:
        self._features = SpeechFeatureStream()
        self.reset()

    @property
    def lookahead_samples(self) -> int:
        """Row k needs the samples before k * 160 + lookahead_samples."""
        return self._features.lookahead_samples

    def reset(self) -> None:
        """Forget the utterance; the speaker's pitch and level are learnt anew."""
        self._features.reset()
        self._peak_db = _START_PEAK_DB
        self._floor_db = _START_FLOOR_DB
        self._n_rows = 0
        self._loudness = 0.0
        self._history = [0.0] * _RISE_ROWS
        self._pitch_mean = 0.0
        self._n_voiced = 0
        self._pitch_st = 0.0
        self._is_speech = False
        self._quiet_s = math.inf
        self._since_stress_s = math.inf
        self._usual_rise = 0.25

    def push(self, pcm_16k: F32) -> list[ProsodyRow]:
        """Take (N,) samples, give the rows that they complete."""
        return self._rows(self._features.push(pcm_16k))

    def flush(self) -> list[ProsodyRow]:
        """The rows left, as if silence followed."""
        return self._rows(self._features.flush())

    def _rows(self, features: SpeechFeatures) -> list[ProsodyRow]:
        return [
            self._row(level_db, f0_hz, voicing)
            for level_db, f0_hz, voicing in zip(
                features.level_db.tolist(),
                features.f0_hz.tolist(),
                features.voicing.tolist(),
                strict=True,
            )
        ]

    def _row(self, level_db: float, f0_hz: float, voicing: float) -> ProsodyRow:
        self._n_rows += 1
        self._follow_level(level_db, voicing)
        loudness = min(max((level_db - self._peak_db + 28.0) / 32.0, 0.0), 1.0)
        if level_db < self._floor_db + 9.0:
            loudness = 0.0
        self._loudness += 0.4 * (loudness - self._loudness)
        rise = self._loudness - min(self._history)
        self._history = [*self._history[1:], self._loudness]
        pitch_rise = self._follow_pitch(f0_hz, voicing)
        starts, ends = self._follow_phrase(loudness)
        stress = self._stress(rise, pitch_rise, voicing)
        is_voiced = f0_hz > 0 and voicing >= _VOICED and self._loudness > _HEARD
        return ProsodyRow(
            self._is_speech,
            self._loudness,
            self._pitch_st,
            stress,
            starts,
            ends,
            is_voiced,
            12 * math.log2(f0_hz / 100.0) if is_voiced else 0.0,
            level_db,
            self._peak_db,
            self._floor_db,
        )

    def _follow_level(self, level_db: float, voicing: float) -> None:
        if level_db > self._peak_db:
            self._peak_db += 0.3 * (level_db - self._peak_db)
        elif voicing > 0.55:
            fall = 0.25 if self._n_rows < 100 else 0.04
            self._peak_db = max(self._peak_db - fall, level_db, -55.0)
        if level_db < self._floor_db:
            self._floor_db = max(level_db, -75.0)
        elif voicing < 0.45:
            self._floor_db = min(self._floor_db + 0.08, self._peak_db - 24.0)

    def _follow_pitch(self, f0_hz: float, voicing: float) -> float:
        """Update the smoothed pitch; returns its change in this row, semitones."""
        if f0_hz <= 0 or voicing < 0.6:
            self._pitch_st *= 0.97
            return 0.0
        semitones = 12 * math.log2(f0_hz / 100.0)
        self._n_voiced += 1
        share = max(1.0 / self._n_voiced, 0.004)
        if abs(semitones - self._pitch_mean) < 9 or self._n_voiced < 20:
            self._pitch_mean += share * (semitones - self._pitch_mean)
        relative = min(max(semitones - self._pitch_mean, -7.0), 7.0)
        change = 0.25 * (relative - self._pitch_st)
        self._pitch_st += change
        return change

    def _follow_phrase(self, loudness: float) -> tuple[bool, bool]:
        """Whether a phrase starts or ends in this row."""
        if loudness > 0.12:
            starts = not self._is_speech and loudness > 0.2
            self._quiet_s = 0.0
            self._is_speech = self._is_speech or starts
            return starts, False
        self._quiet_s += ROW_S
        ends = self._is_speech and self._quiet_s >= _PHRASE_GAP_S
        self._is_speech = self._is_speech and not ends
        return False, ends

    def _stress(self, rise: float, pitch_rise: float, voicing: float) -> float:
        """Prominence of a syllable that begins now, from its rise in loudness and pitch."""
        self._since_stress_s += ROW_S
        if voicing < 0.5 or rise < 0.16 or self._since_stress_s < _STRESS_GAP_S:
            return 0.0
        self._since_stress_s = 0.0
        self._usual_rise += 0.15 * (rise - self._usual_rise)
        above = rise / max(self._usual_rise, 0.1) - 0.55
        melody = max(0.0, 0.10 * self._pitch_st) + max(0.0, pitch_rise) * 0.3
        return min(max(0.55 * above + melody + 0.35 * (self._loudness - 0.3), 0.0), 1.0)
