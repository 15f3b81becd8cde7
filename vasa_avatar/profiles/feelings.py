"""How a character feels: its mood at rest, and what labels of feelings do to its face."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from vasa_avatar.datatypes import EMOTIONS, Emotion, Feeling
from vasa_avatar.profiles.label_table import (
    ASIDES,
    common_feeling,
    feeling_of,
    label_key,
)
from vasa_avatar.profiles.record import Record

MOST_LABELS = 500


def _checked_mixture(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError(f"expected emotions with strengths, such as {{happy: 0.5}}; got {value!r}")
    return {str(name): Emotion(str(name), strength).strength for name, strength in value.items()}


_STRENGTHS = {name: {"type": "number", "minimum": 0, "maximum": 1} for name in EMOTIONS}
_MIXTURE_SCHEMA = {"type": "object", "properties": _STRENGTHS, "additionalProperties": False}
Mixture = Annotated[
    dict[str, float], BeforeValidator(_checked_mixture), WithJsonSchema(_MIXTURE_SCHEMA)
]
"""emotion to strength, 0 to 1 each"""


class LabelFeeling(Record):
    """What a label does to the face, and how fast it comes and goes.

    A mapping of emotions alone (`{happy: 0.6}`) is short for `mix`.
    """

    mix: Mixture
    """emotions and strengths; a sum above 1 is scaled down"""
    onset_s: float | None = Field(default=None, ge=0.05, le=5.0)
    """until it is all there; left out: what suits the strongest emotion, .2 to .6"""
    hold_s: float | None = Field(default=None, ge=0.0, le=120.0)
    """how long it stays; left out: as long as the words go on that it came with"""
    decay_s: float | None = Field(default=None, ge=0.05, le=60.0)
    """until the mood at rest is back"""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, dict) and value and set(value) <= set(EMOTIONS):
            return {"mix": value}
        return value

    def feeling(self) -> Feeling:
        """The same for a stream."""
        given = {
            name: value
            for name in ("onset_s", "hold_s", "decay_s")
            if (value := getattr(self, name)) is not None
        }
        return replace(feeling_of(self.mix or {"neutral": 1.0}), **given)


class EmotionSettings(Record):
    """The character's mood and how it feels things."""

    baseline: Mixture = {}
    """the mood at rest, to which the face returns"""
    labels: dict[str, LabelFeeling] = {}
    """own labels, or other meanings of common ones: what a model may write as `[label]`"""
    limits: Mixture = {}
    """how strong an emotion may get, in whatever mixture"""
    strength: float = Field(default=1.0, ge=0.0, le=1.5)
    """of all feelings that labels bring"""

    @field_validator("labels", mode="after")
    @classmethod
    def _labels_are_words(cls, labels: dict[str, LabelFeeling]) -> dict[str, LabelFeeling]:
        if len(labels) > MOST_LABELS:
            raise ValueError(f"there are {len(labels)} labels; expected {MOST_LABELS} at most")
        keyed = {label_key(name): value for name, value in labels.items()}
        if len(keyed) < len(labels):
            raise ValueError("two labels differ in case or hyphens only; name each once")
        for name in keyed:
            if not 1 < len(name) <= 40 or not name.replace(" ", "").isalpha():
                raise ValueError(f"the label {name!r:.60} is no word; expected 2 to 40 letters")
        return keyed

    def feeling(self, name: str, strength: float = 1.0) -> Feeling | None:
        """What this character shows for a label; None for a label that nobody knows.

        Args:
            name: of the profile, or a common one (`label_table`).
            strength: 0..1 of what the label stands for.
        """
        own = self.labels.get(label_key(name))
        found = common_feeling(name) if own is None else own.feeling()
        return None if found is None else self.scaled(found, strength * self.strength)

    def scaled(self, feeling: Feeling, strength: float) -> Feeling:
        """A feeling in another strength, within this character's limits."""
        emotions = tuple(
            Emotion(e.name, min(e.strength * strength, self.limits.get(e.name, 1.0), 1.0))
            for e in feeling.emotions
        )
        return replace(feeling, emotions=emotions)

    def is_aside(self, name: str) -> bool:
        """Whether people also write this label in plain brackets without meaning the face."""
        return label_key(name) in ASIDES and label_key(name) not in self.labels
