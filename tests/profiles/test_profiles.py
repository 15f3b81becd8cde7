"""Characters: the shipped ones load, mistakes are named with their place, pictures stay inside."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pydantic import ValidationError

from vasa_avatar.errors import ProfileError
from vasa_avatar.performance_style import DrawnManner, PerformanceStyle
from vasa_avatar.profiles import (
    CharacterProfile,
    EmotionSettings,
    list_profiles,
    load_profile,
    notice_of,
    persona_messages,
    profile_schema,
)

GO_EMOTIONS = (
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion",
    "curiosity", "desire", "disappointment", "disapproval", "disgust", "embarrassment",
    "excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "optimism",
    "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral",
)  # fmt: skip
"""Demszky et al. 2020"""
MINIMAL = """
id: test_person
name: Test
source: {synthetic: true, licence: CC0, origin: drawn for this test}
"""


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "profile.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_three_shipped_characters_are_synthetic_have_a_picture_and_greet() -> None:
    shipped = {profile.id: profile for profile in list_profiles()}
    assert len(shipped) >= 3
    for profile in shipped.values():
        assert profile.source.synthetic
        assert profile.portrait.is_file()
        assert len(profile.greeting) > 40
        assert load_profile(profile.id) == profile


def test_a_minimal_profile_loads_from_folder_and_file(tmp_path: Path) -> None:
    path = write(tmp_path / "test_person", MINIMAL)
    assert load_profile(path) == load_profile(path.parent)
    assert load_profile(path).portrait == (path.parent / "portrait.png").resolve()


def test_degrees_in_the_file_are_radians_in_the_controls(tmp_path: Path) -> None:
    manner = (
        "manner: {gaze_pitch_deg: -5, gaze_yaw_deg: 10, head_yaw_deg: -4, emotions: {happy: 0.4}, "
        "lip_gain: 1.3}"
    )
    controls = load_profile(write(tmp_path, MINIMAL + manner)).controls()
    assert controls.gaze_pitch_rad == pytest.approx(math.radians(-5))
    assert controls.gaze_yaw_rad == pytest.approx(math.radians(10))
    assert controls.head_yaw_rad == pytest.approx(math.radians(-4))
    assert controls.emotions[0].name == "happy"
    assert controls.lip_gain == 1.3


@pytest.mark.parametrize(
    ("extra", "complaint"),
    [
        ("hobby: chess", "hobby: unknown key"),
        ("manner: {lip_gain: 3}", r"manner\.lip_gain: .*lip_gain is 3; expected 0 to 2"),
        ("manner: {emotions: {bored: 1}}", "emotion is 'bored'; expected one of neutral, happy"),
        ("manner: {gaze_yaw_deg: 80}", "gaze_yaw_deg is 80; expected -40 to 40 degrees"),
        ("voice: {pitch: 9}", r"voice\.pitch: Input should be less than or equal to 1\.6"),
        ("portrait: ../../secret.png", "lies outside the profile's folder"),
        ("portrait: /etc/hostname", "lies outside the profile's folder"),
        ("voice: {pich: 1}", r"profile.yaml:5: voice\.pich: unknown key; did you mean pitch\?"),
        ("emotions: {baseline: {hapy: 1}}", "emotion is 'hapy'.*; did you mean happy"),
        (
            "emotions: {labels: {joy: {mix: {}, oset_s: 1}}}",
            "oset_s: .* did you mean onset_s",
        ),
        ("voice: {}\nvoice: {}", r"profile.yaml:6: voice is there twice; keep one"),
        ("version: 2", "version: is 2; this program reads versions up to 1"),
        ("version: 1\nmanner: {lip_gain: 1}", "manner: unknown key"),
        (
            "version: 1\ngreeting: Hi",
            r"since version 1 it is persona\.greeting",
        ),
        ("disclosure: {shown: false}", "a face without a label needs `reason`"),
        ("temper: {never: [dance]}", "gesture is 'dance'; expected one of nod"),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path: Path, extra: str, complaint: str) -> None:
    with pytest.raises(ProfileError, match=complaint):
        load_profile(write(tmp_path, MINIMAL + extra))


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    text = MINIMAL + "voice:\n  pich: 1\nmanner:\n  lip_gain: 3\n"
    with pytest.raises(ProfileError) as caught:
        load_profile(write(tmp_path, text))
    lines = [fault.split("profile.yaml:")[1] for fault in caught.value.faults]
    assert lines[0].startswith("6: voice.pich")
    assert lines[1].startswith("8: manner.lip_gain: "), "where it stands, not where it would now"


def test_profiles_of_the_first_version_load_unchanged(tmp_path: Path) -> None:
    old = """
manner: {emotions: {happy: 0.15}, head_gain: 0.85, head_distance: 1.1, idle: calm}
greeting: Hello.
voice: {speaker: heart, pitch: 0.9}
"""
    profile = load_profile(write(tmp_path, MINIMAL + old))
    assert profile.version == 1
    assert profile.greeting == profile.persona.greeting == "Hello."
    assert profile.emotions.baseline == {"happy": 0.15}
    assert (profile.gains.head_gain, profile.framing.head_distance) == (0.85, 1.1)
    assert profile.temper.liveliness == 0.8
    assert profile.controls().emotions[0].strength == 0.15


def test_bombs_are_refused(tmp_path: Path) -> None:
    laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for name, last in zip("bcdefgh", "abcdefg", strict=True):
        laughs += f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]\n"
    with pytest.raises(ProfileError, match="holds over 100000 values"):
        load_profile(write(tmp_path, laughs))
    with pytest.raises(ProfileError, match="cannot be read as YAML"):
        load_profile(write(tmp_path, "[" * 5000))


def test_the_schema_knows_every_key_and_takes_the_shipped_files() -> None:
    schema = profile_schema()
    assert set(schema["properties"]) == set(CharacterProfile.model_fields)
    distance = schema["$defs"]["Framing"]["properties"]["head_distance"]["anyOf"][0]
    assert distance == {"type": "number", "minimum": 0.7, "maximum": 1.6}
    assert all("description" in key for key in schema["$defs"]["Persona"]["properties"].values())


def test_labels_of_cards_and_models_have_a_meaning() -> None:
    emotions = EmotionSettings.model_validate(
        {
            "labels": {"Smug-Grin": {"mix": {"happy": 0.4, "contempt": 0.3}, "onset_s": 0.5}},
            "limits": {"angry": 0.4},
            "strength": 0.5,
        }
    )
    assert None not in map(emotions.feeling, GO_EMOTIONS)
    grin = emotions.feeling("smug grin", 0.5)
    assert grin is not None and grin.onset_s == 0.5
    assert [(e.name, e.strength) for e in grin.emotions] == [("happy", 0.1), ("contempt", 0.075)]
    rage = EmotionSettings(limits={"angry": 0.4}).feeling("furious")
    assert rage is not None and rage.emotions[0].strength == 0.4
    assert emotions.feeling("peckish") is None


def test_a_persona_becomes_messages(tmp_path: Path) -> None:
    text = (
        MINIMAL.replace("name: Test", "name: Ann")
        + """
persona:
  system_prompt: You are {{char}}, a guide. {{user}} is a guest.
  speaking_style: Short.
  greeting: Hi {{user}}!
  example_dialogue: [{user: 'Who?', character: 'I am {{char}}.'}]
emotions: {labels: {beaming: {happy: 1}}}
version: 1
"""
    )
    profile = load_profile(write(tmp_path, text))
    told = persona_messages(profile, "Bo", tags=True, greets=True)
    assert [message["role"] for message in told] == ["system", "user", "assistant", "assistant"]
    assert told[0]["content"].startswith("You are Ann, a guide. Bo is a guest.\n\nHow you speak:")
    assert "beaming, happy" in told[0]["content"]
    assert [message["content"] for message in told[2:]] == ["I am Ann.", "Hi Bo!"]
    assert persona_messages(load_profile(write(tmp_path, MINIMAL))) == []


def test_a_temper_becomes_a_style(tmp_path: Path) -> None:
    text = """
version: 1
temper: {liveliness: 0.5, never: [wink], eye_contact: {speaking: 0.8}, seed: 4}
"""
    style = load_profile(write(tmp_path, MINIMAL + text)).temper.style()
    assert (style.liveliness, style.seed, style.eye_contact.speaking) == (0.5, 4, 0.8)
    assert {kind.value for kind in style.off} == {"wink"}
    assert load_profile(write(tmp_path, MINIMAL)).temper.style() == PerformanceStyle()


def test_a_drawn_face_moves_as_its_profile_says(tmp_path: Path) -> None:
    text = """
version: 1
drawing: {mouths: smooth, arched_eyes: false}
"""
    profile = load_profile(write(tmp_path, MINIMAL + text))
    assert profile.style(is_drawn=False).drawn is None
    assert profile.style(is_drawn=True).drawn == DrawnManner(False, False, True)
    assert load_profile(write(tmp_path, MINIMAL)).style(is_drawn=True).drawn == DrawnManner()


def test_a_real_person_needs_consent(tmp_path: Path) -> None:
    real = MINIMAL.replace("synthetic: true", "synthetic: false")
    with pytest.raises(ProfileError, match="real person needs `consent`"):
        load_profile(write(tmp_path, real))


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="no character 'nobody'; known: .*; or give the path"):
        load_profile("nobody")
    with pytest.raises(ProfileError, match="cannot be read as YAML"):
        load_profile(write(tmp_path / "a", "id: [unclosed"))
    with pytest.raises(ProfileError, match="holds list; expected keys"):
        load_profile(write(tmp_path / "b", "- 1\n- 2"))


def test_a_profile_does_not_change() -> None:
    profile = list_profiles()[0]
    with pytest.raises(ValidationError, match="frozen"):
        profile.name = "other"  # type: ignore[misc]


def test_the_users_own_characters_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vasa_avatar.profiles.library.user_data_folder", lambda: tmp_path)
    shipped = list_profiles()[0].id
    own = MINIMAL.replace("test_person", shipped)
    write(tmp_path / "character_profiles" / shipped, own)
    assert load_profile(shipped).name == "Test"
    assert isinstance(load_profile(shipped), CharacterProfile)


@pytest.mark.parametrize(
    ("more", "notice"),
    [
        ("", "You are talking with an AI."),
        ("language: en-GB\n", "You are talking with an AI."),
        ("language: de\n", "Sie sprechen mit einer KI."),
        ("language: ja\n", "You are talking with an AI."),
        ("disclosure: {notice: I am a drawing.}\n", "I am a drawing."),
        ("disclosure: {shown: false, reason: the hall is told}\n", ""),
    ],
)
def test_people_are_told_at_first_that_this_is_an_ai(
    more: str, notice: str, tmp_path: Path
) -> None:
    told = notice_of(load_profile(write(tmp_path, MINIMAL + more)))
    assert told.startswith(notice)
    assert bool(told) is bool(notice)


def test_every_shipped_character_says_it_in_its_language() -> None:
    assert {notice_of(profile) for profile in list_profiles()} == {notice_of(None)}
