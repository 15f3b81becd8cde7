"""Joins sound whose chunks were cut inside a sample: what is left of one begins the next.

Network streams cut where they like. A byte too few, and all that follows would be noise.
"""

from __future__ import annotations

import copy

from pipecat.frames.frames import OutputAudioRawFrame
from pipecat.utils.utils import obj_count, obj_id

BYTES_PER_VALUE = 2
_FORGOTTEN_AFTER_S = 3.0
"""a stream that has been quiet for so long is over (Pipecat ends the bot's turn then); what comes
next begins with a whole sample"""

_Stream = tuple[type[OutputAudioRawFrame], int, int, str | None, str | None]


class WholeSamples:
    """Gives frames of whole samples; what is carried belongs to one stream of sound."""

    def __init__(self) -> None:
        """Carry nothing."""
        self._carried: dict[_Stream, tuple[bytes, OutputAudioRawFrame, float]] = {}

    def push(self, frame: OutputAudioRawFrame, now_s: float) -> OutputAudioRawFrame | None:
        """The frame itself if nothing was cut, else a copy with whole samples; None: not one."""
        context, destination = getattr(frame, "context_id", None), frame.transport_destination
        stream = (type(frame), frame.sample_rate, frame.num_channels, context, destination)
        carried, _, came_s = self._carried.pop(stream, (b"", frame, now_s))
        if now_s - came_s > _FORGOTTEN_AFTER_S:
            carried = b""
        n_left = (len(carried) + len(frame.audio)) % sample_bytes(frame)
        if carried or n_left:
            data = carried + frame.audio
            whole, left = data[: len(data) - n_left], data[len(data) - n_left :]
            if left:
                self._carried[stream] = (left, frame, now_s)
            frame = with_audio(frame, whole)
        return frame if frame.audio else None

    def flush(self) -> None:
        """The speech is complete: half a sample behind it is no sound."""
        self._carried.clear()

    def interrupt(self) -> None:
        """Barge-in: only what must not be interrupted goes on."""
        kept = {key: entry for key, entry in self._carried.items() if not entry[1].interruptible}
        self._carried = kept


def sample_bytes(frame: OutputAudioRawFrame) -> int:
    """Of one sample of all channels."""
    return BYTES_PER_VALUE * max(1, frame.num_channels)


def with_audio(frame: OutputAudioRawFrame, audio: bytes) -> OutputAudioRawFrame:
    """A frame of its own like another one, with other sound."""
    other = copy.copy(frame)
    other.id = obj_id()
    other.name = f"{type(other).__name__}#{obj_count(other)}"
    other.metadata = dict(frame.metadata)
    other.audio = audio
    other.num_frames = len(audio) // sample_bytes(frame)
    return other
