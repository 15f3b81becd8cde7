"""Pictures that leave by the clock instead of riding with the sound.

A transport that resamples gives its sound in blocks of up to 140 ms, and pictures between two
blocks would be set at once: early, and most of them unseen. Those of such speech are shown when
their sound is due; when the voice really begins, the transport tells.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

_MOST_SHIFT_S = 0.4
_DISPLAY_S = 0.01  # about what a picture waits for the transport's next tick, less what it may lead


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What is shown of one frame, or several joined; see Depiction."""

    data: bytes
    duration_s: float
    """of each frame"""
    context_id: str | None = None
    """of the speech that it belongs to"""
    offset_s: float | None = None
    """where in its utterance; None without speech"""
    is_last: bool = False
    """nothing of its utterance follows"""


class TimedPictures:
    """A queue of pictures with their times."""

    def __init__(self) -> None:
        """Begin empty."""
        self._pictures: deque[tuple[float, Picture]] = deque()
        self._begin_s = 0.0
        self.shift_s = 0.0
        """how much later than was thought the voice really began"""

    @property
    def due_s(self) -> float:
        """When the next one is to be seen; inf when there is none."""
        return self._pictures[0][0] + self.shift_s if self._pictures else math.inf

    def begin(self, play_s: float) -> None:
        """Speech begins after a pause, as far as is known at `play_s`."""
        self._begin_s, self.shift_s = play_s, 0.0

    def voice_began(self, now_s: float) -> None:
        """The transport plays the first sound of it now."""
        late_s = now_s - self._begin_s
        if 0.0 < late_s < _MOST_SHIFT_S:
            self.shift_s = late_s

    def push(self, picture: Picture, play_s: float) -> None:
        """A picture whose sound is due at `play_s`."""
        self._pictures.append((play_s - _DISPLAY_S, picture))

    def pop(self) -> Picture:
        """The next one."""
        return self._pictures.popleft()[1]

    def interrupt(self) -> None:
        """Barge-in: none of them is shown."""
        self._pictures.clear()
