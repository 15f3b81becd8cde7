"""Timed words to tokens: what rules are matched against, in any of the scripts that they know."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from vasa_avatar.datatypes import TimedWord

_SENTENCE_ENDS = frozenset(".!?。")
_TRAILS_OFF = "…"
_CLAUSE_ENDS = frozenset(",;:—–、")
_ELIDES = frozenset(("fr", "it"))
_WITHOUT_SPACES = frozenset(("ja", "zh"))


@dataclass(frozen=True, slots=True)
class Token:
    """A word in lower case without punctuation, or one character of a script without spaces."""

    text: str
    start_s: float
    end_s: float
    end_mark: str = ""
    """"" inside a clause, "," at the end of one, "…" where a speaker trails off, "." "!" or "?" at
    the end of a sentence"""

    @property
    def ends_clause(self) -> bool:
        """Whether a clause or a sentence ends here."""
        return bool(self.end_mark)

    @property
    def ends_sentence(self) -> bool:
        """Whether a sentence ends here."""
        return self.end_mark not in ("", ",", _TRAILS_OFF)


def end_mark_of(text: str) -> str:
    """What punctuation marks: "", ",", "…", ".", "!" or "?"."""
    text = _normal(text)
    marks = [c for c in text if c in _SENTENCE_ENDS or c in _CLAUSE_ENDS]
    if any(c in _SENTENCE_ENDS for c in marks):
        return "?" if "?" in marks else "!" if "!" in marks else "."
    if _TRAILS_OFF in text:
        return _TRAILS_OFF
    return "," if marks else ""


def _normal(text: str) -> str:
    """One way of writing for marks that have several."""
    return unicodedata.normalize("NFKC", text).replace("...", _TRAILS_OFF)


def tokens_of(word: TimedWord, language: str) -> list[Token]:
    """A word as it was given, with its punctuation, to tokens; their times share its time."""
    text = _normal(word.text).replace("\u2019", "'").lower()
    pieces = _pieces(text, language)
    weight = sum(max(len(piece), 1) for piece, _ in pieces) or 1
    duration_s = max(word.end_s - word.start_s, 0.0)
    tokens, at = [], 0
    for piece, mark in pieces:
        start_s = word.start_s + duration_s * at / weight
        at += max(len(piece), 1)
        end_s = word.start_s + duration_s * at / weight
        tokens.append(Token(piece, start_s, end_s, mark))
    return tokens


def _pieces(text: str, language: str) -> list[tuple[str, str]]:
    """Pieces with the marks behind them."""
    found: list[tuple[str, str]] = []
    for part in text.split():
        words = _characters(part) if language in _WITHOUT_SPACES else _words(part, language)
        found.extend(words)
    return found


def _words(part: str, language: str) -> list[tuple[str, str]]:
    """One piece between spaces to words; hyphens and dashes part them."""
    words: list[tuple[str, str]] = []
    current = ""
    for position, character in enumerate(part):
        if character.isalnum() or (character == "'" and current):
            current += character
            if character == "'" and language in _ELIDES:
                words.append((current, ""))
                current = ""
            continue
        if current:
            words.append((current, ""))
            current = ""
        is_inside = part[position + 1 : position + 2].isalnum() and character in ".:,"
        mark = "" if is_inside else end_mark_of(character)
        if mark and words:
            words[-1] = (words[-1][0], _stronger(words[-1][1], mark))
    if current:
        words.append((current, ""))
    return [(word.rstrip("'") if language not in _ELIDES else word, mark) for word, mark in words]


def _characters(part: str) -> list[tuple[str, str]]:
    """A piece of a script without spaces to characters; runs of Latin letters stay together."""
    found: list[tuple[str, str]] = []
    for character in part:
        is_latin = character.isascii() and character.isalnum()
        if is_latin and found and not found[-1][1] and found[-1][0].isascii():
            found[-1] = (found[-1][0] + character, "")
        elif character.isalnum():
            found.append((character, ""))
        elif found and (mark := end_mark_of(character)):
            found[-1] = (found[-1][0], _stronger(found[-1][1], mark))
    return found


def _stronger(left: str, right: str) -> str:
    return max(left, right, key=("", ",", _TRAILS_OFF, ".", "!", "?").index)
