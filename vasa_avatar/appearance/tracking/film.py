"""A video file to upright RGB frames at a constant rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from vasa_avatar.datatypes import U8
from vasa_avatar.errors import PortraitError
from vasa_avatar.media import open_film_file


@dataclass(frozen=True, slots=True)
class Film:
    """A readable video."""

    path: Path
    fps: Fraction
    n_frames: int | None
    """as the file says; None when it does not"""

    def frames(self) -> Iterator[U8]:
        """(H, W, 3) RGB frames, one per 1 / fps from the film's time 0 on.

        Where one is missing the last is repeated; before the first stands the first.
        """
        last: U8 | None = None
        index = 0
        try:
            with open_film_file(self.path) as film:
                assert film is not None, "open_film found its pictures"
                for time_s, frame in film.pictures():
                    due = index if time_s is None else round(time_s * self.fps)
                    if due < index:
                        continue
                    shown = _upright(frame)
                    for _ in range(index, due):
                        yield shown if last is None else last
                    yield shown
                    last, index = shown, due + 1
        except av.FFmpegError as error:
            raise PortraitError(
                "not_an_image", f"{self.path} cannot be decoded ({error})"
            ) from error


def open_film(path: str | Path) -> Film:
    """Read a video's header.

    Raises:
        PortraitError: `not_an_image`, the file is no video.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            kind = "folder" if path.is_dir() else "pipe or a device"
            raise PortraitError("not_an_image", f"{path} is a {kind}; expected a film's file")
        with open_film_file(path) as film:
            if film is None:
                raise PortraitError("not_an_image", f"{path} has no pictures; expected a video")
            return Film(path, _rate(film.stream), film.stream.frames or None)
    except (av.FFmpegError, OSError) as error:
        raise PortraitError(
            "not_an_image", f"{path} is not a video that can be read ({error})"
        ) from error


def _rate(stream: av.VideoStream) -> Fraction:
    """Frames per second; the guess counts gaps, the average does not."""
    for rate in (stream.guessed_rate, stream.average_rate):
        if rate is not None and 4 <= rate <= 125:
            return Fraction(rate)
    return Fraction(25)


def _upright(frame: av.VideoFrame) -> U8:
    image = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    turns = round(getattr(frame, "rotation", 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
