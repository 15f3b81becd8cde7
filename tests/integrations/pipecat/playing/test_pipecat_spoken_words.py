"""Words for the face: as the voice times them, guessed where it does not, with no jolt between."""

from __future__ import annotations

import pytest
from pipecat_vasa.playing.spoken_words import Pace, SpokenWords

from vasa_avatar.datatypes import TimedWord
from vasa_avatar.motion import Tag
from vasa_avatar.performance_style import ActKind

TEXT = "No, I have never been there before, really."


def test_words_without_times_are_guessed_and_given_out_in_time() -> None:
    words = SpokenWords(Pace())
    words.push_text(TEXT, 1.0)
    assert words.take(0.0) == []
    first = words.take(1.0)
    assert first[0].text == "No,"
    assert first[0].start_s == 1.0
    given = first + words.take(10.0)
    assert [word.text for word in given] == TEXT.split()
    starts = [word.start_s for word in given]
    assert starts == sorted(starts)


def test_times_of_the_voice_replace_what_was_guessed() -> None:
    pace = Pace()
    words = SpokenWords(pace)
    words.push_text(TEXT, 0.0)
    guessed = words.take(0.0)
    assert guessed
    for number, text in enumerate(TEXT.split()):
        words.push(TimedWord(text, 0.4 * number, 0.4 * number + 0.3))
    rest = words.take(10.0)
    starts = [word.start_s for word in guessed + rest]
    assert starts == sorted(starts), "no word comes twice or goes back in time"
    words.close(4.0)
    later = SpokenWords(pace)
    later.push_text(TEXT, 0.0)
    assert later.take(10.0) == [], "the voice tells its times: nothing is guessed any more"


def test_a_voice_that_stops_telling_times_is_guessed_again() -> None:
    pace = Pace()
    pace.tells_times = True
    silent = SpokenWords(pace)
    silent.push_text(TEXT, 0.0)
    silent.close(3.0)
    words = SpokenWords(pace)
    words.push_text(TEXT, 0.0)
    assert words.take(10.0)


def test_the_pace_of_the_voice_is_learnt() -> None:
    pace = Pace()
    before_s = pace.duration_s(TEXT)
    for _ in range(6):
        words = SpokenWords(pace)
        words.push_text(TEXT, 0.0)
        words.close(1.3 * before_s)
    assert pace.duration_s(TEXT) == pytest.approx(1.3 * before_s, rel=0.05)


def test_characters_of_wide_scripts_take_longer() -> None:
    pace = Pace()
    assert pace.duration_s("我们明天见") > 2 * pace.duration_s("hello")


def test_acts_come_among_the_words() -> None:
    words = SpokenWords(Pace())
    words.push_text(TEXT, 0.0)
    words.push_tag(Tag(None, 0, ActKind.WINK, 0.5), 0.6)
    texts = [word.text for word in words.take(10.0)]
    assert "<<wink:0.50>>" in texts[1:-1]
