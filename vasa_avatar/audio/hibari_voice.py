"""Text to speech without a network: English text in, 24 kHz mono int16 out, by sentence.

The one voice that hibari-tts carries is made into others: its pitch is shifted by the pitch curve
that the net itself predicts, and its formants by playing it slower (a bigger person) or faster.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import soxr

from vasa_avatar.audio.pitch_shift import shift_pitch
from vasa_avatar.datatypes import F32, I16
from vasa_avatar.errors import AudioError

HIBARI_RATE_HZ = 24_000
DEFAULT_SPEAKER = "heart"
SENTENCE_GAP_S = 0.12
_GAIN = 1.5  # hibari-tts is quiet: -27 dBFS, peaks at -7
_PEAK = 0.97


@dataclass(frozen=True, slots=True)
class VoiceStyle:
    """How a character sounds."""

    speaker: str = DEFAULT_SPEAKER
    """a speaker of hibari-tts; "heart" is in its package, others are fetched by it on first use"""
    speed: float = 1.0
    """0.5 slow .. 2 fast"""
    pitch_ratio: float = 1.0
    """0.5 .. 1.6 of the speaker's own pitch"""
    formant_ratio: float = 1.0
    """0.8 .. 1.25; below 1 a bigger person"""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("speed", 0.5, 2.0),
            ("pitch_ratio", 0.5, 1.6),
            ("formant_ratio", 0.8, 1.25),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}; expected {low:g} to {high:g}")


class HibariVoice:
    """One loaded speaker; shared by all sessions, safe to call from several threads."""

    sample_rate_hz = HIBARI_RATE_HZ

    def __init__(self, style: VoiceStyle = VoiceStyle()) -> None:  # noqa: B008  (frozen)
        self.style = style
        self._model = _load_speaker(style.speaker)

    def sentences(self, text: str) -> list[str]:
        """Cut text into the pieces that are spoken one at a time."""
        return list(self._model.split_sentences(text))

    def stream(self, text: str, *, seed: int = 0) -> Iterator[I16]:
        """Speak, one piece of sound per sentence, each as soon as it is ready.

        Args:
            text: English text; empty or unspeakable text gives nothing.
            seed: of the breath noise; the same seed gives the same samples.

        Yields:
            (N,) int16 at 24 kHz. A short pause ends each sentence but the last.
        """
        rng = np.random.default_rng(seed)
        pause = np.zeros(int(SENTENCE_GAP_S * HIBARI_RATE_HZ), np.int16)
        with _G2P_LOCK:  # the letter-to-sound tables are filled on first use
            pieces = list(self._model.phonemize(text))
        for position, phonemes in enumerate(pieces):
            sound = _as_int16(self._synthesize(phonemes, rng))
            if not len(sound):
                continue
            last = position == len(pieces) - 1
            yield sound if last else np.concatenate([sound, pause])

    def speak(self, text: str, *, seed: int = 0) -> I16:
        """The whole text as one piece of sound.

        Returns:
            (N,) int16 at 24 kHz.

        Raises:
            AudioError: the text holds nothing that can be spoken.
        """
        parts = list(self.stream(text, seed=seed))
        if not parts:
            raise AudioError(f"nothing can be spoken in {text[:60]!r}; expected English words")
        return np.concatenate(parts)

    def _synthesize(self, phonemes: str, rng: np.random.Generator) -> F32:
        from hibari import dsp

        ids = self._model.ids(phonemes)
        if len(ids) < 3:
            return np.zeros(0, np.float32)
        inputs = {
            "ids": np.asarray([ids], np.int64),
            "speed": np.asarray([self.style.speed / self.style.formant_ratio], np.float32),
        }
        *spectra, f0_hz = (part[0] for part in self._model.sess.run(None, inputs))
        wave: F32 = dsp.synth(*spectra, f0_hz, rng)
        return self._reshape(wave, f0_hz, dsp.HOP)

    def _reshape(self, wave: F32, f0_hz: F32, hop_samples: int) -> F32:
        """Give the speaker's voice the style's pitch and formants."""
        style = self.style
        by_pulses = style.pitch_ratio / style.formant_ratio
        if by_pulses != 1.0:
            loudness = float(np.std(wave))
            wave = shift_pitch(wave, f0_hz, hop_samples, HIBARI_RATE_HZ, by_pulses)
            wave *= np.float32(loudness / max(float(np.std(wave)), 1e-6))
        if style.formant_ratio != 1.0:
            wave = soxr.resample(wave, HIBARI_RATE_HZ * style.formant_ratio, HIBARI_RATE_HZ)
        return wave


_G2P_LOCK = threading.Lock()


@lru_cache(maxsize=4)
def _load_speaker(speaker: str) -> Any:
    from hibari import Hibari
    from hibari.voices import VOICES

    if speaker not in VOICES:
        raise AudioError(f"there is no voice {speaker!r}; expected one of {', '.join(VOICES)}")
    try:
        return Hibari(voice=speaker)
    except RuntimeError as problem:
        raise AudioError(
            f"voice {speaker!r} could not be fetched ({problem}); "
            f"use {DEFAULT_SPEAKER!r}, which needs no network"
        ) from problem


def _as_int16(wave: F32) -> I16:
    wave = wave * np.float32(_GAIN)
    peak = float(np.abs(wave).max(initial=0.0))
    if peak > _PEAK:
        wave = wave * np.float32(_PEAK / peak)
    return np.round(wave * 32_767).astype(np.int16)
