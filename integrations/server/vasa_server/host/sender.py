"""What a live session gives out, as messages and media in a connection's outbox."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from websockets.frames import CloseCode

from vasa_avatar.privacy import fault_of
from vasa_avatar.session import (
    FaceFailed,
    Interrupted,
    LiveEvent,
    PacedFrame,
    SentenceStarted,
    UtteranceEnded,
    UtteranceStarted,
)
from vasa_server.host.outbox import Outbox, ReaderTooSlow
from vasa_server.protocol import messages as m
from vasa_server.protocol.media import (
    CODEC_NUMBERS,
    CODEC_PCM_S16LE,
    FLAG_KEY,
    FLAG_SPEECH,
    PICTURE,
    SOUND,
    MediaPacket,
)
from vasa_server.show.encode import EncodedPicture

log = logging.getLogger(__name__)
MAX_UNREAD_SOUND_S = 1.0
MAX_AHEAD_OF_PLAYHEAD_S = 1.5
PLAYHEAD_IS_FRESH_S = 3.0
_SENTENCE_ENDS_WITH = (SentenceStarted, UtteranceEnded, Interrupted)


class Sender:
    """The output of a connection's sessions, one after another; used on the event loop only."""

    def __init__(self, outbox: Outbox, dismiss: Callable[[int, str], None]) -> None:
        """Send nothing yet.

        Args:
            outbox: where it goes.
            dismiss: ends the connection, with a close code and a reason.
        """
        self._outbox = outbox
        self._dismiss = dismiss
        self._is_open = False
        self._at_sentence_end: Callable[[], None] | None = None

    def begin(self, codec: m.Codec, sample_rate_hz: int, request_key: Callable[[], None]) -> None:
        """Send what the next session gives out.

        Args:
            codec: of its pictures.
            sample_rate_hz: of its sound.
            request_key: asks for a picture that can be decoded alone.
        """
        self._is_open = True
        self._codec: m.Codec = codec
        self._rate_hz = sample_rate_hz
        self._request_key = request_key
        self._generation = 0
        self._interrupt_ids: dict[int, int | None] = {}
        self._playhead = 0
        self._playhead_s = -PLAYHEAD_IS_FRESH_S

    def end(self) -> None:
        """Send nothing more of the session."""
        self._is_open = False

    def at_sentence_end(self, call: Callable[[], None]) -> None:
        """Call it once where a sentence has ended: the next was told, nothing of it was sent."""
        self._at_sentence_end = call

    def note_playhead(self, sample: int) -> None:
        """The viewer hears this sample now."""
        self._playhead = sample
        self._playhead_s = time.monotonic()

    def drop_before(self, generation: int, request_id: int | None) -> None:
        """Barge-in, asked for by that request: media of older generations is stale."""
        self._generation = generation
        self._interrupt_ids[generation] = request_id
        self._outbox.drop_media(lambda packet: packet.generation < generation)

    # -- LiveOutput -----------------------------------------------------------------------------

    @property
    def is_full(self) -> bool:
        """See LiveOutput."""
        return self._outbox.sound_samples > MAX_UNREAD_SOUND_S * self._rate_hz

    def on_event(self, event: LiveEvent) -> None:
        """See LiveOutput."""
        if not self._is_open:
            return
        self._tell(self._message_of(event))
        if isinstance(event, FaceFailed) and event.is_fatal:
            self._dismiss(CloseCode.INTERNAL_ERROR, "the session failed")
        if self._at_sentence_end is not None and isinstance(event, _SENTENCE_ENDS_WITH):
            self._at_sentence_end()

    def on_sound(self, frame: PacedFrame) -> None:
        """See LiveOutput."""
        if len(frame.audio) and self._is_fresh(frame):
            payload = frame.audio.astype("<i2").tobytes()
            self._put(SOUND, CODEC_PCM_S16LE, FLAG_SPEECH, frame, len(frame.audio), payload)

    def on_picture(self, frame: PacedFrame, picture: EncodedPicture | None) -> None:
        """See LiveOutput."""
        if picture is None or not self._is_fresh(frame):
            return
        if self._is_viewer_behind(frame):
            self._outbox.counters.pictures_dropped += 1
            self._outbox.needs_key = self._codec == "h264"
        else:
            flags = (FLAG_SPEECH if frame.is_speech else 0) | (FLAG_KEY if picture.is_key else 0)
            codec = CODEC_NUMBERS[self._codec]
            self._put(PICTURE, codec, flags, frame, frame.n_samples, picture.data)
        if self._outbox.needs_key:
            self._request_key()

    def on_voice_failed(self, number: int, error: Exception) -> None:
        """See SessionOutput."""
        log.warning("an utterance could not be spoken: %s", fault_of(error))
        text = f"utterance {number} could not be spoken: {error}"[:500]
        self._tell(m.Error(code="voice_failed", message=text))

    # -- inside ---------------------------------------------------------------------------------

    def _tell(self, message: m.Reply) -> None:
        try:
            self._outbox.put_control(m.to_json(message))
        except ReaderTooSlow as problem:
            self._dismiss(CloseCode.POLICY_VIOLATION, str(problem))

    def _is_fresh(self, frame: PacedFrame) -> bool:
        return self._is_open and frame.generation == self._generation

    def _put(
        self, kind: int, codec: int, flags: int, frame: PacedFrame, n_samples: int, payload: bytes
    ) -> None:
        self._outbox.put_media(
            MediaPacket(
                kind, codec, flags, frame.generation, frame.sample, n_samples, frame.sequence,
                payload,
            )
        )  # fmt: skip

    def _is_viewer_behind(self, frame: PacedFrame) -> bool:
        if time.monotonic() - self._playhead_s > PLAYHEAD_IS_FRESH_S:
            return False
        ahead = frame.sample - self._playhead
        return ahead > MAX_AHEAD_OF_PLAYHEAD_S * self._rate_hz

    def _message_of(self, event: LiveEvent) -> m.Reply:
        if isinstance(event, FaceFailed):
            told = "the session ended" if event.is_fatal else "pictures wait, the voice goes on"
            message = f"{type(event.error).__name__}; {told}"
            return m.Error(code="face_failed", message=message, fatal=event.is_fatal)
        sample, generation = event.sample, event.generation
        if isinstance(event, Interrupted):
            reply_to = self._interrupt_ids.pop(generation, None)
            return m.Interrupted(generation=generation, sample=sample, reply_to=reply_to)
        number = event.number
        if isinstance(event, UtteranceStarted):
            return m.UtteranceStarted(utterance=number, sample=sample, generation=generation)
        if isinstance(event, SentenceStarted):
            return m.Sentence(
                utterance=number, sample=sample, generation=generation, text=event.text
            )
        return m.UtteranceEnded(
            utterance=number, sample=sample, generation=generation,
            interrupted=event.is_interrupted,
        )  # fmt: skip
