"""Controls on the wire: degrees and ratios, every field optional, and back to `Controls`."""

from __future__ import annotations

import math
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from vasa_avatar.datatypes import Controls, Emotion

_Degrees: TypeAlias = Annotated[float, Field(ge=-45.0, le=45.0, allow_inf_nan=False)]
_Gain: TypeAlias = Annotated[float, Field(ge=0.0, le=2.0, allow_inf_nan=False)]


class Message(BaseModel):
    """Base of everything on the wire: immutable, strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EmotionSetting(Message):
    """One emotion and its strength, 0..1."""

    name: str = Field(max_length=32)
    strength: float = Field(default=1.0, ge=0.0, le=1.0, allow_inf_nan=False)


class ControlSettings(Message):
    """Controls in degrees; a field left out (None) stays as it is."""

    gaze_pitch_deg: _Degrees | None = None
    gaze_yaw_deg: _Degrees | None = None
    head_distance: Annotated[float, Field(ge=0.7, le=1.6, allow_inf_nan=False)] | None = None
    emotions: Annotated[tuple[EmotionSetting, ...], Field(max_length=8)] | None = None
    head_pitch_deg: _Degrees | None = None
    head_yaw_deg: _Degrees | None = None
    head_roll_deg: _Degrees | None = None
    lip_gain: _Gain | None = None
    brow_gain: _Gain | None = None
    head_gain: _Gain | None = None
    blink_gain: _Gain | None = None

    def applied_to(self, base: Controls) -> Controls:
        """`base` with the given fields changed.

        Raises:
            ValueError: an unknown emotion, or a value outside what the face can do.
        """
        changes: dict[str, Any] = {}
        for name, value in self.model_dump(exclude_none=True, exclude={"emotions"}).items():
            if name.endswith("_deg"):
                changes[name.removesuffix("_deg") + "_rad"] = math.radians(value)
            else:
                changes[name] = value
        if self.emotions is not None:
            changes["emotions"] = tuple(Emotion(e.name, e.strength) for e in self.emotions)
        fields = {name: getattr(base, name) for name in Controls.__dataclass_fields__}
        return Controls(**{**fields, **changes})

    @classmethod
    def of(cls, controls: Controls) -> ControlSettings:
        """The full settings, in degrees, of `controls`."""
        return cls(
            gaze_pitch_deg=round(math.degrees(controls.gaze_pitch_rad), 3),
            gaze_yaw_deg=round(math.degrees(controls.gaze_yaw_rad), 3),
            head_distance=controls.head_distance,
            emotions=tuple(
                EmotionSetting(name=e.name, strength=e.strength) for e in controls.emotions
            ),
            head_pitch_deg=round(math.degrees(controls.head_pitch_rad), 3),
            head_yaw_deg=round(math.degrees(controls.head_yaw_rad), 3),
            head_roll_deg=round(math.degrees(controls.head_roll_rad), 3),
            lip_gain=controls.lip_gain,
            brow_gain=controls.brow_gain,
            head_gain=controls.head_gain,
            blink_gain=controls.blink_gain,
        )
