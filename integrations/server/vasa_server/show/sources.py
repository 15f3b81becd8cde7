"""What the server needs from outside: characters, their faces, a voice.

The real source is in profile_source.py; tests bring their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from vasa_avatar.datatypes import I16, Controls
from vasa_avatar.profiles import EmotionSettings
from vasa_avatar.session import FaceStream
from vasa_server.protocol.messages import CharacterInfo


@dataclass(frozen=True, slots=True)
class OpenConfig:
    """How a character is to be opened."""

    character: str
    sample_rate_hz: int
    fps: int
    size_px: int
    realtime: bool
    seed: int
    controls: Controls
    is_drawn: bool = True
    """False: the viewer draws; the stream is asked for motion only"""
    emotions: EmotionSettings = EmotionSettings()
    """what labels of feelings mean"""
    frames_at_once: int = 1
    """of speech, where the viewer draws"""


class UnknownCharacter(LookupError):
    """There is no such character."""


@dataclass(frozen=True, slots=True, eq=False)
class SpokenSentence:
    """A sentence and its sound."""

    text: str
    pcm_i16: I16
    """(N,) at the voice's rate"""


class Voice(Protocol):
    """Speaks text; safe to call from several threads."""

    @property
    def sample_rate_hz(self) -> int:
        """Rate of what `stream` gives."""

    def stream(self, text: str) -> Iterator[SpokenSentence]:
        """Speak, sentence by sentence, each as soon as it is ready."""


class CharacterSource(Protocol):
    """Where characters come from. Called on worker threads."""

    def characters(self) -> Sequence[CharacterInfo]:
        """All characters on offer."""

    def controls_of(self, character: str) -> Controls:
        """The character's own controls, with which it opens.

        Raises:
            UnknownCharacter: not on offer.
        """

    def emotions_of(self, character: str) -> EmotionSettings:
        """What labels of feelings mean to the character.

        Raises:
            UnknownCharacter: not on offer.
        """

    def open(self, config: OpenConfig) -> FaceStream:
        """Bring a character to life; may take a while the first time.

        Raises:
            UnknownCharacter: not on offer.
            VasaError, ValueError: the character cannot be opened that way.
        """

    def face_file(self, character: str) -> bytes | None:
        """The character's `.vface` file, or None when there is none; may take a while.

        Raises:
            UnknownCharacter: not on offer.
            VasaError: its face cannot be had.
        """

    def voice_of(self, character: str) -> Voice | None:
        """The character's voice, or None when text cannot be spoken here."""
