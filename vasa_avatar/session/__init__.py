"""Sessions: speech and controls in, sample-exact pairs of picture and sound out.

AvatarStream has neither clock nor thread. LiveStream runs one in real time for asyncio programs;
LiveRunner is what it and the WebSocket server share, and LivePacer the state machine below.
"""

from __future__ import annotations

from vasa_avatar.session.character import character_stream
from vasa_avatar.session.events import (
    FaceFailed,
    Interrupted,
    LiveEvent,
    SentenceStarted,
    UtteranceEnded,
    UtteranceStarted,
)
from vasa_avatar.session.face_stream import FaceStream
from vasa_avatar.session.interpreter import tune_interpreter
from vasa_avatar.session.live import LiveFrame, LiveStream
from vasa_avatar.session.pacing import LivePacer, PacedFrame, Wait
from vasa_avatar.session.render_budget import RenderBudget
from vasa_avatar.session.runner import LiveOutput, LiveRunner
from vasa_avatar.session.stats import LiveStats
from vasa_avatar.session.stream import LOOKAHEAD_MS, AvatarStream, MotionFrame
from vasa_avatar.session.time_line import CONTINUOUS, PAIRED, Pacing
from vasa_avatar.session.turns import Turns, shared_turns

__all__ = [
    "CONTINUOUS",
    "LOOKAHEAD_MS",
    "PAIRED",
    "AvatarStream",
    "FaceFailed",
    "FaceStream",
    "Interrupted",
    "LiveEvent",
    "LiveFrame",
    "LiveOutput",
    "LivePacer",
    "LiveRunner",
    "LiveStats",
    "LiveStream",
    "MotionFrame",
    "PacedFrame",
    "Pacing",
    "RenderBudget",
    "SentenceStarted",
    "Turns",
    "UtteranceEnded",
    "UtteranceStarted",
    "Wait",
    "character_stream",
    "shared_turns",
    "tune_interpreter",
]
