"""Timed words to acts, as they come: planned ahead of the sound, never waiting for a word.

Tokens are matched against the language's table from left to right, the longest phrase first. A
match that a next word could still make longer waits for that word, or until its own time is near.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vasa_avatar.datatypes import TimedWord
from vasa_avatar.motion.performance.acts import HEAD_ACTS, Act, ActKind
from vasa_avatar.motion.performance.rules import NOTHING, TONES, Node, Rules
from vasa_avatar.motion.performance.tags import act_of
from vasa_avatar.motion.performance.tokens import Token, end_mark_of, tokens_of
from vasa_avatar.performance_style import PerformanceStyle

_PEAK_SHARE = 0.4
"""of a word's time at which its stressed vowel lies, on average"""
_TAG_TO_PEAK_S = 0.15
"""a tag stands before the word that it belongs to"""
_SAME_KIND_GAP_S = 0.7
_HEAD_GAP_S = 0.45
_STRENGTH_SPREAD = 0.15
"""of the logarithm: nobody nods twice in the same way"""
_FLIP_REACH = 3
"""words after "not" whose tone it turns"""
_ITEM_WORDS = 3
"""words of a list's item, at most"""
_AFFECT = frozenset((ActKind.SMILE, ActKind.LAUGH, ActKind.CONCERN))


@dataclass(slots=True)
class _Sentence:
    """What the sentence under way has shown so far."""

    tokens: list[Token] = field(default_factory=list)
    clause_lengths: list[int] = field(default_factory=lambda: [0])
    is_asked: bool = False
    """a question has been marked"""
    has_affect: bool = False
    has_match: bool = False
    tone: float = 0.0
    tone_token: Token | None = None
    flip_left: int = 0


class Planner:
    """Plans the acts of one utterance after another."""

    def __init__(self, rules: Rules, style: PerformanceStyle, rng: np.random.Generator) -> None:
        self._rules, self._style, self._rng = rules, style, rng
        self.reset()

    def reset(self) -> None:
        """A new utterance begins: its words count from 0 s."""
        self._tokens: list[Token] = []
        self._next = 0
        self._sentence = _Sentence()
        self._is_aside = False
        self._peak_s: dict[ActKind, float] = {}
        self._head_peak_s = -math.inf

    def push(self, words: Sequence[TimedWord]) -> list[Act]:
        """Take words in their order; gives the acts that are certain now."""
        acts: list[Act] = []
        for word in words:
            if (asked := act_of(word)) is not None:
                acts.extend(self._obey(*asked, word.start_s))
                continue
            tokens = tokens_of(word, self._rules.language)
            self._tokens.extend(tokens)
            if not tokens and self._tokens and (mark := end_mark_of(word.text)):
                acts.extend(self._mark_last(mark))
        acts.extend(self._plan(-math.inf))
        return acts

    def _obey(self, kind: ActKind, strength: float, time_s: float) -> Iterator[Act]:
        """What a tag asks for is done, whatever was done just before."""
        peak_s = time_s + _TAG_TO_PEAK_S
        self._note(kind, peak_s)
        yield from self._act(kind, peak_s, strength)

    def _mark_last(self, mark: str) -> Iterator[Act]:
        """Punctuation that came as a word of its own belongs to the word before."""
        last = replace(self._tokens[-1], end_mark=mark)
        self._tokens[-1] = last
        if self._next == len(self._tokens):
            yield from self._end_clause(last)
            if last.ends_sentence:
                yield from self._end_sentence(last)

    def settle(self, until_s: float) -> list[Act]:
        """Decide on all words that begin before `until_s`, whatever may follow them."""
        if self._next >= len(self._tokens) or self._tokens[self._next].start_s > until_s:
            return []
        return list(self._plan(until_s))

    def flush(self) -> list[Act]:
        """No more words come: the turn ends with the last one."""
        acts = list(self._plan(math.inf))
        if self._tokens:
            last = self._tokens[-1]
            if not last.ends_sentence:
                acts.extend(self._end_sentence(last))
            acts.extend(self._acts("turn_end", last))
        return acts

    def _plan(self, until_s: float) -> Iterator[Act]:
        while self._next < len(self._tokens):
            first = self._tokens[self._next]
            is_forced = first.start_s <= until_s
            match = self._longest(is_forced)
            if match is None:
                return
            categories, length = match
            if not is_forced and self._is_end_unknown(categories):
                return
            taken = self._tokens[self._next : self._next + length]
            self._next += length
            yield from self._perform(categories, taken)

    def _longest(self, is_forced: bool) -> tuple[tuple[str, ...], int] | None:
        """Categories and length of the phrase that begins here; None: wait for the next word."""
        best: tuple[tuple[str, ...], int] = ((), 1)
        nodes: list[tuple[Node, int]] = [(self._rules.root, 0)]
        while nodes:
            node, length = nodes.pop(0)
            if length >= best[1] and (found := self._meant_here(node, length)):
                best = (found, length)
            at = self._next + length
            if at >= len(self._tokens):
                if not node.is_leaf and not is_forced:
                    return None
            elif length == 0 or not self._tokens[at - 1].ends_clause:
                nodes.extend((after, length + 1) for after in node.after(self._tokens[at].text))
        return best

    def _meant_here(self, node: Node, length: int) -> tuple[str, ...]:
        """The categories of a phrase that hold in its place."""
        is_opening = self._sentence.clause_lengths[-1] == 0
        is_ending = length > 0 and self._tokens[self._next + length - 1].ends_clause
        return tuple(
            meaning.category
            for meaning in node.meanings
            if (is_opening or not meaning.opens_clause) and (is_ending or not meaning.ends_clause)
        )

    def _is_end_unknown(self, categories: tuple[str, ...]) -> bool:
        """A word that asks in a question only, and whether this is one is not known yet."""
        return "question_word" in categories and self._mark_ahead() == ""

    def _mark_ahead(self) -> str:
        """How the sentence under way ends, as far as its words are known."""
        marks = (token.end_mark for token in self._tokens[self._next :] if token.ends_sentence)
        return next(marks, "")

    def _perform(self, categories: tuple[str, ...], taken: list[Token]) -> Iterator[Act]:
        sentence = self._sentence
        is_conjunction = taken[0].text in self._rules.conjunctions
        category = self._one_of(categories, taken)
        if category is not None:
            sentence.has_match = sentence.has_match or not is_conjunction
            yield from self._act_out(category, taken)
        self._weigh(categories, taken[0])
        for token in taken:
            sentence.tokens.append(token)
            sentence.clause_lengths[-1] += 1
            if token.ends_clause:
                yield from self._end_clause(token)
            if token.ends_sentence:
                yield from self._end_sentence(token)

    def _one_of(self, categories: tuple[str, ...], taken: list[Token]) -> str | None:
        """The category that counts here, of those that a phrase may have."""
        left = [name for name in categories if name != NOTHING and name not in TONES]
        if not left:
            return None
        if len(left) > 1 and "surprise" in left:
            is_cry = taken[-1].end_mark in ("!", "?") and not self._sentence.tokens
            return "surprise" if is_cry else next(n for n in left if n != "surprise")
        return left[0]

    def _act_out(self, category: str, taken: list[Token]) -> Iterator[Act]:
        sentence = self._sentence
        if category == "affirmation" and taken[-1].end_mark == "…":
            category = "hesitation"  # "well..." agrees to nothing
        if category == "intensity" and (sentence.has_affect or self._mark_ahead() == "?"):
            return
        if category == "question_word":
            is_question = self._tokens_end_with_question(taken)
            if sentence.is_asked or not is_question:
                return
        if category in ("question", "question_word"):
            sentence.is_asked = True
        if category == "hesitation":
            self._is_aside = True
        yield from self._acts(category, taken[-1] if category == "question" else taken[0])

    def _tokens_end_with_question(self, taken: list[Token]) -> bool:
        if taken[-1].ends_sentence:
            return taken[-1].end_mark == "?"
        return self._mark_ahead() == "?"

    def _weigh(self, categories: tuple[str, ...], token: Token) -> None:
        """Add the tone of a phrase to its sentence's."""
        sentence = self._sentence
        if "flip" in categories:
            sentence.flip_left = _FLIP_REACH
            return
        value = float("good" in categories) - float("bad" in categories)
        if value:
            value = -0.7 * value if sentence.flip_left else value
            sentence.tone += value
            sentence.tone_token = sentence.tone_token or token
        sentence.flip_left = max(sentence.flip_left - 1, 0)

    def _end_clause(self, token: Token) -> Iterator[Act]:
        yield from self._acts("clause_end", token, at_end=True)
        if self._is_aside and self._sentence.clause_lengths[-1] > 2:
            self._is_aside = False
            yield from self._acts("turn_end", token)
        if not token.ends_sentence:
            self._sentence.clause_lengths.append(0)

    def _end_sentence(self, token: Token) -> Iterator[Act]:
        sentence = self._sentence
        if token.end_mark == "?" and not sentence.is_asked:
            yield from self._acts("question", token)
        if not sentence.has_affect and sentence.tone_token is not None:
            if abs(sentence.tone) >= 0.7:
                tone = "good_tone" if sentence.tone > 0 else "bad_tone"
                yield from self._acts(tone, sentence.tone_token)
        yield from self._list_items(sentence)
        self._sentence = _Sentence()

    def _list_items(self, sentence: _Sentence) -> Iterator[Act]:
        """ "Pears, plums, and figs": the head goes to another side with each item."""
        lengths = sentence.clause_lengths
        if len(lengths) < 2 or sentence.has_match:
            return
        last = sentence.tokens[len(sentence.tokens) - lengths[-1] :]
        items = [length <= _ITEM_WORDS for length in lengths[1:]]
        has_conjunction = any(token.text in self._rules.conjunctions for token in last)
        if len(items) < 2 or not all(items) or not has_conjunction:
            return
        position = 0
        for length in lengths:
            position += length
            if length:
                yield from self._acts("list_item", sentence.tokens[position - 1])

    def _acts(self, category: str, token: Token, *, at_end: bool = False) -> Iterator[Act]:
        share = 1.0 if at_end else _PEAK_SHARE
        peak_s = token.start_s + share * (token.end_s - token.start_s)
        for kind, strength in self._rules.acts[category].items():
            if kind in self._style.off or self._is_too_soon(kind, peak_s):
                continue
            self._note(kind, peak_s)
            yield from self._act(kind, peak_s, strength)

    def _note(self, kind: ActKind, peak_s: float) -> None:
        """Remember an act, for those that would follow it too soon."""
        self._peak_s[kind] = peak_s
        if kind in HEAD_ACTS:
            self._head_peak_s = peak_s
        if kind in _AFFECT:
            self._sentence.has_affect = True

    def _act(self, kind: ActKind, peak_s: float, strength: float) -> Iterator[Act]:
        spread = math.exp(float(self._rng.normal(0.0, _STRENGTH_SPREAD)))
        strength = min(strength * spread * self._style.gain, 1.0)
        if strength > 0.0 and kind not in self._style.off:
            shape = self._rules.shapes[kind]
            end_s = peak_s + shape.hold_s + shape.fall_s
            yield Act(kind, max(peak_s - shape.rise_s, 0.0), peak_s, end_s, strength)

    def _is_too_soon(self, kind: ActKind, peak_s: float) -> bool:
        """Whether the same, or the head at all, was moved just before."""
        if abs(peak_s - self._peak_s.get(kind, -math.inf)) < _SAME_KIND_GAP_S:
            return True
        return kind in HEAD_ACTS and abs(peak_s - self._head_peak_s) < _HEAD_GAP_S
