"""What hosts need of a talking face; `AvatarStream` is one, and tests bring simpler ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from vasa_avatar.datatypes import I16, U8, AvatarFrame, Controls, Feeling, TimedWord
from vasa_avatar.motion import Attention
from vasa_avatar.session.stream import MotionFrame


class FaceStream(Protocol):
    """Speech in, frames out; used by one thread at a time."""

    @property
    def is_ready(self) -> bool:
        """Whether a frame of speech can come out now."""

    def push(self, pcm_i16: I16) -> None:
        """Take (N,) samples of speech at the stream's rate."""

    def push_words(self, words: Sequence[TimedWord]) -> None:
        """Take words of the utterance that is being pushed, or of the coming one."""

    def flush(self) -> None:
        """The utterance is complete: its last frames come out."""

    def pull_motion(self) -> Iterator[MotionFrame]:
        """Frames of speech that are ready, not drawn."""

    def idle_motion(self) -> MotionFrame:
        """One living frame without speech, not drawn."""

    def render(self, frame: MotionFrame, out: U8 | None = None) -> AvatarFrame:
        """Draw a frame, into `out` (size, size, 3) when given."""

    def interrupt(self) -> None:
        """Forget all pending speech; the mouth closes smoothly."""

    def set_controls(self, controls: Controls) -> None:
        """Head for new controls."""

    def feel(self, feeling: Feeling | None) -> None:
        """Begin a feeling that comes and goes; None lets the present one go."""

    def attend(self, attention: Attention) -> None:
        """What to do while not speaking."""

    def hear(self, pcm_i16: I16, rate_hz: int) -> None:
        """Take (N,) samples of what the user says, as they come."""

    def nod(self, strength: float) -> None:
        """Nod once, 0..1."""
