"""Plays speech and pictures in step: the one place of the service that knows the time.

The voice is the clock. Each slot (one video frame's sound) leaves a little before it is heard, its
picture in front of it in the same queue, so the transport itself keeps them together. A picture
that is not drawn when its sound must leave is dropped and counted; sound is never stretched.
Without speech, living idle pictures leave at the frame rate.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pipecat.frames.frames import Frame, OutputImageRawFrame

from pipecat_vasa.delay import Delay
from pipecat_vasa.drawing import Drawing
from pipecat_vasa.engine import VasaEngine
from pipecat_vasa.meter import Meter
from pipecat_vasa.painter import Mood, Painter, SpeechOrder
from pipecat_vasa.speech_line import Slot, SpeechLine
from pipecat_vasa.timed_pictures import TimedPictures
from pipecat_vasa.waiting import Waiting
from vasa_avatar.units import ms_to_samples

SAFETY_S = 0.03  # a slot's sound is in the transport's hands this long before it is heard
FIRST_PICTURE_PATIENCE_S = 0.1
PICTURE_PATIENCE_S = 0.02  # sound that came in just now waits this long for its picture
STARVED_S = 0.15  # no sound for this long ends the utterance for the mouth, not for the voice
IDLE_RETRY_S = 0.25  # an idle picture that has not come by then failed
_MAX_AHEAD_S = 1.0


@dataclass(frozen=True, slots=True)
class PlayoutOptions:
    """How far ahead things are done."""

    lookahead_ms: int = 160
    lead_ms: int = 160
    """sound may be this far ahead of what is heard"""


class Playout:
    """Two tasks, one that draws ahead and one that pushes on time, around one SpeechLine."""

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
        self.line = SpeechLine(engine.fps)
        self.played_rate_hz: int | None = None
        """the transport's rate, if known; sound at another one is resampled there"""
        self.timed = TimedPictures(self._push_unsynced)
        self.is_showing = False
        """idle pictures are wanted; speech is played in any case"""
        self._engine, self._painter, self._meter = engine, painter, meter
        self._options = options
        self._push, self._next_mood = push, next_mood
        self._on_fault, self._on_first_picture = on_fault, on_first_picture
        self._frame_s = 1 / engine.fps
        self._drawing = Drawing(engine.pool, meter, self._show_still)
        self._delay = Delay()
        self._slots: deque[Slot] = deque()
        self._end_s = 0.0
        self._generation = 0
        self._is_quiet = True
        self._idle_rgb: bytes | None = None
        self._idle_wanted = False
        self._idle_due_s = 0.0
        self._interrupt_due = False
        self._play_waiting, self._paint_waiting = Waiting(), Waiting()
        self._gate, self._drained = asyncio.Event(), asyncio.Event()
        self._gate.set()
        self._drained.set()

    # What the service calls.

    @property
    def is_pending(self) -> bool:
        """Speech or frames wait to be played."""
        return bool(self._slots) or not self.line.is_empty

    @property
    def heard_until_s(self) -> float:
        """When everything that was pushed will have been heard."""
        return self._end_s

    def _now_s(self) -> float:
        return self._play_waiting.now_s()

    def wake(self) -> None:
        """Something came in."""
        if self.is_pending:
            self._drained.clear()
        self._play_waiting.wake()
        self._paint_waiting.wake()

    def hold_timed(self, frame: Frame) -> bool:
        """Move a frame's time by the avatar's delay; True: it is kept until that is known."""
        if self._delay.hold(frame, self.line.tail):
            return True
        if self.is_pending or self._now_s() < self._end_s:
            self._delay.move(frame)
        return False

    async def drain(self) -> None:
        """Wait until all speech has left, with its pictures."""
        self.line.close()
        self.wake()
        await self._drained.wait()

    def begin_interruption(self) -> list[Frame]:
        """Barge-in, first half: from here on nothing old leaves. Gives frames that must survive."""
        now = self._now_s()
        waiting = list(self._slots)
        if self.line.interruptible_sounds(waiting) == {False}:
            return []  # what is being said must be said to its end
        self._generation += 1
        self._gate.clear()
        at_once = self.line.restart(waiting, now)
        at_once = self._delay.drop_interruptible() + at_once
        self._slots.clear()
        self.timed.clear()
        self._idle_rgb, self._idle_wanted = None, False
        self._idle_due_s = self._end_s = now
        self._is_quiet = True
        self._interrupt_due = True
        self._paint_waiting.wake()
        return at_once

    def end_interruption(self) -> None:
        """Barge-in, second half: the interruption is on its way, new things may follow it."""
        if self._gate.is_set():
            return
        self._end_s = self._idle_due_s = self._now_s()
        self._gate.set()
        self.wake()
        self._settle()

    def revive(self) -> None:
        """Try to draw again after a fault."""
        self._drawing.mend()
        self.wake()

    # Drawing.

    async def paint(self) -> None:
        """Task: draw ahead of the playout."""
        while True:
            if self._drawing.is_broken:
                self._pass_over_all()
            elif self._interrupt_due:
                await self._paint_idle(after_interruption=True)
                continue
            elif (slot := self._next_to_paint()) is not None:
                await self._paint_speech(slot)
                continue
            elif self._idle_wanted:
                await self._paint_idle(after_interruption=False)
                continue
            await self._paint_waiting.sleep_until()

    def _next_to_paint(self) -> Slot | None:
        self._cut_ahead()
        for slot in self._slots:
            if not slot.is_started:
                return slot if self._is_drawable(slot) else None
        return None

    def _cut_ahead(self) -> None:
        ahead_s = min(_MAX_AHEAD_S, self._options.lead_ms / 1000 + 2 * self._meter.render_s + 0.12)
        waiting_s = sum(slot.duration_s for slot in self._slots)
        while waiting_s < ahead_s:
            slot = self.line.cut_slot()
            if slot is None:
                return
            self._slots.append(slot)
            waiting_s += slot.duration_s

    def _is_drawable(self, slot: Slot) -> bool:
        if slot.drawable_s is None:
            stretch = slot.stretch
            if stretch.is_closed or stretch.n_received >= self._needed(slot):
                slot.drawable_s = self._now_s()
        return slot.drawable_s is not None

    def _needed(self, slot: Slot) -> int:
        rate = slot.stretch.clock.sample_rate_hz
        ahead = ms_to_samples(self._options.lookahead_ms, rate)
        extra = self._painter.extra_lookahead_samples(rate)
        return max(slot.end_sample, slot.first_sample + ahead) + extra

    async def _paint_speech(self, slot: Slot) -> None:
        self._pass_over(slot)
        stretch = slot.stretch
        order = SpeechOrder(
            feed=stretch.take_feed(self._needed(slot)),
            rate_hz=stretch.clock.sample_rate_hz,
            begins=not stretch.is_begun,
            completes=stretch.is_closed
            and stretch.n_fed == stretch.n_received
            and not stretch.is_flushed,
            skip=slot.number - stretch.n_painted,
            draw=self._is_in_time(slot),
            mood=self._next_mood(),
        )
        stretch.is_begun = True
        stretch.n_painted = slot.number + 1
        stretch.is_flushed = stretch.is_flushed or order.completes
        painting = await self._drawing.run(lambda: self._painter.speech(order))
        if painting is not None:
            slot.picture = painting.rgb
        slot.is_settled = True
        self._play_waiting.wake()

    def _is_in_time(self, slot: Slot) -> bool:
        """Whether a drawing begun now would be ready when the slot must leave."""
        return self._now_s() + self._meter.render_s <= self._deadline_s(slot)

    def _deadline_s(self, slot: Slot) -> float:
        """When a slot leaves without its picture, if it has to."""
        assert slot.drawable_s is not None
        if self._is_quiet and slot is self._slots[0]:
            return slot.drawable_s + max(FIRST_PICTURE_PATIENCE_S, 2 * self._meter.render_s)
        play_s = max(self._end_s, self._now_s()) if self._is_quiet else self._end_s
        for earlier in self._slots:
            if earlier is slot:
                break
            play_s += earlier.duration_s
        return max(play_s - SAFETY_S, slot.drawable_s + PICTURE_PATIENCE_S)

    async def _paint_idle(self, *, after_interruption: bool) -> None:
        self._idle_wanted = self._interrupt_due = False
        generation, mood = self._generation, self._next_mood()
        draw = self._painter.interrupt if after_interruption else self._painter.idle
        painting = await self._drawing.run(lambda: draw(mood))
        if painting is not None and generation == self._generation:
            self._idle_rgb = painting.rgb
        self._play_waiting.wake()

    async def _show_still(self, problem: Exception) -> None:
        """Drawing is given up: the voice goes on, the portrait stays."""
        self._pass_over_all()
        await self._push_image(self._engine.still_rgb)
        await self._on_fault(problem)

    def _pass_over_all(self) -> None:
        self._cut_ahead()
        for slot in self._slots:
            self._pass_over(slot)
            slot.picture = None
            slot.is_settled = slot.stretch.is_begun = True
        self._interrupt_due = self._idle_wanted = False
        self._play_waiting.wake()

    def _pass_over(self, slot: Slot) -> None:
        """What a slot's cues ask for is done, drawn or not."""
        if not slot.is_started:
            slot.is_started = True
            for cue in slot.cues:
                cue.act()

    # Playing.

    async def play(self) -> None:
        """Task: push everything when its time has come."""
        while True:
            await self._gate.wait()
            self._close_if_starved()
            self._cut_ahead()
            if self._slots and self._is_drawable(self._slots[0]):
                self._paint_waiting.wake()
                await self._speak(self._slots[0])
            elif self._is_waiting_for_sound():
                await self._play_waiting.sleep_until(self._starved_s())
            elif self.is_pending and not self._slots and self.line.has_no_sound:
                await self._push_rest()
            else:
                await self._idle()

    def _is_waiting_for_sound(self) -> bool:
        head = self._slots[0].stretch if self._slots else self.line.head
        return head is not None and head.is_begun and not head.is_cut_up

    def _starved_s(self) -> float:
        """When an utterance that gets no more sound counts as complete."""
        tail = self.line.tail
        if tail is None or tail.is_closed:
            return math.inf
        return max(self._end_s - SAFETY_S, tail.last_arrival_s + STARVED_S)

    def _close_if_starved(self) -> None:
        if self._now_s() >= self._starved_s():
            self.line.close()
            self._paint_waiting.wake()

    async def _speak(self, slot: Slot) -> None:
        generation = self._generation
        await self._until(lambda: slot.is_settled, lambda: self._deadline_s(slot))
        if self._is_quiet:
            earliest_s = self._now_s() + self._room_s(slot)
        else:
            earliest_s = self._end_s - self._options.lead_ms / 1000
        await self._until(lambda: False, lambda: earliest_s)
        if generation == self._generation:
            await self._emit(slot)

    def _room_s(self, slot: Slot) -> float:
        """Sound that comes as slowly as it is heard begins later, or it would run dry at once."""
        stretch = slot.stretch
        if stretch.is_closed:
            return 0.0
        received_s = stretch.n_received / stretch.clock.sample_rate_hz
        pace = (self._now_s() - stretch.first_arrival_s) / received_s
        return SAFETY_S + max(0.0, self._meter.render_s - self._frame_s) if pace > 0.5 else 0.0

    async def _emit(self, slot: Slot) -> None:
        now = self._now_s()
        play_s = now if self._is_quiet else max(self._end_s, now)
        if not self._is_quiet and now > self._end_s:
            self._meter.ran_dry(now - self._end_s)
        begins = not slot.stretch.is_heard
        self._delay.played(slot, play_s)
        if self._is_quiet:
            self.timed.begin(play_s)
        self._end_s = play_s + slot.duration_s
        self._is_quiet = False
        slot.stretch.is_heard = True
        self._pass_over(slot)
        generation = self._generation
        if slot.picture is None:
            self._meter.dropped()
        else:
            self._meter.shown(now)
            if self.played_rate_hz in (None, slot.stretch.clock.sample_rate_hz):
                await self._push_image(slot.picture)
            else:
                self.timed.add(slot.picture, play_s)
        if begins:
            await self._on_first_picture()
        await self._push_frames(slot, generation)
        if generation != self._generation:
            return
        self._slots.popleft()
        if begins:
            for frame in self._delay.release():
                await self._push(frame)
        if not self._slots and slot.stretch.is_cut_up:
            for frame in self.line.take_rest(slot.stretch):
                await self._push_moved(frame)
        self._settle()

    async def _push_frames(self, slot: Slot, generation: int) -> None:
        while slot.frames and generation == self._generation:
            await self._push_moved(slot.frames.pop(0))

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

    async def _idle(self) -> None:
        """Nothing to say: one living picture when the last one has been seen long enough."""
        starved_s = self._starved_s()
        if not self.is_showing or self._drawing.is_broken:
            await self._play_waiting.sleep_until(starved_s)
            return
        if self._idle_rgb is None:
            self._idle_wanted = True
            self._paint_waiting.wake()
        due_s = max(self._end_s, self._idle_due_s)
        ask_again_s = self._now_s() + IDLE_RETRY_S
        generation = self._generation
        await self._until(
            lambda: self._has_speech() or (self._idle_rgb is not None and self._now_s() >= due_s),
            lambda: min(ask_again_s if self._idle_rgb is None else due_s, starved_s),
        )
        if generation != self._generation or self._has_speech() or not self._is_idle_due(due_s):
            return
        rgb, self._idle_rgb = self._idle_rgb, None
        assert rgb is not None
        self._is_quiet = True
        now = self._now_s()
        self._idle_due_s = (due_s if now - due_s < self._frame_s else now) + self._frame_s
        await self._push_image(rgb)
        self._meter.idled(now)

    def _is_idle_due(self, due_s: float) -> bool:
        return self._idle_rgb is not None and self._now_s() >= due_s

    def _has_speech(self) -> bool:
        self._cut_ahead()
        return bool(self._slots) and self._is_drawable(self._slots[0])

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
        generation = self._generation
        await self._play_waiting.until(lambda: generation != self._generation or is_done(), limit_s)
