"""Tags in a language model's text: feelings and acts, found, taken out, told with their place.

Dialects: `<<happy>>` (Pipecat's own notation), `[happy]`, `(happy)`, `[emotion=happy]`,
`<emotion value="happy"/>` and SSML `<mstts:express-as style="cheerful">` with its closing tag. A
strength may follow a colon: `<<sad:0.5>>`. Only labels that the character knows count; whatever
else stands in brackets is text and stays as it is, spaces included. Plain brackets, in which people
also write asides, take fewer labels than the notations that can mean nothing else. Acts are named
as `<<nod>>` or in a stage direction, `*shakes her head*`; `[laughs]` stays, for voices that laugh
read it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vasa_avatar.datatypes import Emotion, Feeling, TimedWord
from vasa_avatar.motion.performance.tag_names import act_named
from vasa_avatar.performance_style import ActKind
from vasa_avatar.profiles import EmotionSettings

_LONGEST_TAG = 84
_NAME = r"[^\W\d_][\w-]{1,23}"
_PHRASE = r"[^\W\d_][\w-]{1,23}(?: [A-Za-z]{1,14}){0,4}"
_STRENGTH = r"(?:\s*:\s*(?P<s{0}>[01](?:\.\d+)?))?"
_TAG = re.compile(
    "|".join(
        (
            rf"<<\s*(?P<n0>{_PHRASE}){_STRENGTH.format(0)}\s*>>",
            rf"\[\s*(?P<key>emotion\s*[=:]\s*)?(?P<n1>{_NAME}){_STRENGTH.format(1)}\s*\]",
            rf"\(\s*(?P<n2>{_NAME}){_STRENGTH.format(2)}\s*\)",
            rf"<emotion\s+(?:value|name)\s*=\s*[\"'](?P<n3>{_NAME})[\"']\s*(?P<single>/)?>",
            rf"<mstts:express-as\s+style\s*=\s*[\"'](?P<n4>{_NAME})[\"']"
            r"(?:\s+styledegree\s*=\s*[\"'](?P<s4>[01](?:\.\d+)?)[\"'])?\s*>",
            r"</mstts:express-as\s*>|</emotion\s*>",
            rf"\*(?P<n5>{_PHRASE})\*(?!\*)",
        )
    ),
    re.IGNORECASE,
)
_OPENERS = "<[(*"


@dataclass(frozen=True, slots=True)
class Tag:
    """A feeling or an act named in the text."""

    feeling: Feeling | None
    """None without an act: the feeling ends (a closing tag)"""
    at_letter: int
    """letters and digits of the clean text before the tag, since the reply began"""
    act: ActKind | None = None
    strength: float = 1.0
    """0..1, of the act"""


@dataclass(frozen=True, slots=True)
class Parsed:
    """Clean text and the tags that were in it."""

    text: str
    tags: tuple[Tag, ...]


def count_letters(text: str) -> int:
    """Letters and digits: what stays the same however spaces and marks are handled later."""
    return sum(character.isalnum() for character in text)


class TagParser:
    """Takes streamed text in any pieces; any split gives the same text and tags."""

    def __init__(self, emotions: EmotionSettings = EmotionSettings()) -> None:  # noqa: B008
        """Begin a reply; `emotions` says which labels mean what."""
        self._emotions = emotions
        self._held = ""
        self._letters = 0
        self._last = ""
        self._open: list[bool] = []  # SSML elements: whether the opening tag was ours

    def push(self, text: str) -> Parsed:
        """Take a piece; what may be the beginning of a tag is held back until it is clear."""
        self._held += text
        return self._parse(final=False)

    def flush(self) -> Parsed:
        """The reply is complete: what was held back is text."""
        parsed = self._parse(final=True)
        self.reset()
        return parsed

    def flush_piece(self) -> Parsed:
        """A piece is complete, the reply is not: what was held back is text, letters go on."""
        return self._parse(final=True)

    def reset(self) -> None:
        """Forget everything: a new reply begins."""
        self._held, self._letters, self._last = "", 0, ""
        self._open.clear()

    def _parse(self, *, final: bool) -> Parsed:
        text = self._held
        clean: list[str] = []
        tags: list[Tag] = []
        position = 0
        while position < len(text):
            opener = _next_opener(text, position)
            self._give(clean, text[position:opener])
            position = opener
            if opener == len(text):
                break
            match = _TAG.match(text, opener)
            if match is None and not final and _may_become_tag(text[opener:]):
                break
            if match is not None and not final and match.end() == len(text):
                break  # a space behind it may go with it
            tag = self._tag_of(match) if match else None
            if match is not None and tag is not None:
                tags.append(tag)
                position = match.end() + self._spaces_to_eat(text, match.end())
            else:
                self._give(clean, text[opener])
                position += 1
        self._held = text[position:]
        return Parsed("".join(clean), tuple(tags))

    def _give(self, clean: list[str], text: str) -> None:
        if text:
            clean.append(text)
            self._letters += count_letters(text)
            self._last = text[-1]

    def _tag_of(self, match: re.Match[str]) -> Tag | None:
        groups = match.groupdict()
        which = next((i for i in range(6) if groups[f"n{i}"]), None)
        if which is None:
            return Tag(None, self._letters) if self._open and self._open.pop() else None
        name = groups[f"n{which}"]
        strength = next((groups[k] for k in ("s0", "s1", "s2", "s4") if groups[k]), None)
        if which in (0, 5) and (act := act_named(name)) is not None:
            much = act[1] if strength is None else min(1.0, float(strength))
            return Tag(None, self._letters, act[0], much)
        feeling = None
        if which != 5:
            feeling = self._emotions.feeling(name, min(1.0, float(strength or 1.0)))
        is_plain = which in (1, 2) and not groups["key"]
        if is_plain and self._emotions.is_aside(name):
            feeling = None
        if which in (3, 4) and not groups["single"]:
            self._open.append(feeling is not None)
        return None if feeling is None else Tag(feeling, self._letters)

    def _spaces_to_eat(self, text: str, end: int) -> int:
        """One space beside a tag goes with it, so that none is doubled and none leads."""
        if end < len(text) and text[end] == " " and (not self._last or self._last.isspace()):
            return 1
        return 0


def _next_opener(text: str, start: int) -> int:
    found = [i for i in (text.find(opener, start) for opener in _OPENERS) if i >= 0]
    return min(found, default=len(text))


_PARTIAL = re.compile(
    r"<(?:<\s*(?:[\w-]{0,24}(?: [A-Za-z]{0,14}){0,4}(?:\s*(?::\s*[\d.]{0,8})?\s*>?)?)?"
    r"|/?[A-Za-z:\-]{0,20}(?:\s[^<>]*)?)?"
    r"|\[\s*[\w-]{0,24}\s*(?:[=:]\s*[\w-]{0,24}\s*)?(?::?\s*[\d.]{0,8}\s*)?"
    r"|\(\s*[\w-]{0,24}\s*(?::\s*[\d.]{0,8}\s*)?"
    r"|\*(?:[\w-]{1,24}(?: [A-Za-z]{0,14}){0,4}\*?)?"
)


def _may_become_tag(rest: str) -> bool:
    """Whether text that begins with a bracket could still turn into a tag."""
    return len(rest) <= _LONGEST_TAG and _PARTIAL.fullmatch(rest) is not None


def strip_tags(
    text: str,
    emotions: EmotionSettings = EmotionSettings(),  # noqa: B008  (frozen)
) -> tuple[str, tuple[Tag, ...]]:
    """A whole text without its tags, and the tags; `emotions` says which labels mean what."""
    parser = TagParser(emotions)
    first = parser.push(text)
    rest = parser.flush()
    return (first.text + rest.text).strip(), first.tags + rest.tags


class TagPlacer:
    """Puts the tags of a text among its words as these come, so that a face acts both.

    An act becomes a word of no length, `<<nod:0.80>>`, which `push_words` understands; a feeling
    one without letters that brings it.
    """

    def __init__(self, tags: Sequence[Tag]) -> None:
        """Take the tags of one text, in their order."""
        self._waiting = list(tags)
        self._letters = 0

    def place(self, words: Sequence[TimedWord]) -> list[TimedWord]:
        """The next words of the text, with the tags before each of them."""
        placed: list[TimedWord] = []
        for word in words:
            self._letters += count_letters(word.text)
            while self._waiting and self._waiting[0].at_letter < self._letters:
                placed.append(tag_word(self._waiting.pop(0), word.start_s))
            placed.append(word)
        return placed

    def rest(self, time_s: float) -> list[TimedWord]:
        """The tags behind the last word, which ended at a point in time."""
        waiting, self._waiting = self._waiting, []
        return [tag_word(tag, time_s) for tag in waiting]


def tag_word(tag: Tag, time_s: float) -> TimedWord:
    """A tag as a word without length."""
    if tag.act is not None:
        return TimedWord(f"<<{tag.act.value}:{tag.strength:.2f}>>", time_s, time_s)
    return TimedWord("", time_s, time_s, tag.feeling or _AT_EASE)


def act_of(word: TimedWord) -> tuple[ActKind, float] | None:
    """The act that a word stands for, and its strength; None for a word that is spoken."""
    match = _TAG_WORD.fullmatch(word.text)
    if match is None or match["name"] not in _ACT_VALUES:
        return None
    return ActKind(match["name"]), float(match["strength"])


_TAG_WORD = re.compile(r"<<(?P<name>[a-z_]+):(?P<strength>[01]\.\d\d)>>")
_AT_EASE = Feeling((Emotion("neutral", 0.0),), onset_s=1.0, hold_s=0.0, decay_s=0.05)
"""what a closing tag means: nothing in particular any more"""
_ACT_VALUES = frozenset(kind.value for kind in ActKind)
