"""Any audio or video file that FFmpeg reads becomes mono int16 samples at the file's own rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import I16
from vasa_avatar.errors import AudioError
from vasa_avatar.units import FrameClock

_FULL_SCALE = 32_768


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Mono sound at its own rate."""

    pcm_i16: I16
    """(N,)"""
    sample_rate_hz: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.pcm_i16) / self.sample_rate_hz


def read_audio(path: str | Path) -> Sound:
    """Decode the first audio stream of a file; several channels are averaged.

    16-bit mono input comes back bit for bit.

    Raises:
        AudioError: no such file, nothing that can be decoded, no sound in it, or a rate that a
            session cannot use.
    """
    import av

    path = Path(path)
    if not path.is_file():
        raise AudioError(f"there is no audio file {path}")
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise AudioError(
                    f"{path} holds no sound; expected an audio or video file with sound"
                )
            stream = container.streams.audio[0]
            sample_rate_hz = int(stream.rate or 0)
            parts = list(_decode(container, stream))
    except (av.FFmpegError, ValueError) as problem:
        raise AudioError(
            f"{path} cannot be read as sound ({_first_line(problem)}); "
            "expected WAV, MP3, FLAC, OGG, M4A, MP4 or another format that FFmpeg knows"
        ) from problem
    if not sum(map(len, parts)):
        raise AudioError(f"{path} holds no samples; expected at least one")
    try:
        FrameClock(sample_rate_hz, 25)
    except ValueError as problem:
        raise AudioError(f"{path}: {problem}") from problem
    return Sound(np.concatenate(parts), sample_rate_hz)


def _decode(container: Any, stream: Any) -> Iterator[I16]:
    """Mono int16 pieces, in order; a damaged end is cut off rather than refused."""
    import av

    to_float = av.AudioResampler(format="fltp")
    decoded_any = False
    try:
        for frame in container.decode(stream):
            for planar in to_float.resample(frame):
                decoded_any = True
                yield _mono_int16(planar.to_ndarray())[: _declared_samples(frame)]
        for planar in to_float.resample(None):
            yield _mono_int16(planar.to_ndarray())
    except av.error.InvalidDataError:
        if not decoded_any:
            raise


def _declared_samples(frame: Any) -> int:
    """How many samples of a frame count: mp4 says so of the last AAC frame, which is padded."""
    exact_clock = frame.time_base is not None and frame.time_base.denominator == frame.sample_rate
    if exact_clock and 0 < frame.duration < frame.samples:
        return int(frame.duration)
    return int(frame.samples)


def _mono_int16(planar: NDArray[Any]) -> I16:
    """(channels, N) float in -1..1 to (N,) int16."""
    mono = planar[0] if len(planar) == 1 else planar.mean(axis=0)
    scaled = np.clip(np.round(mono * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
    pcm_i16: I16 = scaled.astype(np.int16)
    return pcm_i16


def _first_line(problem: Exception) -> str:
    return str(problem).splitlines()[0] if str(problem) else type(problem).__name__
