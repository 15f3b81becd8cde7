"""Timed phones to continuous articulation: (rows, 9) articulator activities at 100 Hz.

Each phone pulls each articulator towards its own target with a dominance that fades with distance
in time (Cohen and Massaro, 1993): strong pulls (closures) are short and win, rounding reaches far
ahead, consonants that do not need the lips leave them to the vowels around.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vasa_avatar.datatypes import F32
from vasa_avatar.motion.speech.articulation import N_ARTICULATORS
from vasa_avatar.training.speech.phones import HOP_SAMPLES, SILENCE, TimedPhone

JAW, CLOSURE, TUCK, LOWER, UPPER, PUCKER, FUNNEL, SPREAD, TONGUE = range(N_ARTICULATORS)


@dataclass(frozen=True, slots=True)
class Shape:
    """What one kind of phone asks of the articulators."""

    target: tuple[float, ...]
    """(9,) in the order of ARTICULATORS"""
    open_pull: float
    """on jaw, lower and upper lip"""
    shut_pull: float
    """on closure and tuck"""
    round_pull: float
    """on pucker, funnel and spread"""
    tongue_pull: float = 0.6


#                     jaw   clos tuck  low   upp   puck  funn  spr   tong
_REST = Shape((0.00, 0.00, 0.0, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00), 0.9, 0.6, 0.5)
_SHAPES: dict[str, Shape] = {
    " ": _REST,
    "pb": Shape((0.07, 1.00, 0.00, 0.00, 0.00, 0.03, 0.00, 0.05, 0.00), 1.6, 7.0, 0.15),
    "m": Shape((0.06, 1.00, 0.00, 0.00, 0.00, 0.03, 0.00, 0.05, 0.00), 1.6, 7.0, 0.15),
    "fv": Shape((0.09, 0.00, 1.00, 0.00, 0.22, 0.00, 0.00, 0.12, 0.00), 1.6, 4.0, 0.25),
    "ʋβɸ": Shape((0.09, 0.25, 0.50, 0.05, 0.08, 0.06, 0.00, 0.05, 0.00), 1.2, 2.0, 0.20),
    "θð": Shape((0.13, 0.00, 0.00, 0.22, 0.08, 0.00, 0.00, 0.12, 0.40), 0.9, 0.8, 0.20, 3.0),
    "tdTʈɖ": Shape((0.09, 0.00, 0.00, 0.18, 0.06, 0.00, 0.00, 0.12, 0.10), 0.9, 0.8, 0.12, 1.2),
    "nɳ": Shape((0.10, 0.00, 0.00, 0.18, 0.06, 0.00, 0.00, 0.12, 0.16), 0.8, 0.8, 0.12, 1.2),
    "ɾɽ": Shape((0.13, 0.00, 0.00, 0.16, 0.05, 0.00, 0.00, 0.08, 0.14), 0.6, 0.8, 0.10, 1.2),
    "szʦʣ": Shape((0.05, 0.00, 0.00, 0.24, 0.10, 0.00, 0.00, 0.25, 0.00), 1.4, 0.8, 0.35),
    "ʃʒʧʤʂꭧ": Shape((0.06, 0.00, 0.00, 0.20, 0.14, 0.17, 0.32, 0.00, 0.00), 1.4, 0.8, 1.0),
    "ɕʨʥʝcɟ": Shape((0.06, 0.00, 0.00, 0.22, 0.10, 0.06, 0.11, 0.12, 0.00), 1.4, 0.8, 0.6),
    "kɡŋxχɣqɲɴɰʁç": Shape((0.13, 0.00, 0.00, 0.14, 0.05, 0.00, 0.00, 0.08, 0.00), 0.5, 0.8, 0.08),
    "hʔ": Shape((0.15, 0.00, 0.00, 0.12, 0.04, 0.00, 0.00, 0.05, 0.00), 0.15, 0.6, 0.05),
    "lʎ": Shape((0.14, 0.00, 0.00, 0.20, 0.06, 0.00, 0.00, 0.10, 0.30), 0.7, 0.8, 0.15, 2.0),
    "ɹɻ": Shape((0.11, 0.00, 0.00, 0.14, 0.05, 0.14, 0.23, 0.00, 0.00), 0.8, 0.8, 0.7),
    "r": Shape((0.14, 0.00, 0.00, 0.16, 0.05, 0.00, 0.04, 0.05, 0.16), 0.6, 0.8, 0.2, 1.2),
    "wɥ": Shape((0.03, 0.05, 0.00, 0.01, 0.00, 0.45, 0.14, 0.00, 0.00), 1.5, 1.0, 2.2),
    "uyᵝ": Shape((0.05, 0.00, 0.00, 0.04, 0.00, 0.37, 0.20, 0.00, 0.00), 1.2, 1.0, 1.8),
    "ʊ": Shape((0.10, 0.00, 0.00, 0.08, 0.02, 0.24, 0.20, 0.00, 0.00), 1.0, 1.0, 1.2),
    "oø": Shape((0.20, 0.00, 0.00, 0.14, 0.03, 0.21, 0.30, 0.00, 0.00), 1.2, 1.0, 1.5),
    "ɔœɒ": Shape((0.27, 0.00, 0.00, 0.18, 0.05, 0.11, 0.27, 0.00, 0.00), 1.3, 1.0, 1.3),
    "ɑ": Shape((0.36, 0.00, 0.00, 0.26, 0.09, 0.00, 0.06, 0.04, 0.00), 1.4, 1.0, 0.9),
    "aɐʌ": Shape((0.32, 0.00, 0.00, 0.28, 0.11, 0.00, 0.00, 0.10, 0.00), 1.3, 1.0, 0.9),
    "æ": Shape((0.33, 0.00, 0.00, 0.34, 0.15, 0.00, 0.00, 0.24, 0.00), 1.3, 1.0, 1.0),
    "ɛe": Shape((0.21, 0.00, 0.00, 0.30, 0.13, 0.00, 0.00, 0.28, 0.00), 1.2, 1.0, 1.0),
    "əᵊɤ": Shape((0.15, 0.00, 0.00, 0.18, 0.06, 0.00, 0.00, 0.06, 0.00), 0.6, 0.9, 0.3),
    "ɜɚ": Shape((0.16, 0.00, 0.00, 0.18, 0.06, 0.07, 0.16, 0.00, 0.00), 1.0, 1.0, 0.8),
    "iɪjᵻɨ": Shape((0.11, 0.00, 0.00, 0.26, 0.11, 0.00, 0.00, 0.40, 0.00), 1.0, 1.0, 1.0),
    "ɯ": Shape((0.11, 0.00, 0.00, 0.16, 0.05, 0.07, 0.06, 0.05, 0.00), 0.9, 1.0, 0.7),
}
SHAPES: dict[str, Shape] = {phone: shape for key, shape in _SHAPES.items() for phone in key}

_GROUPS = ((JAW, LOWER, UPPER), (CLOSURE, TUCK), (PUCKER, FUNNEL, SPREAD), (TONGUE,))
_AHEAD_S = (0.055, 0.020, 0.085, 0.035)
"""How early the pull of each group begins (time constant)."""
_BEHIND_S = (0.060, 0.019, 0.060, 0.035)
LIPS_LEAD_S = 0.015
"""By how much the lips' centre of a phone is ahead of its sound's."""


@lru_cache(maxsize=1)
def _group_of() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    groups = np.zeros(N_ARTICULATORS, np.int64)
    for index, members in enumerate(_GROUPS):
        groups[list(members)] = index
    return groups


def _dominance(time_s: F32, phone: TimedPhone, group: int) -> F32:
    start, end = phone.start / 16_000, phone.end / 16_000
    length = end - start
    middle = 0.5 * (start + end) - LIPS_LEAD_S
    flat = 0.22 * length
    if phone.viseme == SILENCE:
        flat = max(0.0, 0.5 * length - 0.07)
    elif phone.phone in "pb":
        middle -= 0.08 * length
    distance = time_s - middle
    ahead = np.maximum(0.0, -distance - flat) / _AHEAD_S[group]
    behind = np.maximum(0.0, distance - flat) / _BEHIND_S[group]
    pull: F32 = np.exp(-(ahead**1.3) - behind**1.3).astype(np.float32)
    return pull


def articulate(phones: list[TimedPhone], rows: int, loudness: F32 | None = None) -> F32:
    """Activities of an utterance.

    Args:
        phones: in order, without overlap.
        rows: rows at 100 Hz.
        loudness: (rows,) 0 quiet to 1 as loud as this speaker gets; None for 0.7 throughout.

    Returns:
        (rows, 9) float32, 0..1.
    """
    numerator = np.zeros((rows, N_ARTICULATORS), np.float32)
    weight = np.full((rows, len(_GROUPS)), 1e-3, np.float32)
    group_of = _group_of()
    for phone in phones:
        shape = SHAPES.get(phone.phone, _REST)
        low = max(0, int(phone.start / HOP_SAMPLES) - 45)
        high = min(rows, int(phone.end / HOP_SAMPLES) + 45)
        if high <= low:
            continue
        time_s = np.arange(low, high, dtype=np.float32) * 0.01
        pulls = (shape.open_pull, shape.shut_pull, shape.round_pull, shape.tongue_pull)
        target = np.array(shape.target, np.float32)
        target[[JAW, LOWER, UPPER]] *= 1 + 0.08 * phone.stress
        for group, pull in enumerate(pulls):
            pulled = pull * _dominance(time_s, phone, group)
            weight[low:high, group] += pulled
            members = np.flatnonzero(group_of == group)
            numerator[low:high, members] += pulled[:, None] * target[members]
    out = numerator / weight[:, group_of]
    if loudness is not None:
        out[:, [JAW, LOWER, UPPER]] *= (0.55 + 0.65 * loudness)[:, None]
    bounded: F32 = np.clip(out, 0.0, 1.0)
    return bounded


def loudness_rows(level: F32) -> F32:
    """(rows,) natural-log power to 0..1: 0 is 30 dB under the utterance's loud parts."""
    smooth = np.convolve(level, np.hanning(21) / np.hanning(21).sum(), "same")
    top = np.percentile(level, 95)
    loud: F32 = np.clip(1 + (smooth - top) / 6.9, 0.0, 1.0).astype(np.float32)
    return loud
