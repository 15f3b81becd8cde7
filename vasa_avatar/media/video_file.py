"""Frames and their sound become a film: mp4, mov or webm.

Frame n is shown from n / fps on; sound starts at 0. mp4 (H.264, AAC) declares the sound's length to
the sample, though decoders that ignore that give AAC's padding too; mov (H.264, PCM) keeps the
sound bit for bit; webm (VP9, Opus) keeps it on Opus's grid of 1/48000 s.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vasa_avatar.datatypes import I16, U8
from vasa_avatar.errors import AudioError
from vasa_avatar.media.synthetic_note import SYNTHETIC_NOTE
from vasa_avatar.media.video_format import VideoFormat

# Rates that AAC has a code for (ISO/IEC 14496-3, table 1.18); others are stored as PCM.
_AAC_RATES_HZ = (7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200,
                 96000)  # fmt: skip
_OPUS_RATES_HZ = (8000, 12000, 16000, 24000, 48000)
_BLOCK_SAMPLES = 4096
# Measured on 512 x 512 talking heads, one thread: veryfast takes 4.2 ms a frame at a third of the
# size that superfast (3.1 ms) needs; the renderer runs beside it on another core.
_X264 = {"preset": "veryfast", "crf": "18", "threads": "1"}
_VP9 = {
    "deadline": "realtime",
    "cpu-used": "8",
    "crf": "26",
    "b": "0",
    "row-mt": "1",
    "threads": "1",
}


class VideoFile:
    """One mp4, mov or webm file, written as the frames come."""

    def __init__(self, path: Path, video_format: VideoFormat) -> None:
        import av

        suffix = path.suffix.lower()
        rate = video_format.sample_rate_hz
        name = str(path.absolute())  # FFmpeg reads some relative names as protocols
        self._container: Any = av.open(name, "w", options=_muxer_options(suffix, rate))
        self._container.metadata["comment"] = SYNTHETIC_NOTE
        self._pictures = _add_pictures(self._container, video_format, suffix)
        self._sound = None if rate is None else _SoundTrack(self._container, rate, suffix)
        self._tick = Fraction(1, video_format.fps)
        self._index = 0

    def write(self, frame_rgb: U8, pcm_i16: I16) -> None:
        """Encode one picture and the sound under it; see `FrameSink.write`."""
        import av

        planes: Any = cv2.cvtColor(frame_rgb, cv2.COLOR_RGB2YUV_I420)
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        picture.pts = self._index
        picture.time_base = self._tick
        self._index += 1
        self._container.mux(self._pictures.encode(picture))
        if self._sound is not None:
            self._sound.write(pcm_i16)

    def close(self) -> None:
        """Flush both encoders and finish the file."""
        try:
            self._container.mux(self._pictures.encode())
            if self._sound is not None:
                self._sound.flush()
        finally:
            self._container.close()


def _muxer_options(suffix: str, sample_rate_hz: int | None) -> dict[str, str]:
    """The index first, for streaming, and a clock in which the sound's length is a whole number."""
    if suffix == ".webm":
        return {}
    clock = {} if sample_rate_hz is None else {"movie_timescale": str(sample_rate_hz)}
    return {"movflags": "+faststart", **clock}


def _add_pictures(container: Any, video_format: VideoFormat, suffix: str) -> Any:
    """A video stream with the colour matrix that cv2's conversion uses (BT.601, limited range)."""
    codec, options = ("libvpx-vp9", _VP9) if suffix == ".webm" else ("libx264", _X264)
    stream = container.add_stream(codec, rate=video_format.fps, options=dict(options))
    stream.width = stream.height = video_format.size_px
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.color_range = 1  # limited
    context.colorspace = 6  # SMPTE 170M, the BT.601 matrix
    context.color_primaries = 1  # BT.709, as sRGB
    context.color_trc = 13  # sRGB
    return stream


class _SoundTrack:
    """Cuts sound into blocks that encoders like and keeps its place in samples."""

    def __init__(self, container: Any, sample_rate_hz: int, suffix: str) -> None:
        self._container = container
        self._rate_hz = sample_rate_hz
        self._pending: list[I16] = []
        self._n_pending = 0
        self._n_written = 0
        codec, rate_hz = _sound_codec(sample_rate_hz, suffix)
        options = {"b": "128k"} if codec == "libopus" else {}
        stream = container.add_stream(codec, rate=rate_hz, options=options)
        stream.layout = "mono"
        if codec == "aac":
            stream.bit_rate = 160_000 if sample_rate_hz >= 32_000 else 96_000
        self._stream = stream

    def write(self, pcm_i16: I16) -> None:
        self._pending.append(pcm_i16)
        self._n_pending += len(pcm_i16)
        if self._n_pending >= _BLOCK_SAMPLES:
            self._encode_pending()

    def flush(self) -> None:
        self._encode_pending()
        self._container.mux(self._stream.encode(None))

    def _encode_pending(self) -> None:
        import av

        if not self._n_pending:
            return
        block = np.ascontiguousarray(np.concatenate(self._pending))[None]
        sound = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        sound.sample_rate = self._rate_hz
        sound.pts = self._n_written
        sound.time_base = Fraction(1, self._rate_hz)
        self._n_written += self._n_pending
        self._pending, self._n_pending = [], 0
        self._container.mux(self._stream.encode(sound))


def _sound_codec(sample_rate_hz: int, suffix: str) -> tuple[str, int]:
    """Encoder and its rate; only Opus, which knows five rates, ever changes the rate."""
    if suffix == ".webm":
        return "libopus", sample_rate_hz if sample_rate_hz in _OPUS_RATES_HZ else 48_000
    if suffix != ".mov" and sample_rate_hz in _AAC_RATES_HZ:
        return "aac", sample_rate_hz
    if sample_rate_hz > 192_000:
        raise AudioError(f"sound at {sample_rate_hz} Hz does not fit into mp4; at most 192000 Hz")
    return "pcm_s16le", sample_rate_hz
