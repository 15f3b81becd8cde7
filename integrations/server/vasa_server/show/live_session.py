"""One open character, as the event loop sees it: speech, text and controls in, frames out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import replace
from typing import Protocol

from vasa_avatar.audio import VoiceResampler, estimate_word_times
from vasa_avatar.datatypes import I16, Controls
from vasa_avatar.motion import Attention, TagPlacer, strip_tags
from vasa_avatar.session import CONTINUOUS, FaceStream, LiveOutput, LiveRunner, LiveStats
from vasa_avatar.units import FrameClock
from vasa_server.show.encode import EncodedPicture, PictureEncoder, express
from vasa_server.show.sources import OpenConfig, SpokenSentence, Voice

MAX_WAITING_TEXTS = 32
_IDLE_AT_ONCE = 3
"""frames without speech that are made together, for a viewer who leaps over them when one speaks"""
_FELT_S = 3.0
"""how long a feeling stays that came without words"""
_SPOKEN_AHEAD_S = 30.0
"""Text becomes speech only so far ahead of what is heard: memory stays small."""


class TooMuchPending(RuntimeError):
    """More speech or text waits than is allowed."""


class SessionOutput(LiveOutput[EncodedPicture], Protocol):
    """Where a session goes; see LiveOutput."""

    def on_voice_failed(self, number: int, error: Exception) -> None:
        """The text of an utterance could not be spoken."""


class LiveSession:
    """Owns a runner and what feeds it. Used on the event loop only."""

    def __init__(
        self,
        face: FaceStream,
        config: OpenConfig,
        encoder: PictureEncoder,
        voice: Voice | None,
        output: SessionOutput,
        pool: Executor,
        *,
        leaps: bool = False,
    ) -> None:
        """Bring a face to life.

        Args:
            face: of the character.
            config: with which it was opened.
            encoder: of its pictures.
            voice: speaks text, if there is one.
            output: takes what comes out.
            pool: threads for speaking and resampling.
            leaps: the viewer leaves out silence before an utterance.
        """
        self.voice = voice
        self.controls = config.controls
        self._emotions = config.emotions
        self._rate_hz = config.sample_rate_hz
        self._encoder, self._output, self._pool = encoder, output, pool
        self._loop = asyncio.get_running_loop()
        self._opened_s = self._loop.time()
        clock = FrameClock(config.sample_rate_hz, config.fps)
        at_once = config.frames_at_once
        idle = min(_IDLE_AT_ONCE, at_once) if leaps else 1
        pacing = replace(CONTINUOUS, leaps=leaps, frames_at_once=at_once, idle_at_once=idle)
        instead = None if config.is_drawn else express
        self._runner = LiveRunner(face, clock, output, encoder.encode, pacing, express=instead)
        self._pushed_number: int | None = None
        self._pushed_rate_hz = 0
        self._resampler: VoiceResampler | None = None
        self._texts: deque[tuple[int, str]] = deque()
        """utterances that wait to be spoken: number and text"""
        self._text_came = asyncio.Event()
        self._speaker = asyncio.create_task(self._speak_texts(voice)) if voice else None

    @property
    def sample_rate_hz(self) -> int:
        """Of its sound."""
        return self._rate_hz

    @property
    def uptime_s(self) -> float:
        """Since it was opened."""
        return self._loop.time() - self._opened_s

    @property
    def is_speaking(self) -> bool:
        """Whether any speech or text waits or is being given out."""
        return bool(self._texts) or self._runner.is_speaking

    def stats(self) -> LiveStats:
        """The figures as they stand."""
        return self._runner.stats()

    # -- speech in --------------------------------------------------------------------------

    async def push(self, pcm_i16: I16, rate_hz: int, limit_s: float) -> None:
        """Take pushed sound; other rates than the session's are resampled.

        Args:
            pcm_i16: (N,) mono.
            rate_hz: its rate.
            limit_s: how much may wait.

        Raises:
            TooMuchPending: nothing was taken.
        """
        pending_s = self._runner.pending_s
        if pending_s + len(pcm_i16) / rate_hz > limit_s:
            raise TooMuchPending(f"{pending_s:.1f} s of speech wait; the limit is {limit_s:g}")
        if self._pushed_number is None or rate_hz != self._pushed_rate_hz:
            await self.flush()
            self._pushed_number = self._runner.begin()
            self._pushed_rate_hz = rate_hz
            self._resampler = self._resampler_from(rate_hz)
        if self._resampler is not None:
            pcm_i16 = await self._in_pool(self._resampler.push, pcm_i16)
        self._runner.push(pcm_i16, self._pushed_number)

    async def flush(self) -> None:
        """The pushed utterance is complete; nothing happens when there is none."""
        if self._pushed_number is None:
            return
        if self._resampler is not None:
            self._runner.push(await self._in_pool(self._resampler.flush), self._pushed_number)
        self._runner.flush(self._pushed_number)
        self._pushed_number = None

    async def say(self, text: str) -> int:
        """Queue text; the number of its utterance.

        Raises:
            TooMuchPending: too many texts wait already.
        """
        if len(self._texts) >= MAX_WAITING_TEXTS:
            raise TooMuchPending(f"{len(self._texts)} texts wait to be spoken already")
        await self.flush()
        number = self._runner.begin()
        self._texts.append((number, text))
        self._text_came.set()
        return number

    def interrupt(self) -> int:
        """Barge-in; the new generation."""
        self._texts.clear()
        self._pushed_number = None
        return self._runner.interrupt()

    # -- steering ---------------------------------------------------------------------------

    def set_controls(self, controls: Controls) -> None:
        """Steer the face."""
        self.controls = controls
        self._runner.steer(lambda face: face.set_controls(controls))

    def feel(self, label: str, strength: float) -> bool:
        """Begin a feeling that passes by itself; False for a label that the character lacks."""
        found = self._emotions.feeling(label, strength)
        if found is None:
            return False
        feeling = found if found.hold_s is not None else replace(found, hold_s=_FELT_S)
        self._runner.steer(lambda face: face.feel(feeling))
        return True

    def attend(self, attention: Attention) -> None:
        """Idle, listening or thinking."""
        self._runner.steer(lambda face: face.attend(attention))

    def hear(self, pcm_i16: I16, rate_hz: int) -> None:
        """Take (N,) samples of what the user says: the face listens to it."""
        self._runner.steer(lambda face: face.hear(pcm_i16, rate_hz))

    async def close(self) -> None:
        """End the session and wait for its last frame."""
        if self._speaker is not None:
            self._speaker.cancel()
        await self._runner.close()
        self._encoder.close()

    # -- inside -----------------------------------------------------------------------------

    async def _speak_texts(self, voice: Voice) -> None:
        while True:
            while not self._texts:
                self._text_came.clear()
                await self._text_came.wait()
            number, text = self._texts.popleft()
            try:
                await self._speak(voice, number, text)
            except Exception as error:
                self._output.on_voice_failed(number, error)
            self._runner.flush(number)

    async def _speak(self, voice: Voice, number: int, text: str) -> None:
        """Turn one text into speech, sentence by sentence, on a worker."""
        generation = self._runner.generation
        clean, tags = strip_tags(text, self._emotions)
        placer = TagPlacer(tags)
        spoken: Iterator[SpokenSentence] = voice.stream(clean)
        resampler = self._resampler_from(voice.sample_rate_hz)
        spoken_s = 0.0
        while generation == self._runner.generation:
            sentence = await self._loop.run_in_executor(self._pool, next, spoken, None)
            if sentence is None or generation != self._runner.generation:
                break
            pcm = sentence.pcm_i16
            duration_s = len(pcm) / voice.sample_rate_hz
            words = estimate_word_times(sentence.text, duration_s, spoken_s)
            self._runner.push_words(placer.place(words), number)
            spoken_s += duration_s
            if resampler is not None:
                pcm = await self._in_pool(resampler.push, pcm)
            self._runner.push(pcm, number, sentence.text)
            # The runner lowers it, a frame at a time.
            while (  # noqa: ASYNC110
                self._runner.pending_s > _SPOKEN_AHEAD_S and generation == self._runner.generation
            ):
                await asyncio.sleep(0.1)
        if generation == self._runner.generation:
            self._runner.push_words(placer.rest(spoken_s), number)
        if resampler is not None and generation == self._runner.generation:
            self._runner.push(await self._in_pool(resampler.flush), number)

    def _resampler_from(self, rate_hz: int) -> VoiceResampler | None:
        """To the session's rate; None when it is that already."""
        return None if rate_hz == self._rate_hz else VoiceResampler(rate_hz, self._rate_hz)

    async def _in_pool(self, step: Callable[..., I16], *pcm: I16) -> I16:
        """A resampler's step on a worker: a second of sound would hold the loop up."""
        return await self._loop.run_in_executor(self._pool, step, *pcm)
