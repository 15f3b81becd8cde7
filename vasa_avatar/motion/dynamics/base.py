"""The seam of everything that moves but the mouth: head, brows, lids, gaze, breath.

Sound comes in at 16 kHz as for the mouth; one step is taken for each video frame, with or without
speech. A step may look at sound up to MAX_LOOKAHEAD_SAMPLES (see motion.speech) after its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from vasa_avatar.datatypes import F32
from vasa_avatar.motion.performance.acts import Act
from vasa_avatar.performance_style import PerformanceStyle


class Attention(Enum):
    """What a character does while it is not speaking."""

    IDLE = "idle"
    LISTENING = "listening"
    THINKING = "thinking"


@dataclass(frozen=True, slots=True)
class DynamicsGains:
    """How strongly a character moves, 0..2, 1 = a person."""

    head: float = 1.0
    brows: float = 1.0
    blinks: float = 1.0
    head_tempo: float = 1.0
    """how often the head moves on"""
    breath_tempo: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class DynamicsFrame:
    """What the dynamics add to one frame."""

    head_rotation_rad: F32
    """(3,) pitch, yaw, roll around the character's own pose"""
    head_translation: F32
    """(3,) x, y in face widths, distance - 1"""
    gaze_rad: F32
    """(2,) pitch, yaw around the character's own gaze"""
    expression: F32
    """(52,) brows, lids, nostrils and idle mouth; added to speech and emotion"""
    breath: float
    """0..1"""
    mood: F32
    """(8,) passing feelings in the order of EMOTIONS, over the character's own"""
    opening: float = 1.0
    """ratio on how far the mouth opens"""
    corners: float = 1.0
    """ratio on how far its corners smile with the vowels"""


class DynamicsStream(Protocol):
    """One session's dynamics; goes on through all utterances and pauses."""

    def begin(self) -> None:
        """A new utterance starts: sound counts from 0 again. What moves goes on smoothly."""
        ...

    def push(self, pcm_16k: F32) -> None:
        """Take (N,) float32 samples of the utterance, any N."""
        ...

    def flush(self) -> None:
        """The utterance's sound is complete."""
        ...

    def cut(self) -> None:
        """Barge-in: forget the utterance's sound; what moves goes on smoothly."""
        ...

    def step(self, speech_time_s: float | None, gains: DynamicsGains) -> DynamicsFrame:
        """Go on by one video frame.

        Args:
            speech_time_s: the frame's instant within the utterance; None without speech.
            gains: of this frame.
        """
        ...

    def attend(self, attention: Attention) -> None:
        """What to do while not speaking, from the next step on."""
        ...

    def perform(self, acts: Sequence[Act]) -> None:
        """Take acts that words call for, on the clock of the utterance under way."""
        ...

    def hear(self, pcm_16k: F32) -> None:
        """Take (N,) float32 samples of what the user says, as it comes."""
        ...

    def nod(self, strength: float) -> None:
        """Nod once, 0..1, as a listener does; starts with the next step."""
        ...


class DynamicsModel(Protocol):
    """What makes dynamics; loaded once, never changes, shared by all sessions."""

    def stream(
        self, fps: int, lookahead_ms: int, seed: int, style: PerformanceStyle
    ) -> DynamicsStream:
        """A new stream; the same seed and calls give the same motion.

        Args:
            fps: steps a second.
            lookahead_ms: the session's lookahead, 80 or 160.
            seed: of all that is left to chance.
            style: how the character performs by nature.
        """
        ...
