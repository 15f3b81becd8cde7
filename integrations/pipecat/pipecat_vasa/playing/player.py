"""Carries out what a Playout asks for: pushes frames, has them rendered in the engine's threads,
sleeps until something is due. The only part of the playing that knows asyncio and the clock.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from pipecat.frames.frames import Frame

from pipecat_vasa.engine import VasaEngine
from pipecat_vasa.playing.frame_renderer import FrameRenderer, Mood, RenderedFrame, RenderOrder
from pipecat_vasa.playing.playout import BeginSpeech, GiveUp, Playout


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a Player needs of its service."""

    push: Callable[[Frame], Awaitable[None]]
    """pushes a frame downstream"""
    new_renderer: Callable[[], FrameRenderer]
    """a renderer with a session of its own, in place of one that has failed"""
    next_mood: Callable[[], Mood]
    """what to change in the face before the next frame"""
    tell: Callable[[BeginSpeech | GiveUp], Awaitable[None]]
    """an utterance's first picture has left, or rendering has failed for good"""


class Player:
    """The task around one Playout."""

    def __init__(
        self, engine: VasaEngine, renderer: FrameRenderer, playout: Playout, hooks: Hooks
    ) -> None:
        """Wire it up; `run` is the task."""
        self.playout = playout
        self._engine, self._renderer, self._hooks = engine, renderer, hooks
        self._loop = asyncio.get_running_loop()
        self._sleep: asyncio.Future[None] | None = None
        self._is_drained = asyncio.Event()

    def wake(self) -> None:
        """Something has changed: poll again."""
        if self._sleep is not None and not self._sleep.done():
            self._sleep.set_result(None)

    async def drain(self) -> None:
        """Wait until all that was received has left, with its pictures."""
        self._is_drained.clear()
        self.playout.flush()
        self.wake()
        await self._is_drained.wait()

    async def run(self) -> None:
        """Task: do what is due."""
        while True:
            action = self.playout.poll(self._loop.time())
            if isinstance(action, Frame):
                await self._hooks.push(action)
            elif isinstance(action, RenderOrder):
                self._render(action)
            elif action is not None:
                await self._hooks.tell(action)
            else:
                if not self.playout.is_busy:
                    self._is_drained.set()
                await self._sleep_until(self.playout.wake_s)

    def _render(self, order: RenderOrder) -> None:
        if order.needs_new_session:
            self._renderer = self._hooks.new_renderer()
        start_by_s = self._engine.now_s() + order.start_within_s
        work = partial(self._renderer.render, order, self._hooks.next_mood(), start_by_s)
        try:
            future: Future[RenderedFrame] = self._engine.submit(work, order.left_s)
        except RuntimeError as problem:  # the engine was closed
            self.playout.ahead.finish(order, problem, self._loop.time())
            return
        asyncio.wrap_future(future).add_done_callback(partial(self._take, order))

    def _take(self, order: RenderOrder, call: asyncio.Future[RenderedFrame]) -> None:
        if call.cancelled():
            return
        result = call.exception() or call.result()
        if not isinstance(result, RenderedFrame | Exception):
            raise result
        self.playout.ahead.finish(order, result, self._loop.time())
        self.wake()

    async def _sleep_until(self, when_s: float) -> None:
        self._sleep = self._loop.create_future()
        alarm = None if math.isinf(when_s) else self._loop.call_at(when_s, self.wake)
        try:
            await self._sleep
        finally:
            if alarm is not None:
                alarm.cancel()
