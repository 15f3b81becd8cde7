"""What can be changed while the pipeline runs, in units for people: degrees, ratios, names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pipecat.frames.frames import ServiceUpdateSettingsFrame
from pipecat.services.settings import ServiceSettings
from pipecat.utils.types import NOT_GIVEN, NotGiven

from pipecat_vasa.steering.tags import emotion_named
from vasa_avatar import CharacterProfile
from vasa_avatar.datatypes import Controls, Emotion

RANGES: dict[str, tuple[float, float]] = {
    "emotion_strength": (0.0, 1.0),
    "gaze_pitch_deg": (-40.0, 40.0),
    "gaze_yaw_deg": (-40.0, 40.0),
    "head_distance": (0.7, 1.6),
    "head_pitch_deg": (-20.0, 20.0),
    "head_yaw_deg": (-25.0, 25.0),
    "head_roll_deg": (-20.0, 20.0),
    "lip_gain": (0.0, 2.0),
    "brow_gain": (0.0, 2.0),
    "head_gain": (0.0, 2.0),
    "blink_gain": (0.0, 2.0),
}


def _not_given() -> NotGiven:
    return NOT_GIVEN


@dataclass
class VasaVideoSettings(ServiceSettings):
    """Runtime settings of a VasaVideoService; changes are blended over tenths of a second.

    Parameters:
        emotion: One name ("happy") or a mixture ("happy:0.6,surprised:0.3"); aliases such as "joy"
            are understood.
        emotion_strength: Scales the emotion, 0 to 1.
        gaze_pitch_deg: Where the eyes look, up positive; 0, 0 is at the viewer.
        gaze_yaw_deg: Towards the viewer's right positive.
        head_distance: Ratio of the portrait's distance, 0.7 near to 1.6 far.
        head_pitch_deg: Chin up positive.
        head_yaw_deg: Nose towards the viewer's right positive.
        head_roll_deg: Clockwise as seen positive.
        lip_gain: Strength of the mouth's movement, 1 = natural.
        brow_gain: Of the brows.
        head_gain: Of the head.
        blink_gain: Rate of blinks, 0 = none.
        reactions: Whether the character listens, nods and thinks while it does not speak.
    """

    emotion: str | NotGiven = field(default_factory=_not_given)
    emotion_strength: float | NotGiven = field(default_factory=_not_given)
    gaze_pitch_deg: float | NotGiven = field(default_factory=_not_given)
    gaze_yaw_deg: float | NotGiven = field(default_factory=_not_given)
    head_distance: float | NotGiven = field(default_factory=_not_given)
    head_pitch_deg: float | NotGiven = field(default_factory=_not_given)
    head_yaw_deg: float | NotGiven = field(default_factory=_not_given)
    head_roll_deg: float | NotGiven = field(default_factory=_not_given)
    lip_gain: float | NotGiven = field(default_factory=_not_given)
    brow_gain: float | NotGiven = field(default_factory=_not_given)
    head_gain: float | NotGiven = field(default_factory=_not_given)
    blink_gain: float | NotGiven = field(default_factory=_not_given)
    reactions: bool | NotGiven = field(default_factory=_not_given)

    _aliases: ClassVar[dict[str, str]] = {
        "strength": "emotion_strength",
        "distance": "head_distance",
    }

    def to_dict(self) -> dict[str, Any]:
        """The given fields that belong to the face, for clients."""
        given = self.given_fields()
        return {name: given[name] for name in (*RANGES, "emotion", "reactions") if name in given}


@dataclass
class VasaUpdateSettingsFrame(ServiceUpdateSettingsFrame[VasaVideoSettings]):
    """Changes a VasaVideoService's settings while it runs.

    Parameters:
        delta: VasaVideoSettings with only the fields to change.
    """


def default_settings() -> VasaVideoSettings:
    """A neutral character that looks at the viewer."""
    return VasaVideoSettings(
        model=None,
        emotion="neutral",
        emotion_strength=1.0,
        gaze_pitch_deg=0.0,
        gaze_yaw_deg=0.0,
        head_distance=1.0,
        head_pitch_deg=0.0,
        head_yaw_deg=0.0,
        head_roll_deg=0.0,
        lip_gain=1.0,
        brow_gain=1.0,
        head_gain=1.0,
        blink_gain=1.0,
        reactions=True,
    )


def profile_settings(profile: CharacterProfile | None) -> VasaVideoSettings:
    """Complete settings for a character: the manner of its profile over the defaults."""
    settings = default_settings()
    if profile is None:
        return settings
    manner = profile.manner
    if manner.emotions:
        settings.emotion = ",".join(f"{n}:{s:g}" for n, s in manner.emotions.items())
    settings.gaze_pitch_deg, settings.gaze_yaw_deg = manner.gaze_deg
    settings.head_pitch_deg, settings.head_yaw_deg, settings.head_roll_deg = manner.head_deg
    settings.head_distance = manner.head_distance
    settings.lip_gain, settings.brow_gain = manner.lips, manner.brows
    settings.head_gain, settings.blink_gain = manner.head, manner.blinks
    return settings


def delta_from_mapping(values: Mapping[str, Any]) -> VasaVideoSettings:
    """Build a change from a client's or a language model's key-value pairs.

    Raises:
        ValueError: an unknown key, a wrong type, or a value outside its range.
    """
    delta = VasaVideoSettings.from_mapping(values)
    if delta.extra:
        known = ", ".join(("emotion", *RANGES, "reactions"))
        raise ValueError(f"unknown setting {', '.join(sorted(delta.extra))}; expected {known}")
    check_delta(delta)
    return delta


def check_delta(delta: VasaVideoSettings) -> None:
    """Raise ValueError when a given field has a wrong type or lies outside its range."""
    for name, value in delta.given_fields().items():
        if name in RANGES:
            low, high = RANGES[name]
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"{name} is {value!r}; expected a number from {low:g} to {high:g}")
            if not low <= value <= high:
                raise ValueError(f"{name} is {value:g}; expected {low:g} to {high:g}")
        elif name == "emotion":
            parse_emotions(value)
        elif name == "reactions" and not isinstance(value, bool):
            raise ValueError(f"reactions is {value!r}; expected true or false")


def parse_emotions(text: object) -> tuple[Emotion, ...]:
    """Read "happy" or "happy:0.6,surprised:0.3".

    Raises:
        ValueError: an unknown name, or a strength outside 0 to 1.
    """
    if not isinstance(text, str):
        raise ValueError(f"emotion is {text!r}; expected a name such as 'happy'")
    emotions = []
    for part in text.split(","):
        name, _, strength = part.partition(":")
        known = emotion_named(name)
        if known is None:
            raise ValueError(f"emotion is {name.strip()!r}; expected neutral, happy, sad, angry, "
                             "surprised, fearful, disgusted or contempt")  # fmt: skip
        emotions.append(Emotion(known, _strength(part, strength)))
    return tuple(emotions)


def _strength(part: str, text: str) -> float:
    if not text:
        return 1.0
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{part.strip()!r} has no number behind the colon") from None


def controls_of(settings: VasaVideoSettings, spoken: Emotion | None = None) -> Controls:
    """The engine's controls for complete settings; `spoken`: the emotion of what is being said."""
    given: dict[str, Any] = settings.given_fields()
    scale = float(given["emotion_strength"])
    emotions = (spoken,) if spoken is not None else parse_emotions(given["emotion"])
    return Controls(
        gaze_pitch_rad=math.radians(given["gaze_pitch_deg"]),
        gaze_yaw_rad=math.radians(given["gaze_yaw_deg"]),
        head_distance=given["head_distance"],
        emotions=tuple(Emotion(e.name, e.strength * scale) for e in emotions),
        head_pitch_rad=math.radians(given["head_pitch_deg"]),
        head_yaw_rad=math.radians(given["head_yaw_deg"]),
        head_roll_rad=math.radians(given["head_roll_deg"]),
        lip_gain=given["lip_gain"],
        brow_gain=given["brow_gain"],
        head_gain=given["head_gain"],
        blink_gain=given["blink_gain"],
    )
