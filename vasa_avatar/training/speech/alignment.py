"""Recorded speech with known words to timed phones, by forced alignment (pocketsphinx, English)."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import numpy as np

from vasa_avatar.datatypes import F32
from vasa_avatar.training.speech.phones import TimedPhone

log = logging.getLogger(__name__)

ARPABET: dict[str, str] = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "aʊ", "AY": "aɪ", "B": "b", "CH": "ʧ",
    "D": "d", "DH": "ð", "EH": "ɛ", "ER": "ɜɹ", "EY": "eɪ", "F": "f", "G": "ɡ", "HH": "h",
    "IH": "ɪ", "IY": "i", "JH": "ʤ", "K": "k", "L": "l", "M": "m", "N": "n", "NG": "ŋ",
    "OW": "oʊ", "OY": "ɔɪ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t", "TH": "θ",
    "UH": "ʊ", "UW": "u", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
_SPLIT = 0.55
_LATE_SAMPLES = 160
"""The aligner's phones start 10 ms before the sound's."""
CLIP_WORDS = Path(__file__).with_name("clip_words.json")
"""{clip: [[start_s, end_s, words], ...]}"""


def clip_words() -> dict[str, list[tuple[float, float, str]]]:
    """Which words are said when in the corpus clips; GRID from its file names, others by ear."""
    loaded: dict[str, list[list[Any]]] = json.loads(CLIP_WORDS.read_text("utf-8"))
    return {
        clip: [(float(s), float(e), str(t)) for s, e, t in lines] for clip, lines in loaded.items()
    }


class Aligner:
    """Finds the times of the phones of known words."""

    def __init__(self) -> None:
        try:
            import pocketsphinx
        except ImportError as error:
            raise ImportError(
                'forced alignment needs pocketsphinx: pip install "vasa-avatar[train]"'
            ) from error
        self._decoder = pocketsphinx.Decoder(
            lm=None, bestpath=False, fwdflat=False, loglevel="FATAL"
        )

    def align(self, pcm: F32, lines: list[tuple[float, float, str]]) -> list[TimedPhone]:
        """All phones of a recording, in order, with silences between.

        Args:
            pcm: (N,) at 16 kHz.
            lines: start and end in seconds, and the words between.
        """
        phones: list[TimedPhone] = []
        for start_s, end_s, text in lines:
            low = max(0, int((start_s - 0.12) * 16_000))
            if phones:
                low = max(low, int(phones[-1].end))
            high = min(len(pcm), int((end_s + 0.2) * 16_000))
            phones += self._line(pcm[low:high], text, low)
        return phones

    def _line(self, pcm: F32, text: str, offset: int) -> list[TimedPhone]:
        words = [w for w in re.findall(r"[a-z']+", text.lower()) if self._decoder.lookup_word(w)]
        if not words:
            return []
        raw = (np.clip(pcm, -1, 1) * 32767).astype(np.int16).tobytes()
        try:
            self._decoder.set_align_text(" ".join(words))
            self._run(raw)
            self._decoder.set_alignment()
            self._run(raw)
            alignment = self._decoder.get_alignment()
            segments = [(p.name, p.start, p.duration) for p in alignment.phones()]
        except RuntimeError as error:
            log.warning("%r could not be aligned (%s)", text, error)
            return []
        return [p for s in segments for p in _timed(*s, offset + _LATE_SAMPLES)]

    def _run(self, raw: bytes) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(raw, no_search=False, full_utt=True)
        self._decoder.end_utt()


def _timed(name: str, start: int, length: int, offset: int) -> list[TimedPhone]:
    begin, end = offset + start * 160.0, offset + (start + length) * 160.0
    ipa = ARPABET.get(name, " ")
    if len(ipa) == 1:
        return [TimedPhone(ipa, begin, end, 0)]
    middle = begin + _SPLIT * (end - begin)
    return [TimedPhone(ipa[0], begin, middle, 0), TimedPhone(ipa[1], middle, end, 0)]
