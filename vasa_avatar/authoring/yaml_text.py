"""A profile as the text of its file, as a person would write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from vasa_avatar.profiles import EDITOR_LINE, CharacterProfile, profile_keys

_WIDTH = 96


class _Writer(yaml.SafeDumper):
    """Long texts as blocks, short lists of numbers in one line."""


def _text(writer: yaml.SafeDumper, text: str) -> yaml.Node:
    is_block = "\n" in text and not any(line != line.rstrip() for line in text.splitlines())
    style = "|" if is_block else ">" if len(text) > _WIDTH and text == text.strip() else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _mapping(writer: yaml.SafeDumper, mapping: dict[str, Any]) -> yaml.Node:
    plain = [value for value in mapping.values() if isinstance(value, int | float | bool)]
    is_short = len(plain) == len(mapping) and 0 < len(mapping) < 5
    return writer.represent_mapping(
        "tag:yaml.org,2002:map", mapping.items(), flow_style=is_short or not mapping
    )


_Writer.add_representer(str, _text)
_Writer.add_representer(dict, _mapping)


def profile_text(data: dict[str, Any]) -> str:
    """YAML of a profile's keys, in the order in which they are read best."""
    order = {key: position for position, key in enumerate(profile_keys())}
    ordered = dict(sorted(data.items(), key=lambda item: order.get(item[0], len(order))))
    body = yaml.dump(
        ordered, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=_WIDTH,
        default_flow_style=False,
    )  # fmt: skip
    return f"{EDITOR_LINE}\n{body}"


def profile_dict(profile: CharacterProfile, folder: Path) -> dict[str, Any]:
    """What differs from the defaults, as plain data; paths relative to the folder."""
    data: dict[str, Any] = profile.model_dump(mode="json", exclude_defaults=True)
    data["version"] = profile.version
    for key in ("portrait", "avatar", "points"):
        path = getattr(profile, key)
        if path is not None:
            place = folder.resolve()
            whole = Path(path)
            inside = whole.is_absolute() and whole.is_relative_to(place)
            data[key] = whole.relative_to(place).as_posix() if inside else whole.as_posix()
    return data
