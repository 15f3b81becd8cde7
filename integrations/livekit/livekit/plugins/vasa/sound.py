"""LiveKit's audio frames as (N,) int16 mono samples, and the words that a TTS hangs on them."""

from __future__ import annotations

import numpy as np
from livekit import rtc
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, TimedString

from vasa_avatar.audio import estimate_word_times
from vasa_avatar.datatypes import I16, TimedWord

_LETTERS_PER_S = 14.0  # of unhurried English speech


def samples_of(frame: rtc.AudioFrame) -> I16:
    """(N,) samples; several channels are mixed into one."""
    sound = np.frombuffer(frame.data, np.int16)
    if frame.num_channels == 1:
        return sound
    mixed: I16 = sound.reshape(-1, frame.num_channels).mean(axis=1).round().astype(np.int16)
    return mixed


def frame_of(sound: I16, rate_hz: int) -> rtc.AudioFrame:
    """(N,) samples as a frame of one channel."""
    return rtc.AudioFrame(sound.tobytes(), rate_hz, 1, len(sound))


def words_of(frame: rtc.AudioFrame) -> list[TimedWord]:
    """The words that come with a frame, timed on their segment's sound; none without times.

    A whole sentence, as LiveKit tells it for voices that tell no words, is spread over its letters.
    """
    words: list[TimedWord] = []
    for text in frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, ()):
        start_s = getattr(text, "start_time", None)
        if isinstance(start_s, int | float) and text.strip():
            words += estimate_word_times(text, _duration_s(text, start_s), float(start_s))
    return words


def _duration_s(text: TimedString, start_s: float) -> float:
    """How long it is spoken; guessed when only its beginning is told."""
    if isinstance(text.end_time, int | float):
        return max(text.end_time - start_s, 0.0)
    return len(text) / _LETTERS_PER_S
