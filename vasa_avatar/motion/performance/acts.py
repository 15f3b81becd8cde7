"""Acts: what words make a face do, with their times on the utterance's own sound."""

from __future__ import annotations

from dataclasses import dataclass

from vasa_avatar.performance_style import ActKind

__all__ = ["HEAD_ACTS", "Act", "ActKind"]

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
