"""How a character sounds: the offline voice, and what other services are to be told."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from vasa_avatar.audio.hibari_voice import DEFAULT_SPEAKER, VoiceStyle
from vasa_avatar.profiles.record import Record

OFFLINE_SERVICE = "hibari"


class Voice(Record):
    """How the character sounds; the numbers are for the offline voice (see `VoiceStyle`)."""

    service: str = Field(default=OFFLINE_SERVICE, min_length=1, max_length=60)
    """the TTS that speaks: "hibari" (offline, English), or one named under `services`"""
    speaker: str = DEFAULT_SPEAKER
    """of the offline voice"""
    speed: float = Field(default=1.0, ge=0.5, le=2.0)
    """1 is unhurried"""
    pitch: float = Field(default=1.0, ge=0.5, le=1.6)
    """ratio of the speaker's own"""
    formants: float = Field(default=1.0, ge=0.8, le=1.25)
    """below 1 a bigger person, above 1 a smaller one"""
    services: dict[str, dict[str, Any]] = {}
    """options of other TTS services by name, as each service calls them; passed on as they are"""

    @field_validator("services", mode="after")
    @classmethod
    def _few_services(cls, services: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        if len(services) > 40:
            raise ValueError(f"{len(services)} services are named; expected 40 at most")
        return services

    def style(self) -> VoiceStyle:
        """The offline voice's settings."""
        return VoiceStyle(self.speaker, self.speed, self.pitch, self.formants)

    def options(self, service: str) -> dict[str, Any]:
        """What the profile says for a TTS service; empty when it says nothing."""
        return dict(self.services.get(service, {}))
