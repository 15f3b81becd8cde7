"""Sessions: speech and controls in, sample-exact pairs of picture and sound out.

AvatarStream has no clock and no thread; SessionRunner drives one in real time.
"""

from __future__ import annotations

from vasa_avatar.session.clock import Clock, SystemClock
from vasa_avatar.session.face_stream import FaceStream
from vasa_avatar.session.render_budget import RenderBudget
from vasa_avatar.session.runner import LiveFrame, SessionRunner
from vasa_avatar.session.stats import RunnerStats
from vasa_avatar.session.stream import LOOKAHEAD_MS, AvatarStream, MotionFrame
from vasa_avatar.session.turns import Turns, shared_turns

__all__ = [
    "LOOKAHEAD_MS",
    "AvatarStream",
    "Clock",
    "FaceStream",
    "LiveFrame",
    "MotionFrame",
    "RenderBudget",
    "RunnerStats",
    "SessionRunner",
    "SystemClock",
    "Turns",
    "shared_turns",
]
