"""Where a portrait comes from, who agreed to its use, and what viewers are told."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from vasa_avatar.profiles.record import Record


class PictureSource(Record):
    """Where the portrait comes from and who agreed to its use."""

    synthetic: bool
    """true: no such person exists"""
    licence: str = Field(min_length=2)
    """what others may do with the picture"""
    origin: str = Field(min_length=2)
    """who or what made it"""
    consent: str = ""
    """who agreed to what; needed for a picture of a real person"""

    @model_validator(mode="after")
    def _real_people_agreed(self) -> Self:
        if not self.synthetic and not self.consent.strip():
            raise ValueError("a portrait of a real person needs `consent`: who agreed, and to what")
        return self


class Disclosure(Record):
    """What viewers are told about the face, where the host can show it."""

    label: str = Field(default="AI", min_length=1, max_length=60)
    """the words"""
    place: Literal["top right", "top left", "bottom right", "bottom left", "beside"] = "top right"
    """the corner of the picture, or beside it"""
    notice: str = Field(default="", max_length=300)
    """said or shown at the first interaction; when empty, that this is an AI, in its language"""
    shown: bool = True
    """on by default"""
    reason: str = ""
    """why nothing is shown; needed when `shown` is off"""

    @model_validator(mode="after")
    def _off_has_a_reason(self) -> Self:
        if not self.shown and not self.reason.strip():
            raise ValueError(
                "a face without a label needs `reason`: how else are viewers told that it is "
                "not a person?"
            )
        return self
