"""What crosses the borders of the parts: face motion, controls, audio chunks, frames.

Axes (image convention): x right, y down, z towards the viewer. "Left" and "right" in coefficient
names are the character's own. Head rotation, relative to the portrait: positive yaw turns the nose
towards the viewer's right, positive pitch lifts the chin, positive roll tilts the head clockwise as
the viewer sees it. Gaze has the same signs and is relative to the camera: (0, 0) looks at the
viewer whatever the head does. Angles are radians in here, degrees in files, profiles and on the
command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.controls import CONTROLS, EMOTION_STRENGTH, control

F32: TypeAlias = NDArray[np.float32]
U8: TypeAlias = NDArray[np.uint8]
I16: TypeAlias = NDArray[np.int16]
I32: TypeAlias = NDArray[np.int32]
F64: TypeAlias = NDArray[np.float64]
Floats: TypeAlias = NDArray[np.floating]
"""of either precision"""
Pixels: TypeAlias = NDArray[np.number]
"""a picture as a caller has it: uint8, uint16 or float"""

# Apple's ARKit names, in Apple's order (ARFaceAnchor.BlendShapeLocation).
ARKIT_NAMES: tuple[str, ...] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft",
    "eyeSquintLeft", "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight",
    "eyeLookOutRight", "eyeLookUpRight", "eyeSquintRight", "eyeWideRight", "jawForward",
    "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel",
    "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft", "browDownRight", "browInnerUp",
    "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
K = len(ARKIT_NAMES)
ARKIT_INDEX: dict[str, int] = {name: i for i, name in enumerate(ARKIT_NAMES)}

EMOTIONS: tuple[str, ...] = (
    "neutral", "happy", "sad", "angry", "surprised", "fearful", "disgusted", "contempt",
)  # fmt: skip


def _zeros(n: int) -> F32:
    array = np.zeros(n, np.float32)
    array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True, eq=False)
class HeadPose:
    """3D head pose relative to the portrait."""

    rotation_rad: F32 = field(default_factory=lambda: _zeros(3))
    """(3,) pitch, yaw, roll."""
    translation: F32 = field(default_factory=lambda: _zeros(3))
    """(3,) x right and y down in face widths, head distance - 1 (1 = twice as far)."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceMotion:
    """Everything that moves in one frame; appearance is apart, in the Avatar."""

    expression: F32 = field(default_factory=lambda: _zeros(K))
    """(52,) ARKit coefficients, 0..1; the eight eyeLook* are ignored, gaze says where to look."""
    head: HeadPose = field(default_factory=HeadPose)
    gaze_rad: F32 = field(default_factory=lambda: _zeros(2))
    """(2,) pitch, yaw relative to the camera."""
    breath: float = 0.0
    """0..1, how far the shoulders are lifted by breathing; not part of a motion file."""
    trail: HeadPose | None = None
    """where what hangs, long hair and a neck, still is: the head a little earlier; None: with it"""


@dataclass(frozen=True, slots=True, eq=False)
class MotionClip:
    """A sequence of face motion, as a motion file holds it."""

    fps: float
    expression: F32
    """(T, 52)"""
    head_rotation_rad: F32
    """(T, 3) pitch, yaw, roll"""
    head_translation: F32
    """(T, 3) x, y in face widths, distance - 1"""
    gaze_rad: F32
    """(T, 2) pitch, yaw"""

    def __len__(self) -> int:
        return len(self.expression)

    def frame(self, index: int) -> FaceMotion:
        """The motion of one frame, as read-only views."""
        return FaceMotion(
            self.expression[index],
            HeadPose(self.head_rotation_rad[index], self.head_translation[index]),
            self.gaze_rad[index],
        )


@dataclass(frozen=True, slots=True)
class Emotion:
    """One emotion and its strength."""

    name: str
    strength: float = 1.0
    """0..1"""

    def __post_init__(self) -> None:
        if self.name not in EMOTIONS:
            raise ValueError(f"emotion is {self.name!r}; expected one of {', '.join(EMOTIONS)}")
        EMOTION_STRENGTH.check(self.strength, f"strength of {self.name}")

    @classmethod
    def parse(cls, text: str) -> Emotion:
        """Read "happy" or "happy:0.6".

        Raises:
            ValueError: an unknown name, no number, or a strength outside 0 to 1.
        """
        name, colon, strength = (part.strip() for part in text.partition(":"))
        if not colon:
            return cls(name)
        try:
            number = float(strength)
        except ValueError:
            raise ValueError(f"{text.strip()!r} is not NAME:STRENGTH, such as happy:0.6") from None
        return cls(name, number)


@dataclass(frozen=True, slots=True)
class Feeling:
    """A feeling that comes, stays and goes again, over the character's own mood.

    While it is all there, it stands instead of the own mood, as far as its strengths sum up;
    "neutral" is a feeling, too: a face without any.
    """

    emotions: tuple[Emotion, ...]
    """a mixture, each name once; strengths above 1 in sum are scaled down"""
    onset_s: float = 0.35
    """until it is all there"""
    hold_s: float | None = None
    """how long it stays; None: until it is let go, or another one comes"""
    decay_s: float = 1.5
    """until it is gone"""

    def __post_init__(self) -> None:
        names = [emotion.name for emotion in self.emotions]
        if len(set(names)) < len(names):
            raise ValueError(f"emotions are {', '.join(names)}; name each once")
        for name, least in (("onset_s", 0.0), ("hold_s", 0.0), ("decay_s", 0.0)):
            value = getattr(self, name)
            if value is not None and not least <= value <= 3600.0:
                raise ValueError(f"{name} is {value}; expected 0 to 3600 s")


MAX_ZOOM = 2.5
"""of a crop; closer, and a portrait of usual size gets soft"""


@dataclass(frozen=True, slots=True)
class Crop:
    """A square part of a square picture."""

    zoom: float = 1.0
    """the picture's edge over the part's"""
    x: float = 0.5
    """middle, a share of the picture's width from the left"""
    y: float = 0.5
    """middle, a share of the picture's height from above"""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 1.0 <= self.zoom <= MAX_ZOOM:
            raise ValueError(f"zoom is {self.zoom:g}; expected 1 to {MAX_ZOOM:g}")
        for name, place in (("x", self.x), ("y", self.y)):
            if not 0.0 <= place <= 1.0:
                raise ValueError(f"{name} is {place:g}; expected a share of the picture, 0 to 1")

    @property
    def corner(self) -> tuple[float, float]:
        """Left and top in shares of the picture; the part is moved until it lies inside."""
        edge = 1.0 / self.zoom
        left, top = (min(max(middle - edge / 2, 0.0), 1.0 - edge) for middle in (self.x, self.y))
        return left, top


@dataclass(frozen=True, slots=True)
class Controls:
    """What a character or an application steers; a stream blends changes over time.

    What each control does and how far it goes stands in `vasa_avatar.controls`.
    """

    gaze_pitch_rad: float = 0.0
    gaze_yaw_rad: float = 0.0
    head_distance: float = 1.0
    """ratio of the portrait's distance"""
    emotions: tuple[Emotion, ...] = ()
    """a mixture, each name once; strengths above 1 in sum are scaled down"""
    head_pitch_rad: float = 0.0
    head_yaw_rad: float = 0.0
    head_roll_rad: float = 0.0
    lip_gain: float = 1.0
    brow_gain: float = 1.0
    head_gain: float = 1.0
    blink_gain: float = 1.0
    """rate of blinks, 1 = a person's; 0 = none"""

    def __post_init__(self) -> None:
        for spec in CONTROLS:
            called = f"{spec.field} in degrees" if spec.unit == "deg" else spec.field
            spec.check(spec.from_field(getattr(self, spec.field)), called)
        names = [emotion.name for emotion in self.emotions]
        if len(set(names)) < len(names):
            raise ValueError(f"emotions are {', '.join(names)}; name each once")

    def values(self) -> dict[str, float]:
        """Everything but the emotions, named and measured as in `CONTROLS`: degrees, ratios."""
        return {spec.name: spec.from_field(getattr(self, spec.field)) for spec in CONTROLS}

    def steered(
        self, values: Mapping[str, float], emotions: Mapping[str, float] | None = None
    ) -> Controls:
        """The same with some values changed.

        Args:
            values: named and measured as in `CONTROLS`: degrees, ratios.
            emotions: names to strengths instead of all that are there; None: stay.

        Raises:
            ValueError: an unknown name, or a value outside its range.
        """
        changes: dict[str, Any] = {}
        for name, value in values.items():
            spec = control(name)
            changes[spec.field] = spec.to_field(spec.check(value))
        if emotions is not None:
            changes["emotions"] = tuple(Emotion(*pair) for pair in emotions.items())
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word, with its punctuation, and when it is spoken on its utterance's own sound."""

    text: str
    start_s: float
    end_s: float
    feeling: Feeling | None = None
    """begins to be felt with this word; None: what was felt goes on"""


@dataclass(frozen=True, slots=True, eq=False)
class AvatarFrame:
    """One picture with exactly the sound that belongs under it (see units.FrameClock)."""

    frame_rgb: U8
    """(H, W, 3)"""
    audio: I16
    """(N,) the frame's own samples at the session's rate; empty in idle frames"""
    index: int
    """frame number since the session began or was interrupted; idle frames count too"""
    motion: FaceMotion
    is_speech: bool
    """False for idle frames"""


def as_degrees(radians: Any) -> F32:
    """Radians to degrees, float32."""
    return np.rad2deg(np.asarray(radians, np.float32)).astype(np.float32)
