"""A character's profile with its baked avatar: what a program needs to open a stream."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vasa_avatar.appearance.avatar import Avatar
from vasa_avatar.appearance.avatar_cache import avatar_of
from vasa_avatar.profiles import CharacterProfile, load_profile


@dataclass(frozen=True, slots=True, eq=False)
class Character:
    """Who is seen, and in which manner."""

    profile: CharacterProfile
    avatar: Avatar


def load_character(id_or_path: str | Path) -> Character:
    """Load a character; the first time, a portrait without a baked avatar takes seconds.

    Args:
        id_or_path: the id of a shipped or own character, a profile's folder, or its YAML file.

    Raises:
        ProfileError: there is no such character, or its profile is wrong.
        PortraitError: its portrait cannot become an avatar.
        ModelStoreError: the portrait must be baked and the landmark model cannot be had.
    """
    profile = load_profile(id_or_path)
    return Character(profile, avatar_of(profile))
