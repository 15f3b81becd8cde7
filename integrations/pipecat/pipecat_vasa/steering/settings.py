"""What can be changed while the pipeline runs, in units for people: degrees, ratios, names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pipecat.frames.frames import ServiceUpdateSettingsFrame
from pipecat.services.settings import ServiceSettings
from pipecat.utils.types import NOT_GIVEN, NotGiven

from vasa_avatar import CharacterProfile
from vasa_avatar.controls import CONTROLS, EMOTION_STRENGTH, ControlSpec
from vasa_avatar.datatypes import Controls, Emotion
from vasa_avatar.motion import emotion_named

NUMBERS: dict[str, ControlSpec] = {spec.name: spec for spec in (EMOTION_STRENGTH, *CONTROLS)}
"""The settings that are numbers; what each does and how far it goes."""


@dataclass
class VasaVideoSettings(ServiceSettings):
    """Runtime settings of a VasaVideoService; changes are blended over tenths of a second.

    The limits of each number stand in `vasa_avatar.controls`.

    Parameters:
        emotion: One name ("happy") or a mixture ("happy:0.6,surprised:0.3"); aliases such as "joy"
            are understood.
        emotion_strength: Scales the emotion.
        gaze_pitch_deg: Where the eyes look, up positive; 0, 0 is at the viewer.
        gaze_yaw_deg: Towards the viewer's right positive.
        head_distance: Ratio of the portrait's distance; less is nearer.
        head_pitch_deg: Chin up positive.
        head_yaw_deg: Nose towards the viewer's right positive.
        head_roll_deg: Clockwise as seen positive.
        lip_gain: Strength of the mouth's movement, 1 = natural.
        brow_gain: Of the brows.
        head_gain: Of the head.
        blink_gain: Rate of blinks, 0 = none.
        reactions: Whether the character listens, nods and thinks while it does not speak.
    """

    emotion: str | NotGiven = NOT_GIVEN
    emotion_strength: float | NotGiven = NOT_GIVEN
    gaze_pitch_deg: float | NotGiven = NOT_GIVEN
    gaze_yaw_deg: float | NotGiven = NOT_GIVEN
    head_distance: float | NotGiven = NOT_GIVEN
    head_pitch_deg: float | NotGiven = NOT_GIVEN
    head_yaw_deg: float | NotGiven = NOT_GIVEN
    head_roll_deg: float | NotGiven = NOT_GIVEN
    lip_gain: float | NotGiven = NOT_GIVEN
    brow_gain: float | NotGiven = NOT_GIVEN
    head_gain: float | NotGiven = NOT_GIVEN
    blink_gain: float | NotGiven = NOT_GIVEN
    reactions: bool | NotGiven = NOT_GIVEN

    _aliases: ClassVar[dict[str, str]] = {
        "strength": "emotion_strength",
        "distance": "head_distance",
    }

    def to_dict(self) -> dict[str, Any]:
        """The given fields that belong to the face, for clients."""
        given = self.given_fields()
        return {name: given[name] for name in (*NUMBERS, "emotion", "reactions") if name in given}


@dataclass
class VasaUpdateSettingsFrame(ServiceUpdateSettingsFrame[VasaVideoSettings]):
    """Changes a VasaVideoService's settings while it runs.

    Parameters:
        delta: VasaVideoSettings with only the fields to change.
    """


def default_settings() -> VasaVideoSettings:
    """A neutral character that looks at the viewer."""
    settings = VasaVideoSettings(model=None, emotion="neutral", reactions=True)
    for name, spec in NUMBERS.items():
        setattr(settings, name, spec.default)
    return settings


def profile_settings(profile: CharacterProfile | None) -> VasaVideoSettings:
    """Complete settings for a character: the manner of its profile over the defaults."""
    settings = default_settings()
    if profile is None:
        return settings
    controls = profile.controls()
    if controls.emotions:
        settings.emotion = ",".join(f"{e.name}:{e.strength:g}" for e in controls.emotions)
    for name, value in controls.values().items():
        setattr(settings, name, value)
    return settings


def delta_from_mapping(values: Mapping[str, Any]) -> VasaVideoSettings:
    """Build a change from a client's or a language model's key-value pairs.

    Raises:
        ValueError: an unknown key, a wrong type, or a value outside its range.
    """
    delta = VasaVideoSettings.from_mapping(values)
    if delta.extra:
        known = ", ".join(("emotion", *NUMBERS, "reactions"))
        raise ValueError(f"unknown setting {', '.join(sorted(delta.extra))}; expected {known}")
    check_delta(delta)
    return delta


def check_delta(delta: VasaVideoSettings) -> None:
    """Raise ValueError when a given field has a wrong type or lies outside its range."""
    for name, value in delta.given_fields().items():
        if name in NUMBERS:
            NUMBERS[name].check(value)
        elif name == "emotion":
            parse_emotions(value)
        elif name == "reactions" and not isinstance(value, bool):
            raise ValueError(f"reactions is {value!r}; expected true or false")


def parse_emotions(text: object) -> tuple[Emotion, ...]:
    """Read "happy" or "happy:0.6,surprised:0.3".

    Raises:
        ValueError: an unknown name, one that comes twice, or a strength outside 0 to 1.
    """
    if not isinstance(text, str):
        raise ValueError(f"emotion is {text!r}; expected a name such as 'happy'")
    emotions = []
    for part in text.split(","):
        name, colon, strength = part.partition(":")
        emotions.append(Emotion.parse(f"{emotion_named(name) or name}{colon}{strength}"))
    return Controls(emotions=tuple(emotions)).emotions


def controls_of(settings: VasaVideoSettings, spoken: Emotion | None = None) -> Controls:
    """`Controls` for complete settings; `spoken`: the emotion of what is being said."""
    given: dict[str, Any] = settings.given_fields()
    scale = float(given["emotion_strength"])
    emotions = (spoken,) if spoken is not None else parse_emotions(given["emotion"])
    controls = Controls(emotions=tuple(Emotion(e.name, e.strength * scale) for e in emotions))
    return controls.steered({spec.name: given[spec.name] for spec in CONTROLS})
