"""Estimated word times cover the sentence and give punctuation its pause."""

from __future__ import annotations

from vasa_avatar.audio import estimate_word_times


def test_word_times_cover_the_sentence() -> None:
    words = estimate_word_times("Well, this is it.", 2.0, start_s=1.0)
    assert [word.text for word in words] == ["Well,", "this", "is", "it."]
    starts = [word.start_s for word in words]
    assert starts == sorted(starts) and starts[0] == 1.0 and starts[-1] < 3.0
    assert starts[1] - starts[0] > 0.5  # a comma takes its time
    assert all(word.start_s < word.end_s <= 3.0 for word in words)
    assert words[0].end_s < words[1].start_s
    assert estimate_word_times("", 1.0) == []
