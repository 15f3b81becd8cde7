"""Plays speech and pictures in step: the one place of the service that knows the time.

The voice is the clock. Each slot (one video frame's sound) leaves a little before it is heard, its
picture in front of it in the same queue, so the transport itself keeps them together. A picture
that is not drawn when its sound must leave is dropped and counted; sound is never stretched.
Without speech, living idle pictures leave at the frame rate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pipecat.frames.frames import Frame, OutputImageRawFrame

from pipecat_vasa.engine import VasaEngine
from pipecat_vasa.playing.delay import Delay
from pipecat_vasa.playing.meter import Meter
from pipecat_vasa.playing.paint_ahead import PaintAhead
from pipecat_vasa.playing.painter import Mood, Painter
from pipecat_vasa.playing.speech_line import Slot, SpeechLine
from pipecat_vasa.playing.timed_pictures import TimedPictures
from pipecat_vasa.playing.timeline import SAFETY_S, PlayoutOptions, Timeline
from pipecat_vasa.playing.waiting import Waiting

IDLE_RETRY_S = 0.25  # an idle picture that has not come by then failed


class Playout:
    """Two tasks, one that draws ahead and one that pushes on time, around one Timeline."""

    def __init__(
        self,
        engine: VasaEngine,
        painter: Painter,
        *,
        options: PlayoutOptions,
        meter: Meter,
        push: Callable[[Frame], Awaitable[None]],
        next_mood: Callable[[], Mood],
        on_fault: Callable[[Exception], Awaitable[None]],
        on_first_picture: Callable[[], Awaitable[None]],
    ) -> None:
        """Wire a session's playout.

        Args:
            engine: gives threads, size and the still portrait.
            painter: this session's.
            options: see PlayoutOptions.
            meter: counts.
            push: pushes a frame downstream.
            next_mood: what to change in the face before the next drawing.
            on_fault: told once when drawing has failed for good.
            on_first_picture: told when an utterance's first frame leaves.
        """
        self.played_rate_hz: int | None = None
        """the transport's rate, if known; sound at another one is resampled there"""
        self.timed = TimedPictures(self._push_unsynced)
        self.is_showing = False
        """idle pictures are wanted; speech is played in any case"""
        self._engine, self._meter, self._options = engine, meter, options
        self._push, self._on_fault, self._on_first_picture = push, on_fault, on_first_picture
        self._frame_s = 1 / engine.fps
        self._delay = Delay()
        self._waiting = Waiting()
        self._timeline = Timeline(
            engine.fps, options, meter, self._waiting.now_s, painter.extra_lookahead_samples
        )
        self._painting = PaintAhead(
            engine,
            painter,
            self._timeline,
            meter,
            next_mood=next_mood,
            on_settled=self._waiting.wake,
            on_broken=self._show_still,
        )
        self._idle_due_s = 0.0
        self._gate, self._drained = asyncio.Event(), asyncio.Event()
        self._gate.set()
        self._drained.set()

    # What the service calls.

    @property
    def line(self) -> SpeechLine:
        """Where speech and the frames around it go in."""
        return self._timeline.line

    @property
    def is_pending(self) -> bool:
        """Speech or frames wait to be played."""
        return self._timeline.is_pending

    def wake(self) -> None:
        """Something came in."""
        if self.is_pending:
            self._drained.clear()
        self._waiting.wake()
        self._painting.wake()

    def hold_timed(self, frame: Frame) -> bool:
        """Move a frame's time by the avatar's delay; True: it is kept until that is known."""
        if self._delay.hold(frame, self.line.tail):
            return True
        if self.is_pending or self._waiting.now_s() < self._timeline.end_s:
            self._delay.move(frame)
        return False

    async def drain(self) -> None:
        """Wait until all speech has left, with its pictures."""
        self.line.close()
        self.wake()
        await self._drained.wait()

    def begin_interruption(self) -> list[Frame]:
        """Barge-in, first half: from here on nothing old leaves. Gives frames that must survive."""
        now, timeline = self._waiting.now_s(), self._timeline
        waiting = list(timeline.slots)
        if self.line.interruptible_sounds(waiting) == {False}:
            return []  # what is being said must be said to its end
        timeline.generation += 1
        self._gate.clear()
        at_once = self.line.restart(waiting, now)
        at_once = self._delay.drop_interruptible() + at_once
        timeline.slots.clear()
        self.timed.clear()
        self._idle_due_s = timeline.end_s = now
        timeline.is_quiet = True
        self._painting.interrupt()
        return at_once

    def end_interruption(self) -> None:
        """Barge-in, second half: the interruption is on its way, new things may follow it."""
        if self._gate.is_set():
            return
        self._timeline.end_s = self._idle_due_s = self._waiting.now_s()
        self._gate.set()
        self.wake()
        self._settle()

    def revive(self) -> None:
        """Try to draw again after a fault."""
        self._painting.revive()
        self.wake()

    async def paint(self) -> None:
        """Task: draw ahead of the playout."""
        await self._painting.run()

    # Playing.

    async def play(self) -> None:
        """Task: push everything when its time has come."""
        while True:
            await self._gate.wait()
            self._close_if_starved()
            if self._timeline.has_speech():
                self._painting.wake()
                await self._speak(self._timeline.slots[0])
            elif self._timeline.is_waiting_for_sound():
                await self._waiting.sleep_until(self._timeline.starved_s())
            elif self._timeline.only_frames_are_left():
                await self._push_rest()
            else:
                await self._idle()

    def _close_if_starved(self) -> None:
        if self._waiting.now_s() >= self._timeline.starved_s():
            self.line.close()
            self._painting.wake()

    async def _speak(self, slot: Slot) -> None:
        generation = self._timeline.generation
        await self._until(lambda: slot.is_settled, lambda: self._timeline.deadline_s(slot))
        if self._timeline.is_quiet:
            earliest_s = self._waiting.now_s() + self._room_s(slot)
        else:
            earliest_s = self._timeline.end_s - self._options.lead_ms / 1000
        await self._until(lambda: False, lambda: earliest_s)
        if generation == self._timeline.generation:
            await self._emit(slot)

    def _room_s(self, slot: Slot) -> float:
        """Sound that comes as slowly as it is heard begins later, or it would run dry at once."""
        stretch = slot.stretch
        if stretch.is_closed:
            return 0.0
        received_s = stretch.n_received / stretch.clock.sample_rate_hz
        pace = (self._waiting.now_s() - stretch.first_arrival_s) / received_s
        return SAFETY_S + max(0.0, self._meter.render_s - self._frame_s) if pace > 0.5 else 0.0

    async def _emit(self, slot: Slot) -> None:
        timeline, generation = self._timeline, self._timeline.generation
        begins = not slot.stretch.is_heard
        play_s = self._place(slot)
        await self._push_picture(slot, play_s)
        if begins:
            await self._on_first_picture()
        while slot.frames and generation == timeline.generation:
            await self._push_moved(slot.frames.pop(0))
        if generation != timeline.generation:
            return
        timeline.slots.popleft()
        if begins:
            for frame in self._delay.release():
                await self._push(frame)
        if not timeline.slots and slot.stretch.is_cut_up:
            for frame in self.line.take_rest(slot.stretch):
                await self._push_moved(frame)
        self._settle()

    def _place(self, slot: Slot) -> float:
        """A slot leaves now: when it will be heard."""
        timeline, now = self._timeline, self._waiting.now_s()
        play_s = now if timeline.is_quiet else max(timeline.end_s, now)
        if not timeline.is_quiet and now > timeline.end_s:
            self._meter.ran_dry(now - timeline.end_s)
        self._delay.played(slot, play_s)
        if timeline.is_quiet:
            self.timed.begin(play_s)
        timeline.end_s = play_s + slot.duration_s
        timeline.is_quiet = False
        slot.stretch.is_heard = True
        self._painting.pass_over(slot)
        return play_s

    async def _push_picture(self, slot: Slot, play_s: float) -> None:
        if slot.picture is None:
            self._meter.dropped()
            return
        self._meter.shown(self._waiting.now_s())
        if self.played_rate_hz in (None, slot.stretch.clock.sample_rate_hz):
            await self._push_image(slot.picture)
        else:
            self.timed.add(slot.picture, play_s)

    async def _push_rest(self) -> None:
        """A stretch whose sound was all played before it was closed."""
        head = self.line.head
        assert head is not None
        for frame in self.line.take_rest(head):
            await self._push_moved(frame)
        self._settle()

    async def _push_moved(self, frame: Frame) -> None:
        self._delay.move(frame)
        await self._push(frame)

    # Silence.

    async def _idle(self) -> None:
        """Nothing to say: one living picture when the last one has been seen long enough."""
        timeline, painting = self._timeline, self._painting
        starved_s = timeline.starved_s()
        if not self.is_showing or painting.is_broken:
            await self._waiting.sleep_until(starved_s)
            return
        if painting.idle_rgb is None:
            painting.want_idle()
        due_s = max(timeline.end_s, self._idle_due_s)
        ask_again_s = self._waiting.now_s() + IDLE_RETRY_S
        generation = timeline.generation
        await self._until(
            lambda: timeline.has_speech() or self._is_idle_due(due_s),
            lambda: min(ask_again_s if painting.idle_rgb is None else due_s, starved_s),
        )
        if generation != timeline.generation or timeline.has_speech():
            return
        if self._is_idle_due(due_s):
            await self._push_idle(due_s)

    def _is_idle_due(self, due_s: float) -> bool:
        return self._painting.idle_rgb is not None and self._waiting.now_s() >= due_s

    async def _push_idle(self, due_s: float) -> None:
        rgb, self._painting.idle_rgb = self._painting.idle_rgb, None
        assert rgb is not None
        self._timeline.is_quiet = True
        now = self._waiting.now_s()
        self._idle_due_s = (due_s if now - due_s < self._frame_s else now) + self._frame_s
        await self._push_image(rgb)
        self._meter.idled(now)

    async def _show_still(self, problem: Exception) -> None:
        """Drawing is given up: the voice goes on, the portrait stays."""
        await self._push_image(self._engine.still_rgb)
        await self._on_fault(problem)

    async def _push_image(self, rgb: bytes, *, synced: bool = True) -> None:
        size = self._engine.size_px
        image = OutputImageRawFrame(rgb, (size, size), "RGB")
        image.sync_with_audio = synced
        await self._push(image)

    async def _push_unsynced(self, rgb: bytes) -> None:
        await self._push_image(rgb, synced=False)

    def _settle(self) -> None:
        if not self.is_pending:
            self._drained.set()

    async def _until(self, is_done: Callable[[], bool], limit_s: Callable[[], float]) -> None:
        """Wait for a condition, a point in time, or a barge-in."""
        timeline, generation = self._timeline, self._timeline.generation
        await self._waiting.until(lambda: generation != timeline.generation or is_done(), limit_s)
