"""A character from nothing but a picture and a name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vasa_avatar.authoring.card_fields import id_of
from vasa_avatar.authoring.folder import free_folder, write_character
from vasa_avatar.errors import ProfileError
from vasa_avatar.profiles import CharacterProfile

_MOST_PICTURE_BYTES = 64 << 20


def new_character(
    portrait: Path, name: str, root: Path, *, consent: str = "", origin: str = "", licence: str = ""
) -> CharacterProfile:
    """Make a character's folder.

    Args:
        portrait: a picture; it is copied.
        name: how the character is called.
        root: the folder of characters.
        consent: who agreed to what; empty for a picture of nobody who exists.
        origin: who or what made the picture.
        licence: what others may do with it.

    Raises:
        ProfileError: no such picture, or no name.
        OSError: the folder cannot be written.
    """
    try:
        if portrait.stat().st_size > _MOST_PICTURE_BYTES:
            raise ProfileError(f"{portrait} has over {_MOST_PICTURE_BYTES} bytes; make it smaller")
        picture = portrait.read_bytes()
    except OSError as problem:
        raise ProfileError(f"{portrait} cannot be read ({problem.strerror})") from problem
    folder = free_folder(root, id_of(name))
    ending = portrait.suffix.lstrip(".").lower() or "png"
    data = starting_data(folder.name, name, f"portrait.{ending}")
    data["source"] = {
        "synthetic": not consent.strip(),
        "licence": licence or "not said yet",
        "origin": origin or f"the file {portrait.name}",
        **({"consent": consent.strip()} if consent.strip() else {}),
    }
    return write_character(folder, data, {data["portrait"]: picture})


def starting_data(id: str, name: str, portrait: str) -> dict[str, Any]:
    """What a new profile says, so that its author sees where to write."""
    return {
        "version": 1,
        "id": id,
        "name": name,
        "description": f"{name}, who has yet to be described.",
        "portrait": portrait,
        "avatar": "avatar.npz",
        "persona": {
            "system_prompt": "You are {{char}}, a friendly person who answers in one or two "
            "sentences.",
            "greeting": f"Hello, I am {name}. What shall we talk about?",
        },
        "emotions": {"baseline": {"happy": 0.1}},
        "temper": {"seed": 1},
    }
