"""Tables of words to what they make a face do; one file a language, one for the acts.

The tables are data with their sources in `rules/`; a language without a table has no rules, and its
speakers are moved by their voice alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from vasa_avatar.datatypes import TimedWord
from vasa_avatar.motion.performance.acts import ActKind
from vasa_avatar.motion.performance.tokens import tokens_of

LANGUAGES: tuple[str, ...] = ("de", "en", "es", "fr", "it", "ja", "pt", "zh")
"""languages that have a table, by their ISO 639-1 codes"""
ANY_LANGUAGE = ""
"""stands for all others: their marks and tags are acted, their words are not"""
NOTHING = "nothing"
"""category of phrases that look like another category and are none"""
TONES = frozenset(("good", "bad", "flip"))
"""lists of what gives a sentence its tone; "flip" turns the tone of what follows"""


@dataclass(frozen=True, slots=True)
class ActShape:
    """How long an act of a kind takes, seconds."""

    rise_s: float
    hold_s: float
    fall_s: float


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase may stand for."""

    category: str
    opens_clause: bool
    """only where a clause begins: "sure, I will" against "I am sure" """
    ends_clause: bool
    """only where one ends"""


@dataclass(slots=True)
class Node:
    """What may follow a beginning of a phrase."""

    exact: dict[str, Node] = field(default_factory=dict)
    by_prefix: dict[str, Node] = field(default_factory=dict)
    meanings: tuple[Meaning, ...] = ()
    """of the phrase that ends here"""

    @property
    def is_leaf(self) -> bool:
        """Whether no longer phrase begins like this."""
        return not self.exact and not self.by_prefix

    def after(self, text: str) -> list[Node]:
        """The nodes to which a token leads, the surest first."""
        found = [self.exact[text]] if text in self.exact else []
        return found + [node for start, node in self.by_prefix.items() if text.startswith(start)]


@dataclass(frozen=True, slots=True)
class Rules:
    """The table of one language."""

    language: str
    root: Node
    conjunctions: frozenset[str]
    """words before the last item of a list"""
    acts: dict[str, dict[ActKind, float]]
    """category to the acts that it calls for, with their strengths"""
    shapes: dict[ActKind, ActShape]


def language_of(tag: str) -> str:
    """The table for a language tag: "pt-BR" gives "pt", one without a table ANY_LANGUAGE."""
    code = tag.replace("_", "-").split("-")[0].lower()
    return code if code in LANGUAGES else ANY_LANGUAGE


@lru_cache(maxsize=len(LANGUAGES) + 1)
def load_rules(language: str) -> Rules:
    """The table of one of LANGUAGES, or of ANY_LANGUAGE; read once a process."""
    acts = _read("acts")
    table = _read(language) if language else {}
    root = Node()
    for category, phrases in table.items():
        if category != "conjunctions":
            for phrase in _phrases(phrases):
                _insert(root, phrase, language, category)
    return Rules(
        language,
        root,
        frozenset(_phrases(table.get("conjunctions", ""))),
        {
            name: {ActKind(kind): float(strength) for kind, strength in entry["acts"].items()}
            for name, entry in acts["categories"].items()
        },
        {ActKind(kind): ActShape(*times) for kind, times in acts["timing_s"].items()},
    )


def _read(name: str) -> dict[str, Any]:
    text = (files("vasa_avatar.motion.performance") / "rules" / f"{name}.yaml").read_text("utf-8")
    table: dict[str, Any] = yaml.safe_load(text)
    return table


def _phrases(listed: str) -> list[str]:
    return [phrase for part in listed.split(";") if (phrase := part.strip())]


def _insert(root: Node, phrase: str, language: str, category: str) -> None:
    node = root
    is_open = phrase.endswith("*")
    meaning = Meaning(category, phrase.startswith("^"), phrase.endswith("$"))
    word = TimedWord(phrase.strip("^$*"), 0.0, 1.0)
    tokens = [token.text for token in tokens_of(word, language)]
    for position, text in enumerate(tokens):
        is_prefix = is_open and position == len(tokens) - 1
        node = (node.by_prefix if is_prefix else node.exact).setdefault(text, Node())
    node.meanings = (*node.meanings, meaning)
