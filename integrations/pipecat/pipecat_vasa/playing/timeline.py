"""What waits to be heard, cut into slots, and how far the voice has been handed out.

Decides when things are due; what is to be done then is the Playout's. Times are arguments, in
seconds.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from pipecat.frames.frames import Frame

from pipecat_vasa.engine import SessionOptions
from pipecat_vasa.playing.frame_renderer import RESAMPLER_MS
from pipecat_vasa.playing.meter import Meter
from pipecat_vasa.playing.speech_line import Slot, SpeechLine
from vasa_avatar.session import LOOKAHEAD_MS
from vasa_avatar.units import ms_to_samples

SAFETY_S = 0.03
"""a slot's sound is in the transport's hands this long before it is heard"""
FIRST_PICTURE_PATIENCE_S = 0.1
PICTURE_PATIENCE_S = 0.02
"""sound that came in just now waits this long for its picture"""
STARVED_S = 0.15
"""no sound for this long ends the utterance for the mouth, not for the voice"""
_MOST_AHEAD_S = 1.0
_RENDERING_AHEAD_S = 0.12
_AS_SLOW_AS_HEARD = 0.5
"""sound that takes more than half of its own length to come is sent as it is heard, as from a
microphone: one hiccup and it would run dry. A TTS is many times faster"""


@dataclass(frozen=True, slots=True)
class PlayoutOptions:
    """What a playout has to know of its session and its transport."""

    session: SessionOptions
    size_px: int
    """edge of the pictures"""
    lead_ms: int = 160
    """sound may be this far ahead of what is heard"""
    played_rate_hz: int | None = None
    """the transport's, if known; sound at another one is resampled there"""
    frames_at_once: int = 1
    """so many may be rendered, and leave, in one piece"""

    @property
    def frame_s(self) -> float:
        """Seconds between two pictures."""
        return 1 / self.session.fps


class Timeline:
    """The line of speech, the slots that were cut off it, and the end of what has been pushed."""

    def __init__(self, options: PlayoutOptions, meter: Meter) -> None:
        """Begin in silence; the meter tells how long a picture takes."""
        self.line = SpeechLine(options.session.fps)
        self.slots: deque[Slot] = deque()
        self.end_s = 0.0
        """when all that was pushed will have been heard"""
        self.is_quiet = True
        """nothing of an utterance has been pushed since the last idle picture"""
        self.delay_s = 0.0
        """how much later sound is heard than it would be without an avatar"""
        self._options, self._meter = options, meter
        self._cut_s = 0.0
        """of sound that lies in the slots"""

    @property
    def is_pending(self) -> bool:
        """Speech, or frames behind it, wait to be played."""
        return bool(self.slots) or not self.line.is_empty

    @property
    def is_waiting_for_sound(self) -> bool:
        """An utterance is under way and its next sound has not come."""
        head = self.slots[0].utterance if self.slots else self.line.head
        return head is not None and head.is_heard and not head.is_cut_up

    @property
    def is_head_played(self) -> bool:
        """An utterance has been played; what came behind it waits."""
        return not self.slots and self.line.head is not None and self.line.head.is_cut_up

    def next_to_render(self, now_s: float) -> Slot | None:
        """The first slot that nobody has begun, if all its sound is there."""
        self._cut_ahead()
        for slot in self.slots:
            if not slot.is_started:
                return slot if self._is_ready(slot, now_s) else None
        return None

    def next_to_play(self, now_s: float) -> Slot | None:
        """The next slot, if all its sound is there."""
        self._cut_ahead()
        return self.slots[0] if self.slots and self._is_ready(self.slots[0], now_s) else None

    def needed_samples(self, slot: Slot) -> int:
        """How much of its utterance a slot's picture depends on."""
        clock, rate = slot.utterance.clock, slot.utterance.rate_hz
        last = clock.first_sample(slot.number + slot.n_frames - 1)
        ahead = ms_to_samples(self._lookahead_ms, rate)
        extra = ms_to_samples(self._resampler_ms(rate), rate)
        return max(slot.end_sample, last + ahead) + extra

    def deadline_s(self, slot: Slot, now_s: float) -> float:
        """When a slot leaves without its picture, if it has to."""
        assert slot.ready_s is not None
        if self.is_quiet and slot is self.slots[0]:
            return slot.ready_s + max(FIRST_PICTURE_PATIENCE_S, 2 * self._meter.turn.usual_s)
        play_s = max(self.end_s, now_s) if self.is_quiet else self.end_s
        for earlier in self.slots:
            if earlier is slot:
                break
            play_s += earlier.duration_s
        return max(play_s - SAFETY_S, slot.ready_s + PICTURE_PATIENCE_S)

    def earliest_s(self, slot: Slot, now_s: float) -> float:
        """When the next slot may leave; told once, when its picture is there or given up."""
        if self.is_quiet:
            return now_s + self._room_s(slot, now_s)
        return self.end_s - self._options.lead_ms / 1000

    def starved_s(self) -> float:
        """When an utterance that gets no more sound counts as complete."""
        tail = self.line.tail
        if tail is None or tail.is_closed:
            return math.inf
        return max(self.end_s - SAFETY_S, tail.last_arrival_s + STARVED_S)

    def play(self, now_s: float) -> float:
        """The next slot leaves: when it will be heard."""
        slot = self.slots.popleft()
        self._cut_s -= slot.duration_s
        late_s = now_s - self.end_s
        if not self.is_quiet and late_s > 0:
            self._meter.ran_dry(late_s)
        play_s = now_s if self.is_quiet else max(self.end_s, now_s)
        self.delay_s = max(0.0, play_s - slot.direct_start_s)
        self.end_s = play_s + slot.duration_s
        self.is_quiet = False
        slot.utterance.is_heard = True
        slot.start()
        return play_s

    def rest(self) -> None:
        """An idle picture leaves: what is heard next begins after a pause."""
        self.is_quiet = True

    def interrupt(self, queued: list[Frame], now_s: float) -> list[Frame]:
        """Barge-in: keep only what must not be interrupted, as if it came now.

        Args:
            queued: frames of slots that are about to be pushed.
            now_s: the time.

        Returns:
            Frames to push at once because no sound that is kept lies before them.
        """
        at_once = self.line.interrupt(queued + self.frames_in_slots(), now_s)
        self.slots.clear()
        self._cut_s = 0.0
        self.end_s, self.is_quiet = now_s, True
        return at_once

    def resume(self, now_s: float) -> None:
        """What is pushed from now on is heard from now on."""
        self.end_s = now_s

    def frames_in_slots(self) -> list[Frame]:
        """What is cut and has not left, oldest first."""
        return [frame for slot in self.slots for frame in slot.frames]

    def reset_feeds(self) -> None:
        """A new renderer takes over: it has heard nothing."""
        waiting = [slot.utterance for slot in self.slots] + self.line.utterances
        for utterance in dict.fromkeys(waiting):
            utterance.feed.reset()

    def _cut_ahead(self) -> None:
        """Cut as many slots as may be rendered ahead. The first of an utterance are short, so that
        its face is there at once: a slot is no longer than what was cut and waits before it."""
        head = self.line.head
        if head is None:
            return
        lead_s, frame_s = self._options.lead_ms / 1000, self._options.frame_s
        wanted_s = lead_s + 2 * self._meter.turn.usual_s + _RENDERING_AHEAD_S
        ahead_ms = self._lookahead_ms + self._resampler_ms(head.rate_hz)
        while self._cut_s < min(_MOST_AHEAD_S, wanted_s):
            most = min(self._options.frames_at_once, max(1, round(self._cut_s / frame_s)))
            slot = self.line.cut_slot(most, ahead_ms)
            if slot is None:
                return
            self.slots.append(slot)
            self._cut_s += slot.duration_s

    @property
    def _lookahead_ms(self) -> int:
        return LOOKAHEAD_MS[self._options.session.realtime]

    def _resampler_ms(self, rate_hz: int) -> int:
        return 0 if rate_hz == self._options.session.sample_rate_hz else RESAMPLER_MS

    def _is_ready(self, slot: Slot, now_s: float) -> bool:
        """The slot's sound and lookahead have arrived."""
        if slot.ready_s is None:
            utterance = slot.utterance
            if utterance.is_closed or utterance.feed.n_received >= self.needed_samples(slot):
                slot.ready_s = now_s
        return slot.ready_s is not None

    def _room_s(self, slot: Slot, now_s: float) -> float:
        """Sound that comes as slowly as it is heard begins later, or it would run dry at once."""
        utterance = slot.utterance
        if utterance.is_closed:
            return 0.0
        pace = (now_s - utterance.first_arrival_s) / utterance.received_s
        if pace <= _AS_SLOW_AS_HEARD:
            return 0.0
        return SAFETY_S + max(0.0, self._meter.turn.usual_s - self._options.frame_s)
