"""An utterance's words on their way to the renderer: with the times that the voice tells, or, where
it tells none, with times guessed from their letters and from how fast the voice spoke before.
"""

from __future__ import annotations

import unicodedata

from vasa_avatar.audio import estimate_word_times
from vasa_avatar.datatypes import TimedWord
from vasa_avatar.motion import Tag, tag_word

_LETTERS_PER_S = 14.0  # of unhurried English speech
_LETTERS_PER_S_RANGE = (7.0, 25.0)
_WIDE_LETTERS = 2.4
"""letters that a character of a script such as Japanese or Chinese counts for"""
_ROOM_S = 0.5
"""guesses are given out so long before their time, no sooner: the voice may yet tell better ones"""
_LEARNT = 0.5
_SHORTEST_S = 0.4


class Pace:
    """How a voice speaks, over all its utterances."""

    def __init__(self) -> None:
        """An unknown voice."""
        self.tells_times = False
        self._letters_per_s = _LETTERS_PER_S

    def duration_s(self, text: str) -> float:
        """How long a text may take."""
        return _letters(text) / self._letters_per_s

    def learn(self, text: str, duration_s: float) -> None:
        """A text took so long."""
        if duration_s >= _SHORTEST_S and (letters := _letters(text)):
            least, most = _LETTERS_PER_S_RANGE
            heard = min(max(letters / duration_s, least), most)
            self._letters_per_s += _LEARNT * (heard - self._letters_per_s)


class SpokenWords:
    """The words of one utterance. Times are seconds on its sound."""

    def __init__(self, pace: Pace) -> None:
        """Begin without words."""
        self._pace = pace
        self._told: list[TimedWord] = []
        self._guessed: list[TimedWord] = []
        self._tags: list[TimedWord] = []
        self._text = ""
        """that is being spoken"""
        self._text_start_s = 0.0
        self._given_s = -1.0
        """start of the last guess that was given out"""
        self._has_times = False

    def push(self, word: TimedWord) -> None:
        """A word with the time that the voice tells."""
        self._pace.tells_times = self._has_times = True
        self._guessed.clear()
        if word.start_s > self._given_s:
            self._told.append(word)

    def push_text(self, text: str, start_s: float) -> None:
        """This text is spoken from here on."""
        self._end_text(start_s)
        self._text, self._text_start_s = text, start_s
        if not self._pace.tells_times:
            duration_s = self._pace.duration_s(text)
            self._guessed.extend(estimate_word_times(text, duration_s, start_s))

    def push_tag(self, tag: Tag, start_s: float) -> None:
        """An act that the text asks for."""
        self._tags.append(tag_word(tag, start_s))

    def close(self, end_s: float) -> None:
        """The utterance's sound is complete."""
        self._pace.tells_times = self._has_times or not self._text
        self._end_text(end_s)

    def take(self, until_s: float) -> list[TimedWord]:
        """What the renderer should know by now, in the order of the words."""
        until_s += _ROOM_S
        guessed = [word for word in self._guessed if word.start_s <= until_s]
        tags = [word for word in self._tags if word.start_s <= until_s]
        self._guessed = self._guessed[len(guessed) :]
        self._tags = [word for word in self._tags if word.start_s > until_s]
        if guessed:
            self._given_s = guessed[-1].start_s
        words, self._told = self._told + guessed, []
        return sorted(words + tags, key=lambda word: word.start_s) if tags else words

    def _end_text(self, end_s: float) -> None:
        if self._text:
            self._pace.learn(self._text, end_s - self._text_start_s)
        self._text = ""


def _letters(text: str) -> float:
    return sum(
        _WIDE_LETTERS if unicodedata.east_asian_width(letter) == "W" else 1.0
        for letter in text
        if letter.isalnum()
    )
