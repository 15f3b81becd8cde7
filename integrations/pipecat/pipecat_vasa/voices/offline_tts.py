"""What the offline voices share: blocking synthesis in a thread, sentence by sentence, at the
pipeline's rate, with estimated word times.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import soxr
from pipecat.frames.frames import ErrorFrame, Frame, TTSAudioRawFrame
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService

from vasa_avatar.audio import estimate_word_times
from vasa_avatar.datatypes import I16

_PIECE_S = 0.2


class OfflineTTSService(TTSService):
    """A TTS service whose voice runs on this machine and blocks while it speaks."""

    def __init__(self, *, settings: TTSSettings, **kwargs: Any) -> None:
        """Set the base class up for complete sentences and words with times.

        Args:
            settings: complete settings of the child.
            **kwargs: for TTSService.
        """
        super().__init__(
            settings=settings,
            push_start_frame=True,
            push_stop_frames=True,
            push_text_frames=False,
            **kwargs,
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vasa-voice")
        self._spoken_s: dict[str, float] = {}

    def can_generate_metrics(self) -> bool:
        """Yes: TTFB and usage."""
        return True

    async def setup(self, setup: FrameProcessorSetup) -> None:  # type: ignore[override]  # as Pipecat
        """Have the voice warm up while the pipeline starts."""
        await super().setup(setup)
        self._thread.submit(self.warm_up)

    def warm_up(self) -> None:
        """What a voice needs to be quick; runs in its thread."""

    @abstractmethod
    def speak(self, sentence: str) -> tuple[I16, int]:
        """Speak one sentence; runs in the voice's own thread.

        Args:
            sentence: one sentence, not empty.

        Returns:
            (N,) int16 mono sound and its rate in Hz.
        """

    def sentences(self, text: str) -> list[str]:
        """Cut text into what `speak` takes at a time; runs in the voice's thread."""
        return [text]

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Speak; sound leaves as soon as its sentence is ready.

        Args:
            text: what to say.
            context_id: of the TTS context.

        Yields:
            Frame: TTSAudioRawFrame at the service's sample rate, or an ErrorFrame.
        """
        loop = asyncio.get_running_loop()
        await self.start_tts_usage_metrics(text)
        try:
            for sentence in await loop.run_in_executor(self._thread, self.sentences, text):
                sound = await loop.run_in_executor(self._thread, self._speak_at_rate, sentence)
                await self._time_words(sentence, len(sound) / self.sample_rate, context_id)
                piece = round(_PIECE_S * self.sample_rate)
                for first in range(0, len(sound), piece):
                    part = sound[first : first + piece].tobytes()
                    yield TTSAudioRawFrame(part, self.sample_rate, 1, context_id=context_id)
        except Exception as problem:
            yield ErrorFrame(error=f"{self}: {problem}", exception=problem)
        finally:
            await self.stop_ttfb_metrics()

    def _speak_at_rate(self, sentence: str) -> I16:
        sound, rate_hz = self.speak(sentence)
        if rate_hz == self.sample_rate or not len(sound):
            return sound
        at_rate: I16 = soxr.resample(sound, rate_hz, self.sample_rate)
        return at_rate

    async def _time_words(self, sentence: str, duration_s: float, context_id: str) -> None:
        start_s = self._spoken_s.get(context_id, 0.0)
        self._spoken_s[context_id] = start_s + duration_s
        words = estimate_word_times(sentence, duration_s, start_s)
        await self.add_word_timestamps([(w.text, w.start_s) for w in words], context_id)

    async def on_audio_context_completed(self, context_id: str) -> None:
        """Forget a context that was spoken."""
        await super().on_audio_context_completed(context_id)
        self._spoken_s.pop(context_id, None)

    async def on_audio_context_interrupted(self, context_id: str) -> None:
        """Forget a context that was cut off."""
        await super().on_audio_context_interrupted(context_id)
        self._spoken_s.pop(context_id, None)

    async def cleanup(self) -> None:
        """Let the voice's thread go; a sentence that is being made is not waited for."""
        await super().cleanup()  # type: ignore[no-untyped-call]  # Pipecat's
        self._thread.shutdown(wait=False, cancel_futures=True)
