"""One session's renderer: runs in a worker thread, one call at a time, and knows no clock but a
stopwatch.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice

import numpy as np

from pipecat_vasa.engine import SessionOptions, VasaEngine
from pipecat_vasa.playing.depiction import Depiction, VideoDepiction
from pipecat_vasa.playing.feed import SpeechOrder
from vasa_avatar.audio import StreamResampler
from vasa_avatar.datatypes import F32, I16, Controls, Feeling
from vasa_avatar.motion import Attention
from vasa_avatar.session import FaceStream, MotionFrame

RESAMPLER_MS = 4
"""sound at another rate than the session's must reach so much further: StreamResampler looks 3 ms
ahead"""


UNCHANGED = Feeling(())
"""the feeling, if any, stays as it is"""


@dataclass(frozen=True, slots=True, eq=False)
class HeardSound:
    """A piece of what the user says."""

    pcm_i16: I16
    """(N,)"""
    rate_hz: int


@dataclass(frozen=True, slots=True)
class Mood:
    """Changes to make before a frame; None, 0 or UNCHANGED = leave as it is."""

    controls: Controls | None = None
    attention: Attention | None = None
    nod: float = 0.0
    heard: tuple[HeardSound, ...] = ()
    """what the user said since the last frame"""
    feeling: Feeling | None = UNCHANGED
    """None lets the present one go"""


@dataclass(frozen=True, slots=True, eq=False)
class RenderOrder:
    """One frame to render, or a few."""

    left_s: float
    """in how many seconds it has to be there"""
    start_within_s: float
    """begun later, a frame of speech would be late and is left out"""
    speech: SpeechOrder | None = None
    """None: a living frame without speech"""
    interrupts: bool = False
    """forget pending speech first"""
    needs_new_session: bool = False
    """what went before has failed, and perhaps still runs"""
    n_idle: int = 1
    """living frames without speech, where it is for those"""


@dataclass(frozen=True, slots=True, eq=False)
class RenderedFrame:
    """What became of an order."""

    rgb: bytes | None
    """what is shown, see Depiction, of all frames together; None when it was not rendered"""
    seconds: float
    """it took"""


class FrameRenderer:
    """Drives one engine session."""

    def __init__(
        self, engine: VasaEngine, options: SessionOptions, depiction: Depiction | None = None
    ) -> None:
        """Prepare; the session is opened with the first call, or by `open`.

        Args:
            engine: where the session is opened.
            options: of the session.
            depiction: makes what is shown; pictures when None.
        """
        self._engine, self._options = engine, options
        self._depiction = depiction or VideoDepiction(engine.size_px)
        self._session: FaceStream | None = None
        self._resampler: StreamResampler | None = None
        self._is_speaking = False

    def open(self) -> FaceStream:
        """The session."""
        if self._session is None:
            self._session = self._engine.open_session(self._options)
        return self._session

    def render(self, order: RenderOrder, mood: Mood, start_by_s: float) -> RenderedFrame:
        """Carry out an order, or pass over it; `start_by_s` is on the engine's clock."""
        start = time.perf_counter()
        session = self.open()
        if order.interrupts:
            session.interrupt()
            self._is_speaking = False
        _set_mood(session, mood)
        if order.speech is None:
            self._leave_utterance(session)
            frames = [session.idle_motion() for _ in range(order.n_idle)]
        else:
            frames = self._speak(session, order.speech)
            if self._engine.now_s() > start_by_s:
                frames = []
        shown = [self._depiction.depict(session, frame) for frame in frames]
        return RenderedFrame(b"".join(shown) or None, time.perf_counter() - start)

    def _speak(self, session: FaceStream, order: SpeechOrder) -> list[MotionFrame]:
        """The motion of the next frames of speech, as far as there are some."""
        if order.begins:
            self._leave_utterance(session)
            self._is_speaking = True
            self._resampler = None
            if order.rate_hz != self._options.sample_rate_hz:
                self._resampler = StreamResampler(order.rate_hz, self._options.sample_rate_hz)
        if order.words:
            session.push_words(order.words)
        for part in order.sound:
            resampled = part if self._resampler is None else _int16(self._resampler.push(part))
            session.push(resampled)
        if order.completes:
            if self._resampler is not None:
                session.push(_int16(self._resampler.flush()))
            session.flush()
        frames = session.pull_motion()
        for _ in range(order.n_skipped):
            next(frames, None)
        return list(islice(frames, order.n_frames))

    def _leave_utterance(self, session: FaceStream) -> None:
        """Frames of the last utterance that nobody ordered are passed over."""
        if self._is_speaking:
            session.flush()
            for _ in session.pull_motion():
                pass
            self._is_speaking = False


def _set_mood(session: FaceStream, mood: Mood) -> None:
    if mood.controls is not None:
        session.set_controls(mood.controls)
    if mood.attention is not None:
        session.attend(mood.attention)
    if mood.feeling is not UNCHANGED:
        session.feel(mood.feeling)
    if mood.nod:
        session.nod(mood.nod)
    for sound in mood.heard:
        session.hear(sound.pcm_i16, sound.rate_hz)


def _int16(samples: F32) -> I16:
    return np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)
