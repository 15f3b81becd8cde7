"""Controls as profiles and the wire write them: degrees and ratios, every field optional."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from vasa_avatar.controls import CONTROLS, control
from vasa_avatar.datatypes import Controls, Emotion


class ControlSettings(BaseModel):
    """Some controls, checked; one that is left out (None) stays as it is.

    What each does and how far it goes stands in `vasa_avatar.controls`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gaze_pitch_deg: float | None = None
    gaze_yaw_deg: float | None = None
    head_distance: float | None = None
    head_pitch_deg: float | None = None
    head_yaw_deg: float | None = None
    head_roll_deg: float | None = None
    lip_gain: float | None = None
    brow_gain: float | None = None
    head_gain: float | None = None
    blink_gain: float | None = None
    emotions: dict[str, float] | None = None
    """name to strength, a mixture; {} is neutral"""

    @field_validator(*(spec.name for spec in CONTROLS), mode="before")
    @classmethod
    def _within_its_range(cls, value: object, info: ValidationInfo) -> float | None:
        return None if value is None else control(str(info.field_name)).check(value)

    @field_validator("emotions", mode="before")
    @classmethod
    def _known_emotions(cls, value: object) -> dict[str, float] | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise ValueError(f"emotions is {value!r:.60}; expected a mapping such as happy: 0.5")
        return {name: Emotion(name, strength).strength for name, strength in value.items()}

    def applied_to(self, base: Controls) -> Controls:
        """`base` with the given fields changed."""
        values = self.model_dump(include={spec.name for spec in CONTROLS}, exclude_none=True)
        return base.steered(values, self.emotions)

    @classmethod
    def of(cls, controls: Controls) -> Self:
        """The full settings of `controls`."""
        return cls(**controls.values(), emotions={e.name: e.strength for e in controls.emotions})
