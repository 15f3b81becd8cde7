"""One session's drawing: runs in a worker thread, one call at a time, and knows no clock but a
stopwatch. Sound goes in exactly as far as a picture needs it, so a barge-in has little to undo.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from pipecat_vasa.engine import Session, SessionOptions, VasaEngine
from vasa_avatar.audio import StreamResampler
from vasa_avatar.datatypes import F32, I16, Controls
from vasa_avatar.motion import Attention

RESAMPLER_MS = 4  # StreamResampler looks 3 ms ahead


@dataclass(frozen=True, slots=True)
class Mood:
    """Changes to make before a frame; None or 0 = leave as it is."""

    controls: Controls | None = None
    attention: Attention | None = None
    nod: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class SpeechOrder:
    """One frame of speech to draw."""

    feed: list[I16]
    """new sound, up to the frame's lookahead"""
    rate_hz: int
    begins: bool
    """the first of an utterance"""
    completes: bool
    """`feed` ends the utterance"""
    skip: int
    """frames before this one that were never ordered"""
    draw_by_s: float
    """on `time.monotonic`; begun later, the picture would be late and is left out"""
    mood: Mood


@dataclass(frozen=True, slots=True)
class Painting:
    """A drawn frame."""

    rgb: bytes | None
    """None when it was not drawn"""
    seconds: float
    """it took"""


class Painter:
    """Drives one engine session."""

    def __init__(self, engine: VasaEngine, options: SessionOptions) -> None:
        self._rate_hz = options.sample_rate_hz
        self._session: Session = engine.open_session(options)
        self._resampler: StreamResampler | None = None
        self._is_open = False
        self._canvas = np.zeros((engine.size_px, engine.size_px, 3), np.uint8)

    def extra_lookahead_samples(self, rate_hz: int) -> int:
        """How much further than the session's lookahead sound at another rate must reach."""
        return 0 if rate_hz == self._rate_hz else rate_hz * RESAMPLER_MS // 1000

    def speech(self, order: SpeechOrder) -> Painting:
        """Draw the next frame of speech, or pass over it."""
        start = time.perf_counter()
        self._set_mood(order.mood)
        if order.begins:
            self._begin(order.rate_hz)
        for part in order.feed:
            self._push(part)
        if order.completes:
            self._finish()
        frames = self._session.pull_motion()
        for _ in range(order.skip):
            next(frames, None)
        frame = next(frames, None)
        rgb = None
        if frame is not None and time.monotonic() <= order.draw_by_s:
            rgb = self._session.render(frame, self._canvas).frame_rgb.tobytes()
        return Painting(rgb, time.perf_counter() - start)

    def idle(self, mood: Mood) -> Painting:
        """Draw one living frame without speech."""
        start = time.perf_counter()
        self._set_mood(mood)
        self._leave_utterance()
        frame = self._session.idle_motion()
        rgb = self._session.render(frame, self._canvas).frame_rgb.tobytes()
        return Painting(rgb, time.perf_counter() - start)

    def interrupt(self, mood: Mood) -> Painting:
        """Forget pending speech and draw the first frame after it."""
        self._session.interrupt()
        self._is_open = False
        return self.idle(mood)

    def _set_mood(self, mood: Mood) -> None:
        if mood.controls is not None:
            self._session.set_controls(mood.controls)
        if mood.attention is not None:
            self._session.attend(mood.attention)
        if mood.nod:
            self._session.nod(mood.nod)

    def _begin(self, rate_hz: int) -> None:
        self._leave_utterance()
        self._is_open = True
        self._resampler = None
        if rate_hz != self._rate_hz:
            self._resampler = StreamResampler(rate_hz, self._rate_hz)

    def _leave_utterance(self) -> None:
        """Frames of the last utterance that nobody ordered are passed over."""
        if self._is_open:
            self._session.flush()
            for _ in self._session.pull_motion():
                pass
            self._is_open = False

    def _push(self, pcm_i16: I16) -> None:
        if self._resampler is None:
            self._session.push(pcm_i16)
        else:
            self._session.push(_as_int16(self._resampler.push(pcm_i16)))

    def _finish(self) -> None:
        if self._resampler is not None:
            self._session.push(_as_int16(self._resampler.flush()))
        self._session.flush()


def _as_int16(samples: F32) -> I16:
    return np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)
