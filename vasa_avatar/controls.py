"""The one table of what can be steered: names, units, limits, steps and words of every control.

Whoever takes controls from people or programs reads it: profiles, the command line, the wire,
Pipecat's settings, a language model's tool, the page's sliders. Out there an angle is in degrees
and its name ends in `_deg`; `datatypes.Controls` holds the same in radians.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

_DEGREES_DECIMALS = 9  # going to radians and back moves the last bits; this rounds them away


@dataclass(frozen=True, slots=True)
class ControlSpec:
    """One control as people see it."""

    name: str
    group: str
    """emotion, gaze, head or liveliness: where a panel shows it"""
    label: str
    """a word for a slider"""
    what: str
    """what it does, for help texts and language models"""
    unit: str
    """deg or ratio"""
    low: float
    high: float
    default: float
    step: float
    """of a slider"""

    @property
    def field(self) -> str:
        """The name in `datatypes.Controls`."""
        return self.name.removesuffix("_deg") + "_rad" if self.unit == "deg" else self.name

    @property
    def range(self) -> str:
        """The limits in words: "-40 to 40 degrees"."""
        return f"{self.low:g} to {self.high:g}{' degrees' if self.unit == 'deg' else ''}"

    def check(self, value: object, called: str | None = None) -> float:
        """`value` as a float.

        Args:
            value: in the control's own unit.
            called: how an error names it, when not by the control's name.

        Raises:
            ValueError: not a number, or outside the range.
        """
        called = called or self.name
        if isinstance(value, bool) or not isinstance(value, Real):
            raise ValueError(f"{called} is {value!r}; expected a number from {self.range}")
        number = float(value)
        if not self.low <= number <= self.high:
            raise ValueError(f"{called} is {number:g}; expected {self.range} ({self.what})")
        return number

    def to_field(self, value: float) -> float:
        """From the unit people use to that of `datatypes.Controls`."""
        return math.radians(value) if self.unit == "deg" else value

    def from_field(self, value: float) -> float:
        """From the unit of `datatypes.Controls` to that people use."""
        if self.unit == "deg":
            return round(math.degrees(value), _DEGREES_DECIMALS)
        return value


def _angle(name: str, label: str, what: str, reach: float) -> ControlSpec:
    group = name.partition("_")[0]
    return ControlSpec(name, group, label, what, "deg", -reach, reach, default=0.0, step=1.0)


def _gain(name: str, label: str, what: str) -> ControlSpec:
    return ControlSpec(name, "liveliness", label, what, "ratio", 0.0, 2.0, default=1.0, step=0.05)


# Angles end where a picture still holds: the iris stays in sight, the far cheek keeps its shape.
CONTROLS: tuple[ControlSpec, ...] = (
    _angle("gaze_pitch_deg", "Up", "where the eyes look, up; 0 is at the viewer", 25),
    _angle("gaze_yaw_deg", "Aside", "where the eyes look, viewer's right; 0 is at the viewer", 40),
    ControlSpec(
        "head_distance", "head", "Distance", "how far away; 1 is as in the portrait, less nearer",
        "ratio", 0.7, 1.6, default=1.0, step=0.02,
    ),
    _angle("head_pitch_deg", "Nod", "how far the chin is lifted", 20),
    _angle("head_yaw_deg", "Turn", "how far the nose is turned to the viewer's right", 25),
    _angle("head_roll_deg", "Tilt", "how far the head is tilted, clockwise as seen", 20),
    _gain("lip_gain", "Lips", "strength of the mouth's movement; 1 is natural"),
    _gain("brow_gain", "Brows", "strength of the brows' movement; 1 is natural"),
    _gain("head_gain", "Head", "strength of the head's movement; 1 is natural"),
    _gain("blink_gain", "Blinks", "rate of blinks; 1 is natural, 0 is none"),
)  # fmt: skip

EMOTION_STRENGTH = ControlSpec(
    "emotion_strength", "emotion", "Strength", "how strong the emotion is",
    "ratio", 0.0, 1.0, default=1.0, step=0.05,
)  # fmt: skip

_BY_NAME = {spec.name: spec for spec in CONTROLS}


def control(name: str) -> ControlSpec:
    """The control of this name.

    Raises:
        ValueError: there is none.
    """
    if name not in _BY_NAME:
        raise ValueError(f"control is {name!r}; expected one of {', '.join(_BY_NAME)}")
    return _BY_NAME[name]
