"""What happens on the clock of a live session, told in order with its sound and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class UtteranceStarted:
    """The first sample of an utterance has the index `sample` on the session's clock."""

    number: int
    sample: int
    generation: int


@dataclass(frozen=True, slots=True)
class SentenceStarted:
    """A sentence of an utterance begins at `sample`."""

    number: int
    sample: int
    generation: int
    text: str


@dataclass(frozen=True, slots=True)
class UtteranceEnded:
    """An utterance is over; the next frame begins at `sample`."""

    number: int
    sample: int
    generation: int
    is_interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Interrupted:
    """An interruption took effect; the next frame begins at `sample`."""

    generation: int
    sample: int


@dataclass(frozen=True, slots=True, eq=False)
class FaceFailed:
    """The face failed; sound goes on without new pictures, unless it is fatal."""

    error: Exception
    is_fatal: bool = False


LiveEvent: TypeAlias = (
    UtteranceStarted | SentenceStarted | UtteranceEnded | Interrupted | FaceFailed
)
