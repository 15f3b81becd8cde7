"""HibariTTSService: a natural English voice that comes along, without network or keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pipecat.services.settings import TTSSettings
from pipecat.utils.types import NOT_GIVEN, NotGiven

from pipecat_vasa.voices.offline_tts import OfflineTTSService
from vasa_avatar import CharacterProfile
from vasa_avatar.audio.hibari_voice import (
    DEFAULT_SPEAKER,
    HIBARI_RATE_HZ,
    SENTENCE_GAP_S,
    HibariVoice,
    VoiceStyle,
)
from vasa_avatar.datatypes import I16


@dataclass
class HibariTTSSettings(TTSSettings):
    """Runtime settings of a HibariTTSService.

    Parameters:
        voice: A speaker of hibari-tts; "heart" is in the package.
        speed: 0.5 slow to 2 fast.
        pitch_ratio: 0.5 to 1.6 of the speaker's own pitch.
        formant_ratio: 0.8 to 1.25; below 1 a bigger person.
    """

    speed: float | NotGiven = NOT_GIVEN
    pitch_ratio: float | NotGiven = NOT_GIVEN
    formant_ratio: float | NotGiven = NOT_GIVEN


class HibariTTSService(OfflineTTSService):
    """Speaks English with hibari-tts, far faster than real time on a CPU."""

    Settings = HibariTTSSettings
    _settings: HibariTTSSettings

    def __init__(self, *, settings: HibariTTSSettings | None = None, **kwargs: Any) -> None:
        """Load the voice; shared by all services of the process.

        Args:
            settings: what differs from the speaker as she is.
            **kwargs: for TTSService, such as `sample_rate`.
        """
        complete = HibariTTSSettings(
            model="hibari",
            voice=DEFAULT_SPEAKER,
            language="en",
            speed=1.0,
            pitch_ratio=1.0,
            formant_ratio=1.0,
        )
        if settings is not None:
            complete.apply_update(settings)
        super().__init__(settings=complete, **kwargs)
        self._voice = HibariVoice(_style(self._settings))

    @classmethod
    def for_character(cls, profile: CharacterProfile, **kwargs: Any) -> HibariTTSService:
        """The voice of a character's profile.

        Args:
            profile: whose voice.
            **kwargs: for TTSService.
        """
        voice = profile.voice
        settings = HibariTTSSettings(
            voice=voice.speaker,
            speed=voice.speed,
            pitch_ratio=voice.pitch,
            formant_ratio=voice.formants,
        )
        return cls(settings=settings, **kwargs)

    async def _update_settings(
        self,
        delta: HibariTTSSettings,  # type: ignore[override]  # as Pipecat's own services
    ) -> dict[str, Any]:
        wanted = self._settings.copy()
        wanted.apply_update(delta)
        try:
            voice = HibariVoice(_style(wanted))
        except Exception as problem:
            await self.push_error(f"{self}: settings not changed: {problem}", exception=problem)
            return {}
        self._voice = voice
        return await super()._update_settings(delta)

    def warm_up(self) -> None:
        """Load what is loaded with the first sentence."""
        self.speak("Hello.")

    def sentences(self, text: str) -> list[str]:
        """As the voice cuts it."""
        return self._voice.sentences(text)

    def speak(self, sentence: str) -> tuple[I16, int]:
        """Speak one sentence and pause behind it; 24 kHz."""
        pause = np.zeros(int(SENTENCE_GAP_S * HIBARI_RATE_HZ), np.int16)
        return np.concatenate([*self._voice.stream(sentence), pause]), HIBARI_RATE_HZ


def _style(settings: HibariTTSSettings) -> VoiceStyle:
    given: dict[str, Any] = settings.given_fields()
    return VoiceStyle(given["voice"], given["speed"], given["pitch_ratio"], given["formant_ratio"])
