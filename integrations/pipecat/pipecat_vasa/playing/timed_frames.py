"""Frames with a time, such as words: kept until it has come, moved by what the avatar delays.

The transport's clock sleeps on the frame that it took, so one with an earlier time would wait
behind it. What is handed out when it is due never sleeps there, and the delay is known by then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipecat.frames.frames import Frame

from pipecat_vasa.playing.speech_line import Utterance

_NS = 1_000_000_000


@dataclass(slots=True, eq=False)
class _Waiting:
    frame: Frame
    direct_s: float
    """when it would be due without an avatar"""
    utterance: Utterance | None
    """whose sound it came behind, if any waits"""


class TimedFrames:
    """Frames in the order of their times."""

    def __init__(self) -> None:
        """Begin empty."""
        self._waiting: list[_Waiting] = []

    def push(self, frame: Frame, direct_s: float, utterance: Utterance | None) -> None:
        """Take a frame.

        Args:
            frame: with a `pts`.
            direct_s: when it would be due without an avatar.
            utterance: whose sound it came behind, if any waits.
        """
        self._waiting.append(_Waiting(frame, direct_s, utterance))
        self._waiting.sort(key=lambda entry: entry.direct_s)  # of equal ones, the first stays first

    def due_s(self, delay_s: float) -> float:
        """When the next one is due; inf while the delay of its speech is not known."""
        if not self._waiting:
            return math.inf
        first = self._waiting[0]
        if first.utterance is not None and not first.utterance.is_heard:
            return math.inf
        return first.direct_s + delay_s

    def pop(self, delay_s: float) -> Frame:
        """The next one, moved."""
        frame = self._waiting.pop(0).frame
        move(frame, delay_s)
        return frame

    def flush(self, delay_s: float) -> list[Frame]:
        """No speech follows: all that wait, moved; the transport's clock does the rest."""
        return [self.pop(delay_s) for _ in range(len(self._waiting))]

    def interrupt(self) -> list[Frame]:
        """Barge-in: forget what waits, give what must survive."""
        kept = [entry.frame for entry in self._waiting if not entry.frame.interruptible]
        self._waiting.clear()
        return kept


def move(frame: Frame, delay_s: float) -> None:
    """Shift a frame's time, if it has one."""
    if frame.pts:
        frame.pts += int(delay_s * _NS)
