"""Words to acts: the longest phrase counts, any split of the words gives the same acts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vasa_avatar.datatypes import TimedWord
from vasa_avatar.motion.performance import (
    LANGUAGES,
    Act,
    ActKind,
    Planner,
    language_of,
    load_rules,
)
from vasa_avatar.performance_style import PerformanceStyle

WORD_S = 0.3
_QUIET = frozenset((ActKind.BLINK, ActKind.GAZE_BACK))


def timed(text: str) -> list[TimedWord]:
    """Words at an even pace."""
    return [
        TimedWord(word, n * WORD_S, n * WORD_S + 0.9 * WORD_S)
        for n, word in enumerate(text.split())
    ]


def planner(language: str = "en", style: PerformanceStyle | None = None) -> Planner:
    rng = np.random.default_rng(1)
    return Planner(load_rules(language), style or PerformanceStyle(), rng)


def acts_of(text: str, language: str = "en", style: PerformanceStyle | None = None) -> list[Act]:
    plan = planner(language, style)
    return plan.push(timed(text)) + plan.flush()


def kinds_of(text: str, language: str = "en") -> set[ActKind]:
    return {act.kind for act in acts_of(text, language)} - _QUIET


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No, I do not think so.", {ActKind.SHAKE}),
        ("No problem at all.", {ActKind.NOD}),
        ("Sure, I can do that.", {ActKind.NOD}),
        ("Turn right at the corner.", set()),
        ("Are you coming tomorrow?", {ActKind.BROW_RAISE}),
        ("I know what you mean.", set()),
        ("What time is it?", {ActKind.BROW_RAISE}),
        ("Um, we could go there.", {ActKind.GAZE_ASIDE}),
        ("We have apples, pears, and plums.", {ActKind.SIDE_TO_SIDE}),
        ("I am so sorry.", {ActKind.CONCERN}),
        ("The weather is not nice.", {ActKind.SHAKE, ActKind.CONCERN}),
        ("I did not say that it is nice.", {ActKind.SHAKE, ActKind.SMILE}),
        ("No way!", {ActKind.BROW_RAISE}),
        ("There is no way out of here.", {ActKind.SHAKE}),
        ("I know what.", set()),
        ("That is important.", {ActKind.NOD}),
        ("Correct answers count.", set()),
        ("Hello!", {ActKind.SMILE, ActKind.NOD}),
        ("Welcome to the show, everyone.", {ActKind.SMILE, ActKind.NOD, ActKind.SWEEP}),
        ("The train leaves at ten.", set()),
    ],
)
def test_english_words_call_for_their_acts(text: str, expected: set[ActKind]) -> None:
    assert kinds_of(text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("es", "¿Vienes mañana?", {ActKind.BROW_RAISE}),
        ("fr", "Tu viens demain ?", {ActKind.BROW_RAISE}),
        ("de", "Kein Problem.", {ActKind.NOD}),
        ("pt", "Não, eu não quero.", {ActKind.SHAKE}),
        ("it", "Mi dispiace tanto.", {ActKind.CONCERN}),
        ("ja", "すみません、遅れました。", {ActKind.CONCERN}),
        ("ja", "明日来ますか？", {ActKind.BROW_RAISE}),
        ("zh", "没关系。", set()),
        ("zh", "不，我不想去。", {ActKind.SHAKE}),
    ],
)
def test_other_languages(language: str, text: str, expected: set[ActKind]) -> None:
    assert kinds_of(text, language) == expected


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("What time is it?", ActKind.BROW_RAISE, [0]),
        ("Is it what you want?", ActKind.BROW_RAISE, [2]),
        ("Um, in three days, I think, or so.", ActKind.GAZE_ASIDE, [0]),
        ("Um, in three days, I think, or so.", ActKind.GAZE_BACK, [3, 7]),
    ],
)
def test_an_act_is_done_once_and_at_its_word(text: str, kind: ActKind, words: list[int]) -> None:
    peaks_s = [act.peak_s for act in acts_of(text) if act.kind is kind]
    assert [int(peak_s / WORD_S) for peak_s in peaks_s] == words


@given(st.lists(st.integers(1, 4), min_size=1, max_size=12))
def test_words_may_come_in_any_pieces(sizes: list[int]) -> None:
    words = timed("Hello there! No problem, I am not sure, but what do you think? Thanks a lot.")
    whole = planner()
    expected = whole.push(words) + whole.flush()
    plan, got, first = planner(), [], 0
    for size in sizes:
        got += plan.push(words[first : first + size])
        first += size
    got += plan.push(words[first:]) + plan.flush()
    kinds = [(act.kind, act.peak_s) for act in got]
    assert sorted(kinds, key=str) == sorted([(a.kind, a.peak_s) for a in expected], key=str)


def test_a_word_that_may_go_on_waits_until_its_time_is_near() -> None:
    plan = planner()
    assert plan.push(timed("No")) == []
    assert plan.settle(-0.1) == []
    assert [act.kind for act in plan.settle(0.0)] == [ActKind.SHAKE]


def test_a_mark_that_comes_alone_belongs_to_the_word_before() -> None:
    assert ActKind.BROW_RAISE in kinds_of("Is it so ?")


def test_a_persona_can_leave_acts_out_or_do_nothing_at_all() -> None:
    no_shakes = PerformanceStyle(off=frozenset((ActKind.SHAKE,)))
    assert ActKind.SHAKE not in {act.kind for act in acts_of("No, never.", style=no_shakes)}
    assert acts_of("No, never.", style=PerformanceStyle(gain=0.0)) == []


def test_the_head_does_one_thing_at_a_time() -> None:
    head = {ActKind.NOD, ActKind.SHAKE, ActKind.SIDE_TO_SIDE, ActKind.SWEEP, ActKind.TILT}
    text = "Yes no yes no everyone maybe yes no hello either thanks no never yes."
    peaks = sorted(act.peak_s for act in acts_of(text) if act.kind in head)
    assert len(peaks) > 3
    assert min(np.diff(peaks)) >= 0.44


def test_a_reset_planner_is_as_new() -> None:
    plan = planner()
    plan.push(timed("No, I never said"))
    plan.reset()
    got = plan.push(timed("Thank you.")) + plan.flush()
    assert {act.kind for act in got} - _QUIET == {ActKind.SMILE, ActKind.NOD}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_has_its_categories(language: str) -> None:
    rules = load_rules(language)
    found: set[str] = set()
    stack = [rules.root]
    while stack:
        node = stack.pop()
        found |= {meaning.category for meaning in node.meanings}
        stack += [*node.exact.values(), *node.by_prefix.values()]
    needed = {
        "negation", "affirmation", "intensity", "contrast", "doubt", "question_word", "greeting",
        "thanks", "praise", "laughter", "joke", "surprise", "apology", "bad_news", "hesitation",
        "alternatives", "inclusive", "intimacy", "nothing", "good", "bad",
    }  # fmt: skip
    assert needed <= found
    assert found - {"nothing", "good", "bad", "flip"} <= set(rules.acts)


@given(st.lists(st.text(max_size=12), max_size=20), st.sampled_from(LANGUAGES))
def test_any_text_is_taken(texts: list[str], language: str) -> None:
    plan = planner(language)
    words = [TimedWord(text, 0.3 * n, 0.3 * n) for n, text in enumerate(texts)]
    for act in plan.push(words) + plan.flush():
        assert act.start_s <= act.peak_s <= act.end_s
        assert 0.0 < act.strength <= 1.0


def test_language_tags_are_cut_to_their_language() -> None:
    tags = ("pt-BR", "zh_Hans_CN", "EN", "nl-NL")
    assert [language_of(tag) for tag in tags] == ["pt", "zh", "en", ""]


def test_tags_are_obeyed_in_any_language_whatever_came_before() -> None:
    words = [TimedWord("<<nod:0.90>>", 0.2, 0.2), TimedWord("<<nod:0.90>>", 0.6, 0.6)]
    for language in ("en", "nl"):
        acts = planner(language_of(language)).push(words)
        assert [act.kind for act in acts] == [ActKind.NOD, ActKind.NOD]
        assert acts[0].peak_s == pytest.approx(0.35)
    nothing = PerformanceStyle(off=frozenset((ActKind.NOD,)))
    assert planner(style=nothing).push(words) == []


def test_marks_are_acted_in_languages_without_a_table() -> None:
    acts = acts_of("Kom je morgen?", language_of("nl"))
    assert {act.kind for act in acts} - _QUIET == {ActKind.BROW_RAISE}
