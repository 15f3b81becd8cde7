"""What a voice does besides speaking: it laughs, sighs, asks with a rise, sings and holds a tone.

Laughs are short voiced bursts in an even beat, some five a second, each with a breath behind it
(Bachorowski et al. 2001; Provine 1996). A sigh is a long breath without voice after a pause. A
question's rise is several semitones up at the end of a phrase. A sung tone keeps its pitch for
longer than spoken vowels do.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

import numpy as np

from vasa_avatar.motion.dynamics.prosody import ROW_S, ProsodyRow


class VoiceEvent(Enum):
    """Something that is heard in a voice."""

    LAUGH = "laugh"
    SIGH = "sigh"
    RISE = "rise"


@dataclass(frozen=True, slots=True)
class _Burst:
    start: int
    end: int
    peak_db: float


_BURSTS = 4
_BEAT_S = (0.11, 0.245)
_BEAT_SPREAD = 0.10
"""of the beat over its mean; syllables of speech are two to three times as uneven"""
_BURST_S = (0.03, 0.21)
_BURST_GAP_S = 0.03
_BURST_SPREAD = 0.30
_LAUGH_AGAIN_S = 1.2
_SIGH_S = (0.45, 1.6)
_SIGH_BELOW_PEAK_DB = (8.0, 38.0)
_SIGH_ABOVE_FLOOR_DB = 8.0
_RISE_ST = 2.5
_RISE_S = 0.35
_RISE_HELD_S = 0.05
_LEAP_ST = 7.0
_ABOVE_MEAN_ST = 1.5
_TONE_ROWS = round(0.45 / ROW_S)
_TONE_SPREAD_ST = 0.55
_SONG_S = 3.0


class VoiceEvents:
    """Listens row by row; goes on through the utterances of a speaker."""

    def __init__(self) -> None:
        self._row = 0
        self._bursts: deque[_Burst] = deque(maxlen=_BURSTS)
        self._begin()

    def _begin(self) -> None:
        self._burst_start: int | None = None
        self._burst_peak_db = -120.0
        self._breath_rows = 0
        self._breath_db: list[float] = []
        self._tones: deque[float] = deque(maxlen=_TONE_ROWS)
        self._rise: deque[float] = deque(maxlen=round(_RISE_S / ROW_S))
        self._melody_st = 0.0
        self._last_laugh = -(10**6)
        self.singing = 0.0
        """0..1: how much of the last seconds was held tones"""
        self.holds_tone = False
        """a tone is held now"""

    def begin(self) -> None:
        """Another utterance."""
        self._bursts.clear()
        self._begin()

    def push(self, row: ProsodyRow) -> list[VoiceEvent]:
        """What is certain with this row."""
        self._row += 1
        self._hold(row)
        events = []
        if self._laughs(row):
            events.append(VoiceEvent.LAUGH)
        if self._sighs(row):
            events.append(VoiceEvent.SIGH)
        if self._rises(row):
            events.append(VoiceEvent.RISE)
        return events

    def _hold(self, row: ProsodyRow) -> None:
        """Follow tones that are held."""
        if row.is_voiced:
            self._tones.append(row.semitones)
        elif self._tones:
            self._tones.clear()
        self.holds_tone = self._is_held()
        if row.is_speech:
            self.singing += ROW_S / _SONG_S * (float(self.holds_tone) - self.singing)

    def _is_held(self) -> bool:
        """Whether the voice has kept its pitch for long."""
        n = len(self._tones)
        if n < _TONE_ROWS or max(self._tones) - min(self._tones) > 6 * _TONE_SPREAD_ST:
            return False
        mean = sum(self._tones) / n
        return sum((tone - mean) ** 2 for tone in self._tones) < n * _TONE_SPREAD_ST**2

    def _laughs(self, row: ProsodyRow) -> bool:
        if row.is_voiced:
            if self._burst_start is None:
                self._burst_start, self._burst_peak_db = self._row, -120.0
            self._burst_peak_db = max(self._burst_peak_db, row.level_db)
            return False
        if self._burst_start is None:
            return False
        burst = _Burst(self._burst_start, self._row, self._burst_peak_db)
        self._burst_start = None
        length_s = (burst.end - burst.start) * ROW_S
        if not _BURST_S[0] <= length_s <= _BURST_S[1]:
            self._bursts.clear()
            return False
        self._bursts.append(burst)
        if not self._is_even() or (self._row - self._last_laugh) * ROW_S < _LAUGH_AGAIN_S:
            return False
        self._last_laugh = self._row
        return True

    def _is_even(self) -> bool:
        """Whether the last bursts come in the beat of a laugh."""
        if len(self._bursts) < _BURSTS:
            return False
        starts = np.array([burst.start for burst in self._bursts]) * ROW_S
        ends = np.array([burst.end for burst in self._bursts]) * ROW_S
        beats = np.diff(starts)
        gaps, lengths = starts[1:] - ends[:-1], ends - starts
        mean = float(beats.mean())
        is_beat = _BEAT_S[0] <= mean <= _BEAT_S[1] and float(beats.std()) < _BEAT_SPREAD * mean
        is_alike = float(lengths.std()) < _BURST_SPREAD * float(lengths.mean())
        return is_beat and is_alike and float(gaps.min()) >= _BURST_GAP_S

    def _sighs(self, row: ProsodyRow) -> bool:
        below_db = row.peak_db - row.level_db
        is_breath = (
            not row.is_voiced
            and _SIGH_BELOW_PEAK_DB[0] < below_db < _SIGH_BELOW_PEAK_DB[1]
            and row.level_db - row.floor_db > _SIGH_ABOVE_FLOOR_DB
        )
        if is_breath:
            self._breath_rows += 1
            self._breath_db.append(row.level_db)
            return False
        length_s, levels = self._breath_rows * ROW_S, self._breath_db
        self._breath_rows, self._breath_db = 0, []
        if row.is_voiced or not _SIGH_S[0] <= length_s <= _SIGH_S[1]:
            return False
        third = len(levels) // 3
        return float(np.mean(levels[:-third])) > float(np.mean(levels[-third:])) + 1.0  # dies away

    def _rises(self, row: ProsodyRow) -> bool:
        """A phrase is over, and its last voice has gone up."""
        if row.is_voiced:
            self._rise.append(row.semitones)
            self._melody_st = row.pitch_st
        if not row.ends_phrase:
            return False
        middle = float(np.median(self._rise)) if self._rise else 0.0
        # An octave mistaken is no rise.
        recent = [value for value in self._rise if abs(value - middle) < _LEAP_ST]
        self._rise.clear()
        held = round(_RISE_HELD_S / ROW_S)
        if len(recent) < 3 * held:
            return False
        last = float(np.median(recent[-held:]))
        is_up = last - float(np.percentile(recent, 20)) > _RISE_ST
        return is_up and self._melody_st > _ABOVE_MEAN_ST
