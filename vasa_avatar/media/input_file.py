"""A sound or video file, under any name, to FFmpeg's container and its presentation time.

Time 0 is when the first of the chosen sound and picture is to be heard or seen; both readers, of
sound and of films, count from it, so that what they give stays in step.
"""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

_BUFFER_BYTES = 1 << 18
# What FFmpeg allows a local file to refer to; not the network.
_OPTIONS = {"protocol_whitelist": "file,crypto,data"}


@contextmanager
def open_media(path: str | Path) -> Iterator[Any]:
    """FFmpeg's container of a file; its name is never read as a protocol or pattern.

    A pipe is read to its end first.

    Raises:
        OSError: the file is not there or cannot be opened.
        av.FFmpegError: its content is not of a kind that FFmpeg knows.
    """
    import av

    path = Path(path).absolute()
    with path.open("rb") as file:
        source: BinaryIO = file
        if stat.S_ISFIFO(path.stat().st_mode):
            source = io.BytesIO(file.read())
        with av.open(
            source, options=_OPTIONS, buffer_size=_BUFFER_BYTES, metadata_errors="replace"
        ) as container:
            yield container


def sound_stream(container: Any) -> Any:
    """The sound track marked as default, else the first; None where there is none.

    One that cannot be decoded is taken only last.
    """
    return min(container.streams.audio, key=_rank, default=None)


def picture_stream(container: Any) -> Any:
    """The moving picture marked as default, else the first; not a sound file's cover, but None."""
    from av.stream import Disposition

    films = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    return min(films, key=_rank, default=None)


def start_s(container: Any) -> Fraction:
    """The presentation time, on the file's own clock, that counts as 0.

    What lies before the file's own 0 is a decoder's run-in, unless all of it does.
    """
    streams = (sound_stream(container), picture_stream(container))
    starts = [
        stream.start_time * stream.time_base
        for stream in streams
        if stream is not None and stream.start_time is not None
    ]
    first = min(starts, default=Fraction(0))
    return max(first, Fraction(0)) if any(start >= 0 for start in starts) else first


def _rank(stream: Any) -> tuple[bool, bool, int]:
    from av.stream import Disposition

    is_default = bool(stream.disposition & Disposition.default)
    return stream.codec_context is None, not is_default, stream.index
