"""VasaVideoService: put it between the TTS and the output transport, and the bot has a face."""

from __future__ import annotations

from pipecat.frames.frames import Frame, OutputImageRawFrame
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

from pipecat_vasa.face_service import FaceService
from pipecat_vasa.playing.depiction import Depiction, VideoDepiction
from pipecat_vasa.playing.picture_clock import keep_real_time
from pipecat_vasa.playing.sync_watch import SyncWatch
from pipecat_vasa.playing.transport_check import problems_of


class VasaVideoService(FaceService):
    """Shows an avatar that speaks the TTS audio passing through, and lives while there is none.

    The audio leaves as it came: same frames, rate, channels, context and order. Pictures are
    OutputImageRawFrames with `sync_with_audio`; the transport must be set up for them
    (see `avatar_transport_params`).

    Example::

        engine = VasaEngine.load("iris")         # once, before any pipeline starts
        avatar = VasaVideoService(engine)
        Pipeline([transport.input(), stt, user, llm, tts, avatar, transport.output(), assistant])
    """

    def _new_depiction(self) -> Depiction:
        return VideoDepiction(self._engine.size_px)

    def _problems_of(self, params: TransportParams) -> tuple[list[str], list[str]]:
        return problems_of(params, self._engine.size_px)

    def _watch_transport(self, transport: BaseOutputTransport | None) -> None:
        keep_real_time(transport)

    def _watch_sync(self) -> None:
        self.pipeline_worker.add_observer(SyncWatch(self._meter))

    def _stills(self) -> list[Frame]:
        size = (self._engine.size_px, self._engine.size_px)
        still = OutputImageRawFrame(self._engine.still_rgb, size, "RGB")
        still.sync_with_audio = True
        return [still]
