"""Finds character profiles: by id among the shipped ones and the user's own, or by path."""

from __future__ import annotations

import os
from pathlib import Path

import yaml
from pydantic import ValidationError

from vasa_avatar.errors import ProfileError
from vasa_avatar.folders import user_data_folder
from vasa_avatar.profiles.profile import CharacterProfile

_PACKAGE = Path(__file__).resolve().parent.parent
# In an installed package the characters lie inside it, in a checkout beside it.
_SHIPPED = (_PACKAGE / "character_profiles", _PACKAGE.parent / "character_profiles")
_FILE_NAME = "profile.yaml"


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
        for path in sorted(folder.glob(f"*/{_FILE_NAME}")):
            found.setdefault(path.parent.name, load_profile(path))
    return [found[name] for name in sorted(found)]


def load_profile(id_or_path: str | Path) -> CharacterProfile:
    """Read one character.

    Args:
        id_or_path: the id of a shipped or own character, a profile's folder, or its YAML file.

    Raises:
        ProfileError: no such profile, or what is wrong in it and where.
    """
    path = _locate(id_or_path)
    try:
        text = path.read_text(encoding="utf-8")
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        first_line = str(problem).splitlines()[0]
        raise ProfileError(f"{path} cannot be read as YAML: {first_line}") from problem
    if not isinstance(data, dict):
        raise ProfileError(f"{path} holds {type(data).__name__}; expected keys such as id and name")
    try:
        profile = CharacterProfile.model_validate(data, context={"folder": path.parent})
    except ValidationError as problem:
        raise ProfileError(f"{path}: {_explain(problem)}") from problem
    return profile


def _locate(id_or_path: str | Path) -> Path:
    name = str(id_or_path)
    is_plain_id = "/" not in name and "\\" not in name and not name.endswith((".yaml", ".yml"))
    if is_plain_id:
        for folder in profile_folders():
            if (folder / name / _FILE_NAME).is_file():
                return folder / name / _FILE_NAME
    path = Path(id_or_path)
    if path.is_dir():
        path = path / _FILE_NAME
    if path.is_file():
        return path
    known = sorted({p.parent.name for f in profile_folders() for p in f.glob(f"*/{_FILE_NAME}")})
    raise ProfileError(
        f"there is no character {name!r}; known: {', '.join(known) or 'none'}; "
        f"or give the path of a {_FILE_NAME}"
    )


def _explain(problem: ValidationError) -> str:
    """All faults on one line: where, and what was expected."""
    faults = []
    for fault in problem.errors():
        place = ".".join(str(part) for part in fault["loc"]) or "profile"
        if fault["type"] == "extra_forbidden":
            faults.append(f"{place}: unknown key")
        else:
            faults.append(f"{place}: {fault['msg'].removeprefix('Value error, ')}")
    return "; ".join(faults)
