"""Word times where a voice does not tell them: each word's share of its sentence by its letters."""

from __future__ import annotations

from vasa_avatar.datatypes import TimedWord

_PAUSE_LETTERS = {",": 2, ";": 3, ":": 3, ".": 4, "!": 4, "?": 4, "-": 1, "\u2014": 3}
_WORD_LETTERS = 1.2  # what it takes to begin a word


def estimate_word_times(text: str, duration_s: float, start_s: float = 0.0) -> list[TimedWord]:
    """The words of `text`, with their punctuation, for speech that lasts `duration_s`.

    Args:
        text: a sentence or more.
        duration_s: how long it is spoken.
        start_s: when it begins on its utterance's sound.
    """
    words = text.split()
    weights = [_weight(word) for word in words]
    total = sum(weights) or 1.0
    times: list[TimedWord] = []
    passed = 0.0
    for word, weight in zip(words, weights, strict=True):
        begin_s = start_s + duration_s * passed / total
        passed += weight
        spoken = weight - _PAUSE_LETTERS.get(word[-1], 0)
        times.append(TimedWord(word, begin_s, begin_s + duration_s * spoken / total))
    return times


def _weight(word: str) -> float:
    letters = sum(character.isalnum() for character in word)
    return _WORD_LETTERS + letters + _PAUSE_LETTERS.get(word[-1], 0)
