"""What a character is: picture, voice, persona, feelings, temper, as one checked, frozen record.

Written by people as YAML: angles in degrees, gains as ratios, unknown keys refused.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from vasa_avatar.controls import CONTROLS, control
from vasa_avatar.datatypes import MAX_ZOOM, Controls, Crop, Emotion
from vasa_avatar.performance_style import PerformanceStyle
from vasa_avatar.profiles.drawing import DrawingSettings
from vasa_avatar.profiles.feelings import EmotionSettings
from vasa_avatar.profiles.migrations import VERSION
from vasa_avatar.profiles.persona import Persona
from vasa_avatar.profiles.record import Record, Text
from vasa_avatar.profiles.source import Disclosure, PictureSource
from vasa_avatar.profiles.temper import TemperSettings
from vasa_avatar.profiles.voice import Voice

ID_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"


class _ControlValues(Record):
    """Some of the controls; one that is left out is as `vasa_avatar.controls` says."""

    @field_validator(*(spec.name for spec in CONTROLS), mode="before", check_fields=False)
    @classmethod
    def _within_its_range(cls, value: object, info: ValidationInfo) -> float | None:
        return None if value is None else control(str(info.field_name)).check(value)


class Gains(_ControlValues):
    """How strongly the face moves; what each does stands in `vasa_avatar.controls`."""

    lip_gain: float | None = None
    brow_gain: float | None = None
    head_gain: float | None = None
    blink_gain: float | None = None


class CropSettings(Record):
    """The part of the picture that is shown; it stays inside the picture."""

    zoom: float = Field(default=1.0, ge=1.0, le=MAX_ZOOM)
    """1 is the whole picture, 2 a half of its width"""
    x: float = Field(default=0.5, ge=0.0, le=1.0)
    """middle of the part, a share of the width from the left"""
    y: float = Field(default=0.5, ge=0.0, le=1.0)
    """middle of the part, a share of the height from above"""


class Framing(_ControlValues):
    """How the character is held in the picture when nobody asks for more."""

    crop: CropSettings = CropSettings()

    head_distance: float | None = None
    head_pitch_deg: float | None = None
    head_yaw_deg: float | None = None
    head_roll_deg: float | None = None
    gaze_pitch_deg: float | None = None
    gaze_yaw_deg: float | None = None


class CharacterProfile(Record):
    """One character; `controls()` and `voice.style()` are what a stream and a voice take."""

    version: Literal[1] = VERSION
    """of this format; files without it are read as the first format"""
    id: str = Field(pattern=ID_PATTERN)
    """small letters, digits and underscores; the name of its folder"""
    name: str = Field(min_length=1, max_length=80)
    """how it is called"""
    description: Text = ""
    """one sentence for whoever chooses"""
    language: str = Field(default="en", pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")
    """of its speech, as a tag such as en or pt-BR"""
    portrait: Path = Field(default=Path("portrait.png"), validate_default=True)
    """the picture; relative to the profile's folder in YAML, whole once loaded"""
    avatar: Path | None = None
    """the baked picture, when the character brings one"""
    points: Path | None = None
    """points set by hand on the portrait's face, where none is found by itself"""
    voice: Voice = Voice()
    persona: Persona = Persona()
    emotions: EmotionSettings = EmotionSettings()
    temper: TemperSettings = TemperSettings()
    drawing: DrawingSettings = DrawingSettings()
    gains: Gains = Gains()
    framing: Framing = Framing()
    disclosure: Disclosure = Disclosure()
    source: PictureSource

    @property
    def greeting(self) -> str:
        """The first words."""
        return self.persona.greeting

    def crop(self) -> Crop:
        """The part of the picture that is shown."""
        crop = self.framing.crop
        return Crop(crop.zoom, crop.x, crop.y)

    def with_crop(self, crop: Crop) -> CharacterProfile:
        """The same character, another part of the picture."""
        part = CropSettings(zoom=crop.zoom, x=crop.x, y=crop.y)
        return self.model_copy(update={"framing": self.framing.model_copy(update={"crop": part})})

    def controls(self) -> Controls:
        """What a new session starts with."""
        values = {
            spec.name: value
            for spec in CONTROLS
            if (value := getattr(self.gains, spec.name, getattr(self.framing, spec.name, None)))
            is not None
        }
        mood = {
            name: min(strength, self.emotions.limits.get(name, 1.0))
            for name, strength in self.emotions.baseline.items()
        }
        return Controls(
            emotions=tuple(Emotion(name, strength) for name, strength in mood.items())
        ).steered(values)

    def style(self, is_drawn: bool) -> PerformanceStyle:
        """How it performs; `is_drawn` where its face is a drawing."""
        style = self.temper.style()
        return replace(style, drawn=self.drawing.manner()) if is_drawn else style

    @field_validator("portrait", "avatar", "points", mode="after")
    @classmethod
    def _inside_the_folder(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if path is None or info.context is None:
            return path
        folder: Path = info.context["folder"]
        whole = (folder / path).resolve()
        if path.is_absolute() or not whole.is_relative_to(folder.resolve()):
            raise ValueError(f"{path} lies outside the profile's folder; copy the file into it")
        return whole
