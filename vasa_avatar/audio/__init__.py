"""Sound for analysis (16 kHz, log-mel features) and for ears (a voice at another rate)."""

from __future__ import annotations

from vasa_avatar.audio.features import SpeechFeatures, SpeechFeatureStream
from vasa_avatar.audio.framing import WindowStream
from vasa_avatar.audio.log_mel import LogMelStream, log_mel
from vasa_avatar.audio.resample import StreamResampler, resample
from vasa_avatar.audio.voice_resampler import VoiceResampler
from vasa_avatar.audio.word_times import estimate_word_times

__all__ = [
    "LogMelStream",
    "SpeechFeatureStream",
    "SpeechFeatures",
    "StreamResampler",
    "VoiceResampler",
    "WindowStream",
    "estimate_word_times",
    "log_mel",
    "resample",
]
