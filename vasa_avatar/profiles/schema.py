"""The profile's JSON Schema, for editors that complete keys and mark mistakes."""

from __future__ import annotations

import json
from typing import Any

from vasa_avatar.controls import CONTROLS, ControlSpec
from vasa_avatar.profiles.feelings import LabelFeeling
from vasa_avatar.profiles.profile import CharacterProfile

SCHEMA_NAME = "profile.schema.json"
EDITOR_LINE = f"# yaml-language-server: $schema=../{SCHEMA_NAME}"
"""first line of a profile's file; editors with a YAML language server read it"""

_SPECS = {spec.name: spec for spec in CONTROLS}


def profile_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `profile.yaml`."""
    schema = CharacterProfile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "vasa_avatar character profile, version 1"
    for name in ("Gains", "Framing"):
        for key, value in schema["$defs"][name]["properties"].items():
            if key in _SPECS:
                value.update(_limits_of(_SPECS[key]))
    label = schema["$defs"][LabelFeeling.__name__]
    short = label["properties"]["mix"]
    schema["$defs"][LabelFeeling.__name__] = {
        "description": label.pop("description", ""),
        "anyOf": [label, {**short, "minProperties": 1}],
    }
    return schema


def schema_text() -> str:
    """The same as the text of its file."""
    return json.dumps(profile_schema(), indent=1, ensure_ascii=False) + "\n"


def profile_keys() -> tuple[str, ...]:
    """The keys of a profile, in the order in which they are read best."""
    return tuple(CharacterProfile.model_fields)


def _limits_of(spec: ControlSpec) -> dict[str, Any]:
    return {
        "description": f"{spec.what}; {spec.range}",
        "default": spec.default,
        "anyOf": [
            {"type": "number", "minimum": spec.low, "maximum": spec.high},
            {"type": "null"},
        ],
    }
