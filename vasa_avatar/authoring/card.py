"""A character card: what other programs keep of a character, with everything we do not know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

OURS = "vasa_avatar"
"""our place among a card's extensions"""


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """One card as it was read."""

    raw: dict[str, Any]
    """the whole object, as `parse_json` gives it"""
    kind: str
    """V1, V2, V3 or Open-LLM-VTuber"""
    picture: bytes | None = None
    """the portrait's file"""
    picture_ending: str = "png"
    older: dict[str, Any] | None = None
    """what the V2 chunk of a V3 picture says"""
    archive: bytes | None = None
    """the CHARX it came in"""
    notes: tuple[str, ...] = field(default=())
    """what was odd, for the person who brings it"""

    @property
    def data(self) -> dict[str, Any]:
        """The fields; those of V1 lie at the top."""
        inner = self.raw.get("data")
        return inner if self.kind in ("V2", "V3") and isinstance(inner, dict) else self.raw


def kind_of(raw: dict[str, Any]) -> str | None:
    """V1, V2 or V3; None for an object that is no card."""
    spec, data = raw.get("spec"), raw.get("data")
    if isinstance(data, dict) and (isinstance(spec, str) or "name" in data):
        return "V2" if isinstance(spec, str) and "v2" in spec.lower() else "V3"
    known = ("name", "char_name", "description", "personality", "first_mes", "mes_example")
    return "V1" if sum(key in raw for key in known) >= 2 else None
