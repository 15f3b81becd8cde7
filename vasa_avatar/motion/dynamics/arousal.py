"""How roused a voice is, against the speaker's own running mean: loudness, pitch height and range,
tempo. The four are what listeners hear arousal by (Scherer 2003; Juslin and Laukka 2003).
"""

from __future__ import annotations

import math

from vasa_avatar.motion.dynamics.prosody import ROW_S, ProsodyRow

_NOW_S = 1.2
"""what counts as now"""
_USUAL_S = 25.0
"""of voice: what counts as the speaker's own"""
_KNOWN_AFTER_S = 3.0
"""of voice, before which nobody can say how roused it is; grows to full trust in as much again"""
_WEIGHTS = {"level": 0.40, "height": 0.35, "range": 0.15, "tempo": 0.10}
_LEAST_SPREAD = {"level": 1.5, "height": 0.8, "range": 0.4, "tempo": 0.5}
"""dB, semitones, semitones, syllables a second: smaller changes than these are none"""
_MOST = 2.0


class _Usual:
    """A running mean and spread."""

    def __init__(self) -> None:
        self.mean = self._power = 0.0

    def follow(self, value: float, share: float) -> None:
        change = value - self.mean
        self.mean += share * change
        self._power += share * (change * change - self._power)

    @property
    def spread(self) -> float:
        return math.sqrt(self._power)


class Arousal:
    """Goes on through all utterances of a speaker."""

    def __init__(self) -> None:
        self._now = dict.fromkeys(_WEIGHTS, 0.0)
        self._usual = {name: _Usual() for name in _WEIGHTS}
        self._voiced_s = self._run_s = 0.0
        self._level = 0.0

    @property
    def level(self) -> float:
        """-2 (subdued) .. 0 (as usual) .. 2 (roused)"""
        return self._level

    def begin(self) -> None:
        """Another utterance: what is now begins anew, what is usual stays."""
        self._run_s = 0.0

    def push(self, row: ProsodyRow) -> None:
        """Take the next 10 ms; only voiced ones count."""
        if not row.is_voiced:
            return
        self._voiced_s += ROW_S
        self._run_s += ROW_S
        share = max(ROW_S / _NOW_S, ROW_S / self._run_s)
        height = self._now["height"]
        seen = {
            "level": row.level_db,
            "height": row.semitones,
            "range": abs(row.semitones - height) if self._run_s > 0.2 else self._now["range"],
            "tempo": 1.0 / ROW_S if row.is_syllable else 0.0,
        }
        usual_share = max(ROW_S / _USUAL_S, ROW_S / self._voiced_s)
        for name, value in seen.items():
            self._now[name] += share * (value - self._now[name])
            self._usual[name].follow(self._now[name], usual_share)
        self._level += ROW_S / 0.25 * (self._heard() - self._level)

    def relax(self, dt_s: float) -> None:
        """Nothing is said for a while."""
        self._level *= math.exp(-dt_s / 1.5)

    def _heard(self) -> float:
        trust = min(max((self._voiced_s - _KNOWN_AFTER_S) / _KNOWN_AFTER_S, 0.0), 1.0)
        total = sum(
            weight
            * (self._now[name] - self._usual[name].mean)
            / max(self._usual[name].spread, _LEAST_SPREAD[name])
            for name, weight in _WEIGHTS.items()
        )
        return trust * min(max(total, -_MOST), _MOST)
