"""Settings: ranges, names, profiles, and what the engine gets."""

from __future__ import annotations

import math

import pytest
from pipecat_vasa.steering.settings import (
    controls_of,
    default_settings,
    delta_from_mapping,
    parse_emotions,
    profile_settings,
)

from vasa_avatar.controls import CONTROLS, ControlSpec
from vasa_avatar.datatypes import Controls, Emotion
from vasa_avatar.profiles import (
    CharacterProfile,
    EmotionSettings,
    Framing,
    Gains,
    PictureSource,
)


def test_defaults_are_complete_and_neutral() -> None:
    settings = default_settings()
    controls = controls_of(settings)
    assert not [name for name, value in vars(settings).items() if repr(value) == "NOT_GIVEN"]
    assert controls.emotions == (Emotion("neutral", 1.0),)
    assert controls.head_distance == 1.0 and controls.gaze_yaw_rad == 0.0


def test_a_mapping_becomes_a_delta() -> None:
    delta = delta_from_mapping({"emotion": "joy", "strength": 0.5, "gaze_yaw_deg": 10})
    settings = default_settings()
    changed = settings.apply_update(delta)
    assert set(changed) == {"emotion", "emotion_strength", "gaze_yaw_deg"}
    controls = controls_of(settings)
    assert controls.emotions == (Emotion("happy", 0.45),)
    assert controls.gaze_yaw_rad == pytest.approx(math.radians(10))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mood": "happy"}, "unknown setting mood; expected emotion"),
        ({"emotion": "peckish"}, "emotion is 'peckish'; expected one of neutral"),
        ({"emotion": 3}, "emotion is 3; expected a name"),
        ({"emotion": "sad:much"}, "'sad:much' is not NAME:STRENGTH"),
        ({"emotion": "sad,sad:0.5"}, "emotions are sad, sad; name each once"),
        ({"emotion": "sad:7"}, "strength of sad is 7"),
        ({"gaze_yaw_deg": 90}, "gaze_yaw_deg is 90; expected -40 to 40"),
        ({"head_distance": "near"}, "head_distance is 'near'; expected a number from 0.7 to 1.6"),
        ({"lip_gain": True}, "lip_gain is True; expected a number"),
        ({"lip_gain": math.nan}, "lip_gain is nan"),
        ({"reactions": 1}, "reactions is 1; expected true or false"),
    ],
)
def test_wrong_values_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        delta_from_mapping(values)


@pytest.mark.parametrize("spec", CONTROLS, ids=lambda spec: spec.name)
def test_every_control_reaches_the_engine_within_its_range(spec: ControlSpec) -> None:
    for value in (spec.low, spec.high):
        settings = default_settings()
        settings.apply_update(delta_from_mapping({spec.name: value}))
        assert controls_of(settings).values()[spec.name] == value
        assert settings.to_dict()[spec.name] == value


def test_the_defaults_are_the_engines() -> None:
    settings = default_settings()
    assert controls_of(settings).values() == Controls().values()


def test_mixtures() -> None:
    assert parse_emotions("happy:0.6, surprised:0.3") == (
        Emotion("happy", 0.6),
        Emotion("surprised", 0.3),
    )


def test_a_label_means_what_the_character_says() -> None:
    own = EmotionSettings.model_validate(
        {"labels": {"joy": {"sad": 0.2}}, "limits": {"angry": 0.3}}
    )
    assert parse_emotions("joy", own) == (Emotion("sad", 0.2),)
    assert parse_emotions("anger", own) == (Emotion("angry", 0.3),)
    assert parse_emotions("angry", own) == (Emotion("angry", 1.0),), "a mood is set as it is"
    assert parse_emotions("pride, joyful", EmotionSettings()) == (
        Emotion("happy", 1.0),
        Emotion("contempt", 0.15),
    )


def test_a_profile_gives_its_manner() -> None:
    profile = CharacterProfile(
        id="test",
        name="Test",
        framing=Framing(gaze_pitch_deg=1, gaze_yaw_deg=2, head_distance=0.9),
        emotions=EmotionSettings(baseline={"happy": 0.25}),
        gains=Gains(blink_gain=0.5),
        source=PictureSource(synthetic=True, licence="CC0", origin="made up"),
    )
    settings = profile_settings(profile)
    assert settings.emotion == "happy:0.25"
    assert (settings.gaze_pitch_deg, settings.gaze_yaw_deg) == (1, 2)
    assert controls_of(settings) == profile.controls()
