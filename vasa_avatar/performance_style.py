"""How a character performs by nature: what a profile says of its temper, as everything that moves
reads it. People differ from one another far more than one person from minute to minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
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


@dataclass(frozen=True, slots=True)
class EyeContact:
    """Share of the time for which the eyes are on the viewer, .05 to 1 each.

    The means of people in video calls (Dembinsky et al. 2024); thinking after Glenberg et al. 1998.
    """

    speaking: float = 0.59
    listening: float = 0.94
    thinking: float = 0.30

    def __post_init__(self) -> None:
        """Refuse what no face does."""
        for part in fields(self):
            _check(f"eye contact while {part.name}", getattr(self, part.name), 0.05, 1.0)


@dataclass(frozen=True, slots=True)
class DrawnManner:
    """What animators do with a drawn face and no filmed face does."""

    holds_mouths: bool = True
    """speech is a few clear mouths, each held for a moment"""
    arched_eyes: bool = True
    """great joy shuts the eyes to arches: ^^"""
    squeezed_eyes: bool = True
    """pain and a burst of laughter squeeze them together: ><"""


@dataclass(frozen=True, slots=True)
class PerformanceStyle:
    """How a character performs; every number is checked, 1 is the average person.

    Raises:
        ValueError: a number is out of its range.
    """

    gain: float = 1.0
    """0..2 on what words call for; 0 switches that off"""
    off: frozenset[ActKind] = frozenset()
    """kinds of acts that this character never does"""
    liveliness: float = 1.0
    """0..2 on how far head and brows move of themselves"""
    quickness: float = 1.0
    """.5..2: how fast a gesture comes and goes"""
    head_tempo: float = 1.0
    """.5..2: how often the head moves on to another posture or gesture"""
    asymmetry: float = 1.0
    """0..2: how unlike the two halves of the face move"""
    blinks_per_min: float | None = None
    """4..60 while speaking; None: as the seed has it, 26 on average"""
    eye_contact: EyeContact = field(default_factory=EyeContact)
    seed: int | None = None
    """of the rest of a nature: which way the head likes to go, how readily brows and smile come.
    None: each session draws another"""
    drawn: DrawnManner | None = None
    """how a drawn face moves; None: as a filmed one, or as drawn faces do if the avatar is one"""

    def __post_init__(self) -> None:
        """Refuse what no face does."""
        for name in ("gain", "liveliness", "asymmetry"):
            _check(name, getattr(self, name), 0.0, 2.0)
        for name in ("quickness", "head_tempo"):
            _check(name, getattr(self, name), 0.5, 2.0)
        if self.blinks_per_min is not None:
            _check("blinks_per_min", self.blinks_per_min, 4.0, 60.0)
        if self.seed is not None and self.seed < 0:
            raise ValueError(f"seed of a performance style is {self.seed}; expected 0 or more")


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} is {value:g}; expected {least:g} to {most:g}")
