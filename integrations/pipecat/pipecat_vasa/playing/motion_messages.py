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
from dataclasses import dataclass, replace
from typing import Any

from pipecat.frames.frames import Frame, OutputTransportMessageFrame
from pipecat.processors.frameworks.rtvi import RTVIServerMessageFrame
from pipecat.processors.frameworks.rtvi.models import ServerMessage

from pipecat_vasa.playing.depiction import Showing
from vasa_avatar.browser import pack_motion
from vasa_avatar.session import FaceStream, MotionFrame

VERSION = 1
ROWS_PER_MESSAGE = {True: 4, False: 2}
"""of speech, which is sent ahead of its sound, and without it: an envelope costs Pipecat more than
all that is in it"""
FRAMES_PER_LINE = 10
"""of speech: two or three times a second the line tells where it is"""
_FOLLOWS_WITHIN_S = 0.002


@dataclass(frozen=True, slots=True)
class _Waiting:
    row: bytes
    showing: Showing


class MotionDepiction:
    """Motion for the caller's own drawing."""

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self._generation = 0
        self._waiting: list[_Waiting] = []
        self._context_id: str | None = None
        self._was_speech = False
        self._n_spoken = 0
        """frames of the utterance so far"""

    def depict(self, session: FaceStream, frame: MotionFrame) -> bytes:
        """70 bytes; nothing is drawn."""
        return pack_motion(frame.motion)

    def frames(self, shown: bytes, showing: Showing) -> list[Frame]:
        """A message for every few frames, and for an utterance's first and last; now and then one
        that rides in the line."""
        return [*self._motion(shown, showing), *self._line(showing)]

    def _line(self, showing: Showing) -> list[Frame]:
        if showing.offset_s is None or not showing.is_synced:
            self._n_spoken = 0
            return []
        if showing.offset_s == 0.0:
            self._n_spoken = 0
        number, place = divmod(self._n_spoken, FRAMES_PER_LINE)
        self._n_spoken += 1
        if place:
            return []
        data = {
            "type": "vasa-line",
            "v": VERSION,
            "g": self._generation,
            "at": round(1000 * showing.play_s),
            "n": number,
        }
        return [OutputTransportMessageFrame(message=ServerMessage(data=data).model_dump())]

    def _motion(self, shown: bytes, showing: Showing) -> list[Frame]:
        if showing.play_s + showing.duration_s <= showing.now_s:
            return []  # it would come after its time
        is_speech = showing.offset_s is not None
        if not is_speech:  # bound to no sound: later by the frame that it waits for another one
            showing = replace(showing, play_s=showing.play_s + showing.duration_s)
        begins = is_speech and not self._was_speech
        self._was_speech = is_speech
        told: list[Frame] = []
        if self._waiting and not _follows(self._waiting[-1].showing, showing):
            told.append(self._message(showing.now_s))
        self._waiting.append(_Waiting(shown, showing))
        left_s = self._waiting[0].showing.play_s - showing.now_s
        is_due = is_speech and (begins or showing.is_last or left_s < showing.duration_s / 2)
        if is_due or len(self._waiting) == ROWS_PER_MESSAGE[is_speech]:
            told.append(self._message(showing.now_s))
        return told

    def interrupt(self) -> list[Frame]:
        """Forget what waits, and say that older motion is stale."""
        self._generation += 1
        self._waiting, self._context_id, self._was_speech = [], None, False
        data = {"type": "vasa-motion-interrupted", "v": VERSION, "g": self._generation}
        return [RTVIServerMessageFrame(data=data)]

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
                data["ctx"], data["t0"] = showing.context_id, round(1000 * showing.offset_s)
            self._context_id = showing.context_id
        data["rows"] = base64.b64encode(b"".join(each.row for each in waiting)).decode()
        return RTVIServerMessageFrame(data=data)


def _follows(first: Showing, second: Showing) -> bool:
    """Whether two frames are neighbours of one kind."""
    apart_s = second.play_s - first.play_s - first.duration_s
    is_same = (first.offset_s is None) == (second.offset_s is None)
    return is_same and abs(apart_s) <= _FOLLOWS_WITHIN_S and first.duration_s == second.duration_s
