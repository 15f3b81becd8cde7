"""Sound to mouth: the seam that all speech models share."""

from __future__ import annotations

from vasa_avatar.motion.speech.base import (
    HOP_SAMPLES,
    MAX_LOOKAHEAD_SAMPLES,
    ROWS_PER_S,
    SAMPLE_RATE_HZ,
    SPEECH_COLUMNS,
    SpeechModel,
    SpeechStream,
)

__all__ = [
    "HOP_SAMPLES",
    "MAX_LOOKAHEAD_SAMPLES",
    "ROWS_PER_S",
    "SAMPLE_RATE_HZ",
    "SPEECH_COLUMNS",
    "SpeechModel",
    "SpeechStream",
]
