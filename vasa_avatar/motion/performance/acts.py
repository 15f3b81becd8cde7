"""Acts: what words make a face do, with their times on the utterance's own sound."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ActKind(Enum):
    """A short movement with a meaning; how it looks is the dynamics' business."""

    NOD = "nod"
    SHAKE = "shake"
    SIDE_TO_SIDE = "side_to_side"
    SWEEP = "sweep"
    TILT = "tilt"
    LEAN_IN = "lean_in"
    BROW_RAISE = "brow_raise"
    BROW_FROWN = "brow_frown"
    SMILE = "smile"
    LAUGH = "laugh"
    CONCERN = "concern"
    GAZE_ASIDE = "gaze_aside"
    GAZE_BACK = "gaze_back"
    BLINK = "blink"
    WINK = "wink"


HEAD_ACTS = frozenset(
    (ActKind.NOD, ActKind.SHAKE, ActKind.SIDE_TO_SIDE, ActKind.SWEEP, ActKind.TILT)
)
"""kinds that turn the head: one at a time"""


@dataclass(frozen=True, slots=True)
class Act:
    """One act; times in seconds on the utterance's own sound."""

    kind: ActKind
    start_s: float
    peak_s: float
    end_s: float
    strength: float
    """0..1 as rules give it; a character's performance style scales it"""
