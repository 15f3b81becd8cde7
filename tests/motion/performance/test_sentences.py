"""Everyday sentences in eight languages call for their acts and for hardly any others."""

from __future__ import annotations

import pytest
from labelled_sentences import LATER, Labelled, Outcome, hits_and_wrong, perform, read

from vasa_avatar.motion.performance import LANGUAGES


def outcomes(language: str) -> list[Outcome]:
    return [perform(sentence) for sentence in read(language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_fifty_sentences(language: str) -> None:
    sentences: list[Labelled] = read(language)
    assert len(sentences) == 50
    assert len({sentence.text for sentence in sentences}) == 50


@pytest.mark.parametrize("remainder", [1, 0], ids=["development", "kept apart"])
def test_acts_are_performed_and_seldom_wrong(remainder: int) -> None:
    every = [o for language in LANGUAGES for o in outcomes(language)]
    hits, wrong = hits_and_wrong([o for o in every if o.sentence.number % 2 == remainder])
    assert hits >= 0.95
    assert wrong <= 0.05


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_is_left_behind(language: str) -> None:
    hits, wrong = hits_and_wrong(outcomes(language))
    assert hits >= 0.94
    assert wrong <= 0.08


@pytest.mark.parametrize("half", [slice(0, 10), slice(10, 20)], ids=["first ten", "last ten"])
def test_sentences_written_later_are_performed_as_well(half: slice) -> None:
    later = [sentence for language in LANGUAGES for sentence in read(language, LATER)[half]]
    assert len({sentence.text for sentence in later}) == 10 * len(LANGUAGES)
    hits, wrong = hits_and_wrong([perform(sentence) for sentence in later])
    assert hits >= 0.9
    assert wrong <= 0.05
