"""How a character moves by nature: lively or still, quick or slow, with the eyes on you or away."""

from __future__ import annotations

from pydantic import Field, field_validator

from vasa_avatar.performance_style import ActKind, EyeContact, PerformanceStyle
from vasa_avatar.profiles.record import Record

_DEFAULT = PerformanceStyle()


class EyeContactShares(Record):
    """The share of time in which the eyes look at the viewer; the defaults are people's."""

    speaking: float = Field(default=_DEFAULT.eye_contact.speaking, ge=0.05, le=1.0)
    listening: float = Field(default=_DEFAULT.eye_contact.listening, ge=0.05, le=1.0)
    thinking: float = Field(default=_DEFAULT.eye_contact.thinking, ge=0.05, le=1.0)


class TemperSettings(Record):
    """Ratios to what most people do, 1 each; the rest of a nature is drawn from `seed`."""

    liveliness: float = Field(default=1.0, ge=0.0, le=2.0)
    """how far head, trunk and brows move of themselves"""
    gestures: float = Field(default=1.0, ge=0.0, le=2.0)
    """how strongly words are acted out: nods, shakes, raised brows, smiles"""
    never: tuple[str, ...] = ()
    """gestures that this character does not make, such as wink or shake"""
    quickness: float = Field(default=1.0, ge=0.5, le=2.0)
    """how fast a gesture comes and goes"""
    head_tempo: float = Field(default=1.0, ge=0.5, le=2.0)
    """how often the head moves on to another posture"""
    eye_contact: EyeContactShares = EyeContactShares()
    blinks_per_min: float | None = Field(default=None, ge=4.0, le=60.0)
    """while speaking; left out: as the seed has it, 26 on average"""
    asymmetry: float = Field(default=1.0, ge=0.0, le=2.0)
    """how unlike the two halves of the face move"""
    seed: int | None = Field(default=None, ge=0, lt=2**32)
    """the same seed is the same person in every session; left out: each session draws another"""

    @field_validator("never", mode="after")
    @classmethod
    def _known_gestures(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = [kind.value for kind in ActKind]
        for name in names:
            if name not in known:
                raise ValueError(f"gesture is {name!r:.40}; expected one of {', '.join(known)}")
        return names

    def style(self) -> PerformanceStyle:
        """The same for a stream."""
        contact = self.eye_contact
        return PerformanceStyle(
            gain=self.gestures,
            off=frozenset(ActKind(name) for name in self.never),
            liveliness=self.liveliness,
            quickness=self.quickness,
            head_tempo=self.head_tempo,
            asymmetry=self.asymmetry,
            blinks_per_min=self.blinks_per_min,
            eye_contact=EyeContact(contact.speaking, contact.listening, contact.thinking),
            seed=self.seed,
        )
