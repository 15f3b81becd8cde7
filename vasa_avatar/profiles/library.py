"""Finds character profiles: by id among the shipped ones and the user's own, or by path."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from vasa_avatar.errors import ProfileError
from vasa_avatar.folders import user_data_folder
from vasa_avatar.profiles.faults import fault_line, faults_of
from vasa_avatar.profiles.migrations import VERSION, migrated
from vasa_avatar.profiles.profile import CharacterProfile
from vasa_avatar.profiles.yaml_file import YamlFile, parse_yaml, read_yaml

_PACKAGE = Path(__file__).resolve().parent.parent
# In an installed package the characters lie inside it, in a checkout beside it.
_SHIPPED = (_PACKAGE / "character_profiles", _PACKAGE.parent / "character_profiles")
PROFILE_FILE = "profile.yaml"


def profile_folders() -> list[Path]:
    """Folders that are searched for characters, in order: the user's own first."""
    home = user_data_folder()
    own = () if home is None else (home / "character_profiles",)
    return [folder for folder in (*own, *_SHIPPED) if os.path.isdir(folder)]


def list_profiles() -> list[CharacterProfile]:
    """Every character that can be loaded by its id, sorted by id.

    Raises:
        ProfileError: one of them is invalid.
    """
    found: dict[str, CharacterProfile] = {}
    for folder in profile_folders():
        for path in sorted(folder.glob(f"*/{PROFILE_FILE}")):
            found.setdefault(path.parent.name, load_profile(path))
    return [found[name] for name in sorted(found)]


def load_profile(id_or_path: str | Path) -> CharacterProfile:
    """Read one character.

    Args:
        id_or_path: the id of a shipped or own character, a profile's folder, or its YAML file.

    Raises:
        ProfileError: no such profile, or what is wrong in it and where.
    """
    return _validated(read_yaml(locate_profile(id_or_path)))


def parse_profile(text: str, path: str | Path) -> CharacterProfile:
    """Read a character from the text of its file.

    Args:
        text: YAML.
        path: where the file is or will be; pictures are looked for beside it.

    Raises:
        ProfileError: what is wrong in it and where.
    """
    return _validated(parse_yaml(text, Path(path)))


def _validated(file: YamlFile) -> CharacterProfile:
    version = file.data.get("version", 0)
    if isinstance(version, bool) or not isinstance(version, int) or not 0 <= version <= VERSION:
        expected = f"is {version!r}; this program reads versions up to {VERSION}"
        fault = fault_line(file.path, file.line_of(("version",)), ("version",), expected)
        raise ProfileError(fault, (fault,))
    data, came_from = migrated(file.data, version)
    try:
        return CharacterProfile.model_validate(data, context={"folder": file.path.parent})
    except ValidationError as problem:
        faults = faults_of(problem, CharacterProfile, file, came_from)
        raise ProfileError("; ".join(faults), tuple(faults)) from problem


def locate_profile(id_or_path: str | Path) -> Path:
    """The file of a profile, read or not.

    Raises:
        ProfileError: there is none.
    """
    name = str(id_or_path)
    is_plain_id = "/" not in name and "\\" not in name and not name.endswith((".yaml", ".yml"))
    if is_plain_id:
        for folder in profile_folders():
            if (folder / name / PROFILE_FILE).is_file():
                return folder / name / PROFILE_FILE
    path = Path(id_or_path)
    if path.is_dir():
        path = path / PROFILE_FILE
    if path.is_file():
        return path
    known = sorted({p.parent.name for f in profile_folders() for p in f.glob(f"*/{PROFILE_FILE}")})
    raise ProfileError(
        f"there is no character {name!r}; known: {', '.join(known) or 'none'}; "
        f"or give the path of a {PROFILE_FILE}"
    )
