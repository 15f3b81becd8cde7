"""What waits to be heard, cut into slots, and how far the voice has been handed out.

The task that draws ahead and the task that pushes on time both work on one Timeline. It decides
when things are due; it does nothing by itself. Times are seconds on the event loop's clock.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pipecat_vasa.playing.meter import Meter
from pipecat_vasa.playing.speech_line import Slot, SpeechLine
from vasa_avatar.session import LOOKAHEAD_MS
from vasa_avatar.units import ms_to_samples

SAFETY_S = 0.03  # a slot's sound is in the transport's hands this long before it is heard
FIRST_PICTURE_PATIENCE_S = 0.1
PICTURE_PATIENCE_S = 0.02  # sound that came in just now waits this long for its picture
STARVED_S = 0.15  # no sound for this long ends the utterance for the mouth, not for the voice
_MOST_AHEAD_S = 1.0
_DRAWING_AHEAD_S = 0.12


@dataclass(frozen=True, slots=True)
class PlayoutOptions:
    """How far ahead things are done."""

    realtime: bool = False
    """speech comes as fast as it is heard"""
    lead_ms: int = 160
    """sound may be this far ahead of what is heard"""


class Timeline:
    """The line of speech and the slots that were cut off it."""

    def __init__(
        self,
        fps: int,
        options: PlayoutOptions,
        meter: Meter,
        now_s: Callable[[], float],
        extra_lookahead_samples: Callable[[int], int],
    ) -> None:
        """Begin in silence.

        Args:
            fps: video frames per second.
            options: see PlayoutOptions.
            meter: tells how long a drawing takes.
            now_s: the clock.
            extra_lookahead_samples: what resampling from a rate needs on top, at that rate.
        """
        self.line = SpeechLine(fps)
        self.slots: deque[Slot] = deque()
        self.end_s = 0.0
        """when all that was pushed will have been heard"""
        self.is_quiet = True
        """nothing of an utterance has been pushed since the last idle picture"""
        self.generation = 0
        """counts barge-ins"""
        self._options, self._meter, self._now_s = options, meter, now_s
        self._extra_lookahead_samples = extra_lookahead_samples

    @property
    def is_pending(self) -> bool:
        """Speech or frames wait to be played."""
        return bool(self.slots) or not self.line.is_empty

    def cut_ahead(self) -> None:
        """Cut as many slots as may be drawn ahead."""
        wanted_s = self._options.lead_ms / 1000 + 2 * self._meter.render_s + _DRAWING_AHEAD_S
        waiting_s = sum(slot.duration_s for slot in self.slots)
        while waiting_s < min(_MOST_AHEAD_S, wanted_s):
            slot = self.line.cut_slot()
            if slot is None:
                return
            self.slots.append(slot)
            waiting_s += slot.duration_s

    def next_to_draw(self) -> Slot | None:
        """The first slot that nobody has begun, if all its sound is there."""
        self.cut_ahead()
        for slot in self.slots:
            if not slot.is_started:
                return slot if self.is_drawable(slot) else None
        return None

    def has_speech(self) -> bool:
        """The next slot could be played."""
        self.cut_ahead()
        return bool(self.slots) and self.is_drawable(self.slots[0])

    def is_drawable(self, slot: Slot) -> bool:
        """The slot's sound and lookahead have arrived."""
        if slot.drawable_s is None:
            stretch = slot.stretch
            if stretch.is_closed or stretch.n_received >= self.needed_samples(slot):
                slot.drawable_s = self._now_s()
        return slot.drawable_s is not None

    def needed_samples(self, slot: Slot) -> int:
        """How much of its stretch a slot's picture depends on."""
        rate = slot.stretch.clock.sample_rate_hz
        ahead = ms_to_samples(LOOKAHEAD_MS[self._options.realtime], rate)
        extra = self._extra_lookahead_samples(rate)
        return max(slot.end_sample, slot.first_sample + ahead) + extra

    def left_s(self, slot: Slot) -> float:
        """Until a slot leaves without its picture, if it has to; negative when it is late."""
        return self.deadline_s(slot) - self._now_s()

    def deadline_s(self, slot: Slot) -> float:
        """When a slot leaves without its picture, if it has to."""
        assert slot.drawable_s is not None
        if self.is_quiet and slot is self.slots[0]:
            return slot.drawable_s + max(FIRST_PICTURE_PATIENCE_S, 2 * self._meter.render_s)
        play_s = max(self.end_s, self._now_s()) if self.is_quiet else self.end_s
        for earlier in self.slots:
            if earlier is slot:
                break
            play_s += earlier.duration_s
        return max(play_s - SAFETY_S, slot.drawable_s + PICTURE_PATIENCE_S)

    def starved_s(self) -> float:
        """When an utterance that gets no more sound counts as complete."""
        tail = self.line.tail
        if tail is None or tail.is_closed:
            return math.inf
        return max(self.end_s - SAFETY_S, tail.last_arrival_s + STARVED_S)

    def is_waiting_for_sound(self) -> bool:
        """An utterance is under way and its next sound has not come."""
        head = self.slots[0].stretch if self.slots else self.line.head
        return head is not None and head.is_begun and not head.is_cut_up

    def only_frames_are_left(self) -> bool:
        """All sound was played; what came behind it waits."""
        return self.is_pending and not self.slots and self.line.has_no_sound
