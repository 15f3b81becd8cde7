"""Any audio or video file that FFmpeg reads becomes mono int16 samples at the file's own rate."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vasa_avatar.datatypes import F32, I16
from vasa_avatar.errors import AudioError
from vasa_avatar.media.downmix import is_surround, mono
from vasa_avatar.media.input_file import open_media, sound_stream, start_s
from vasa_avatar.media.sample_timeline import SampleTimeline
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
    """Decode the sound of a file, as it lies in time.

    Of several tracks the one marked as default is taken. Sound that begins later than the film's
    picture begins with silence, and gaps between its time stamps are silence too. Two channels are
    averaged; of surround sound the centre keeps its level. 16-bit mono input comes back bit for
    bit.

    Args:
        path: a file or a pipe.

    Raises:
        AudioError: no such file, nothing that can be decoded, no sound in it, or a rate that a
            session cannot use.
    """
    import av

    path = Path(path)
    if not path.exists():
        raise AudioError(f"there is no audio file {path}")
    try:
        with open_media(path) as container:
            stream = sound_stream(container)
            if stream is None:
                raise AudioError(
                    f"{path} holds no sound; expected an audio or video file with sound"
                )
            sample_rate_hz, pieces = _decode(container, stream)
    except (av.FFmpegError, OSError, ValueError) as problem:
        raise AudioError(
            f"{path} cannot be read as sound ({_first_line(problem)}); "
            "expected WAV, MP3, FLAC, OGG, M4A, MP4 or another format that FFmpeg knows"
        ) from problem
    if not sum(map(len, pieces)):
        raise AudioError(f"{path} holds no samples; expected at least one")
    try:
        FrameClock(sample_rate_hz, 25)
    except ValueError as problem:
        raise AudioError(f"{path}: {problem}") from problem
    return Sound(np.concatenate(pieces), sample_rate_hz)


def _decode(container: Any, stream: Any) -> tuple[int, list[I16]]:
    """The track's rate and its pieces in order, silence among them."""
    frames = _frames(container, stream)
    first = next(frames, None)
    if first is None:
        return int(stream.rate or 0), []
    rate_hz = int(first.sample_rate)
    may_pass_1 = is_surround(first)
    timeline = SampleTimeline(start_s(container), rate_hz)
    pieces: list[Any] = []
    for frame, is_last in _marking_last(itertools.chain([first], frames)):
        if frame.sample_rate != rate_hz:
            raise ValueError(f"its rate changes from {rate_hz} to {frame.sample_rate} Hz")
        samples = mono(frame)[: _declared_samples(frame) if is_last else None]
        time_s = None if frame.pts is None else frame.pts * frame.time_base
        pieces += timeline.place(samples if may_pass_1 else _int16(samples), time_s)
    if may_pass_1:
        peak = max((float(np.abs(piece).max(initial=0.0)) for piece in pieces), default=0.0)
        pieces = [_int16(piece / np.float32(max(1.0, peak))) for piece in pieces]
    return rate_hz, pieces


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Decoded frames; what is damaged is left out, unless all of it is."""
    import av

    damage: Exception | None = None
    decoded_any = False
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.InvalidDataError as problem:
            damage, packet = problem, None
        if packet is None:
            break
        try:
            frames = packet.decode()
        except av.error.InvalidDataError as problem:
            damage = problem
            continue
        decoded_any = decoded_any or bool(frames)
        yield from frames
    if damage is not None and not decoded_any:
        raise damage


def _marking_last(frames: Iterable[Any]) -> Iterator[tuple[Any, bool]]:
    held = None
    for frame in frames:
        if held is not None:
            yield held, False
        held = frame
    if held is not None:
        yield held, True


def _declared_samples(frame: Any) -> int:
    """How many samples of the last frame count: mp4 says so of AAC, which is padded."""
    exact_clock = frame.time_base is not None and frame.time_base.denominator == frame.sample_rate
    if exact_clock and 0 < frame.duration < frame.samples:
        return int(frame.duration)
    return int(frame.samples)


def _int16(mono_float: F32) -> I16:
    """(N,) float in -1..1 to int16."""
    scaled = np.clip(np.round(mono_float * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
    pcm_i16: I16 = scaled.astype(np.int16)
    return pcm_i16


def _first_line(problem: Exception) -> str:
    return str(problem).splitlines()[0] if str(problem) else type(problem).__name__
