"""The task that draws: speech ahead of the playout, idle pictures when they are asked for."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from pipecat_vasa.engine import VasaEngine
from pipecat_vasa.playing.drawing import Drawing
from pipecat_vasa.playing.meter import Meter
from pipecat_vasa.playing.painter import Mood, Painter, SpeechOrder
from pipecat_vasa.playing.speech_line import Slot
from pipecat_vasa.playing.timeline import Timeline
from pipecat_vasa.playing.waiting import Waiting


class PaintAhead:
    """Gives the slots of a Timeline their pictures, one at a time."""

    def __init__(
        self,
        engine: VasaEngine,
        painter: Painter,
        timeline: Timeline,
        meter: Meter,
        *,
        next_mood: Callable[[], Mood],
        on_settled: Callable[[], None],
        on_broken: Callable[[Exception], Awaitable[None]],
    ) -> None:
        """Wire it up.

        Args:
            engine: gives threads.
            painter: this session's.
            timeline: whose slots to draw.
            meter: counts.
            next_mood: what to change in the face before the next drawing.
            on_settled: told when a picture is there or will not come.
            on_broken: told once when drawing has failed for good.
        """
        self.idle_rgb: bytes | None = None
        """a picture without speech that waits to be shown"""
        self._painter, self._timeline, self._meter = painter, timeline, meter
        self._frame_s = 1 / engine.fps
        self._next_mood, self._on_settled, self._on_broken = next_mood, on_settled, on_broken
        self._drawing = Drawing(engine, meter, self._give_up)
        self._waiting = Waiting()
        self._is_idle_wanted = False
        self._is_interrupt_due = False

    @property
    def is_broken(self) -> bool:
        """Nothing is drawn any more."""
        return self._drawing.is_broken

    def wake(self) -> None:
        """There may be something to draw."""
        self._waiting.wake()

    def want_idle(self) -> None:
        """Draw a picture without speech when nothing else is to be drawn."""
        self._is_idle_wanted = True
        self._waiting.wake()

    def interrupt(self) -> None:
        """Barge-in: forget what was drawn; the next picture is one of a closing mouth."""
        self.idle_rgb, self._is_idle_wanted = None, False
        self._is_interrupt_due = True
        self._waiting.wake()

    def revive(self) -> None:
        """Try to draw again after a fault."""
        self._drawing.mend()

    def pass_over(self, slot: Slot) -> None:
        """What a slot's cues ask for is done, drawn or not."""
        if not slot.is_started:
            slot.is_started = True
            for cue in slot.cues:
                cue.act()

    async def run(self) -> None:
        """Task: draw ahead of the playout."""
        while True:
            if self.is_broken:
                self._pass_over_all()
            elif self._is_interrupt_due:
                await self._paint_idle(after_interruption=True)
                continue
            elif (slot := self._timeline.next_to_draw()) is not None:
                await self._paint_speech(slot)
                continue
            elif self._is_idle_wanted:
                await self._paint_idle(after_interruption=False)
                continue
            await self._waiting.sleep_until()

    async def _paint_speech(self, slot: Slot) -> None:
        self.pass_over(slot)
        left_s = self._timeline.left_s(slot)
        order = self._order(slot, left_s)
        painting = await self._drawing.run(lambda: self._painter.speech(order), left_s)
        if painting is not None:
            slot.picture = painting.rgb
        slot.is_settled = True
        self._on_settled()

    def _order(self, slot: Slot, left_s: float) -> SpeechOrder:
        stretch = slot.stretch
        order = SpeechOrder(
            feed=stretch.take_feed(self._timeline.needed_samples(slot)),
            rate_hz=stretch.clock.sample_rate_hz,
            begins=not stretch.is_begun,
            completes=stretch.is_closed
            and stretch.n_fed == stretch.n_received
            and not stretch.is_flushed,
            skip=slot.number - stretch.n_painted,
            draw_by_s=time.monotonic() + left_s - self._meter.drawing_s,
            mood=self._next_mood(),
        )
        stretch.is_begun = True
        stretch.n_painted = slot.number + 1
        stretch.is_flushed = stretch.is_flushed or order.completes
        return order

    async def _paint_idle(self, *, after_interruption: bool) -> None:
        self._is_idle_wanted = self._is_interrupt_due = False
        generation, mood = self._timeline.generation, self._next_mood()
        draw = self._painter.interrupt if after_interruption else self._painter.idle
        left_s = 0.0 if after_interruption else self._frame_s
        painting = await self._drawing.run(lambda: draw(mood), left_s)
        if painting is not None and generation == self._timeline.generation:
            self.idle_rgb = painting.rgb
        self._on_settled()

    async def _give_up(self, problem: Exception) -> None:
        self._pass_over_all()
        await self._on_broken(problem)

    def _pass_over_all(self) -> None:
        self._timeline.cut_ahead()
        for slot in self._timeline.slots:
            self.pass_over(slot)
            slot.picture = None
            slot.is_settled = slot.stretch.is_begun = True
        self._is_interrupt_due = self._is_idle_wanted = False
        self._on_settled()
