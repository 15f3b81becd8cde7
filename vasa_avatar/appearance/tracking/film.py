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


@dataclass(frozen=True, slots=True)
class Film:
    """A readable video."""

    path: Path
    fps: Fraction
    n_frames: int | None
    """as the file says; None when it does not"""

    def frames(self) -> Iterator[U8]:
        """(H, W, 3) RGB frames, one per 1 / fps; where one is missing the last is repeated."""
        start: float | None = None
        last: U8 | None = None
        index = 0
        try:
            with av.open(str(self.path)) as container:
                container.streams.video[0].thread_type = "AUTO"
                for frame in container.decode(video=0):
                    time_s = (
                        float(frame.time) if frame.time is not None else index / float(self.fps)
                    )
                    start = time_s if start is None else start
                    due = round(float(time_s - start) * float(self.fps))
                    while last is not None and index < due:
                        yield last
                        index += 1
                    if due >= index:
                        last = _upright(frame)
                        yield last
                        index += 1
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
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise PortraitError("not_an_image", f"{path} has no pictures; expected a video")
            stream = container.streams.video[0]
            return Film(path, _rate(stream), stream.frames or None)
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
