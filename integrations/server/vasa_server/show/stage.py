"""What the server needs from outside: characters, their engines, a voice. And what a session gives.

`Engine` is `vasa_avatar.AvatarStream` as a protocol; `Stage` opens engines. The real stage is in
catalogue.py; tests bring their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from vasa_avatar.datatypes import I16, AvatarFrame, Controls
from vasa_avatar.motion import Attention
from vasa_avatar.session import MotionFrame
from vasa_server.protocol.messages import CharacterInfo


class Engine(Protocol):
    """A talking face: speech in, frames out; used by one thread at a time."""

    @property
    def is_ready(self) -> bool:
        """Whether a frame of speech can come out now."""
        ...

    def push(self, pcm_i16: I16) -> None:
        """Take (N,) samples of speech at the session's rate."""

    def flush(self) -> None:
        """The utterance is over: its last frames come out."""

    def pull_motion(self) -> Iterator[MotionFrame]:
        """Frames of speech that are ready, not drawn."""
        ...

    def idle_motion(self) -> MotionFrame:
        """One living frame without speech, not drawn."""
        ...

    def render(self, frame: MotionFrame) -> AvatarFrame:
        """Draw a frame."""
        ...

    def interrupt(self) -> None:
        """Forget all pending speech and close the mouth."""

    def set_controls(self, controls: Controls) -> None:
        """Steer; changes are blended."""

    def attend(self, attention: Attention) -> None:
        """What to do while not speaking."""


@dataclass(frozen=True, slots=True)
class Casting:
    """How a character is to be opened."""

    character: str
    sample_rate_hz: int
    fps: int
    size_px: int
    is_realtime: bool
    seed: int
    controls: Controls


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
        ...

    def stream(self, text: str) -> Iterator[SpokenSentence]:
        """Speak, sentence by sentence, each as soon as it is ready."""
        ...


class Stage(Protocol):
    """Where characters come from. Called on worker threads."""

    def characters(self) -> Sequence[CharacterInfo]:
        """All characters on offer."""
        ...

    def controls_of(self, character: str) -> Controls:
        """The character's own controls, with which it opens.

        Raises:
            UnknownCharacter: not on offer.
        """
        ...

    def open(self, casting: Casting) -> Engine:
        """Make an engine; may take a while the first time.

        Raises:
            UnknownCharacter: not on offer.
            VasaError, ValueError: the character cannot be opened that way.
        """
        ...

    def voice_of(self, character: str) -> Voice | None:
        """The character's voice, or None when text cannot be spoken here."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class SoundShot:
    """The sound of one frame of speech, as it leaves the worker."""

    sequence: int
    generation: int
    sample: int
    """index of the first sample on the session's clock"""
    pcm_i16: I16
    """(N,)"""


@dataclass(frozen=True, slots=True)
class PictureShot:
    """The picture of one frame, encoded; comes after the sound of its frame."""

    sequence: int
    generation: int
    sample: int
    """index of the first sample that it belongs to"""
    samples: int
    """how long the frame lasts"""
    data: bytes
    is_speech: bool
    is_key: bool


@dataclass(frozen=True, slots=True)
class UtteranceEdge:
    """An utterance starts or is over."""

    number: int
    sample: int
    generation: int
    is_start: bool
    is_interrupted: bool = False


@dataclass(frozen=True, slots=True)
class SentenceStart:
    """A sentence of an utterance begins."""

    number: int
    sample: int
    """on the session's clock"""
    generation: int
    text: str


@dataclass(frozen=True, slots=True)
class BargedIn:
    """An interruption took effect; the next frame begins at `sample`."""

    generation: int
    sample: int
    request_id: int | None


@dataclass(frozen=True, slots=True)
class EngineTrouble:
    """The engine failed; sound goes on without new pictures, unless it is fatal."""

    detail: str
    is_fatal: bool = False
