"""Tags: every dialect, any split, what must be left alone, and their places among words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasa_avatar.datatypes import EMOTIONS, Emotion, Feeling, TimedWord
from vasa_avatar.motion.performance.tag_names import act_named
from vasa_avatar.motion.performance.tags import (
    Tag,
    TagParser,
    TagPlacer,
    act_of,
    count_letters,
    strip_tags,
    tag_word,
)
from vasa_avatar.performance_style import ActKind
from vasa_avatar.profiles import EmotionSettings, common_labels


def parse_in_pieces(text: str, cuts: list[int]) -> tuple[str, list[tuple[str | None, float, int]]]:
    parser = TagParser()
    clean, tags = "", []
    bounds = [0, *sorted({c % (len(text) + 1) for c in cuts}), len(text)]
    pieces = [text[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]
    for parsed in [*(parser.push(piece) for piece in pieces), parser.flush()]:
        clean += parsed.text
        for tag in parsed.tags:
            first = tag.feeling.emotions[0] if tag.feeling else None
            name, strength = (first.name, round(first.strength, 3)) if first else (None, 0.0)
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
        ("[emotion: joy:0.3] Yes.", "Yes.", [("happy", 0.27, 0)]),
        ('<emotion value="hungry"/>Hm.', '<emotion value="hungry"/>Hm.', []),
        ('<emotion value="disgust"/>Hm.', "Hm.", [("disgusted", 0.85, 0)]),
        (
            '<emotion value="happy">Hey</emotion> you',
            "Hey you",
            [("happy", 1.0, 0), (None, 0.0, 3)],
        ),
        (
            '<mstts:express-as style="cheerful" styledegree="0.8">Hey</mstts:express-as> you',
            "Hey you",
            [("happy", 0.6, 0), (None, 0.0, 3)],
        ),
        ("I am [annoyed] now", "I am now", [("angry", 0.5, 3)]),
        ("<<apologetic>>Sorry.", "Sorry.", [("sad", 0.5, 0)]),
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
        "This is *really* important, *not* now, **nods** and 2 * 3 * 4.",
        "A *sh",
        "I am *happy* now.",
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
                "*nods*",
                "*shakes",
                " her head*",
                "<<wink>>",
                "*",
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
    emotions = EmotionSettings()
    for name in EMOTIONS:
        feeling = emotions.feeling(name)
        assert feeling is not None and feeling.emotions[0].name == name
    assert None not in map(emotions.feeling, common_labels())
    assert emotions.feeling(" Joy ") is not None and emotions.feeling("laughs") is None
    assert count_letters("A 1, b!") == 3


def test_the_characters_own_labels_are_read() -> None:
    own = EmotionSettings.model_validate({"labels": {"grübelnd": {"sad": 0.3}, "joy": {"sad": 1}}})
    clean, tags = strip_tags("[Grübelnd] Hm. (joy) Ja. [grübel] nein", own)
    assert clean == "Hm. Ja. [grübel] nein"
    told = [tag.feeling.emotions[0].strength for tag in tags if tag.feeling]
    assert told == [0.3, 1.0], "an own label counts in plain brackets, too"


@pytest.mark.parametrize(
    ("text", "clean", "act", "at_letter"),
    [
        ("<<nod>> Yes.", "Yes.", ActKind.NOD, 0),
        ("Well, <<wink>> who knows.", "Well, who knows.", ActKind.WINK, 4),
        ("*shakes head* That is wrong.", "That is wrong.", ActKind.SHAKE, 0),
        ("*shakes her head slowly* No.", "No.", ActKind.SHAKE, 0),
        ("Sure. *smiles warmly*", "Sure.", ActKind.SMILE, 4),
        ("<<gaze_aside:0.5>> Hm", "Hm", ActKind.GAZE_ASIDE, 0),
        ("*raises an eyebrow* Really?", "Really?", ActKind.BROW_RAISE, 0),
    ],
)
def test_acts_are_taken_out(text: str, clean: str, act: ActKind, at_letter: int) -> None:
    got, tags = strip_tags(text)
    assert got == clean
    assert [(tag.act, tag.at_letter) for tag in tags] == [(act, at_letter)]


def test_every_act_has_a_name() -> None:
    for kind in ActKind:
        assert act_named(kind.value) is not None, kind
    assert act_named("waves") is None
    strong, weak = act_named("nods"), act_named("nods slightly")
    assert strong is not None and weak is not None and strong[1] > weak[1]


def test_a_tag_survives_as_a_word() -> None:
    nod = tag_word(Tag(None, 0, ActKind.NOD, 0.8), 1.5)
    assert (nod.start_s, nod.end_s, act_of(nod)) == (1.5, 1.5, (ActKind.NOD, 0.8))
    sorrow = Feeling((Emotion("sad", 0.25),))
    felt = tag_word(Tag(sorrow, 0), 1.5)
    assert (felt.text, felt.feeling, act_of(felt)) == ("", sorrow, None)
    at_ease = tag_word(Tag(None, 0), 1.5).feeling
    assert at_ease is not None and at_ease.hold_s == 0.0
    assert act_of(TimedWord("nod", 0.0, 0.1)) is None


def test_tags_stand_before_their_words() -> None:
    text, tags = strip_tags("Oh no. <<sad>> That is bad. *nods*")
    words = [TimedWord(word, 0.3 * n, 0.3 * n + 0.2) for n, word in enumerate(text.split())]
    placer = TagPlacer(tags)
    placed = [*placer.place(words[:1]), *placer.place(words[1:]), *placer.rest(1.6)]
    assert [word.text for word in placed] == [
        "Oh", "no.", "", "That", "is", "bad.", "<<nod:0.80>>"
    ]  # fmt: skip
    assert placed[2].start_s == words[2].start_s
    assert placed[2].feeling is not None and placed[2].feeling.emotions[0].name == "sad"
    assert placed[-1].start_s == 1.6
