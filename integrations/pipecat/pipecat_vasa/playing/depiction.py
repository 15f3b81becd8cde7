"""What a frame of the face becomes for the caller: a picture, or motion to be drawn there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from pipecat.frames.frames import Frame, OutputImageRawFrame

from vasa_avatar.session import FaceStream, MotionFrame


@dataclass(frozen=True, slots=True)
class Showing:
    """When one frame of the face is seen."""

    now_s: float
    """it leaves now"""
    play_s: float
    """and belongs to what is heard from here on"""
    duration_s: float
    """of each frame"""
    is_synced: bool = True
    """it rides with the sound"""
    context_id: str | None = None
    """of the speech that it belongs to"""
    offset_s: float | None = None
    """where in its utterance; None without speech"""
    is_last: bool = False
    """nothing of its utterance follows"""


class Depiction(Protocol):
    """One session's way from a frame of the face to the caller."""

    @property
    def frames_at_once(self) -> int:
        """So many of speech are made, and leave, in one piece where its sound is there."""

    @property
    def idle_at_once(self) -> int:
        """So many without speech."""

    @property
    def may_follow_sound(self) -> bool:
        """Whether it is still of use when its sound has left, until its time is over."""

    def depict(self, session: FaceStream, frame: MotionFrame) -> bytes:
        """Make what is shown; on a worker thread, one call at a time."""

    def frames(self, shown: bytes, showing: Showing) -> list[Frame]:
        """What to push now for one frame, or several joined."""

    def interrupt(self) -> list[Frame]:
        """Barge-in: what was not pushed is stale. What tells the caller so."""


class VideoDepiction:
    """Pictures for the transport's video track."""

    frames_at_once = idle_at_once = 1
    may_follow_sound = False

    def __init__(self, size_px: int) -> None:
        """Draw squares of this edge."""
        self._size = (size_px, size_px)
        self._canvas = np.zeros((size_px, size_px, 3), np.uint8)

    def depict(self, session: FaceStream, frame: MotionFrame) -> bytes:
        """RGB."""
        return session.render(frame, self._canvas).frame_rgb.tobytes()

    def frames(self, shown: bytes, showing: Showing) -> list[Frame]:
        """The picture."""
        image = OutputImageRawFrame(shown, self._size, "RGB")
        image.sync_with_audio = showing.is_synced
        return [image]

    def interrupt(self) -> list[Frame]:
        """The transport drops what it has by itself."""
        return []
