"""Measures picture against voice where they are handed out: at the output transport itself.

Between two pieces of sound the transport sets the picture that belongs to the second one. A piece
is pushed on when it has been played, so it began its own duration earlier.
"""

from __future__ import annotations

from pipecat.frames.frames import OutputAudioRawFrame, OutputImageRawFrame
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_output import BaseOutputTransport

from pipecat_vasa.playing.meter import Meter

_NS = 1_000_000_000
_DISPLAY_WAIT_S = 0.5 / 30  # a picture is shown with the next tick of the transport's 30 fps


class SyncWatch(BaseObserver):
    """Feeds a Meter with the skew of every synchronized picture."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter
        self._picture_at_s: float | None = None

    async def on_push_frame(self, data: FramePushed) -> None:
        """Notice what leaves the transport."""
        if data.direction is not FrameDirection.DOWNSTREAM:
            return
        if not isinstance(data.source, BaseOutputTransport):
            return
        now_s = data.timestamp / _NS
        if isinstance(data.frame, OutputImageRawFrame):
            self._picture_at_s = now_s
        elif isinstance(data.frame, OutputAudioRawFrame) and self._picture_at_s is not None:
            began_s = now_s - data.frame.num_frames / data.frame.sample_rate
            self._meter.skewed(self._picture_at_s + _DISPLAY_WAIT_S - began_s)
            self._picture_at_s = None
