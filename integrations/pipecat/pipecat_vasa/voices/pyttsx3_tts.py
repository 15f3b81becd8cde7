"""Pyttsx3TTSService: the operating system's own voices (macOS, Windows, or espeak-ng on Linux).

The speech library runs in a helper process: it wants a main thread of its own, is not safe to call
from several, and a voice that hangs or crashes must not take the bot with it. A barge-in ends the
helper; the next sentence starts another.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipecat.services.settings import TTSSettings
from pipecat.utils.types import NOT_GIVEN, NotGiven

from pipecat_vasa.voices.offline_tts import OfflineTTSService
from vasa_avatar.datatypes import I16
from vasa_avatar.media import read_audio

_HELPER = Path(__file__).with_name("pyttsx3_helper.py")


@dataclass
class Pyttsx3TTSSettings(TTSSettings):
    """Runtime settings of a Pyttsx3TTSService.

    Parameters:
        voice: A voice's id as the operating system knows it; None for its default.
        words_per_minute: Speed of speech.
    """

    words_per_minute: int | NotGiven = NOT_GIVEN


class Pyttsx3TTSService(OfflineTTSService):
    """Speaks with the operating system's voices, in all languages it has voices for."""

    Settings = Pyttsx3TTSSettings
    _settings: Pyttsx3TTSSettings

    def __init__(self, *, settings: Pyttsx3TTSSettings | None = None, **kwargs: Any) -> None:
        """Check that the library is there; the helper starts with the first sentence.

        Args:
            settings: what differs from the system's default voice.
            **kwargs: for TTSService, such as `sample_rate`.

        Raises:
            ImportError: pyttsx3 is not installed.
        """
        if importlib.util.find_spec("pyttsx3") is None:
            raise ImportError(
                "Pyttsx3TTSService needs pyttsx3: pip install pyttsx3"
                " (on Linux also: apt install libespeak-ng1)"
            )
        complete = Pyttsx3TTSSettings(
            model="pyttsx3", voice=None, language=None, words_per_minute=180
        )
        if settings is not None:
            complete.apply_update(settings)
        super().__init__(settings=complete, **kwargs)
        self._helper: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def speak(self, sentence: str) -> tuple[I16, int]:
        """Have the helper write one sentence to a file and read it."""
        given: dict[str, Any] = self._settings.given_fields()
        with tempfile.TemporaryDirectory(prefix="vasa-voice-") as folder:
            path = Path(folder) / "speech.wav"
            order = {
                "text": sentence,
                "path": str(path),
                "voice": given["voice"],
                "rate": given["words_per_minute"],
            }
            answer = self._ask(json.dumps(order))
            if answer.get("error"):
                raise RuntimeError(f"pyttsx3 could not speak: {answer['error']}")
            sound = read_audio(path)
        return sound.pcm_i16, sound.sample_rate_hz

    def _ask(self, order: str) -> dict[str, Any]:
        with self._lock:
            if self._helper is None or self._helper.poll() is not None:
                self._helper = subprocess.Popen(
                    [sys.executable, "-P", str(_HELPER)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
            helper = self._helper
        assert helper.stdin is not None and helper.stdout is not None
        helper.stdin.write(order + "\n")
        helper.stdin.flush()
        answer = helper.stdout.readline()
        if not answer:
            raise RuntimeError("the speech helper ended; is an operating system voice installed?")
        parsed: dict[str, Any] = json.loads(answer)
        return parsed

    async def on_audio_context_interrupted(self, context_id: str) -> None:
        """Stop speaking at once."""
        await super().on_audio_context_interrupted(context_id)
        self._end_helper()

    async def cleanup(self) -> None:
        """End the helper."""
        await super().cleanup()
        self._end_helper()

    def _end_helper(self) -> None:
        with self._lock:
            helper, self._helper = self._helper, None
        if helper is None:
            return
        helper.kill()
        helper.wait()
        for pipe in (helper.stdin, helper.stdout):
            if pipe is not None:
                pipe.close()
