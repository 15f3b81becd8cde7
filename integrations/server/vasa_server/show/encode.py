"""Pictures to bytes: (H, W, 3) uint8 RGB to JPEG or to H.264 (Annex B, baseline, no delay).

Or no picture at all: what moves, for a viewer that draws.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import cv2
import numpy as np

from vasa_avatar.browser import pack_motion
from vasa_avatar.datatypes import U8, FaceMotion
from vasa_avatar.nets import chosen_device
from vasa_server.protocol.messages import Codec

log = logging.getLogger(__name__)
H264_KEY_INTERVAL_S = 2
_JPEG_FAST = (cv2.IMWRITE_JPEG_OPTIMIZE, 0, cv2.IMWRITE_JPEG_PROGRESSIVE, 0)


class EncoderError(RuntimeError):
    """This installation cannot encode the asked codec."""


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """One picture as bytes."""

    data: bytes
    is_key: bool
    """whether it is decodable without an earlier picture"""


class PictureEncoder(Protocol):
    """A stream of pictures in one codec; encoded by one thread at a time."""

    def encode(self, frame_rgb: U8) -> EncodedPicture:
        """Encode one picture: (H, W, 3) uint8, always of the same size."""

    def request_key(self) -> None:
        """The next picture must be decodable alone; from any thread."""

    def close(self) -> None:
        """Free what the encoder holds."""


class JpegEncoder:
    """Baseline JPEG by libjpeg-turbo; about half a millisecond at 512 x 512."""

    def __init__(self, quality: int) -> None:
        self._options = (cv2.IMWRITE_JPEG_QUALITY, quality, *_JPEG_FAST)

    def encode(self, frame_rgb: U8) -> EncodedPicture:
        """See PictureEncoder."""
        bgr = cv2.cvtColor(np.asarray(frame_rgb), cv2.COLOR_RGB2BGR)
        ok, data = cv2.imencode(".jpg", bgr, self._options)
        if not ok:
            raise EncoderError(f"a picture of shape {frame_rgb.shape} could not become a JPEG")
        return EncodedPicture(data.tobytes(), True)

    def request_key(self) -> None:
        """Every JPEG stands alone."""

    def close(self) -> None:
        """Nothing to free."""


class H264Encoder:
    """H.264 with no lookahead and no B frames: each picture comes out at once.

    By libx264; by a card's encoder (NVENC) where `VASA_DEVICE` is cuda and there is one.
    """

    def __init__(self, size_px: int, fps: int, quality: int) -> None:
        self._av = av = _av()
        crf = round(38 - quality * 0.2)  # 80 -> 22, 95 -> 19, 30 -> 32
        self._context: Any = None
        if chosen_device() == "cuda":
            try:
                self._context = _h264_context(av, "h264_nvenc", size_px, fps, _nvenc_options(crf))
            except av.error.FFmpegError as problem:
                log.warning("no card encodes H.264 here, libx264 does: %s", problem.strerror)
        if self._context is None:
            try:
                self._context = _h264_context(av, "libx264", size_px, fps, _x264_options(crf))
            except av.error.FFmpegError as problem:
                raise EncoderError("this PyAV has no libx264; ask for jpeg") from problem
        self._index = 0
        self._is_key_wanted = True

    def encode(self, frame_rgb: U8) -> EncodedPicture:
        """See PictureEncoder."""
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(frame_rgb), format="rgb24")
        frame.pts = self._index
        types = self._av.video.frame.PictureType
        is_key_wanted, self._is_key_wanted = self._is_key_wanted, False
        frame.pict_type = types.I if is_key_wanted else types.NONE
        self._index += 1
        packets = self._context.encode(frame)
        if len(packets) != 1:
            self._is_key_wanted = True
            raise EncoderError(f"the encoder gave {len(packets)} packets for one picture")
        return EncodedPicture(bytes(packets[0]), bool(packets[0].is_keyframe))

    def request_key(self) -> None:
        """See PictureEncoder."""
        self._is_key_wanted = True

    def close(self) -> None:
        """Let the codec go."""
        self._context = None


def _h264_context(av: Any, codec: str, size_px: int, fps: int, options: dict[str, str]) -> Any:
    context = av.codec.CodecContext.create(codec, "w")
    context.width = context.height = size_px
    context.pix_fmt = "yuv420p"
    context.framerate = Fraction(fps)
    context.time_base = Fraction(1, fps)
    context.gop_size = fps * H264_KEY_INTERVAL_S
    context.max_b_frames = 0
    context.thread_count = 1
    context.options = options
    context.open()
    return context


def _x264_options(crf: int) -> dict[str, str]:
    return {
        "preset": "superfast", "tune": "zerolatency", "profile": "baseline",
        "crf": str(crf), "forced-idr": "1",
        "x264-params": "annexb=1:repeat-headers=1:scenecut=0",
    }  # fmt: skip


def _nvenc_options(crf: int) -> dict[str, str]:
    return {
        "preset": "p1", "tune": "ull", "profile": "baseline", "rc": "constqp", "qp": str(crf),
        "delay": "0", "zerolatency": "1", "forced-idr": "1",
    }  # fmt: skip


def express(motion: FaceMotion) -> EncodedPicture:
    """One frame of the codec `motion`."""
    return EncodedPicture(pack_motion(motion), is_key=True)


class NoPictures:
    """The codec `motion`: nothing is drawn, so nothing is encoded."""

    def encode(self, frame_rgb: U8) -> EncodedPicture:
        """Never asked."""
        raise EncoderError("a session with the codec motion has no pictures")

    def request_key(self) -> None:
        """Every frame's motion stands alone."""

    def close(self) -> None:
        """Nothing to free."""


def _av() -> Any:
    import av
    import av.error
    import av.video.frame

    return av


def make_encoder(codec: Codec, size_px: int, fps: int, quality: int) -> PictureEncoder:
    """The encoder for one session.

    Args:
        codec: jpeg, h264 or motion.
        size_px: edge length of the square pictures.
        fps: pictures a second.
        quality: 30..95, on JPEG's scale.

    Raises:
        EncoderError: the codec is not there, or cannot take this size.
    """
    if codec == "motion":
        return NoPictures()
    if codec == "jpeg":
        return JpegEncoder(quality)
    if size_px % 2:
        raise EncoderError(f"size is {size_px} px; h264 needs an even number")
    return H264Encoder(size_px, fps, quality)
