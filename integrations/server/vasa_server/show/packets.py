"""What a session gives out, in order: sound, encoded pictures, and what happens on its clock."""

from __future__ import annotations

from dataclasses import dataclass

from vasa_avatar.datatypes import I16


@dataclass(frozen=True, slots=True, eq=False)
class AudioPacket:
    """The sound of one frame of speech, as it leaves the worker."""

    sequence: int
    generation: int
    sample: int
    """index of the first sample on the session's clock"""
    pcm_i16: I16
    """(N,)"""


@dataclass(frozen=True, slots=True)
class PicturePacket:
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
class FaceFailed:
    """The face failed; sound goes on without new pictures, unless it is fatal."""

    detail: str
    is_fatal: bool = False
