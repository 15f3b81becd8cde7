"""A card's file to a character's folder; the card itself is kept beside the profile."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vasa_avatar.authoring.card import Card
from vasa_avatar.authoring.card_fields import id_of, profile_data, shortened, text_of
from vasa_avatar.authoring.card_file import read_card
from vasa_avatar.authoring.folder import CARD_FOLDER, free_folder, write_character
from vasa_avatar.authoring.json_text import dump_json
from vasa_avatar.authoring.yaml_text import profile_text
from vasa_avatar.errors import CardError, ProfileError
from vasa_avatar.profiles import PROFILE_FILE, CharacterProfile, parse_profile

_NOT_DROPPED = ("version", "id", "name", "portrait", "source")


@dataclass(frozen=True, slots=True)
class Imported:
    """A new character."""

    folder: Path
    profile: CharacterProfile
    notes: tuple[str, ...]
    """what the person who brought the card should know"""


def import_card(
    path: Path, root: Path, *, portrait: Path | None = None, consent: str = "", id: str = ""
) -> Imported:
    """Make a character of a card.

    Args:
        path: PNG, JSON, CHARX or conf.yaml.
        root: the folder of characters in which its own is made.
        portrait: a picture instead of the card's, needed where the card has none.
        consent: who agreed to what, where the picture shows a real person; empty: it shows nobody
            who exists.
        id: the folder's name; from the character's name when empty.

    Raises:
        CardError: the card cannot be read, or there is no picture.
        ProfileError: there is no place for it.
    """
    card = read_card(path)
    picture, ending = card.picture, card.picture_ending
    if portrait is not None:
        try:
            picture, ending = portrait.read_bytes(), portrait.suffix.lstrip(".").lower() or "png"
        except OSError as problem:
            raise CardError(f"{portrait} cannot be read ({problem.strerror})") from problem
    if picture is None:
        raise CardError(f"{path} brings no picture; give one with --portrait")
    data, notes = character_data(card, consent)
    folder = free_folder(root, id or id_of(data["name"]))
    data |= {"version": 1, "id": folder.name, "portrait": f"portrait.{ending}"}
    data, dropped = without_faults(data, folder)
    files = {data["portrait"]: picture, **kept_files(card, path.read_bytes())}
    profile = write_character(folder, data, files)
    return Imported(folder, profile, (*card.notes, *notes, *dropped))


def character_data(card: Card, consent: str) -> tuple[dict[str, Any], list[str]]:
    """A card as a profile's keys, with a source; and notes."""
    data = profile_data(card)
    notes: list[str] = []
    if consent.strip():
        data["source"] = {**_source_of(card), "synthetic": False, "consent": consent.strip()}
    elif not isinstance(data.get("source"), dict):
        data["source"] = _source_of(card)
        notes.append(
            "the picture is taken for a made-up person, as most cards' are; if it shows somebody "
            "who exists, bring the card again with --consent and who agreed to what"
        )
    return data, notes


def without_faults(data: dict[str, Any], folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The data without blocks that a profile would refuse; and notes.

    Raises:
        ProfileError: what cannot be left out is wrong.
    """
    notes: list[str] = []
    while True:
        try:
            parse_profile(profile_text(data), folder / PROFILE_FILE)
            return data, notes
        except ProfileError as problem:
            bad = [key for key in data if key not in _NOT_DROPPED and _blames(problem, key)]
            if not bad:
                raise
            data = {key: value for key, value in data.items() if key not in bad}
            notes.append(f"left out of the profile, as it is wrong there: {', '.join(bad)}")


def _blames(problem: ProfileError, key: str) -> bool:
    return any(f": {key}:" in fault or f": {key}." in fault for fault in problem.faults)


def _source_of(card: Card) -> dict[str, Any]:
    creator = shortened(text_of(card.data.get("creator")), 80)
    by = f" by {creator}" if creator else ""
    return {
        "synthetic": True,
        "licence": "not known; ask the card's author before others see it",
        "origin": f"the picture of a character card ({card.kind}){by}",
    }


def kept_files(card: Card, content: bytes) -> dict[str, bytes]:
    """The card as it came: its text, or the archive with its pictures of feelings."""
    if card.archive is not None:
        return {f"{CARD_FOLDER}/card.charx": card.archive}
    if card.kind == "Open-LLM-VTuber":
        return {f"{CARD_FOLDER}/conf.yaml": content}
    kept = {f"{CARD_FOLDER}/card.json": dump_json(card.raw).encode()}
    if card.older is not None:
        kept[f"{CARD_FOLDER}/older.json"] = dump_json(card.older).encode()
    return kept
