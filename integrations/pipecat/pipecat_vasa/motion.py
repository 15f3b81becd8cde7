"""VasaMotionService: the bot has a face that its caller's browser draws, without a video track."""

from __future__ import annotations

from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

from pipecat_vasa.face_service import FaceService
from pipecat_vasa.playing.depiction import Depiction
from pipecat_vasa.playing.motion_messages import MotionDepiction
from pipecat_vasa.playing.sound_in_place import encode_sound_in_place
from pipecat_vasa.playing.transport_check import problems_of_sound


class VasaMotionService(FaceService):
    """As VasaVideoService, but the face is drawn by the client: motion goes out, not pictures.

    Each message says at which moment of the voice it belongs (see `playing.motion_messages`); it
    is an RTVI server message, needs some 4 kB a second, and is dropped on interruption. The client
    draws with the module `vasa-face` and its adapter for RTVI, from `VasaEngine.face_file`.

    Example::

        engine = VasaEngine.load("iris")
        avatar = VasaMotionService(engine)
        Pipeline([transport.input(), stt, user, llm, tts, avatar, transport.output(), assistant])
    """

    _is_drawn = False

    def _new_depiction(self) -> Depiction:
        return MotionDepiction()

    def _watch_transport(self, transport: BaseOutputTransport | None) -> None:
        encode_sound_in_place(transport)

    def _problems_of(self, params: TransportParams) -> tuple[list[str], list[str]]:
        return problems_of_sound(params)
