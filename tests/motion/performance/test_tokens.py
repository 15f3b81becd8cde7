"""Timed words to tokens: apostrophes, numbers, marks, scripts without spaces, shared time."""

from __future__ import annotations

import pytest

from vasa_avatar.datatypes import TimedWord
from vasa_avatar.motion.performance.tokens import tokens_of


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Don't!", "en", [("don't", "!")]),
        ("the cats'", "en", [("the", ""), ("cats", "")]),
        ("L'eau,", "fr", [("l'", ""), ("eau", ",")]),
        ("well-known;", "en", [("well", ""), ("known", ",")]),
        ("10:30.", "en", [("10", ""), ("30", ".")]),
        ("2,5", "de", [("2", ""), ("5", "")]),
        ("Wait...", "en", [("wait", "…")]),
        ("“Why?!”", "en", [("why", "?")]),
        ("明日OK!", "ja", [("明", ""), ("日", ""), ("ok", "!")]),
        ("コーヒー。", "ja", [("コ", ""), ("ー", ""), ("ヒ", ""), ("ー", ".")]),
        ("—", "en", []),
    ],
)
def test_words_and_their_marks(text: str, language: str, expected: list[tuple[str, str]]) -> None:
    tokens = tokens_of(TimedWord(text, 0.0, 1.0), language)
    assert [(token.text, token.end_mark) for token in tokens] == expected


def test_tokens_share_the_time_of_their_word_by_length() -> None:
    first, second = tokens_of(TimedWord("so-called", 1.0, 2.6), "en")
    assert (first.start_s, first.end_s) == pytest.approx((1.0, 1.4))
    assert (second.start_s, second.end_s) == pytest.approx((1.4, 2.6))
