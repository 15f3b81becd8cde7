"""A character's folder: profile, portrait and the card it came from, each written whole or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vasa_avatar.authoring.yaml_text import profile_text
from vasa_avatar.errors import ProfileError
from vasa_avatar.folders import user_data_folder
from vasa_avatar.output_file import whole_file
from vasa_avatar.profiles import (
    PROFILE_FILE,
    SCHEMA_NAME,
    CharacterProfile,
    parse_profile,
    schema_text,
)

CARD_FOLDER = "card"
"""keeps what a card said, for its way back"""


def own_characters() -> Path:
    """Where a user's characters lie, so that `--profile ID` finds them.

    Raises:
        ProfileError: this user has no home.
    """
    home = user_data_folder()
    if home is None:
        raise ProfileError("there is no home to keep characters in; say where with --out FOLDER")
    return home / "character_profiles"


def free_folder(root: Path, wanted: str) -> Path:
    """A folder for a new character; a number is added where one is there."""
    for number in range(1, 1000):
        name = wanted if number == 1 else f"{wanted[:36]}_{number}"
        if not (root / name).exists():
            return root / name
    raise ProfileError(f"{root} has a thousand characters called {wanted}; remove some")


def write_character(
    folder: Path, data: dict[str, Any], files: dict[str, bytes] | None = None
) -> CharacterProfile:
    """Write a profile and what belongs to it.

    Args:
        folder: made when it is not there; files of other names in it stay.
        data: the profile's keys.
        files: further files by their names within the folder.

    Returns:
        The profile as it reads back.

    Raises:
        ProfileError: the profile would be wrong; nothing is written then.
        OSError: a file cannot be written.
    """
    text = profile_text(data)
    profile = parse_profile(text, folder / PROFILE_FILE)
    for name, content in (files or {}).items():
        place = folder / name
        if not place.resolve().is_relative_to(folder.resolve()):
            raise ProfileError(f"{name} lies outside the character's folder")
        with whole_file(place) as part:
            part.write_bytes(content)
    write_schema(folder.parent)
    with whole_file(folder / PROFILE_FILE) as part:
        part.write_text(text, encoding="utf-8")
    return profile


def write_schema(root: Path) -> None:
    """Put the schema beside the characters, where their first lines name it."""
    place = root / SCHEMA_NAME
    text = schema_text()
    if not place.is_file() or place.read_text(encoding="utf-8") != text:
        with whole_file(place) as part:
            part.write_text(text, encoding="utf-8")
