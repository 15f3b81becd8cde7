"""Labelled sentences and how the planner does on them.

A line of `motion/performance/sentences/LANGUAGE.txt` says which acts a sentence calls for, and the
sentence. An act with "?" may come or not; "-" means none. Labels follow the sources of
`rules/acts.yaml`, not the tables: a shake for negation, a nod for agreement, raised brows for
questions and contrast, a frown for doubt, a smile for greeting, thanks, praise and jokes, concern
for apology and bad news, eyes aside for the search of a word, side to side for lists and
alternatives, leaning in for confidences, a sweep for all who are there. Blinks and the look back at
the end of a turn belong to every sentence and are not labelled. Lines of odd numbers are for
development, those of even numbers are kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vasa_avatar.audio import estimate_word_times
from vasa_avatar.motion.performance import ActKind, Planner, load_rules
from vasa_avatar.performance_style import PerformanceStyle

FOLDER = Path(__file__).parent / "motion" / "performance" / "sentences"
LATER = FOLDER.with_name("later_sentences")
"""written when the tables were done: for each language ten that found faults, then ten more"""
_UNLABELLED = frozenset((ActKind.BLINK, ActKind.GAZE_BACK))
_LETTERS_PER_S = 13.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """One sentence."""

    language: str
    number: int
    text: str
    expected: frozenset[ActKind]
    allowed: frozenset[ActKind]
    """may come as well"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the planner made of one."""

    sentence: Labelled
    missed: frozenset[ActKind]
    wrong: frozenset[ActKind]
    n_shown: int


def read(language: str, folder: Path = FOLDER) -> list[Labelled]:
    """All sentences of a language."""
    lines = (folder / f"{language}.txt").read_text("utf-8").splitlines()
    return [_labelled(language, number, line) for number, line in enumerate(lines, 1)]


def _labelled(language: str, number: int, line: str) -> Labelled:
    labels, text = (part.strip() for part in line.split("|", 1))
    names = [] if labels == "-" else labels.split()
    expected = frozenset(ActKind(name) for name in names if not name.endswith("?"))
    allowed = frozenset(ActKind(name[:-1]) for name in names if name.endswith("?"))
    return Labelled(language, number, text, expected, allowed)


def duration_s(sentence: Labelled) -> float:
    """How long a sentence takes at an everyday pace."""
    length_s = max(len(sentence.text) / _LETTERS_PER_S, 0.8)
    return 2.5 * length_s if sentence.language in ("ja", "zh") else length_s


def perform(sentence: Labelled) -> Outcome:
    """Plan one sentence as an utterance of its own."""
    planner = Planner(load_rules(sentence.language), PerformanceStyle(), np.random.default_rng(0))
    acts = planner.push(estimate_word_times(sentence.text, duration_s(sentence))) + planner.flush()
    shown = frozenset(act.kind for act in acts) - _UNLABELLED
    if ActKind.LAUGH in shown:  # who laughs smiles
        shown |= {ActKind.SMILE}
    wrong = shown - sentence.expected - sentence.allowed
    return Outcome(sentence, sentence.expected - shown, wrong, len(shown))


def hits_and_wrong(outcomes: list[Outcome]) -> tuple[float, float]:
    """Share of the expected acts that came, and of the acts that came and were wrong."""
    n_expected = sum(len(outcome.sentence.expected) for outcome in outcomes)
    n_missed = sum(len(outcome.missed) for outcome in outcomes)
    n_shown = sum(outcome.n_shown for outcome in outcomes)
    n_wrong = sum(len(outcome.wrong) for outcome in outcomes)
    return 1.0 - n_missed / n_expected, n_wrong / max(n_shown, 1)
