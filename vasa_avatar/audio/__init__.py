"""Sound for analysis: resampling to 16 kHz and log-mel features, streaming and at once."""

from __future__ import annotations

from vasa_avatar.audio.features import SpeechFeatures, SpeechFeatureStream
from vasa_avatar.audio.framing import WindowStream
from vasa_avatar.audio.log_mel import LogMelStream, log_mel
from vasa_avatar.audio.resample import StreamResampler, resample

__all__ = [
    "LogMelStream",
    "SpeechFeatureStream",
    "SpeechFeatures",
    "StreamResampler",
    "WindowStream",
    "log_mel",
    "resample",
]
