"""The transport's video parameters: the right ones for an engine, and what is wrong with others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

from pipecat_vasa.engine import VasaEngine

TRANSPORT_FPS = 30
AUDIO_CHUNKS_10MS = 2
_MUST_BE = (
    ("video_out_enabled", True, "no picture is sent"),
    ("audio_out_enabled", True, "nothing is heard"),
    ("video_out_is_live", False, "no picture that rides with the sound is shown"),
    ("video_out_color_format", "RGB", "colours would be wrong"),
)


class AvatarTransportParams(TypedDict):
    """Those of Pipecat's TransportParams on which an avatar depends."""

    audio_out_enabled: bool
    audio_out_10ms_chunks: int
    video_out_enabled: bool
    video_out_is_live: bool
    video_out_width: int
    video_out_height: int
    video_out_framerate: int


def avatar_transport_params(engine: VasaEngine) -> AvatarTransportParams:
    """Keyword arguments for TransportParams (or a child of it) that keep lips and voice together.

    Pictures ride in the audio queue (`video_out_is_live=False`), are repeated at 30 frames per
    second, which is what WebRTC's clock counts on, and are never resized.
    """
    return {
        "audio_out_enabled": True,
        "audio_out_10ms_chunks": AUDIO_CHUNKS_10MS,
        "video_out_enabled": True,
        "video_out_is_live": False,
        "video_out_width": engine.size_px,
        "video_out_height": engine.size_px,
        "video_out_framerate": TRANSPORT_FPS,
    }


def find_output_transport(processor: FrameProcessor) -> BaseOutputTransport | None:
    """The output transport behind a processor, or None when there is none."""
    following = processor.next
    while following is not None:
        for one in _with_inner(following):
            if isinstance(one, BaseOutputTransport):
                return one
        following = following.next
    return None


def params_of(transport: BaseOutputTransport) -> TransportParams | None:
    """A transport's parameters; Pipecat has no public name for them."""
    params = getattr(transport, "_params", None)
    return params if isinstance(params, TransportParams) else None


def _with_inner(processor: FrameProcessor) -> Iterator[FrameProcessor]:
    yield processor
    for inner in processor.processors:
        yield from _with_inner(inner)


def problems_of_sound(params: TransportParams) -> tuple[list[str], list[str]]:
    """The same for a face that the caller draws: (nothing is heard, it works but worse)."""
    fatal, lesser = [], []
    if not params.audio_out_enabled:
        fatal.append("audio_out_enabled is False: nothing is heard; set it to True")
    if params.video_out_enabled:
        lesser.append("video_out_enabled is True: the caller draws the face; set it to False")
    return fatal, lesser


def problems_of(params: TransportParams, size_px: int) -> tuple[list[str], list[str]]:
    """What is wrong: (nothing or nonsense would be seen, it works but worse)."""
    fatal = [
        f"{name} is {getattr(params, name)!r}: {reason}; set it to {wanted!r}"
        for name, wanted, reason in _MUST_BE
        if getattr(params, name) != wanted
    ]
    lesser: list[str] = []
    width, height = params.video_out_width, params.video_out_height
    if (width, height) != (size_px, size_px):
        lesser.append(
            f"the video is {width}x{height} and the avatar {size_px}x{size_px}: every picture is "
            f"resized (slow) and stretched; set video_out_width and video_out_height to {size_px}"
        )
    if params.video_out_framerate != TRANSPORT_FPS:
        lesser.append(
            f"video_out_framerate is {params.video_out_framerate}; with other than {TRANSPORT_FPS} "
            "WebRTC's picture clock runs off and pictures are lost"
        )
    if params.audio_out_10ms_chunks > 4:
        lesser.append(
            f"audio_out_10ms_chunks is {params.audio_out_10ms_chunks}: pictures change only "
            "between chunks; set it to 2 (at most 4)"
        )
    return fatal, lesser
