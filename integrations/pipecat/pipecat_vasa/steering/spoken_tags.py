"""Brings tags and the text that a TTS is about to speak together again.

Tags overtake the text on its way through the TTS. Places are counted in letters, which survive
however the TTS service cuts the text into sentences.
"""

from __future__ import annotations

from collections import deque

from pipecat.frames.frames import LLMFullResponseStartFrame

from pipecat_vasa.steering.tag_processor import REPLY_KEY, VasaEmotionTagsFrame
from vasa_avatar.motion import Tag, count_letters

LETTERS_PER_S = 14.0  # of unhurried English speech
_MOST_WAITING = 64


class SpokenTags:
    """Tags that wait for their words."""

    def __init__(self) -> None:
        self._reply: int | None = None
        self._letters = 0
        self._by_reply: dict[int, list[Tag]] = {}
        self._utterances: deque[VasaEmotionTagsFrame] = deque(maxlen=_MOST_WAITING)
        self._feels = False

    def add(self, frame: VasaEmotionTagsFrame) -> None:
        """Take the tags of some text that will be spoken later."""
        if frame.utterance is not None:
            self._utterances.append(frame)
        elif frame.reply is not None:
            self._by_reply.setdefault(frame.reply, []).extend(frame.tags)

    def begin_reply(self, frame: LLMFullResponseStartFrame) -> None:
        """The text of another reply follows."""
        reply = frame.metadata.get(REPLY_KEY)
        self._reply = reply if isinstance(reply, int) else None
        self._letters = 0
        for old in [r for r in self._by_reply if self._reply is not None and r < self._reply]:
            del self._by_reply[old]
        if self._reply is not None and self._feels:
            self._by_reply.setdefault(self._reply, []).insert(0, Tag(None, 0))

    def interrupt(self) -> None:
        """The user cut in: nothing that waited will be spoken."""
        self._by_reply.clear()
        self._utterances.clear()

    def spoken(self, text: str) -> list[tuple[Tag, float]]:
        """This text is spoken next: its tags, and how many seconds into it each begins."""
        for frame in self._utterances:
            if frame.utterance == text.strip():
                self._utterances.remove(frame)
                return self._timed(list(frame.tags), 0)
        if self._reply is None:
            return []
        waiting = self._by_reply.get(self._reply, [])
        first = self._letters
        self._letters += count_letters(text)
        due = [tag for tag in waiting if tag.at_letter < self._letters]
        self._by_reply[self._reply] = waiting[len(due) :]
        return self._timed(due, first)

    def _timed(self, tags: list[Tag], first: int) -> list[tuple[Tag, float]]:
        feelings = [tag for tag in tags if tag.act is None]
        if feelings:
            self._feels = feelings[-1].feeling is not None
        return [(tag, max(0, tag.at_letter - first) / LETTERS_PER_S) for tag in tags]
