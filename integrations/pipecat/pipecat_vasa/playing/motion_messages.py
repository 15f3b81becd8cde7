"""Motion as RTVI server messages, for a client that draws the face itself.

    {"type": "vasa-motion", "v": 1, "g": 0, "at": 1240, "lead": 152, "ms": 40, "s": 1,
     "ctx": "…", "t0": 0, "rows": "…"}

`rows`: base64 of 70 bytes a frame, one frame after another (docs/motion_vectors.json has some).
`at`: milliseconds, on the session's clock, at which the first one's sound is handed to the caller's
line; `lead`: how long before that the message was sent; `ms`: how long each frame lasts; `s`: it is
speech; `ctx`, `t0`: the context of the speech and the milliseconds of its sound before this, told
when an utterance begins. `g` counts barge-ins: {"type": "vasa-motion-interrupted", "v": 1, "g": 1}
makes what is older stale. Nothing is sent after its time.

    {"type": "vasa-line", "v": 1, "g": 0, "at": 1240, "n": 0}

travels in the line itself, in front of the sound of that moment: it leaves when all sound before it
has been handed on, and so tells how much later than `at` the line really is. `n` counts them within
an utterance.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from typing import Any

from pipecat.frames.frames import (
    Frame,
    OutputTransportMessageFrame,
    OutputTransportMessageUrgentFrame,
)
from pipecat.processors.frameworks.rtvi.models import MESSAGE_LABEL

from pipecat_vasa.playing.depiction import Showing
from vasa_avatar.browser import MOTION_BYTES, pack_motion
from vasa_avatar.session import FaceStream, MotionFrame

VERSION = 1
ROWS_PER_MESSAGE = 4
"""an envelope costs Pipecat more than all that is in it"""
IDLE_ROWS_PER_MESSAGE = 3
"""without speech; fewer, as speech that begins passes over those whose time has not come"""
FRAMES_PER_LINE = 10
"""of speech, at least: two or three times a second the line tells where it is"""
_FOLLOWS_WITHIN_S = 0.002


@dataclass(frozen=True, slots=True)
class _Waiting:
    rows: bytes
    showing: Showing

    @property
    def n_rows(self) -> int:
        return len(self.rows) // MOTION_BYTES

    @property
    def end_s(self) -> float:
        return self.showing.play_s + self.n_rows * self.showing.duration_s


class MotionDepiction:
    """Motion for the caller's own drawing."""

    frames_at_once, idle_at_once = ROWS_PER_MESSAGE, IDLE_ROWS_PER_MESSAGE
    may_follow_sound = True

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self._generation = 0
        self._waiting: list[_Waiting] = []
        self._context_id: str | None = None
        self._was_speech = False
        self._n_spoken = self._n_lines = 0
        """frames of the utterance so far, and words of its line"""

    def depict(self, session: FaceStream, frame: MotionFrame) -> bytes:
        """70 bytes; nothing is drawn."""
        return pack_motion(frame.motion)

    def frames(self, shown: bytes, showing: Showing) -> list[Frame]:
        """A message for every few frames, and for an utterance's first and last; now and then one
        that rides in the line."""
        waiting = _Waiting(shown, showing)
        return [*self._motion(waiting), *self._line(waiting)]

    def _line(self, waiting: _Waiting) -> list[Frame]:
        showing = waiting.showing
        if not showing.offset_s:
            self._n_spoken = self._n_lines = 0
        is_due = self._n_spoken >= FRAMES_PER_LINE * self._n_lines
        self._n_spoken += waiting.n_rows
        if not is_due or not showing.is_synced or showing.offset_s is None:
            return []
        number, self._n_lines = self._n_lines, self._n_lines + 1
        data = {
            "type": "vasa-line",
            "v": VERSION,
            "g": self._generation,
            "at": round(1000 * showing.play_s),
            "n": number,
        }
        return [OutputTransportMessageFrame(message=_server_message(data))]

    def _motion(self, coming: _Waiting) -> list[Frame]:
        showing = coming.showing
        if coming.end_s <= showing.now_s:
            return []  # it would come after its time
        is_speech = showing.offset_s is not None
        begins = is_speech and not self._was_speech
        self._was_speech = is_speech
        told: list[Frame] = []
        if self._waiting and not _follows(self._waiting[-1], coming):
            told.append(self._message(showing.now_s))
        self._waiting.append(coming)
        left_s = self._waiting[0].showing.play_s - showing.now_s
        is_due = not is_speech or begins or showing.is_last or left_s < showing.duration_s / 2
        if is_due or sum(each.n_rows for each in self._waiting) >= ROWS_PER_MESSAGE:
            told.append(self._message(showing.now_s))
        return told

    def interrupt(self) -> list[Frame]:
        """Forget what waits, and say that older motion is stale."""
        self._generation += 1
        self._waiting, self._context_id, self._was_speech = [], None, False
        data = {"type": "vasa-motion-interrupted", "v": VERSION, "g": self._generation}
        return [OutputTransportMessageUrgentFrame(message=_server_message(data))]

    def _message(self, now_s: float) -> Frame:
        """What waits, as one message."""
        waiting, self._waiting = self._waiting, []
        showing = waiting[0].showing
        data: dict[str, Any] = {
            "type": "vasa-motion",
            "v": VERSION,
            "g": self._generation,
            "at": round(1000 * showing.play_s),
            "lead": round(1000 * (showing.play_s - now_s)),
            "ms": round(1000 * showing.duration_s, 1),
        }
        if showing.offset_s is not None:
            data["s"] = 1
            if showing.context_id != self._context_id or showing.offset_s == 0.0:
                data["t0"] = round(1000 * showing.offset_s)
                data |= {} if showing.context_id is None else {"ctx": showing.context_id}
            self._context_id = showing.context_id
        data["rows"] = base64.b64encode(b"".join(each.rows for each in waiting)).decode()
        return OutputTransportMessageUrgentFrame(message=_server_message(data))


def _server_message(data: dict[str, Any]) -> dict[str, Any]:
    """What RTVI makes of an RTVIServerMessageFrame, at the transport's door: that frame goes to the
    pipeline's end and comes back from its beginning, past all observers."""
    return {"label": MESSAGE_LABEL, "type": "server-message", "data": data}


def _follows(first: _Waiting, second: _Waiting) -> bool:
    """Whether frames are neighbours of one kind, that share a message."""
    one, other = first.showing, second.showing
    is_next = abs(other.play_s - first.end_s) <= _FOLLOWS_WITHIN_S
    is_same = (one.offset_s is None) == (other.offset_s is None)
    return is_next and is_same and math.isclose(one.duration_s, other.duration_s)
