"""What a performance gives out, as messages and media in a connection's outbox."""

from __future__ import annotations

import time

from vasa_server.host.outbox import Outbox
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
from vasa_server.show.live_session import LiveSession
from vasa_server.show.packets import (
    AudioPacket,
    BargedIn,
    PicturePacket,
    SentenceStart,
    UtteranceEdge,
)
from vasa_server.show.performance import Cue

MAX_AHEAD_OF_PLAYHEAD_S = 1.5
PLAYHEAD_IS_FRESH_S = 3.0


class Sender:
    """Delivers the cues of one session; used on the event loop only."""

    def __init__(self, session: LiveSession, outbox: Outbox, codec: m.Codec) -> None:
        self._session = session
        self._outbox = outbox
        self._codec: m.Codec = codec
        self._playhead = 0
        self._playhead_s = -PLAYHEAD_IS_FRESH_S

    def note_playhead(self, sample: int) -> None:
        """The viewer hears this sample now."""
        self._playhead = sample
        self._playhead_s = time.monotonic()

    def deliver(self, cue: Cue) -> None:
        """Queue one cue; stale media is left out.

        Raises:
            ReaderTooSlow: too many messages wait.
        """
        if isinstance(cue, AudioPacket | PicturePacket):
            if cue.generation != self._session.generation:
                return
            if isinstance(cue, AudioPacket):
                self._deliver_sound(cue)
            else:
                self._deliver_picture(cue)
            return
        message = _message_of(cue)
        if message is not None:
            self._outbox.put_control(m.to_json(message))

    def _deliver_sound(self, shot: AudioPacket) -> None:
        self._outbox.put_media(
            MediaPacket(
                SOUND, CODEC_PCM_S16LE, FLAG_SPEECH, shot.generation, shot.sample,
                len(shot.pcm_i16), shot.sequence, shot.pcm_i16.astype("<i2").tobytes(),
            )
        )  # fmt: skip

    def _deliver_picture(self, shot: PicturePacket) -> None:
        if self._is_viewer_behind(shot):
            self._outbox.counters.pictures_dropped += 1
            self._outbox.needs_key = self._codec != "jpeg"
        else:
            flags = (FLAG_SPEECH if shot.is_speech else 0) | (FLAG_KEY if shot.is_key else 0)
            self._outbox.put_media(
                MediaPacket(
                    PICTURE, CODEC_NUMBERS[self._codec], flags, shot.generation,
                    shot.sample, shot.samples, shot.sequence, shot.data,
                )
            )  # fmt: skip
        if self._outbox.needs_key:
            self._session.request_key()

    def _is_viewer_behind(self, shot: PicturePacket) -> bool:
        if time.monotonic() - self._playhead_s > PLAYHEAD_IS_FRESH_S:
            return False
        ahead = shot.sample - self._playhead
        return ahead > MAX_AHEAD_OF_PLAYHEAD_S * self._session.clock.sample_rate_hz


def _message_of(cue: Cue) -> m.Reply | None:
    if isinstance(cue, UtteranceEdge) and cue.is_start:
        return m.UtteranceStarted(
            utterance=cue.number, sample=cue.sample, generation=cue.generation
        )
    if isinstance(cue, UtteranceEdge):
        return m.UtteranceEnded(
            utterance=cue.number,
            sample=cue.sample,
            generation=cue.generation,
            interrupted=cue.is_interrupted,
        )
    if isinstance(cue, SentenceStart):
        return m.Sentence(
            utterance=cue.number, sample=cue.sample, generation=cue.generation, text=cue.text
        )
    if isinstance(cue, BargedIn):
        return m.Interrupted(generation=cue.generation, sample=cue.sample, reply_to=cue.request_id)
    return None
