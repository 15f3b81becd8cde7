"""One open character, as the event loop sees it: speech, text and controls in, cues out."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from vasa_avatar.audio import StreamResampler
from vasa_avatar.datatypes import F32, I16, Controls
from vasa_avatar.motion import Attention
from vasa_avatar.session import FaceStream
from vasa_avatar.units import FrameClock
from vasa_server.protocol.messages import Stats
from vasa_server.show.encode import PictureEncoder
from vasa_server.show.packets import FaceFailed
from vasa_server.show.performance import Cue, Performance
from vasa_server.show.performer import Performer
from vasa_server.show.sources import SpokenSentence, Voice

MAX_WAITING_TEXTS = 32
_SPOKEN_AHEAD_S = 30.0
"""Text becomes speech only so far ahead of what is heard: memory stays small."""
_JOIN_S = 10.0


class TooMuchPending(RuntimeError):
    """More speech or text waits than is allowed."""


@dataclass(frozen=True, slots=True)
class _Text:
    number: int
    text: str


class LiveSession:
    """Owns a performer and what feeds it. Used on the event loop only."""

    def __init__(
        self,
        face: FaceStream,
        encoder: PictureEncoder,
        clock: FrameClock,
        voice: Voice | None,
        pool: Executor,
    ) -> None:
        """Prepare a session; `start` brings it to life."""
        self.clock = clock
        self.voice = voice
        self.controls = Controls()
        self.generation = 0
        self._performance = Performance(face, encoder, clock, self._cue, time.monotonic())
        self._performer: Performer | None = None
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._on_cue: Callable[[Cue], None] = lambda cue: None
        self._opened_s = time.monotonic()
        self._last_number = 0
        self._pushed_number: int | None = None
        self._resampler: StreamResampler | None = None
        self._pushed_rate_hz = 0
        self._samples_in = 0
        self._texts: deque[_Text] = deque()
        self._text_came = asyncio.Event()
        self._speaker: asyncio.Task[None] | None = None
        self._on_voice_trouble: Callable[[int, Exception], None] = lambda number, problem: None

    def start(
        self,
        on_cue: Callable[[Cue], None],
        unread_samples: Callable[[], int],
        on_voice_trouble: Callable[[int, Exception], None],
        *,
        leaps: bool = False,
    ) -> None:
        """Bring the face to life.

        Args:
            on_cue: takes all cues, on the event loop.
            unread_samples: samples of sound that the reader has not taken; any thread.
            on_voice_trouble: told when a text could not be spoken.
            leaps: the viewer leaves out silence before an utterance.
        """
        self._on_cue = on_cue
        self._on_voice_trouble = on_voice_trouble
        self._performance.unread_samples = unread_samples
        self._performance.leaps = leaps
        self._performer = Performer(self._performance, self._died)
        if self.voice is not None:
            self._speaker = asyncio.create_task(self._speak_texts(self.voice))

    @property
    def pending_s(self) -> float:
        """Seconds of speech that wait."""
        waiting = self._samples_in - self._performance.queue.taken
        return waiting / self.clock.sample_rate_hz

    @property
    def is_speaking(self) -> bool:
        """Whether any speech or text waits or is being given out."""
        return bool(len(self._performance.queue) or self._texts)

    # -- speech in --------------------------------------------------------------------------

    async def push(self, pcm_i16: I16, rate_hz: int, limit_s: float) -> int:
        """Take pushed sound; other rates than the session's are resampled.

        Args:
            pcm_i16: (N,) mono.
            rate_hz: its rate.
            limit_s: how much may wait.

        Returns:
            The number of the utterance it belongs to.

        Raises:
            TooMuchPending: nothing was taken.
        """
        if self.pending_s + len(pcm_i16) / rate_hz > limit_s:
            raise TooMuchPending(f"{self.pending_s:.1f} s of speech wait; the limit is {limit_s:g}")
        if self._pushed_number is None or rate_hz != self._pushed_rate_hz:
            await self.flush()
            self._pushed_number = self._begin()
            self._pushed_rate_hz = rate_hz
            is_same = rate_hz == self.clock.sample_rate_hz
            self._resampler = (
                None if is_same else StreamResampler(rate_hz, self.clock.sample_rate_hz)
            )
        if self._resampler is not None:
            pcm_i16 = await self._resampled(self._resampler.push, pcm_i16)
        self._append(self._pushed_number, pcm_i16)
        return self._pushed_number

    async def flush(self) -> None:
        """The pushed utterance is complete; nothing happens when there is none."""
        if self._pushed_number is None:
            return
        if self._resampler is not None:
            self._append(self._pushed_number, await self._resampled(self._resampler.flush))
        self._act().complete(self._pushed_number)
        self._pushed_number = None

    async def say(self, text: str) -> int:
        """Queue text; the number of its utterance.

        Raises:
            TooMuchPending: too many texts wait already.
        """
        if len(self._texts) >= MAX_WAITING_TEXTS:
            raise TooMuchPending(f"{len(self._texts)} texts wait to be spoken already")
        await self.flush()
        number = self._begin()
        self._texts.append(_Text(number, text))
        self._text_came.set()
        return number

    def interrupt(self, request_id: int | None) -> int:
        """Barge-in; the new generation."""
        self.generation += 1
        self._texts.clear()
        self._pushed_number = None
        self._act().interrupt(self.generation, request_id)
        return self.generation

    # -- steering ---------------------------------------------------------------------------

    def set_controls(self, controls: Controls) -> None:
        """Steer the face."""
        self.controls = controls
        self._act().set_controls(controls)

    def attend(self, attention: Attention) -> None:
        """Idle, listening or thinking."""
        self._act().attend(attention)

    def request_key(self) -> None:
        """The next picture must be decodable alone."""
        self._act().request_key()

    async def close(self) -> None:
        """End the session and wait for its thread."""
        if self._speaker is not None:
            self._speaker.cancel()
        if self._performer is not None:
            self._performer.close()
            await self._loop.run_in_executor(None, self._performer.join, _JOIN_S)

    def stats(self) -> Stats:
        """Figures; those of the connection and the server are zero."""
        figures = self._performance.figures
        first = figures.first_frame_s
        return Stats(
            uptime_s=round(time.monotonic() - self._opened_s, 3),
            sample=self._performance.pacer.sample,
            pictures_drawn=figures.pictures_drawn,
            pictures_sent=0,
            pictures_dropped=0,
            speech_samples_in=self._samples_in,
            speech_samples_out=figures.speech_samples_out,
            pending_speech_s=round(self.pending_s, 3),
            late_pictures=figures.late_pictures,
            held_frames=figures.held_frames,
            stalls=self._performance.pacer.stalls,
            motion_ms_p50=_percentile_ms(figures.motion_s, 50),
            render_ms_p50=_percentile_ms(figures.render_s, 50),
            render_ms_p95=_percentile_ms(figures.render_s, 95),
            encode_ms_p50=_percentile_ms(figures.encode_s, 50),
            first_frame_ms=None if first is None else round(first * 1e3, 2),
            lead_ms=round(figures.lead_s * 1e3, 2),
            bytes_sent=0,
            sessions=0,
            loop_lag_ms_p99=0.0,
            loop_lag_ms_max=0.0,
        )

    # -- inside -----------------------------------------------------------------------------

    def _act(self) -> Performer:
        assert self._performer is not None, "start() comes first"
        return self._performer

    def _begin(self) -> int:
        self._last_number += 1
        self._act().begin(self._last_number)
        return self._last_number

    def _append(self, number: int, pcm_i16: I16, sentence: str = "") -> None:
        if len(pcm_i16):
            self._samples_in += len(pcm_i16)
            self._act().append(number, pcm_i16, sentence)

    def _cue(self, cue: Cue) -> None:
        """On the performer's thread: hand the cue to the event loop."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._on_cue, cue)

    def _died(self, problem: BaseException) -> None:
        self._cue(FaceFailed(f"the session ended: {type(problem).__name__}", is_fatal=True))

    async def _speak_texts(self, voice: Voice) -> None:
        while True:
            while not self._texts:
                self._text_came.clear()
                await self._text_came.wait()
            item = self._texts.popleft()
            generation = self.generation
            try:
                await self._speak(voice, item, generation)
            except Exception as problem:
                self._on_voice_trouble(item.number, problem)
            self._act().complete(item.number)

    async def _speak(self, voice: Voice, item: _Text, generation: int) -> None:
        """Turn one text into speech, sentence by sentence, on a worker."""
        spoken: Iterator[SpokenSentence] = voice.stream(item.text)
        rate_hz = voice.sample_rate_hz
        is_same = rate_hz == self.clock.sample_rate_hz
        resampler = None if is_same else StreamResampler(rate_hz, self.clock.sample_rate_hz)
        while generation == self.generation:
            sentence = await self._loop.run_in_executor(self._pool, next, spoken, None)
            if sentence is None or generation != self.generation:
                break
            pcm = sentence.pcm_i16
            if resampler is not None:
                pcm = await self._resampled(resampler.push, pcm)
            self._append(item.number, pcm, sentence.text)
            # The performer's thread lowers it, a step at a time.
            while self.pending_s > _SPOKEN_AHEAD_S and generation == self.generation:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        if resampler is not None and generation == self.generation:
            self._append(item.number, await self._resampled(resampler.flush))

    async def _resampled(self, step: Callable[..., F32], *pcm: I16) -> I16:
        """A resampler's step on a worker: a second of sound would hold the loop up."""
        return await self._loop.run_in_executor(self._pool, lambda: _as_int16(step(*pcm)))


def _as_int16(wave: F32) -> I16:
    return np.clip(np.round(wave * 32_768.0), -32_768, 32_767).astype(np.int16)


def _percentile_ms(values_s: deque[float], percent: int) -> float:
    values = list(values_s)
    return round(float(np.percentile(values, percent)) * 1e3, 3) if values else 0.0
