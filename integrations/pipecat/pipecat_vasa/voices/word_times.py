"""Word times for voices that do not tell them: each word's share of the sentence by its letters."""

from __future__ import annotations

_PAUSE_LETTERS = {",": 2, ";": 3, ":": 3, ".": 4, "!": 4, "?": 4, "-": 1, "\u2014": 3}
_WORD_LETTERS = 1.2  # what it takes to begin a word


def estimate_word_times(text: str, duration_s: float) -> list[tuple[str, float]]:
    """Each word of `text` with its beginning in seconds, for speech that lasts `duration_s`."""
    words = text.split()
    weights = [_weight(word) for word in words]
    total = sum(weights) or 1.0
    times: list[tuple[str, float]] = []
    passed = 0.0
    for word, weight in zip(words, weights, strict=True):
        times.append((word, duration_s * passed / total))
        passed += weight
    return times


def _weight(word: str) -> float:
    letters = sum(character.isalnum() for character in word)
    return _WORD_LETTERS + letters + _PAUSE_LETTERS.get(word[-1], 0)
