"""Characters: the shipped ones load, mistakes are named with their place, pictures stay inside."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pydantic import ValidationError

from vasa_avatar.errors import ProfileError
from vasa_avatar.profiles import CharacterProfile, list_profiles, load_profile

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
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path: Path, extra: str, complaint: str) -> None:
    with pytest.raises(ProfileError, match=complaint):
        load_profile(write(tmp_path, MINIMAL + extra))


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
