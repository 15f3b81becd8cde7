"""A small film that carries the mark, one that does not, and what encoders make of films."""

from __future__ import annotations

import io
from pathlib import Path

import av
import cv2
import numpy as np

from vasa_avatar.datatypes import U8
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


def compressed(film: list[U8], codec: str, bits_per_s: int, fps: int = 25) -> list[U8]:
    """The film as an encoder's decoder gives it back; VP8 is set as WebRTC's encoders set it."""
    rate = str(bits_per_s)
    options = {
        "libx264": {"preset": "veryfast"},
        "libvpx": {
            "deadline": "realtime", "cpu-used": "-6",  # one speed, however busy the machine
            "minrate": rate, "maxrate": rate, "bufsize": rate, "undershoot-pct": "100",
            "overshoot-pct": "15", "qmin": "2", "qmax": "56", "g": "3000",
            "noise-sensitivity": "4", "static-thresh": "1", "lag-in-frames": "0",
        },
    }  # fmt: skip
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        options_of_codec = {**options[codec], "threads": "1"}
        stream = container.add_stream(codec, rate=fps, options=options_of_codec)
        stream.height, stream.width = film[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", bits_per_s
        for frame in film:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
