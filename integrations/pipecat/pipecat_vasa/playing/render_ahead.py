"""What is rendered next: speech ahead of its playing, a picture without speech when one is wanted.

One order at a time. A frame that fails is only counted; when several in a row do, or one hangs,
rendering is given up until somebody revives it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipecat_vasa.playing.depiction import Depiction
from pipecat_vasa.playing.frame_renderer import RenderedFrame, RenderOrder
from pipecat_vasa.playing.meter import Meter
from pipecat_vasa.playing.speech_line import Slot
from pipecat_vasa.playing.timeline import Timeline

HANG_S = 5.0
MAX_FAILURES = 3
_RETRY_S = 0.25  # a picture without speech that failed is tried again after this


@dataclass(slots=True, eq=False)
class _Job:
    order: RenderOrder
    slot: Slot | None
    began_s: float
    is_stale: bool = False
    """a barge-in came after it"""


class RenderAhead:
    """Gives the slots of a Timeline their pictures."""

    def __init__(
        self, timeline: Timeline, meter: Meter, frame_s: float, depiction: Depiction
    ) -> None:
        """Begin whole; `frame_s` are the seconds between two pictures."""
        self.idle_rgb: bytes | None = None
        """a picture without speech that waits to be shown"""
        self.problem: Exception | None = None
        """why rendering was given up"""
        self._timeline, self._meter, self._frame_s = timeline, meter, frame_s
        self._depiction = depiction
        self._job: _Job | None = None
        self._failures = 0
        self._retry_s = -math.inf
        self._is_idle_wanted = False
        self._is_interrupt_due = False
        self._needs_new_session = False

    @property
    def due_s(self) -> float:
        """When to look again, if nothing happens before."""
        if self._job is not None:
            return self._job.began_s + HANG_S
        return self._retry_s if self._is_idle_wanted else math.inf

    def next_order(self, now_s: float) -> RenderOrder | None:
        """What to render now, if anything."""
        if self._job is not None or self.problem is not None:
            return None
        if self._is_interrupt_due:
            return self._start(None, self._idle_order(0.0, interrupts=True), now_s)
        slot = self._timeline.next_to_render(now_s)
        if slot is not None:
            slot.start()
            return self._start(slot, self._speech_order(slot, now_s), now_s)
        if self._is_idle_wanted and now_s >= self._retry_s:
            return self._start(None, self._idle_order(self._frame_s), now_s)
        return None

    def want_idle(self, is_wanted: bool) -> None:
        """Whether to render a picture without speech; it would end speech that is under way."""
        self._is_idle_wanted = is_wanted

    def take_idle(self) -> bytes:
        """The picture without speech, to be shown now."""
        assert self.idle_rgb is not None
        rgb, self.idle_rgb = self.idle_rgb, None
        return rgb

    def interrupt(self) -> None:
        """Barge-in: forget what was rendered; the next picture is one of a closing mouth."""
        self.idle_rgb, self._is_idle_wanted = None, False
        self._is_interrupt_due = self.problem is None
        if self._job is not None:
            self._job.is_stale = True

    def finish(self, order: RenderOrder, result: RenderedFrame | Exception, now_s: float) -> None:
        """An order was carried out, or raised an error; one given up before changes nothing."""
        job = self._job
        if job is None or job.order is not order:
            return
        self._job = None
        rgb = None
        if isinstance(result, Exception):
            self._retry_s = now_s + _RETRY_S
            self._fail(result, is_final=self._failures + 1 >= MAX_FAILURES)
        elif result.rgb is not None:
            rgb, self._failures = result.rgb, 0
            speech = order.speech
            n_frames = order.n_idle if speech is None else speech.n_frames
            self._meter.rendered(result.seconds, now_s - job.began_s, n_frames)
        if job.slot is not None:
            job.slot.settle(rgb)
        elif not job.is_stale:
            self.idle_rgb = rgb

    def check(self, now_s: float) -> None:
        """Give up when a frame takes too long."""
        if self._job is not None and now_s >= self._job.began_s + HANG_S:
            self._job = None
            problem = TimeoutError(f"rendering one frame took more than {HANG_S:g} s")
            self._fail(problem, is_final=True)

    def revive(self) -> None:
        """Try again after a fault, in a new session: a call that hangs may still be in the old."""
        if self.problem is not None:
            self.problem, self._failures = None, 0
            self._needs_new_session = True
            self._timeline.reset_feeds()

    def _fail(self, problem: Exception, *, is_final: bool) -> None:
        self._meter.n_failed += 1
        self._failures += 1
        if is_final:
            self.problem, self.idle_rgb, self._is_interrupt_due = problem, None, False

    def _start(self, slot: Slot | None, order: RenderOrder, now_s: float) -> RenderOrder:
        self._job = _Job(order, slot, now_s)
        self._needs_new_session = False
        return order

    def _speech_order(self, slot: Slot, now_s: float) -> RenderOrder:
        left_s = self._timeline.deadline_s(slot, now_s) - now_s
        needed, utterance = self._timeline.needed_samples(slot), slot.utterance
        speech = utterance.feed.order(
            slot.number, needed, is_closed=utterance.is_closed, n_frames=slot.n_frames
        )
        start_within_s = left_s - self._meter.render.usual_s
        if self._depiction.may_follow_sound:
            start_within_s = math.inf
        return RenderOrder(left_s, start_within_s, speech, False, self._needs_new_session)

    def _idle_order(self, left_s: float, *, interrupts: bool = False) -> RenderOrder:
        self._is_idle_wanted = self._is_interrupt_due = False
        n_idle = self._depiction.idle_at_once
        return RenderOrder(left_s, math.inf, None, interrupts, self._needs_new_session, n_idle)
