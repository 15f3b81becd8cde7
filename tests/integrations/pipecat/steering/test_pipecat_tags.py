"""Emotion tags: every dialect, any split, and what must be left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipecat_vasa.steering.tag_processor import strip_tags
from pipecat_vasa.steering.tags import TagParser, count_letters, emotion_named

from vasa_avatar.datatypes import EMOTIONS


def parse_in_pieces(text: str, cuts: list[int]) -> tuple[str, list[tuple[str | None, float, int]]]:
    parser = TagParser()
    clean, tags = "", []
    bounds = [0, *sorted({c % (len(text) + 1) for c in cuts}), len(text)]
    pieces = [text[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]
    for parsed in [*(parser.push(piece) for piece in pieces), parser.flush()]:
        clean += parsed.text
        for tag in parsed.tags:
            emotion = tag.emotion
            name, strength = (emotion.name, emotion.strength) if emotion else (None, 0.0)
            tags.append((name, strength, tag.at_letter))
    return clean, tags


@pytest.mark.parametrize(
    ("text", "clean", "tags"),
    [
        ("<<happy>> Hello there.", "Hello there.", [("happy", 1.0, 0)]),
        ("Oh. <<sad:0.5>> I see.", "Oh. I see.", [("sad", 0.5, 2)]),
        ("[happy] Hi!", "Hi!", [("happy", 1.0, 0)]),
        ("[Surprised]Really?", "Really?", [("surprised", 1.0, 0)]),
        ("Well (angry) no.", "Well no.", [("angry", 1.0, 4)]),
        ("[emotion=fearful] Who is there?", "Who is there?", [("fearful", 1.0, 0)]),
        ("[emotion: joy:0.3] Yes.", "Yes.", [("happy", 0.3, 0)]),
        ('<emotion value="content"/>Hm.', '<emotion value="content"/>Hm.', []),
        ('<emotion value="disgust"/>Hm.', "Hm.", [("disgusted", 1.0, 0)]),
        (
            '<mstts:express-as style="cheerful" styledegree="0.8">Hey</mstts:express-as> you',
            "Hey you",
            [("happy", 0.8, 0), (None, 0.0, 3)],
        ),
        ("I am [annoyed] now", "I am now", [("angry", 1.0, 3)]),
        ("<<apologetic>>Sorry.", "Sorry.", [("sad", 1.0, 0)]),
        ("That ends it. [happy]", "That ends it. ", [("happy", 1.0, 10)]),
    ],
)
def test_known_tags_are_taken_out(
    text: str, clean: str, tags: list[tuple[str | None, float, int]]
) -> None:
    assert parse_in_pieces(text, []) == (clean, tags)


@pytest.mark.parametrize(
    "text",
    [
        "[laughs] That is funny.",
        "(turns around) Who are you?",
        "(I think so) maybe [1] or [see above].",
        "Take x[0] and f(x) < 3, then a << b.",
        "<<slow: 48213>> and [[light breath]] and <speak>this</speak>",
        '<mstts:express-as style="newscast">News</mstts:express-as>',
        "(normal) mode, (love), [serious]",
        "An unfinished (hap",
        "[happy days] (happy as can be)",
        "<3",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert parse_in_pieces(text, []) == (text, [])


@given(
    st.lists(
        st.sampled_from(
            [
                "Hello ",
                "[happy]",
                " (sad) ",
                "<<angry:0.4>>",
                "(I ",
                "[1]",
                "<",
                "<<",
                "happy>>",
                " ",
            ]
            + ['<mstts:express-as style="sad">', "</mstts:express-as>", "[emotion=", "joy]", "é."]
        ),
        max_size=12,
    ),
    st.lists(st.integers(0, 400), max_size=20),
)
def test_any_split_gives_the_same(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    assert parse_in_pieces(text, cuts) == parse_in_pieces(text, [])
    letters = parse_in_pieces(text, list(range(len(text))))
    assert letters == parse_in_pieces(text, [])


@given(st.text(max_size=80))
def test_letters_of_plain_text_are_kept(text: str) -> None:
    clean, tags = strip_tags(text)
    if not tags:
        assert clean == text.strip()


def test_long_open_bracket_is_not_held_back() -> None:
    parser = TagParser()
    text = "(which is a long aside that goes on"
    assert parser.push(text).text == text


def test_names() -> None:
    assert all(emotion_named(name) == name for name in EMOTIONS)
    assert emotion_named(" Joy ") == "happy"
    assert emotion_named("laughs") is None
    assert count_letters("A 1, b!") == 3
