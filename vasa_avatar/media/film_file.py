"""A film's file, opened once: its comments, and its pictures with their times."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from vasa_avatar.media.input_file import open_media, picture_stream, start_s


@dataclass(frozen=True, slots=True, eq=False)
class FilmFile:
    """An open film."""

    stream: Any
    """PyAV's, of the pictures"""
    comments: tuple[str, ...]
    """what the file says about itself"""
    _container: Any

    def pictures(self) -> Iterator[tuple[Fraction | None, Any]]:
        """Seconds from the film's time 0, where the file tells them, and PyAV's pictures.

        Raises:
            av.FFmpegError: one cannot be decoded.
        """
        self.stream.thread_type = "AUTO"
        zero_s = start_s(self._container)
        for frame in self._container.decode(self.stream):
            is_timed = frame.pts is not None
            yield frame.pts * frame.time_base - zero_s if is_timed else None, frame


@contextmanager
def open_film_file(path: Path) -> Iterator[FilmFile | None]:
    """A film for as long as the context lasts; None where a file holds no moving pictures.

    Raises:
        OSError: the file is not there or cannot be opened.
        av.FFmpegError: its content is not of a kind that FFmpeg knows.
    """
    with open_media(path) as container:
        stream = picture_stream(container)
        comments = tuple(str(value) for value in container.metadata.values())
        yield None if stream is None else FilmFile(stream, comments, container)
