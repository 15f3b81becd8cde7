"""Plays speech and pictures in step, as state without clock, task or I/O.

Frames go in with `receive`, the time comes in as an argument, and `poll` tells one action after the
other; a Player carries them out. The voice is the clock. Each slot (one video frame's sound) leaves
a little before it is heard, its picture in front of it in the same queue, so the transport itself
keeps them together. A picture that is not rendered when its sound must leave is dropped and
counted; sound is never stretched. Without speech, living idle pictures leave at the frame rate.
Motion takes a few frames in one slot, and may follow its sound, as it is not bound to it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pipecat.frames.frames import (
    Frame,
    OutputAudioRawFrame,
    SpeechOutputAudioRawFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)

from pipecat_vasa.playing.depiction import Depiction, Showing, VideoDepiction
from pipecat_vasa.playing.frame_renderer import RenderOrder
from pipecat_vasa.playing.meter import Meter
from pipecat_vasa.playing.render_ahead import RenderAhead
from pipecat_vasa.playing.speech_line import Slot
from pipecat_vasa.playing.timed_frames import TimedFrames, move
from pipecat_vasa.playing.timed_pictures import Picture, TimedPictures
from pipecat_vasa.playing.timeline import PlayoutOptions, Timeline
from vasa_avatar.motion import Tag

_TRANSPORT_IS_EMPTY_S = 0.5
"""the transport has played all it was given this long after it was due: it lags by a resampler's
block of 140 ms and a piece of sound"""


@dataclass(frozen=True, slots=True)
class BeginSpeech:
    """The first picture of an utterance has left."""


@dataclass(frozen=True, slots=True, eq=False)
class GiveUp:
    """Rendering has failed for good: show the still portrait, report the problem."""

    problem: Exception


Action = Frame | RenderOrder | BeginSpeech | GiveUp
"""A frame is to be pushed downstream; what became of an order is told with `ahead.finish`."""


class Playout:
    """One session's playout; times are seconds on one clock, whichever that is."""

    def __init__(
        self, options: PlayoutOptions, meter: Meter, depiction: Depiction | None = None
    ) -> None:
        """Begin in silence, without idle pictures.

        Args:
            options: of the session and its transport.
            meter: counts.
            depiction: what is pushed for a picture; pictures when None.
        """
        self.wake_s = math.inf
        """when to poll again, if nothing happens before; holds after `poll` gave None"""
        self._options, self._meter = options, meter
        self._depiction = depiction or VideoDepiction(options.size_px)
        self._timeline = Timeline(options, meter)
        self.ahead = RenderAhead(self._timeline, meter, options.frame_s, self._depiction)
        """takes what was rendered, and can be revived"""
        self._frames, self._pictures = TimedFrames(), TimedPictures()
        self._outbox: deque[Action] = deque()
        self._leaving: tuple[Slot, float] | None = None
        """the slot that leaves next, and when, once its picture is there or given up"""
        self._behind: tuple[Slot, float] | None = None
        """the slot that left without its picture, and when it is heard; the picture may follow"""
        self._idle_due_s = self._idle_wanted_s = 0.0
        self._is_showing = False
        self._is_bot_speaking = False
        """as the transport says"""
        self._is_carrying_out = False
        """the last action is under way"""
        self._is_held = False
        """between the halves of an interruption"""
        self._is_flushing = False
        self._told: Exception | None = None

    # What comes in.

    @property
    def is_pending(self) -> bool:
        """Speech, or frames behind it, wait to be played."""
        return self._timeline.is_pending

    @property
    def is_busy(self) -> bool:
        """Something waits, or is just being carried out."""
        return self.is_pending or bool(self._outbox) or self._is_carrying_out or self._is_flushing

    def receive(self, frame: Frame, now_s: float, due_s: float | None = None) -> bool:
        """Take a frame from upstream.

        Args:
            frame: sound, or anything that has its place among the sound.
            now_s: the time.
            due_s: when the frame's own time (`pts`) comes, if it has one.

        Returns:
            False: nothing is before it, it may pass at once and is not kept.
        """
        line = self._timeline.line
        if isinstance(frame, OutputAudioRawFrame):
            line.push_audio(frame, now_s, is_speech=is_speech(frame))
            return True
        if due_s is not None and not isinstance(frame, TTSStoppedFrame):
            if isinstance(frame, TTSTextFrame):
                line.push_word(frame.text, due_s)
            self._frames.push(frame, due_s, line.tail)
            return True
        has_place = not line.is_empty or bool(self._outbox) or self._is_carrying_out
        if not line.is_empty:
            line.push(frame)
        elif has_place:
            self._outbox.append(frame)
        if isinstance(frame, TTSStartedFrame):
            line.drop_half_sample()
        elif isinstance(frame, TTSStoppedFrame):
            line.flush()
        return has_place

    def push_cue(self, act: Callable[[], None], after_s: float) -> None:
        """Have something done `after_s` into the sound that comes next."""
        self._timeline.line.push_cue(act, after_s)

    def push_text(self, text: str) -> None:
        """This text is spoken by the sound that comes next."""
        self._timeline.line.push_text(text)

    def push_tag(self, tag: Tag, after_s: float) -> None:
        """An act that is due `after_s` into the sound that comes next."""
        self._timeline.line.push_tag(tag, after_s)

    def show(self) -> None:
        """The transport is ready: idle pictures are wanted."""
        self._is_showing = True

    def bot_started(self, now_s: float) -> None:
        """The transport plays the first sound of a turn now."""
        self._is_bot_speaking = True
        self._pictures.voice_began(now_s)

    def bot_stopped(self) -> None:
        """The transport counts the turn as over."""
        self._is_bot_speaking = False

    def flush(self) -> None:
        """No more comes: all that waits leaves, timed frames last; then `is_busy` is False."""
        self._timeline.line.close()
        self._is_flushing = True

    def interrupt(self, now_s: float) -> list[Frame]:
        """Barge-in, first half: from here on nothing old leaves. Gives frames that must survive."""
        queued = [action for action in self._outbox if isinstance(action, Frame)]
        if self._timeline.line.is_precious(queued + self._timeline.frames_in_slots()):
            return []  # what is being said must be said to its end
        self._is_held = True
        at_once = self._frames.interrupt() + self._timeline.interrupt(queued, now_s)
        self._outbox = deque(action for action in self._outbox if isinstance(action, GiveUp))
        self._leaving = self._behind = None
        self._pictures.interrupt()
        self.ahead.interrupt()
        return [*self._depiction.interrupt(), *at_once]

    def resume(self, now_s: float) -> None:
        """Barge-in, second half: the interruption is on its way, new things may follow it."""
        if self._is_held:
            self._is_held = False
            self._idle_due_s = self._idle_wanted_s = now_s
            self._timeline.resume(now_s)

    # What is to be done.

    def poll(self, now_s: float) -> Action | None:
        """The next thing to do, the last one being done; None: nothing until `wake_s`."""
        self._is_carrying_out = False
        self.ahead.check(now_s)
        if self.ahead.problem is not self._told:
            self._told = self.ahead.problem
            self._outbox.extend([GiveUp(self._told)] if self._told else [])
        if self._is_held:
            self.wake_s = math.inf
        elif not self._outbox:
            self.wake_s = self._fill(now_s)
        if (order := self.ahead.next_order(now_s)) is not None:
            return order
        if self._outbox and not self._is_held:
            self._is_carrying_out = True
            return self._outbox.popleft()
        self.wake_s = min(self.wake_s, self.ahead.due_s)
        return None

    def _fill(self, now_s: float) -> float:
        """Decide what leaves now; gives when to look again."""
        self.ahead.want_idle(False)
        self._follow(now_s)
        again_s = self._play(now_s)
        while now_s >= self._pictures.due_s:
            self._push_picture(self._pictures.pop(), now_s, synced=False)
        delay_s = self._delay_s(now_s)
        while now_s >= self._frames.due_s(delay_s):
            self._outbox.append(self._frames.pop(delay_s))
        if self._is_flushing and not self.is_pending:
            self._is_flushing = False
            self._outbox.extend(self._frames.flush(self._timeline.delay_s))
        return min(again_s, self._pictures.due_s, self._frames.due_s(delay_s))

    def _play(self, now_s: float) -> float:
        timeline = self._timeline
        if now_s >= timeline.starved_s():
            timeline.line.close()
        if timeline.is_head_played:
            self._push_moved(timeline.line.leave_head())
        slot = timeline.next_to_play(now_s)
        if slot is not None:
            return self._speak(slot, now_s)
        if timeline.is_waiting_for_sound:
            return timeline.starved_s()
        return self._idle(now_s)

    def _speak(self, slot: Slot, now_s: float) -> float:
        """The next slot leaves when its picture is there, or cannot be waited for."""
        if self._leaving is None or self._leaving[0] is not slot:
            deadline_s = self._timeline.deadline_s(slot, now_s)
            if not slot.is_settled and self.ahead.problem is None and now_s < deadline_s:
                return deadline_s
            self._leaving = slot, self._timeline.earliest_s(slot, now_s)
        if now_s >= self._leaving[1]:
            self._leave(slot, now_s)
        return self._leaving[1]

    def _leave(self, slot: Slot, now_s: float) -> None:
        begins, after_pause = not slot.utterance.is_heard, self._timeline.is_quiet
        is_rendering = slot.is_started and not slot.is_settled
        play_s = self._timeline.play(now_s)
        if after_pause:
            self._pictures.begin(play_s)
        if is_rendering and self._depiction.may_follow_sound:
            self._behind = slot, play_s
        else:
            self._show(slot, now_s, play_s)
        if begins:
            self._outbox.append(BeginSpeech())
        self._push_moved(slot.frames)

    def _follow(self, now_s: float) -> None:
        """The picture of a slot that has left may have come."""
        if self._behind is not None and self._behind[0].is_settled:
            (slot, play_s), self._behind = self._behind, None
            self._show(slot, now_s, play_s, synced=False)

    def _show(self, slot: Slot, now_s: float, play_s: float, *, synced: bool = True) -> None:
        """A slot's picture leaves, or it has none."""
        is_over = now_s >= play_s + slot.duration_s
        picture = None if is_over or self.ahead.problem is not None else slot.picture
        self._meter.played(now_s, with_picture=picture is not None, n_frames=slot.n_frames)
        if picture is None:
            return
        shown = _picture_of(slot, picture)
        if self._options.played_rate_hz in (None, slot.utterance.rate_hz):
            self._push_picture(shown, now_s, play_s, synced=synced)
        else:
            self._pictures.push(shown, play_s)

    def _idle(self, now_s: float) -> float:
        """Nothing to say: one living picture when the last one has been seen long enough."""
        starved_s = self._timeline.starved_s()
        if not self._is_showing or self.ahead.problem is not None:
            return starved_s
        due_s = max(self._timeline.end_s, self._idle_due_s)
        if self.ahead.idle_rgb is None:
            if now_s < self._idle_wanted_s:
                return min(self._idle_wanted_s, starved_s)
            self.ahead.want_idle(True)
            return starved_s
        if now_s < due_s:
            return min(due_s, starved_s)
        self._timeline.rest()
        frame_s, n_frames = self._options.frame_s, self._depiction.idle_at_once
        begin_s = due_s if now_s - due_s < frame_s else now_s
        self._idle_due_s = begin_s + n_frames * frame_s
        self._idle_wanted_s = begin_s + (n_frames - 1) * frame_s
        idle = Picture(self.ahead.take_idle(), frame_s)
        self._push_picture(idle, now_s, synced=not self._is_turn_left_open(now_s))
        self._meter.idled(now_s, n_frames)
        return now_s

    def _is_turn_left_open(self, now_s: float) -> bool:
        """All has been said, and nobody told the transport that the speech is complete.

        It ends a turn by itself when nothing comes for three seconds, so its queue must be left
        alone.
        """
        return self._is_bot_speaking and now_s > self._timeline.end_s + _TRANSPORT_IS_EMPTY_S

    # Pushing.

    def _delay_s(self, now_s: float) -> float:
        """What the avatar delays now; nothing while all is silent."""
        is_speaking = self.is_pending or now_s < self._timeline.end_s
        return self._timeline.delay_s if is_speaking else 0.0

    def _push_moved(self, frames: list[Frame]) -> None:
        for frame in frames:
            move(frame, self._timeline.delay_s)
        self._outbox.extend(frames)

    def _push_picture(
        self, shown: Picture, now_s: float, play_s: float | None = None, *, synced: bool = True
    ) -> None:
        showing = Showing(
            now_s, now_s if play_s is None else play_s, shown.duration_s, synced,
            shown.context_id, shown.offset_s, shown.is_last,
        )  # fmt: skip
        self._outbox.extend(self._depiction.frames(shown.data, showing))


def is_speech(frame: OutputAudioRawFrame) -> bool:
    """Whether the mouth moves to it."""
    return isinstance(frame, TTSAudioRawFrame | SpeechOutputAudioRawFrame)


def _picture_of(slot: Slot, data: bytes) -> Picture:
    """What is shown of a slot, and which speech it belongs to."""
    contexts = (getattr(frame, "context_id", None) for frame in slot.frames)
    context_id = next((context for context in contexts if context is not None), None)
    utterance = slot.utterance
    is_last = utterance.is_cut_up and slot.end_sample == utterance.n_cut
    offset_s = slot.first_sample / utterance.rate_hz
    return Picture(data, slot.duration_s / slot.n_frames, context_id, offset_s, is_last)
