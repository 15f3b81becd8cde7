"""What can be changed while the pipeline runs, in units for people: degrees, ratios, names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pipecat.frames.frames import DataFrame, ServiceUpdateSettingsFrame
from pipecat.services.settings import ServiceSettings
from pipecat.utils.types import NOT_GIVEN, NotGiven

from vasa_avatar import CharacterProfile
from vasa_avatar.controls import CONTROLS, EMOTION_STRENGTH, ControlSpec
from vasa_avatar.datatypes import EMOTIONS, Controls, Emotion, Feeling
from vasa_avatar.profiles import EmotionSettings

NUMBERS: dict[str, ControlSpec] = {spec.name: spec for spec in (EMOTION_STRENGTH, *CONTROLS)}
"""The settings that are numbers; what each does and how far it goes."""


@dataclass
class VasaVideoSettings(ServiceSettings):
    """Runtime settings of a VasaVideoService; changes are blended over tenths of a second.

    The limits of each number stand in `vasa_avatar.controls`.

    Parameters:
        emotion: The mood at rest: one label ("happy") or a mixture ("happy:0.6,surprised:0.3");
            the character's own labels and common ones such as "joy" are understood.
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


@dataclass
class VasaFeelFrame(DataFrame):
    """Lets the face feel something; it comes, stays and goes again, and the mood is back.

    Parameters:
        label: Of the character's profile, or a common one such as "joy" or "curiosity".
        strength: 0..1 of what the label stands for.
    """

    label: str
    strength: float = 1.0


def known_feeling(label: object, strength: object, emotions: EmotionSettings) -> Feeling:
    """What a character shows for a label.

    Raises:
        ValueError: the character does not know it, or the strength is no number from 0 to 1.
    """
    found = emotions.feeling(str(label), EMOTION_STRENGTH.check(strength))
    if found is None:
        own = ", ".join((*emotions.labels, *EMOTIONS))
        raise ValueError(f"emotion is {label!r:.60}; expected one of {own}, or a common label")
    return found


def delta_from_mapping(
    values: Mapping[str, Any],
    emotions: EmotionSettings = EmotionSettings(),  # noqa: B008  (frozen)
) -> VasaVideoSettings:
    """Build a change from a client's or a language model's key-value pairs.

    Raises:
        ValueError: an unknown key, a wrong type, or a value outside its range.
    """
    delta = VasaVideoSettings.from_mapping(values)
    if delta.extra:
        known = ", ".join(("emotion", *NUMBERS, "reactions"))
        raise ValueError(f"unknown setting {', '.join(sorted(delta.extra))}; expected {known}")
    check_delta(delta, emotions)
    return delta


def check_delta(
    delta: VasaVideoSettings,
    emotions: EmotionSettings = EmotionSettings(),  # noqa: B008  (frozen)
) -> None:
    """Raise ValueError when a given field has a wrong type or lies outside its range."""
    for name, value in delta.given_fields().items():
        if name in NUMBERS:
            NUMBERS[name].check(value)
        elif name == "emotion":
            parse_emotions(value, emotions)
        elif name == "reactions" and not isinstance(value, bool):
            raise ValueError(f"reactions is {value!r}; expected true or false")


def parse_emotions(
    text: object,
    emotions: EmotionSettings = EmotionSettings(),  # noqa: B008  (frozen)
) -> tuple[Emotion, ...]:
    """Read "happy" or "happy:0.6,surprised:0.3" as a mixture of our emotions.

    Raises:
        ValueError: an unknown label, one that comes twice, or a strength outside 0 to 1.
    """
    if not isinstance(text, str):
        raise ValueError(f"emotion is {text!r}; expected a name such as 'happy'")
    mixture: dict[str, float] = {}
    labels: list[str] = []
    for part in text.split(","):
        label, colon, strength = (piece.strip() for piece in part.partition(":"))
        try:
            number = float(strength) if colon else 1.0
        except ValueError:
            raise ValueError(f"{part.strip()!r} is not NAME:STRENGTH, such as happy:0.6") from None
        EMOTION_STRENGTH.check(number, f"strength of {label}")
        labels.append(label.lower())
        if label in EMOTIONS:  # a mood is set as it is; what labels do to it is for the others
            parts: tuple[Emotion, ...] = (Emotion(label, number),)
        else:
            parts = known_feeling(label, number, emotions).emotions
        for emotion in parts:
            total = mixture.get(emotion.name, 0.0) + emotion.strength
            mixture[emotion.name] = min(total, 1.0)
    if len(set(labels)) < len(labels):
        raise ValueError(f"emotions are {', '.join(labels)}; name each once")
    return tuple(Emotion(name, strength) for name, strength in mixture.items())


def controls_of(
    settings: VasaVideoSettings,
    emotions: EmotionSettings = EmotionSettings(),  # noqa: B008  (frozen)
) -> Controls:
    """`Controls` for complete settings of a character that feels as `emotions` says."""
    given: dict[str, Any] = settings.given_fields()
    scale = float(given["emotion_strength"])
    mood = parse_emotions(given["emotion"], emotions)
    controls = Controls(emotions=tuple(Emotion(e.name, e.strength * scale) for e in mood))
    return controls.steered({spec.name: given[spec.name] for spec in CONTROLS})
