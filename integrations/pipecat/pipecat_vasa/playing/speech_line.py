"""Speech and the frames around it, in the order they came, cut into the avatar's video frames.

Takes what a TTS service pushes (audio, text, stop marks) and gives slots: the sound of exactly one
video frame, with everything that lies before, within and behind it. The sound itself is never
touched: the same bytes, rate, channels and context leave in the same order. No clock in here: times
are arguments, in seconds.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from pipecat.frames.frames import Frame, OutputAudioRawFrame
from pipecat.utils.utils import obj_count, obj_id

from vasa_avatar.datatypes import I16
from vasa_avatar.units import FrameClock

BYTES_PER_SAMPLE = 2
NOMINAL_RATE_HZ = 24_000  # for cues that come before their sound


@dataclass(slots=True, eq=False)
class Sound:
    """A run of audio from one frame, not yet played."""

    source: OutputAudioRawFrame
    data: memoryview
    """of the source's bytes: cutting copies nothing"""
    n_samples: int
    direct_start_s: float
    """when it would have begun to play without an avatar"""


@dataclass(slots=True, eq=False)
class Cue:
    """Something to do when the sound behind it is drawn."""

    act: Callable[[], None]
    at_sample: int
    """in its stretch"""


Item = Sound | Frame


@dataclass(slots=True, eq=False)
class Stretch:
    """Speech without a break: one utterance for the avatar."""

    clock: FrameClock
    items: deque[Item] = field(default_factory=deque)
    unfed: deque[I16] = field(default_factory=deque)
    """(N, channels) each"""
    cues: list[Cue] = field(default_factory=list)
    n_received: int = 0
    n_cut: int = 0
    n_fed: int = 0
    n_slots: int = 0
    n_painted: int = 0
    """slots that the avatar has gone through"""
    is_closed: bool = False
    is_begun: bool = False
    """the avatar has heard of it"""
    is_flushed: bool = False
    """the avatar knows that it is complete"""
    is_heard: bool = False
    """its first slot has left"""
    last_arrival_s: float = 0.0
    first_arrival_s: float = 0.0

    @property
    def is_cut_up(self) -> bool:
        """All its sound went into slots."""
        return self.is_closed and self.n_cut == self.n_received

    def take_feed(self, until_sample: int) -> list[I16]:
        """The sound that the avatar has not heard yet, up to `until_sample`."""
        parts: list[I16] = []
        while self.unfed and self.n_fed < until_sample:
            part = self.unfed.popleft()
            wanted = until_sample - self.n_fed
            if len(part) > wanted:
                self.unfed.appendleft(part[wanted:])
                part = part[:wanted]
            self.n_fed += len(part)
            parts.append(_mixed(part))
        return parts


@dataclass(slots=True, eq=False)
class Slot:
    """What leaves under one picture."""

    stretch: Stretch
    number: int
    """in the stretch"""
    first_sample: int
    end_sample: int
    frames: list[Frame]
    """audio and the frames around it, in order"""
    cues: list[Cue]
    duration_s: float
    direct_start_s: float
    drawable_s: float | None = None
    """when its lookahead had arrived"""
    picture: bytes | None = None
    """RGB, once it is drawn"""
    is_settled: bool = False
    """no picture will come any more: it was drawn, skipped or failed"""
    is_started: bool = False
    """given to the painter, or passed over"""


class SpeechLine:
    """The line of everything that waits to be played."""

    def __init__(self, fps: int) -> None:
        self._fps = fps
        self._stretches: deque[Stretch] = deque()
        self._direct_end_s = 0.0
        self._next_cues: list[Cue] = []

    @property
    def is_empty(self) -> bool:
        """Nothing waits."""
        return not self._stretches

    @property
    def head(self) -> Stretch | None:
        """The stretch that is cut next."""
        return self._stretches[0] if self._stretches else None

    @property
    def tail(self) -> Stretch | None:
        """The stretch that came last."""
        return self._stretches[-1] if self._stretches else None

    @property
    def has_no_sound(self) -> bool:
        """Only frames are left, behind sound that went into slots."""
        return len(self._stretches) == 1 and self._stretches[0].is_cut_up

    def add_audio(self, frame: OutputAudioRawFrame, now_s: float, *, is_speech: bool) -> None:
        """Put sound into the line; `is_speech` False is played with a resting mouth."""
        width = BYTES_PER_SAMPLE * max(1, frame.num_channels)
        n_samples = len(frame.audio) // width
        if n_samples == 0:
            return
        stretch = self._open_stretch(frame.sample_rate, now_s)
        start_s = max(now_s, self._direct_end_s)
        self._direct_end_s = start_s + n_samples / frame.sample_rate
        stretch.items.append(Sound(frame, memoryview(frame.audio), n_samples, start_s))
        stretch.unfed.append(_samples(frame, n_samples, is_speech=is_speech))
        stretch.n_received += n_samples
        stretch.last_arrival_s = now_s

    def add(self, frame: Frame) -> None:
        """Put a frame behind the sound that waits; only while something waits."""
        self._stretches[-1].items.append(frame)

    def add_cue(self, act: Callable[[], None], after_s: float = 0.0) -> None:
        """Have something done `after_s` into the sound that comes next."""
        last = self._stretches[-1] if self._stretches else None
        if last is None or last.is_closed:
            self._next_cues.append(Cue(act, int(after_s * NOMINAL_RATE_HZ)))
        else:
            after = int(after_s * last.clock.sample_rate_hz)
            last.cues.append(Cue(act, last.n_received + after))

    def close(self) -> None:
        """No more sound belongs to the current stretch."""
        if self._stretches:
            self._stretches[-1].is_closed = True

    def cut_slot(self) -> Slot | None:
        """Cut the next video frame's worth of sound, or None while it is not complete."""
        before = self._leave_cut_up_head()
        stretch = self.head
        if stretch is None or stretch.n_cut == stretch.n_received:
            return None
        end = stretch.clock.first_sample(stretch.n_slots + 1)
        if end > stretch.n_received:
            if not stretch.is_closed:
                stretch.items.extendleft(reversed(before))
                return None
            end = stretch.n_received
        slot = _cut(stretch, end)
        slot.frames[:0] = before
        return slot

    def _leave_cut_up_head(self) -> list[Frame]:
        """Go on to the next stretch; what lies behind the old one's sound comes before it."""
        if len(self._stretches) < 2 or not self._stretches[0].is_cut_up:
            return []
        old = self._stretches.popleft()
        head = self._stretches[0]
        head.cues[:0] = [Cue(cue.act, 0) for cue in old.cues]
        return _plain_frames(old.items)

    def take_rest(self, stretch: Stretch) -> list[Frame]:
        """What came behind a stretch that has been played, and forget the stretch."""
        if self.head is not stretch:
            return []
        self._stretches.popleft()
        self._next_cues[:0] = [Cue(cue.act, 0) for cue in stretch.cues]
        return _plain_frames(stretch.items)

    def restart(self, slots: list[Slot], now_s: float) -> list[Frame]:
        """Barge-in: keep only what must not be interrupted, as if it came now.

        Args:
            slots: slots that were cut and not yet played, oldest first.
            now_s: the time.

        Returns:
            Frames to push at once because no sound that is kept lies before them.
        """
        kept = list(_kept(slots, self._stretches))
        self._stretches.clear()
        self._next_cues.clear()
        self._direct_end_s = now_s
        at_once: list[Frame] = []
        for frame in kept:
            if isinstance(frame, OutputAudioRawFrame):
                self.add_audio(frame, now_s, is_speech=True)
            elif self.is_empty:
                at_once.append(frame)
            else:
                self.add(frame)
        self.close()
        return at_once

    def interruptible_sounds(self, slots: list[Slot]) -> set[bool]:
        """Whether the sound in `slots` and here may be interrupted: all the answers there are."""
        kinds = {
            frame.interruptible
            for slot in slots
            for frame in slot.frames
            if isinstance(frame, OutputAudioRawFrame)
        }
        for stretch in self._stretches:
            kinds.update(i.source.interruptible for i in stretch.items if isinstance(i, Sound))
        return kinds

    def _open_stretch(self, sample_rate_hz: int, now_s: float) -> Stretch:
        last = self._stretches[-1] if self._stretches else None
        if last is not None and not last.is_closed:
            if last.clock.sample_rate_hz == sample_rate_hz:
                return last
            last.is_closed = True
        stretch = Stretch(FrameClock(sample_rate_hz, self._fps), first_arrival_s=now_s)
        stretch.cues, self._next_cues = self._next_cues, []
        self._stretches.append(stretch)
        return stretch


def _cut(stretch: Stretch, end: int) -> Slot:
    first = stretch.n_cut
    frames: list[Frame] = []
    direct_start_s: float | None = None
    while stretch.n_cut < end:
        item = stretch.items.popleft()
        if isinstance(item, Sound):
            part = _split(item, end - stretch.n_cut, stretch)
            stretch.n_cut += part.n_samples
            if direct_start_s is None:
                direct_start_s = part.direct_start_s
            frames.append(_audio_frame(part))
        else:
            frames.append(item)
    cues = [cue for cue in stretch.cues if cue.at_sample < end]
    stretch.cues = [cue for cue in stretch.cues if cue.at_sample >= end]
    stretch.n_slots += 1
    assert direct_start_s is not None
    return Slot(
        stretch,
        stretch.n_slots - 1,
        first,
        end,
        frames,
        cues,
        (end - first) / stretch.clock.sample_rate_hz,
        direct_start_s,
    )


def _split(sound: Sound, n_samples: int, stretch: Stretch) -> Sound:
    """Take up to `n_samples` off a run of audio; what is left goes back to the line's front."""
    if sound.n_samples <= n_samples:
        return sound
    width = BYTES_PER_SAMPLE * max(1, sound.source.num_channels)
    cut = n_samples * width
    rest_start_s = sound.direct_start_s + n_samples / sound.source.sample_rate
    rest = Sound(sound.source, sound.data[cut:], sound.n_samples - n_samples, rest_start_s)
    stretch.items.appendleft(rest)
    return Sound(sound.source, sound.data[:cut], n_samples, sound.direct_start_s)


def _audio_frame(sound: Sound) -> OutputAudioRawFrame:
    """The frame that plays a run: the source itself when whole, else a copy with its bytes."""
    if len(sound.data) == len(sound.source.audio):
        return sound.source
    frame = copy.copy(sound.source)
    frame.id = obj_id()
    frame.name = f"{type(frame).__name__}#{obj_count(frame)}"
    frame.metadata = dict(sound.source.metadata)
    frame.audio = bytes(sound.data)
    frame.num_frames = sound.n_samples
    return frame


def _samples(frame: OutputAudioRawFrame, n_samples: int, *, is_speech: bool) -> I16:
    """(N, channels) samples of a frame, not copied; zeros for what is no speech."""
    if not is_speech:
        return np.broadcast_to(np.zeros((), np.int16), (n_samples, 1))
    channels = max(1, frame.num_channels)
    samples: I16 = np.frombuffer(frame.audio, "<i2", n_samples * channels)
    return samples.reshape(-1, channels)


def _mixed(samples: I16) -> I16:
    """(N, channels) to (N,)."""
    if samples.shape[1] == 1:
        return np.ascontiguousarray(samples[:, 0], np.int16)
    mean: I16 = (samples.sum(axis=1, dtype=np.int32) // samples.shape[1]).astype(np.int16)
    return mean


def _plain_frames(items: deque[Item]) -> list[Frame]:
    """The frames that lie behind the last sound."""
    return [item for item in items if isinstance(item, Frame)]


def _kept(slots: list[Slot], stretches: deque[Stretch]) -> Iterator[Frame]:
    for slot in slots:
        yield from (frame for frame in slot.frames if not frame.interruptible)
    for stretch in stretches:
        for item in stretch.items:
            if isinstance(item, Sound) and not item.source.interruptible:
                yield _audio_frame(item)
            elif isinstance(item, Frame) and not item.interruptible:
                yield item
