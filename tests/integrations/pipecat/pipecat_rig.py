"""A measuring rig: a real pipeline with a real engine session, stamped pictures and a transport
that notes when each sample was heard and each picture seen.

Speech is a staircase: sample n has the value n // 240 + 1 (10 ms at 24 kHz), so a piece of sound
tells its own place. A drawn picture carries the value of its first sample, which must be heard when
the picture is seen.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from pipecat.clocks.base_clock import BaseClock
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    EndFrame,
    ErrorFrame,
    Frame,
    OutputAudioRawFrame,
    OutputImageRawFrame,
    StartFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner
from pipecat_vasa import (
    VasaEngine,
    VasaMotionService,
    VasaVideoService,
    avatar_transport_params,
)
from pipecat_vasa.engine import SessionOptions
from pipecat_vasa.playing.frame_renderer import RenderedFrame
from virtual_time import is_virtual

from vasa_avatar.appearance import avatar_of
from vasa_avatar.datatypes import I16, U8, AvatarFrame, Controls, FaceMotion
from vasa_avatar.profiles import load_profile
from vasa_avatar.session import AvatarStream, MotionFrame

RATE_HZ = 24_000
STEP_S = 0.01
SIZE_PX = 32
T = TypeVar("T")
LATENCY_S = 0.01  # WebRTC takes the next piece when the last 10 ms of this one are taken


def now_s() -> float:
    """The event loop's clock, which the service uses too."""
    return asyncio.get_running_loop().time()


def staircase(seconds: float, rate_hz: int = RATE_HZ, first_step: int = 0) -> I16:
    """Sound whose value is its time in steps of 10 ms, counted from 1."""
    n_samples = round(seconds * rate_hz)
    steps = np.arange(n_samples) // round(rate_hz * STEP_S) + 1 + first_step
    return steps.astype(np.int16)


class PlainRenderer:
    """A renderer that draws how far the jaw is open, slowly or wrongly if asked."""

    def __init__(self) -> None:
        self.size_px = SIZE_PX
        self.seconds = 0.0
        self.fails_from: int | None = None
        self.n_drawn = 0

    def render(self, motion: FaceMotion, out: U8 | None = None) -> U8:
        self.n_drawn += 1
        if self.fails_from is not None and self.n_drawn >= self.fails_from:
            raise RuntimeError("the graphics card is on fire")
        if self.seconds and not is_virtual():
            time.sleep(self.seconds)
        picture = np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8) if out is None else out
        picture[:] = 0
        picture[8:] = round(255 * float(np.clip(motion.expression[17], 0, 1)))
        return picture


class StampedSession(AvatarStream):
    """A real session that writes into each picture which sound belongs under it."""

    def render(self, frame: MotionFrame, out: U8 | None = None) -> AvatarFrame:
        drawn = super().render(frame, out)
        step = int(frame.audio[0]) & 0xFFFF if len(frame.audio) else 0
        drawn.frame_rgb[0, 0] = (1 if frame.is_speech else 0, step >> 8, step & 255)
        return drawn


class RigEngine(VasaEngine):
    """In virtual time it renders in line; the picture is there when the renderer's time is over."""

    renderer = PlainRenderer()

    def now_s(self) -> float:
        """Virtual, if so."""
        return now_s() if is_virtual() else super().now_s()

    def submit(self, work: Callable[[], T], left_s: float) -> Future[T]:
        """In a thread, or in line."""
        if not is_virtual():
            return super().submit(work, left_s)
        future: Future[T] = Future()
        takes_s = 0.0
        try:
            result: Any = work()
        except Exception as problem:
            finish = partial(future.set_exception, problem)
        else:
            if isinstance(result, RenderedFrame) and result.rgb is not None:
                takes_s = self.renderer.seconds
                result = replace(result, seconds=takes_s)
            finish = partial(future.set_result, result)
        asyncio.get_running_loop().call_later(takes_s, finish)
        return future


class LoopClock(BaseClock):
    """Pipecat's clock on the event loop's, so that both may be virtual."""

    def get_time(self) -> int:
        """Nanoseconds."""
        return round(1e9 * now_s())

    def start(self) -> None:
        """It always runs."""


def engine_of(session: type[AvatarStream], character: str, size_px: int = 512) -> VasaEngine:
    """The real engine of a shipped character, with sessions of another class."""
    avatar = avatar_of(load_profile(character))

    def open_session(options: SessionOptions) -> AvatarStream:
        return session(
            avatar,
            sample_rate_hz=options.sample_rate_hz,
            fps=options.fps,
            size_px=size_px,
            realtime=options.realtime,
            controls=options.controls,
            seed=options.seed,
        )

    engine = VasaEngine(open_session, size_px=size_px)
    engine.warm_up()
    return engine


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture that was shown."""

    at_s: float
    is_speech: bool
    step: int
    jaw: float
    """0..1"""


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece of sound that was played."""

    at_s: float
    pcm: I16


@dataclass
class Record:
    """What came out of the transport."""

    seen: list[Seen] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)

    def heard_at(self) -> dict[int, float]:
        """When each step of the staircase was heard first."""
        times: dict[int, float] = {}
        for piece in self.heard:
            for offset in range(0, len(piece.pcm), 240):
                part = piece.pcm[offset : offset + 240]
                times.setdefault(int(np.median(part)), piece.at_s + offset / RATE_HZ)
        return times

    def first_shown(self) -> list[Seen]:
        """Speech pictures without repeats."""
        shown: list[Seen] = []
        for picture in self.seen:
            if picture.is_speech and (not shown or shown[-1].step != picture.step):
                shown.append(picture)
        return shown

    def skews_ms(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Picture against voice, + = the picture is late; one for each picture that was shown."""
        heard = self.heard_at()
        steps = sorted(heard)
        times = [heard[step] for step in steps]
        skews = [
            p.at_s - float(np.interp(p.step, steps, times)) for p in self.first_shown() if p.step
        ]
        return 1000 * np.asarray(skews)


class MeasuringOutput(BaseOutputTransport):
    """Plays in real time like a WebRTC track: a write returns when its last 10 ms are taken."""

    def __init__(self, params: TransportParams) -> None:
        super().__init__(params)
        self.record = Record()
        self._end_s = 0.0

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        now = now_s()
        start = max(now, self._end_s)
        pcm = np.frombuffer(frame.audio, np.int16).reshape(-1, frame.num_channels)[:, 0]
        self.record.heard.append(Heard(start, pcm.copy()))
        self._end_s = start + len(pcm) / frame.sample_rate
        await asyncio.sleep(max(0.0, self._end_s - LATENCY_S - now))
        return True

    async def write_video_frame(self, frame: OutputImageRawFrame) -> bool:
        picture = np.frombuffer(frame.image, np.uint8).reshape(frame.size[1], frame.size[0], 3)
        is_speech, high, low = (int(v) for v in picture[0, 0])
        jaw = float(picture[-1, -1, 0]) / 255
        seen = Seen(now_s(), bool(is_speech), high * 256 + low, jaw)
        self.record.seen.append(seen)
        return True


class Tap(FrameProcessor):
    """Notes every frame that passes, with its time, and counts them by kind."""

    def __init__(self, *, keeps: bool = True) -> None:
        """Begin empty; `keeps` False only counts, for measurements of many sessions."""
        super().__init__(enable_direct_mode=True)
        self.down: list[tuple[float, Frame]] = []
        self.up: list[tuple[float, Frame]] = []
        self.counts: Counter[type[Frame]] = Counter()
        self._keeps = keeps

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        passed = self.down if direction is FrameDirection.DOWNSTREAM else self.up
        if direction is FrameDirection.DOWNSTREAM:
            self.counts[type(frame)] += 1
        is_large = isinstance(frame, OutputImageRawFrame) and frame.size[0] > SIZE_PX
        if self._keeps and not is_large:  # large pictures would fill the memory
            passed.append((now_s(), frame))
        await self.push_frame(frame, direction)

    def frames(self, *kinds: type[Frame]) -> list[Any]:
        """Downstream frames of these kinds, in order."""
        return [frame for _, frame in self.down if isinstance(frame, kinds)]


@dataclass
class Rig:
    """A running pipeline: [before, avatar, after, output, end]."""

    avatar: VasaVideoService | VasaMotionService
    renderer: PlainRenderer
    output: MeasuringOutput
    before: Tap
    after: Tap
    end: Tap
    worker: PipelineWorker

    @property
    def record(self) -> Record:
        """What came out."""
        return self.output.record

    async def send(self, *frames: Frame) -> None:
        """Push frames into the pipeline's beginning."""
        for frame in frames:
            await self.worker.queue_frame(frame)

    async def speak(
        self,
        pcm: I16,
        *,
        rate_hz: int = RATE_HZ,
        chunk_s: float = 0.1,
        pace: Callable[[int], float] = lambda _: 0.0,
        context: str = "one",
        stop: bool = True,
    ) -> None:
        """Act as a TTS service: `pace(i)` seconds pass before chunk i."""
        await self.send(TTSStartedFrame(context_id=context))
        chunk = round(chunk_s * rate_hz)
        for i, first in enumerate(range(0, len(pcm), chunk)):
            if wait_s := pace(i):
                await asyncio.sleep(wait_s)
            sound = pcm[first : first + chunk].tobytes()
            await self.send(TTSAudioRawFrame(sound, rate_hz, 1, context_id=context))
        if stop:
            await self.send(TTSStoppedFrame(context_id=context))

    async def until(self, is_so: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait for something to become true."""
        limit = now_s() + seconds
        while not is_so():
            if now_s() > limit:
                raise AssertionError("waited in vain")
            await asyncio.sleep(0.01)

    def bot_stops(self) -> int:
        """How often the transport said that the bot stopped speaking."""
        return self.end.counts[BotStoppedSpeakingFrame]

    def bot_starts(self) -> int:
        """How often it started."""
        return self.end.counts[BotStartedSpeakingFrame]

    def errors(self) -> list[ErrorFrame]:
        """Errors that went upstream."""
        return [frame for _, frame in self.before.up if isinstance(frame, ErrorFrame)]


def make_engine(
    renderer: PlainRenderer, fps: int = 25, session: type[AvatarStream] = StampedSession
) -> VasaEngine:
    """An engine around a plain renderer."""

    def open_session(options: SessionOptions) -> AvatarStream:
        return session(
            None,
            sample_rate_hz=options.sample_rate_hz,
            fps=options.fps,
            realtime=options.realtime,
            controls=options.controls,
            seed=options.seed,
            renderer=renderer,
        )

    engine = RigEngine(open_session, size_px=SIZE_PX, fps=fps, threads=2)
    engine.renderer = renderer
    engine.warm_up()
    renderer.n_drawn = 0
    return engine


@asynccontextmanager
async def running(
    *,
    renderer: PlainRenderer | None = None,
    params: dict[str, Any] | None = None,
    out_rate_hz: int = RATE_HZ,
    extra: list[FrameProcessor] | None = None,
    end: bool = True,
    fps: int = 25,
    rtvi: bool = False,
    engine: VasaEngine | None = None,
    keeps: bool = True,
    shows: type[VasaVideoService] | type[VasaMotionService] = VasaVideoService,
    **service: Any,
) -> AsyncIterator[Rig]:
    """Run a pipeline around an avatar; ends it gracefully unless `end` is False."""
    renderer = renderer or PlainRenderer()
    own_engine = engine is None
    engine = engine or make_engine(renderer, fps)
    avatar = shows(engine, **service)
    transport = {**avatar_transport_params(engine), "audio_out_end_silence_secs": 0}
    output = MeasuringOutput(TransportParams(**{**transport, **(params or {})}))
    before, after, tail = Tap(keeps=keeps), Tap(keeps=keeps), Tap(keeps=keeps)
    pipeline = Pipeline([before, *(extra or []), avatar, after, output, tail])
    worker = PipelineWorker(
        pipeline,
        cancel_on_idle_timeout=False,
        enable_rtvi=rtvi,
        clock=LoopClock(),
        params=PipelineParams(audio_out_sample_rate=out_rate_hz, enable_metrics=True),
    )
    started = asyncio.Event()

    @worker.event_handler("on_pipeline_started")
    async def on_started(_worker: PipelineWorker, _frame: Frame) -> None:
        started.set()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    run = asyncio.create_task(runner.run())
    await asyncio.wait_for(started.wait(), 60)
    try:
        yield Rig(avatar, renderer, output, before, after, tail, worker)
        if end:
            await worker.queue_frame(EndFrame())
            await asyncio.wait_for(run, 30)
    finally:
        if not run.done():
            await worker.cancel()
            await asyncio.wait_for(run, 20)
        if own_engine:
            engine.close()


__all__ = ["Controls", "Rig", "Record", "running", "staircase", "PlainRenderer", "make_engine"]
