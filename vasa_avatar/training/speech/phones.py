"""IPA phones with durations to viseme classes at 100 Hz, and to a list of timed phones.

Row k is the class at sample k * 160 (16 kHz), as everywhere in motion/speech.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.training.speech.synthesis import UNIT_SAMPLES, Utterance

I8 = NDArray[np.int8]
HOP_SAMPLES = 160
TTS_LATE_SAMPLES = 800
"""How much later both TTS graphs' durations say than the sound does (sibilants' high-band power,
vowels' power and closures' dips all fit best when the phones are moved 50 ms earlier)."""

CLOSURE_SAMPLES = 1280
"""how much of a quiet stop beside a pause is its closure"""
MIN_PAUSE_SAMPLES = 480

CLASSES: tuple[str, ...] = (
    "silence", "p b m", "f v", "th dh", "t d n", "s z", "sh zh ch j", "k g ng h", "l", "r",
    "u w y", "o oe", "a", "e schwa", "i j",
)  # fmt: skip
SILENCE, BILABIAL = 0, 1
VOWEL_CLASSES = (10, 11, 12, 13, 14)

_MEMBERS = (
    "", "pbm", "fvʋβɸ", "θð", "tdnɾrʈɖɳɽT", "szʦʣ", "ʃʒʧʤɕʂʨʥꭧʝcɟ", "kɡŋhxχɣqʔçɲɴɰʁ", "lʎ", "ɹɻ",
    "uʊwyɥᵝ", "oɔɒøœ", "aɑæɐʌ", "ɛeəɜɚᵊɤ", "iɪjᵻɨɯ",
)  # fmt: skip
# c and ɟ are what espeak-ng writes for Hindi's palatal affricates; the trill r is alveolar as ɾ is.
CLASS_OF: dict[str, int] = {phone: i for i, members in enumerate(_MEMBERS) for phone in members}
DIPHTHONGS: dict[str, tuple[str, str]] = {
    "A": ("e", "ɪ"), "I": ("a", "ɪ"), "O": ("o", "ʊ"), "W": ("a", "ʊ"), "Y": ("ɔ", "ɪ"),
    "Q": ("ə", "ʊ"),
}  # fmt: skip
_TO_NEXT = "ˈˌ"
_TO_PREVIOUS = "ːʰʲ̃↓→↗↘"
_STOPS = "pbtdkɡʈɖcɟqʧʤʦʣʨʥꭧ"


@dataclass(frozen=True, slots=True)
class TimedPhone:
    """One phone of an utterance; diphthongs come as two."""

    phone: str
    """IPA; a space is silence"""
    start: float
    """in samples at 16 kHz"""
    end: float
    stress: int
    """2 primary, 1 secondary, 0 none"""

    @property
    def viseme(self) -> int:
        """Index into CLASSES."""
        return CLASS_OF.get(self.phone, SILENCE)


def _quiet_run(
    levels: NDArray[np.floating[Any]], start: float, end: float, threshold: float
) -> tuple[float, float]:
    """Longest run of quiet rows within [start, end); (end, end) where none lasts 60 ms.

    Args:
        levels: amplitude of each 160 samples from `start` on.
        start: in samples.
        end: in samples.
        threshold: an amplitude.
    """
    best, run = (0, 0), 0
    for k, is_quiet in enumerate(levels < threshold):
        run = run + 1 if is_quiet else 0
        if run > best[1] - best[0]:
            best = (k + 1 - run, k + 1)
    if best[1] - best[0] < 6:
        return end, end
    last = end if best[1] == len(levels) else start + best[1] * HOP_SAMPLES
    return start + best[0] * HOP_SAMPLES, last


def timed_phones(utterance: Utterance) -> list[TimedPhone]:
    """Phones with marks merged into their phones and short gaps into their neighbours."""
    pcm = utterance.pcm_i16.astype(np.float32)

    def levels(start: float, end: float) -> NDArray[np.floating[Any]]:
        piece = pcm[int(start) : int(end)]
        rows = len(piece) // HOP_SAMPLES
        squares = piece[: rows * HOP_SAMPLES].reshape(rows, HOP_SAMPLES) ** 2
        return np.sqrt(squares.mean(axis=1)) if rows else np.zeros(0)

    threshold = 0.03 * float(np.percentile(np.abs(pcm), 98)) + 8
    return time_phones(utterance.phones, utterance.durations, len(pcm), levels, threshold)


def time_phones(
    phones: str,
    durations: NDArray[np.int32],
    samples: int,
    levels: Callable[[float, float], NDArray[np.floating[Any]]],
    threshold: float,
) -> list[TimedPhone]:
    """Phones of a synthetic utterance and where its pauses are quiet.

    Args:
        phones: one character per token.
        durations: (len(phones),) units of 400 samples.
        samples: length of the sound.
        levels: gives amplitudes of each 160 samples between two positions.
        threshold: what is quieter is a pause.
    """
    ends = np.cumsum(durations) * UNIT_SAMPLES - TTS_LATE_SAMPLES
    ends[-1] = samples
    bounds = np.concatenate(([0], np.maximum(ends, 0)))
    pieces: list[list[Any]] = []  # phone, start, end, stress
    held_start, stress = -1.0, 0
    for phone, start, end in zip(phones, bounds[:-1], bounds[1:], strict=True):
        if phone in _TO_NEXT:
            held_start, stress = (start if held_start < 0 else held_start), 2 - (phone == "ˌ")
            continue
        if phone in _TO_PREVIOUS and pieces:
            pieces[-1][2] = end
            continue
        begin = start if held_start < 0 else held_start
        if phone in DIPHTHONGS:
            middle = begin + 0.55 * (end - begin)
            first, second = DIPHTHONGS[phone]
            pieces += [[first, begin, middle, stress], [second, middle, end, stress]]
        elif phone in CLASS_OF and phone:
            pieces.append([phone, begin, end, stress])
        else:
            quiet_start, quiet_end = _quiet_run(levels(begin, end), begin, end, threshold)
            pieces += [
                ["_", begin, quiet_start, 0],
                [" ", quiet_start, quiet_end, 0],
                ["_", quiet_end, end, 0],
            ]
        held_start, stress = -1.0, stress if phone in CLASS_OF and phone not in _vowels() else 0
    _share_gaps(pieces)
    pieces = _trim_pauses(pieces, levels, threshold)
    return [TimedPhone(p, float(s), float(e), int(x)) for p, s, e, x in pieces if e > s]


def _vowels() -> str:
    return "".join(_MEMBERS[c] for c in VOWEL_CLASSES)


def _share_gaps(pieces: list[list[Any]]) -> None:
    """Give spoken gaps ("_") to the neighbours: to a following stop wholly, else half each."""
    pieces[:] = [p for p in pieces if p[2] > p[1]]
    for i, piece in enumerate(pieces):
        if piece[0] != "_":
            continue
        before = pieces[i - 1] if i else None
        after = pieces[i + 1] if i + 1 < len(pieces) else None
        cut = 0.5 * (piece[1] + piece[2])
        if after is None or after[0] in " _":
            cut = piece[2]
        elif before is None or before[0] in " _" or after[0] in _STOPS:
            cut = piece[1]
        if before is not None:
            before[2] = cut
        if after is not None:
            after[1] = cut
    pieces[:] = [p for p in pieces if p[0] != "_"]


def _trim_pauses(
    pieces: list[list[Any]],
    levels: Callable[[float, float], NDArray[np.floating[Any]]],
    threshold: float,
) -> list[list[Any]]:
    """Silence beside pauses that durations count to the last or the first phone becomes pause.

    The voices' last phone of a sentence often lasts 200 ms longer than its sound. Of a stop, whose
    closure is quiet, CLOSURE_SAMPLES stay.
    """
    kept: list[list[Any]] = []
    for forward in (False, True):
        kept, beside_pause = [], True
        for phone, start, end, stress in pieces if forward else reversed(pieces):
            if phone == " ":
                kept.append([phone, start, end, stress])
                beside_pause = True
                continue
            if beside_pause:
                loud = np.flatnonzero(levels(start, end) >= threshold) * HOP_SAMPLES
                spare = CLOSURE_SAMPLES if phone in _STOPS else 0
                first, last = start, end
                if forward:
                    first = max(start, (start + loud[0] if len(loud) else end) - spare)
                elif len(loud):
                    last = start + loud[-1] + HOP_SAMPLES
                else:
                    last = min(end, start + spare)
                first, last = _unless_short(start, first, last, end)
                pause = [" ", start, first, 0] if forward else [" ", last, end, 0]
                kept += [pause, [phone, first, last, stress]]
                beside_pause = last <= first
                continue
            kept.append([phone, start, end, stress])
        pieces = kept if forward else kept[::-1]
    return [p for p in pieces if p[2] > p[1]]


def _unless_short(start: float, first: float, last: float, end: float) -> tuple[float, float]:
    """Bounds moved only where the pause that is cut off lasts."""
    if first - start < MIN_PAUSE_SAMPLES:
        first = start
    if end - last < MIN_PAUSE_SAMPLES:
        last = end
    return first, last


def class_rows(phones: list[TimedPhone], rows: int) -> I8:
    """(rows,) viseme class at each sample k * 160; silence outside the phones."""
    out = np.zeros(rows, np.int8)
    for phone in phones:
        first = int(np.ceil(phone.start / HOP_SAMPLES))
        out[first : int(np.ceil(phone.end / HOP_SAMPLES))] = phone.viseme
    return out
