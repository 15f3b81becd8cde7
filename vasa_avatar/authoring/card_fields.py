"""A card's fields to a profile's keys and back; pure data, no files.

Ours lie under `extensions.vasa_avatar`, the rest where every program looks for it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from vasa_avatar.authoring.card import OURS, Card
from vasa_avatar.authoring.json_text import plain
from vasa_avatar.authoring.open_llm_vtuber import KIND as CONF
from vasa_avatar.authoring.open_llm_vtuber import fields_of_conf, services_of_conf

_MOST_TEXT = 100_000
_MOST_NAME = 80
OUR_BLOCKS = (
    "language", "voice", "emotions", "temper", "gains", "framing", "disclosure", "source",
)  # fmt: skip
"""blocks of a profile that no card has a place for"""
_TURN = re.compile(r"^\s*(\{\{user\}\}|\{\{char\}\}|<USER>|<BOT>)\s*:\s*", re.IGNORECASE)


def profile_data(card: Card) -> dict[str, Any]:
    """What a card says, as the keys of a profile without `id`, `portrait` and `source`.

    Values of a wrong type are left out; the card itself is kept beside the profile.
    """
    fields = fields_of_conf(card.raw) if card.kind == CONF else card.data
    name = shortened(text_of(fields.get("name") or fields.get("char_name")), _MOST_NAME)
    persona = {
        "system_prompt": _prompt(fields),
        "greeting": text_of(fields.get("first_mes") or fields.get("char_greeting")),
        "other_greetings": [
            text for item in _listed(fields.get("alternate_greetings")) if (text := text_of(item))
        ][:100],
        "example_dialogue": exchanges(
            text_of(fields.get("mes_example") or fields.get("example_dialogue"))
        ),
    }
    ours = our_part(fields)
    persona.update(
        {key: ours[key] for key in ("speaking_style",) if isinstance(ours.get(key), str)}
    )
    found: dict[str, Any] = {"name": name or "Unnamed"}
    described = shortened(text_of(fields.get("creator_notes")), 300)
    if described:
        found["description"] = described
    found["persona"] = {key: value for key, value in persona.items() if value}
    if card.kind == CONF and (services := services_of_conf(card.raw)):
        found["voice"] = {"services": services}
    found.update({key: ours[key] for key in OUR_BLOCKS if isinstance(ours.get(key), str | dict)})
    return found


def our_part(fields: dict[str, Any]) -> dict[str, Any]:
    """What we have put into a card's extensions before."""
    extensions = fields.get("extensions")
    ours = extensions.get(OURS) if isinstance(extensions, dict) else None
    return plain(ours) if isinstance(ours, dict) else {}


def with_profile(raw: dict[str, Any], kind: str, profile: dict[str, Any]) -> dict[str, Any]:
    """A card that says what the profile says; what did not change keeps its very text.

    Args:
        raw: a whole card of V2 or V3, left as it is.
        kind: of it.
        profile: keys of a profile.
    """
    before = profile_data(Card(raw, kind))
    data = dict(raw["data"])
    if profile["name"] != before["name"]:
        data["name"] = profile["name"]
    if profile.get("description", "") != before.get("description", ""):
        data["creator_notes"] = profile.get("description", "")
    now, was = profile.get("persona", {}), before.get("persona", {})

    def has_changed(key: str) -> bool:
        return (now.get(key) or None) != (was.get(key) or None)

    if has_changed("system_prompt"):
        data |= {"description": now.get("system_prompt", ""), "personality": ""}
        data |= {"scenario": "", "system_prompt": ""}
    if has_changed("greeting"):
        data["first_mes"] = now.get("greeting", "")
    if has_changed("other_greetings"):
        data["alternate_greetings"] = list(now.get("other_greetings", ()))
    if has_changed("example_dialogue"):
        data["mes_example"] = dialogue_text(now.get("example_dialogue", ()))
    ours = {key: profile[key] for key in OUR_BLOCKS if key in profile}
    if now.get("speaking_style"):
        ours["speaking_style"] = now["speaking_style"]
    extensions = dict(data["extensions"]) if isinstance(data.get("extensions"), dict) else {}
    if ours != our_part(data):
        extensions[OURS] = ours
    data["extensions"] = extensions
    return {**raw, "data": data}


def new_card(kind: str, creator: str = "") -> dict[str, Any]:
    """An empty card of V2 or V3 with all the fields that its specification wants."""
    data: dict[str, Any] = {
        "name": "", "description": "", "personality": "", "scenario": "", "first_mes": "",
        "mes_example": "", "creator_notes": "", "system_prompt": "",
        "post_history_instructions": "", "alternate_greetings": [], "tags": [],
        "creator": creator, "character_version": "", "extensions": {},
    }  # fmt: skip
    if kind == "V2":
        return {"spec": "chara_card_v2", "spec_version": "2.0", "data": data}
    data["group_only_greetings"] = []
    return {"spec": "chara_card_v3", "spec_version": "3.0", "data": data}


def as_kind(card: Card, kind: str) -> dict[str, Any]:
    """The card as V2 or V3; fields that the other version does not know go along."""
    if card.kind == kind:
        return card.raw
    if kind == "V2" and card.older is not None and isinstance(card.older.get("data"), dict):
        return card.older
    empty = new_card(kind)
    if card.kind == "V1":
        fields = {key: value for key, value in card.raw.items() if key not in ("spec", "data")}
    elif card.kind in ("V2", "V3"):
        beside = {key: value for key, value in card.raw.items() if key not in empty}
        return {**empty, **beside, "data": {**empty["data"], **card.data}}
    else:
        fields = fields_of_conf(card.raw)
    return {**empty, "data": {**empty["data"], **fields}}


def text_of(value: object) -> str:
    """A field as text: cards hold numbers and nothing where text should stand."""
    if isinstance(value, str):  # Digits, too
        return shortened(_clean(str(value)), _MOST_TEXT)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return shortened(_clean("\n".join(value)), _MOST_TEXT)
    return ""


def shortened(text: str, most: int) -> str:
    """A text, cut off with a sign where it is too long."""
    text = text.strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def id_of(name: str) -> str:
    """A folder's name for a character's name."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "_", ascii_only.lower()).strip("_")[:40].strip("_")
    return slug if slug[:1].isalpha() else f"c_{slug}"[:40].strip("_") if slug else "character"


def exchanges(text: str) -> list[dict[str, str]]:
    """A card's example dialogue as turns; what is no turn of two is left out."""
    found: list[dict[str, str]] = []
    asked = answered = ""
    speaker = ""
    for line in [*text.splitlines(), "<START>"]:
        turn = _TURN.match(line)
        if line.strip().upper() == "<START>" or turn:
            is_user = turn is not None and turn[1].lower() in ("{{user}}", "<user>")
            if asked and answered and (turn is None or is_user):
                found.append({"user": asked.strip(), "character": answered.strip()})
            if turn is None:
                asked = answered = speaker = ""
                continue
            if is_user:
                asked, answered = line[turn.end() :], ""
            else:
                answered += ("\n" if answered else "") + line[turn.end() :]
            speaker = "user" if is_user else "character"
        elif speaker == "user":
            asked += "\n" + line
        elif speaker == "character":
            answered += "\n" + line
    return found[:100]


def dialogue_text(turns: Any) -> str:
    """Turns as cards write them."""
    return "\n".join(
        f"<START>\n{{{{user}}}}: {turn['user']}\n{{{{char}}}}: {turn['character']}"
        for turn in turns
    )


def _prompt(fields: dict[str, Any]) -> str:
    """What cards spread over four fields, as one text for a language model."""
    system = text_of(fields.get("system_prompt")).replace("{{original}}", "").strip()
    parts = [system, text_of(fields.get("description") or fields.get("char_persona"))]
    for title, key in (("Personality", "personality"), ("Scenario", "scenario")):
        if text := text_of(fields.get(key) or fields.get(f"world_{key}")):
            parts.append(f"{title}: {text}")
    return shortened("\n\n".join(part for part in parts if part), _MOST_TEXT)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _clean(text: str) -> str:
    """Without what YAML cannot hold: control characters and halves of pairs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        sign for sign in text if sign in "\n\t" or sign.isprintable() or sign == "\u00a0"
    )
