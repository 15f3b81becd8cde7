"""HibariTTS: a natural English voice that comes along, for agents without network or keys."""

from __future__ import annotations

import asyncio
from typing import Any

from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions, tts, utils

from vasa_avatar import HibariVoice
from vasa_avatar.audio.hibari_voice import VoiceStyle


class HibariTTS(tts.TTS[Any]):
    """Speaks English with hibari-tts, far faster than real time on a CPU."""

    def __init__(self, style: VoiceStyle = VoiceStyle()) -> None:  # noqa: B008  (frozen)
        """Load the voice, once a process.

        Args:
            style: how it sounds; a character's own is `profile.voice.style()`.
        """
        capabilities = tts.TTSCapabilities(streaming=False)
        rate_hz = HibariVoice.sample_rate_hz
        super().__init__(capabilities=capabilities, sample_rate=rate_hz, num_channels=1)
        self.voice = HibariVoice(style)

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        """Speak a text."""
        return _Speech(tts=self, input_text=text, conn_options=conn_options)


class _Speech(tts.ChunkedStream):
    _tts: HibariTTS

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=utils.shortuuid(),
            sample_rate=self._tts.sample_rate,
            num_channels=1,
            mime_type="audio/pcm",
        )
        sentences = self._tts.voice.stream(self.input_text)
        while (sound := await asyncio.to_thread(next, sentences, None)) is not None:
            output_emitter.push(sound.tobytes())
        output_emitter.flush()
