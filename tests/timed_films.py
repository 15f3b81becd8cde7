"""Small films and sound files whose time stamps are set at will, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from vasa_avatar.datatypes import I16

CLICK_EVERY_S, CLICK_AT_S = 0.25, 0.125
_LOUD = 6000


def clicks(seconds: float, rate_hz: int, level: int = 20_000) -> I16:
    """A click every quarter of a second, the first after an eighth, over a soft hum."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    since = (t - CLICK_AT_S) % CLICK_EVERY_S
    burst = np.sin(np.pi * np.clip(since / 0.005, 0, 1)) * np.sin(2 * np.pi * 1500 * since)
    return np.asarray(level * burst + 200 * np.sin(2 * np.pi * 200 * t), np.int16)


def click_times_s(pcm_i16: I16, rate_hz: int, loud: int = _LOUD) -> list[float]:
    """When clicks begin."""
    above = np.flatnonzero(np.abs(pcm_i16.astype(int)) > loud)
    is_first = np.diff(above, prepend=-rate_hz) > rate_hz // 10
    return [float(place) / rate_hz for place in above[is_first]]


@dataclass(frozen=True, slots=True)
class Track:
    """A sound track: pieces and when each begins."""

    codec: str
    rate_hz: int
    pieces: Sequence[tuple[float, I16]]
    layout: str = "mono"
    is_default: bool | None = None


def write_timed(
    path: Path, tracks: Sequence[Track], picture_at_s: float | None = None, n_pictures: int = 50
) -> Path:
    """A film at 25 fps, whose picture n is n in brightness, or a sound file without pictures."""
    with av.open(str(path.absolute()), "w") as container:
        pictures = None if picture_at_s is None else _add_pictures(container, path)
        sounds = [_add_sound(container, track) for track in tracks]
        if pictures is not None:
            for index in range(n_pictures):
                grey = np.full((64, 64, 3), 4 * index, np.uint8)
                frame = av.VideoFrame.from_ndarray(grey, "rgb24")
                frame.pts = round(1000 * (picture_at_s + index / 25))
                frame.time_base = Fraction(1, 1000)
                container.mux(pictures.encode(frame))
            container.mux(pictures.encode(None))
        for track, sound in zip(tracks, sounds, strict=True):
            _write_sound(container, track, sound)
    return path


def _add_pictures(container: Any, path: Path) -> Any:
    codec = "libvpx-vp9" if path.suffix == ".webm" else "libx264"
    stream = container.add_stream(codec, rate=25)
    stream.width = stream.height = 64
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = Fraction(1, 1000)
    return stream


def _add_sound(container: Any, track: Track) -> Any:
    from av.stream import Disposition

    stream = container.add_stream(track.codec, rate=track.rate_hz)
    stream.layout = track.layout
    if track.is_default is not None:
        is_default = Disposition.default if track.is_default else Disposition(0)
        stream.disposition = is_default.value  # av 15 takes nothing but an integer
    return stream


def _write_sound(container: Any, track: Track, stream: Any) -> None:
    n_channels = stream.layout.nb_channels
    block = stream.codec_context.frame_size or 1024
    for begin_s, pcm in track.pieces:
        rows = pcm if pcm.ndim == 2 else np.repeat(pcm[None], n_channels, axis=0)
        for first in range(0, rows.shape[1], block):
            packed = np.ascontiguousarray(rows[:, first : first + block].T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=track.layout)
            frame.sample_rate = track.rate_hz
            frame.pts = round(begin_s * track.rate_hz) + first
            frame.time_base = Fraction(1, track.rate_hz)
            container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
