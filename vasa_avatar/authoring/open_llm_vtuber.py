"""Open-LLM-VTuber's conf.yaml: the character that it configures, as a card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vasa_avatar.authoring.card import Card
from vasa_avatar.errors import CardError, ProfileError
from vasa_avatar.profiles import read_mapping

KIND = "Open-LLM-VTuber"
_MOST_PICTURE_BYTES = 32 << 20


def card_of_conf(content: bytes, path: Path) -> Card:
    """The character of a conf.yaml, or of one of its `characters/*.yaml`.

    Raises:
        CardError: no YAML, or it configures no character.
    """
    try:
        conf = read_mapping(content, path)
    except ProfileError as problem:
        raise CardError(str(problem)) from problem
    character = conf.get("character_config")
    if not isinstance(character, dict):
        keys = ", ".join(list(conf)[:5]) or "nothing"
        raise CardError(f"it configures no character; it holds {keys:.80}")
    picture, ending = _avatar(character.get("avatar"), path)
    return Card(conf, KIND, picture, ending)


def fields_of_conf(conf: dict[str, Any]) -> dict[str, Any]:
    """The same under the names that other cards use."""
    character = conf["character_config"]
    name = character.get("character_name") or character.get("conf_name")
    return {"name": name, "description": character.get("persona_prompt")}


def services_of_conf(conf: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The TTS that it speaks with, and its options."""
    speech = conf["character_config"].get("tts_config")
    if not isinstance(speech, dict) or not isinstance(speech.get("tts_model"), str):
        return {}
    name = speech["tts_model"]
    options = speech.get(name)
    return {name: options if isinstance(options, dict) else {}}


def _avatar(name: object, path: Path) -> tuple[bytes | None, str]:
    """Its picture, which lies in `avatars` beside the file or one folder up."""
    if not isinstance(name, str) or not name or name != Path(name).name:
        return None, "png"
    for folder in (path.parent, path.parent.parent):
        place = folder / "avatars" / name
        if place.is_file() and place.stat().st_size <= _MOST_PICTURE_BYTES:
            return place.read_bytes(), place.suffix.lstrip(".").lower() or "png"
    return None, "png"
