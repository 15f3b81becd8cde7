"""Emotion tags in a language model's text: found, taken out, and told with their place.

Dialects: `<<happy>>` (Pipecat's own notation), `[happy]`, `(happy)`, `[emotion=happy]`,
`<emotion value="happy"/>` and SSML `<mstts:express-as style="cheerful">` with its closing tag. A
strength may follow a colon: `<<sad:0.5>>`. Only known names count; whatever else stands in brackets
is text and stays as it is, spaces included. Plain brackets, in which people also write asides, take
fewer names than the notations that can mean nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vasa_avatar.datatypes import EMOTIONS, Emotion

# Names that models and other tag sets use for our eight; stage directions are not among them.
_ALIASES: dict[str, str] = {
    "calm": "neutral", "normal": "neutral", "relaxed": "neutral", "serious": "neutral",
    "joy": "happy", "joyful": "happy", "cheerful": "happy", "excited": "happy",
    "happiness": "happy", "amused": "happy", "amusement": "happy", "delighted": "happy",
    "friendly": "happy", "warm": "happy", "pleased": "happy", "grateful": "happy",
    "gratitude": "happy", "love": "happy", "optimism": "happy", "optimistic": "happy",
    "pride": "happy", "proud": "happy", "excitement": "happy", "enthusiastic": "happy",
    "sadness": "sad", "sorrow": "sad", "sorrowful": "sad", "melancholy": "sad",
    "disappointed": "sad", "disappointment": "sad", "grief": "sad", "apologetic": "sad",
    "remorse": "sad", "sympathetic": "sad", "empathetic": "sad", "lonely": "sad",
    "anger": "angry", "annoyed": "angry", "annoyance": "angry", "furious": "angry",
    "mad": "angry", "frustrated": "angry", "irritated": "angry",
    "surprise": "surprised", "amazed": "surprised", "astonished": "surprised",
    "shocked": "surprised", "curious": "surprised", "realization": "surprised",
    "fear": "fearful", "afraid": "fearful", "scared": "fearful", "nervous": "fearful",
    "nervousness": "fearful", "anxious": "fearful", "worried": "fearful", "terrified": "fearful",
    "disgust": "disgusted", "contemptuous": "contempt", "disapproval": "contempt",
    "sarcastic": "contempt", "skeptical": "contempt",
}  # fmt: skip

# Words of the table that people also put into plain brackets as an aside.
_NOT_IN_PLAIN_BRACKETS = frozenset(
    (
        "calm normal relaxed serious love warm friendly mad pride optimism fear joy anger grief "
        "curious happiness sadness sorrow disgust disapproval gratitude excitement realization "
        "lonely"
    ).split()
)

_LONGEST_TAG = 72
_NAME = r"[A-Za-z]{3,14}"
_STRENGTH = r"(?:\s*:\s*(?P<s{0}>[01](?:\.\d+)?))?"
_TAG = re.compile(
    "|".join(
        (
            rf"<<\s*(?P<n0>{_NAME}){_STRENGTH.format(0)}\s*>>",
            rf"\[\s*(?P<key>emotion\s*[=:]\s*)?(?P<n1>{_NAME}){_STRENGTH.format(1)}\s*\]",
            rf"\(\s*(?P<n2>{_NAME}){_STRENGTH.format(2)}\s*\)",
            rf"<emotion\s+(?:value|name)\s*=\s*[\"'](?P<n3>{_NAME})[\"']\s*(?P<single>/)?>",
            rf"<mstts:express-as\s+style\s*=\s*[\"'](?P<n4>{_NAME})[\"']"
            r"(?:\s+styledegree\s*=\s*[\"'](?P<s4>[01](?:\.\d+)?)[\"'])?\s*>",
            r"</mstts:express-as\s*>|</emotion\s*>",
        )
    ),
    re.IGNORECASE,
)
_OPENERS = "<[("


@dataclass(frozen=True, slots=True)
class Tag:
    """An emotion named in the text."""

    emotion: Emotion | None
    """None: the emotion ends (a closing tag)"""
    at_letter: int
    """letters and digits of the clean text before the tag, since the reply began"""


@dataclass(frozen=True, slots=True)
class Parsed:
    """Clean text and the tags that were in it."""

    text: str
    tags: tuple[Tag, ...]


def emotion_named(name: str) -> str | None:
    """One of the engine's emotions for a name or an alias, or None."""
    key = name.strip().lower()
    if key in EMOTIONS:
        return key
    return _ALIASES.get(key)


def count_letters(text: str) -> int:
    """Letters and digits: what stays the same however spaces and marks are handled later."""
    return sum(character.isalnum() for character in text)


class TagParser:
    """Takes streamed text in any pieces; any split gives the same text and tags."""

    def __init__(self) -> None:
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
        which = next((i for i in range(5) if groups[f"n{i}"]), None)
        if which is None:
            return Tag(None, self._letters) if self._open and self._open.pop() else None
        name = groups[f"n{which}"]
        known = emotion_named(name)
        is_plain = which in (1, 2) and not groups["key"]
        if known is not None and is_plain and name.lower() in _NOT_IN_PLAIN_BRACKETS:
            known = None
        if which in (3, 4) and not groups["single"]:
            self._open.append(known is not None)
        if known is None:
            return None
        strength = next((groups[k] for k in ("s0", "s1", "s2", "s4") if groups[k]), "1")
        return Tag(Emotion(known, min(1.0, float(strength))), self._letters)

    def _spaces_to_eat(self, text: str, end: int) -> int:
        """One space beside a tag goes with it, so that none is doubled and none leads."""
        if end < len(text) and text[end] == " " and (not self._last or self._last.isspace()):
            return 1
        return 0


def _next_opener(text: str, start: int) -> int:
    found = [i for i in (text.find(opener, start) for opener in _OPENERS) if i >= 0]
    return min(found, default=len(text))


_PARTIAL = re.compile(
    r"<(?:<\s*(?:[A-Za-z]{0,14}(?:\s*(?::\s*[\d.]{0,8})?\s*>?)?)?|/?[A-Za-z:\-]{0,20}(?:\s[^<>]*)?)?"
    r"|\[\s*[A-Za-z]{0,14}\s*(?:[=:]\s*[A-Za-z]{0,14}\s*)?(?::?\s*[\d.]{0,8}\s*)?"
    r"|\(\s*[A-Za-z]{0,14}\s*(?::\s*[\d.]{0,8}\s*)?"
)


def _may_become_tag(rest: str) -> bool:
    """Whether text that begins with a bracket could still turn into a tag."""
    return len(rest) <= _LONGEST_TAG and _PARTIAL.fullmatch(rest) is not None
