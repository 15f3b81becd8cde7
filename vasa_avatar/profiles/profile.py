"""What a character is: its picture, voice, manner and first words, as one checked, frozen record.

Written by people as YAML: angles in degrees, gains as ratios, unknown keys refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from vasa_avatar.audio.hibari_voice import DEFAULT_SPEAKER, VoiceStyle
from vasa_avatar.control_settings import ControlSettings
from vasa_avatar.datatypes import Controls

IdleStyle = Literal["calm", "attentive", "lively"]
ID_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Voice(_Record):
    """How the character sounds; see `VoiceStyle` for what the numbers do."""

    speaker: str = DEFAULT_SPEAKER
    speed: float = Field(default=1.0, ge=0.5, le=2.0)
    pitch: float = Field(default=1.0, ge=0.5, le=1.6)
    formants: float = Field(default=1.0, ge=0.8, le=1.25)

    def style(self) -> VoiceStyle:
        """The same for the speech synthesis."""
        return VoiceStyle(self.speaker, self.speed, self.pitch, self.formants)


class Manner(ControlSettings):
    """How the face behaves when nothing else is asked of it."""

    idle: IdleStyle = "attentive"

    def controls(self) -> Controls:
        """The same for a stream."""
        return self.applied_to(Controls())


class PictureSource(_Record):
    """Where the portrait comes from and who agreed to its use."""

    synthetic: bool
    """True: no such person exists"""
    licence: str = Field(min_length=2)
    origin: str = Field(min_length=2)
    consent: str = ""
    """who agreed to what; needed for a picture of a real person"""

    @model_validator(mode="after")
    def _real_people_agreed(self) -> Self:
        if not self.synthetic and not self.consent.strip():
            raise ValueError("a portrait of a real person needs `consent`: who agreed, and to what")
        return self


class CharacterProfile(_Record):
    """One character; `controls()` and `voice.style()` are what a stream and a voice take."""

    id: str = Field(pattern=ID_PATTERN)
    name: str = Field(min_length=1, max_length=80)
    description: str = ""
    portrait: Path = Field(default=Path("portrait.png"), validate_default=True)
    """the picture; relative to the profile's folder in YAML, whole once loaded"""
    avatar: Path | None = None
    """the baked picture, when the character brings one"""
    voice: Voice = Voice()
    manner: Manner = Manner()
    greeting: str = ""
    source: PictureSource

    def controls(self) -> Controls:
        """What a new session starts with."""
        return self.manner.controls()

    @field_validator("portrait", "avatar", mode="after")
    @classmethod
    def _inside_the_folder(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if path is None or info.context is None:
            return path
        folder: Path = info.context["folder"]
        whole = (folder / path).resolve()
        if path.is_absolute() or not whole.is_relative_to(folder.resolve()):
            raise ValueError(f"{path} lies outside the profile's folder; copy the file into it")
        return whole
