"""The transport's video parameters: the right ones for an engine, and what is wrong with others."""

from __future__ import annotations

from typing import Any

from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

from pipecat_vasa.engine import VasaEngine

TRANSPORT_FPS = 30
AUDIO_CHUNKS_10MS = 2


def avatar_transport_params(engine: VasaEngine) -> dict[str, Any]:
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
        found = _output_transport(following)
        if found is not None:
            return found
        following = following.next
    return None


def params_of(transport: BaseOutputTransport) -> TransportParams | None:
    """A transport's parameters; Pipecat has no public name for them."""
    params = getattr(transport, "_params", None)
    return params if isinstance(params, TransportParams) else None


def _output_transport(processor: FrameProcessor) -> BaseOutputTransport | None:
    if isinstance(processor, BaseOutputTransport):
        return processor
    for inner in processor.processors:
        found = _output_transport(inner)
        if found is not None:
            return found
    return None


def problems_of(params: TransportParams, size_px: int) -> tuple[list[str], list[str]]:
    """What is wrong: (nothing or nonsense would be seen, it works but worse)."""
    fatal: list[str] = []
    lesser: list[str] = []
    if not params.video_out_enabled:
        fatal.append("video_out_enabled is False, so no picture is sent; set it to True")
    if not params.audio_out_enabled:
        fatal.append("audio_out_enabled is False, so nothing is heard; set it to True")
    if params.video_out_is_live:
        fatal.append(
            "video_out_is_live is True, which shows no picture that rides with the sound; "
            "set it to False"
        )
    if params.video_out_color_format != "RGB":
        fatal.append(
            f"video_out_color_format is {params.video_out_color_format!r}; set it to 'RGB'"
        )
    size = (params.video_out_width, params.video_out_height)
    if size != (size_px, size_px):
        lesser.append(
            f"the video is {size[0]}x{size[1]} and the avatar {size_px}x{size_px}: every picture "
            "is resized (slow) and stretched; set video_out_width and video_out_height to "
            f"{size_px}"
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
