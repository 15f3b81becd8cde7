"""A small film that carries the mark, and one that does not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from vasa_avatar.media import VideoFormat, open_sink
from vasa_avatar.safety import FILM, MarkPayload, add_mark

ISSUER = 0xC0FFEE


def write_film(path: Path, *, is_marked: bool, seconds: float = 2.0) -> Path:
    """A still, grainy picture of 256 pixels at 25 fps, without sound."""
    grain = np.random.default_rng(4).integers(0, 255, (256, 256, 3), np.uint8)
    picture = np.asarray(cv2.GaussianBlur(grain, (0, 0), 6), np.uint8)
    if is_marked:
        add_mark(picture, MarkPayload(ISSUER, FILM))
    with open_sink(path, VideoFormat(256, 25, None)) as sink:
        for _ in range(round(25 * seconds)):
            sink.write(picture, np.zeros(0, np.int16))
    return path
