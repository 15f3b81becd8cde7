"""Speech and the frames around it, in the order they came, cut into the avatar's video frames.

Takes what a TTS service pushes (audio, text, stop marks) and gives slots: the sound of exactly one
video frame, or of a few, with everything that lies before, within and behind it. The sound itself
is never touched: the same bytes, rate, channels and context leave in the same order. No clock in
here: times are arguments, in seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from pipecat.frames.frames import Frame, OutputAudioRawFrame

from pipecat_vasa.playing.feed import Feed, silence
from pipecat_vasa.playing.spoken_words import Pace, SpokenWords
from pipecat_vasa.playing.whole_samples import WholeSamples, sample_bytes, with_audio
from vasa_avatar.datatypes import I16, TimedWord
from vasa_avatar.motion import Tag
from vasa_avatar.units import FrameClock, ms_to_samples

NOMINAL_RATE_HZ = 24_000  # for cues that come before their sound
_LETTER_S = 0.07
"""about what a letter takes to say: some 14 a second"""


@dataclass(slots=True, eq=False)
class Sound:
    """A run of audio from one frame, not yet played."""

    source: OutputAudioRawFrame
    data: memoryview
    """of the source's bytes: cutting copies nothing"""
    direct_start_s: float
    """when it would have begun to play without an avatar"""

    @property
    def n_samples(self) -> int:
        """Of each channel."""
        return len(self.data) // sample_bytes(self.source)

    def split(self, n_samples: int) -> tuple[Sound, Sound | None]:
        """Up to `n_samples` of it, and the rest if there is one."""
        if self.n_samples <= n_samples:
            return self, None
        cut = n_samples * sample_bytes(self.source)
        rest_start_s = self.direct_start_s + n_samples / self.source.sample_rate
        first = Sound(self.source, self.data[:cut], self.direct_start_s)
        return first, Sound(self.source, self.data[cut:], rest_start_s)

    def frame(self) -> OutputAudioRawFrame:
        """The frame that plays it: the source itself when whole, else a copy with its bytes."""
        if len(self.data) == len(self.source.audio):
            return self.source
        return with_audio(self.source, bytes(self.data))


@dataclass(slots=True, eq=False)
class Cue:
    """Something to do when the sound behind it is rendered."""

    act: Callable[[], None]
    at_sample: int
    """in its utterance"""


Item = Sound | Frame


@dataclass(slots=True, eq=False)
class Utterance:
    """Speech without a break."""

    clock: FrameClock
    feed: Feed
    words: SpokenWords
    first_arrival_s: float
    last_arrival_s: float
    direct_start_s: float
    """when its first sound would be heard without an avatar"""
    items: deque[Item] = field(default_factory=deque)
    cues: list[Cue] = field(default_factory=list)
    n_cut: int = 0
    """samples that went into slots"""
    n_frames: int = 0
    """video frames that went into slots"""
    is_closed: bool = False
    """no more sound belongs to it"""
    is_heard: bool = False
    """its first slot has left"""

    @property
    def rate_hz(self) -> int:
        """Of its sound."""
        return self.clock.sample_rate_hz

    @property
    def received_s(self) -> float:
        """Length of the sound that has come."""
        return self.feed.n_received / self.rate_hz

    def close(self) -> None:
        """No more sound belongs to it."""
        if not self.is_closed:
            self.is_closed = True
            self.words.close(self.received_s)

    @property
    def is_cut_up(self) -> bool:
        """All its sound went into slots."""
        return self.is_closed and self.n_cut == self.feed.n_received

    def push(self, frame: OutputAudioRawFrame, start_s: float, *, is_speech: bool) -> None:
        """Take sound, of whole samples, that would begin to play at `start_s`."""
        sound = Sound(frame, memoryview(frame.audio), start_s)
        self.items.append(sound)
        self.feed.push(_samples(frame) if is_speech else silence(sound.n_samples))

    def frames_ready(self, most: int, ahead_samples: int) -> int:
        """How many of the next video frames go into one slot: whole ones that have all the sound
        they depend on, `ahead_samples` from their first on, and no cue between them."""
        received, first = self.feed.n_received, self.n_frames
        next_sample = self.clock.first_sample(first + 1)
        cues = [cue.at_sample for cue in self.cues if cue.at_sample >= next_sample]
        end = min(cues, default=received)
        n_frames = 1
        while n_frames < most:
            begin = self.clock.first_sample(first + n_frames)
            is_heard = self.is_closed or begin + ahead_samples <= received
            if not is_heard or self.clock.first_sample(first + n_frames + 1) > min(end, received):
                break
            n_frames += 1
        return n_frames

    def cut(self, end: int, n_frames: int) -> Slot:
        """Take the sound up to sample `end`, with the frames before it: so many video frames."""
        first, number = self.n_cut, self.n_frames
        frames: list[Frame] = []
        starts_s: list[float] = []
        while self.n_cut < end:
            item = self.items.popleft()
            if isinstance(item, Sound):
                part, rest = item.split(end - self.n_cut)
                if rest is not None:
                    self.items.appendleft(rest)
                self.n_cut += part.n_samples
                starts_s.append(part.direct_start_s)
                frames.append(part.frame())
            else:
                frames.append(item)
        cues = [cue for cue in self.cues if cue.at_sample < end]
        self.cues = [cue for cue in self.cues if cue.at_sample >= end]
        self.n_frames += n_frames
        return Slot(self, number, n_frames, first, end, frames, cues, starts_s[0])


@dataclass(slots=True, eq=False)
class Slot:
    """What leaves under one picture, or with the motion of a few frames."""

    utterance: Utterance
    number: int
    """of its first video frame in the utterance"""
    n_frames: int
    first_sample: int
    end_sample: int
    frames: list[Frame]
    """audio and the frames around it, in order"""
    cues: list[Cue]
    direct_start_s: float
    """when its sound would have been heard without an avatar"""
    ready_s: float | None = None
    """when its lookahead had arrived"""
    picture: bytes | None = None
    """what is shown, see Depiction, once it is rendered"""
    is_settled: bool = False
    """no picture will come any more: it was rendered, skipped or failed"""
    is_started: bool = False
    """ordered, or passed over"""

    @property
    def duration_s(self) -> float:
        """Of its sound."""
        return (self.end_sample - self.first_sample) / self.utterance.rate_hz

    def start(self) -> None:
        """It is rendered or passed over now: what its cues ask for is done, once."""
        if not self.is_started:
            self.is_started = True
            for cue in self.cues:
                cue.act()

    def settle(self, picture: bytes | None) -> None:
        """This is its picture; None: there will be none."""
        self.picture, self.is_settled = picture, True


class SpeechLine:
    """The line of everything that waits to be played."""

    def __init__(self, fps: int) -> None:
        """Begin empty, for this many video frames a second."""
        self._fps = fps
        self._utterances: deque[Utterance] = deque()
        self._whole = WholeSamples()
        self._direct_end_s = 0.0
        self._next_cues: list[Cue] = []
        self._pace = Pace()
        self._next_words = SpokenWords(self._pace)

    @property
    def is_empty(self) -> bool:
        """Nothing waits."""
        return not self._utterances

    @property
    def utterances(self) -> list[Utterance]:
        """Oldest first."""
        return list(self._utterances)

    @property
    def head(self) -> Utterance | None:
        """The utterance that is cut next."""
        return self._utterances[0] if self._utterances else None

    @property
    def tail(self) -> Utterance | None:
        """The utterance that came last."""
        return self._utterances[-1] if self._utterances else None

    def push_audio(self, frame: OutputAudioRawFrame, now_s: float, *, is_speech: bool) -> None:
        """Put sound into the line; `is_speech` False is played with a resting mouth."""
        whole = self._whole.push(frame, now_s)
        if whole is not None:
            self._push_whole(whole, now_s, is_speech=is_speech)

    def push(self, frame: Frame) -> None:
        """Put a frame behind the sound that waits; only while something waits."""
        self._utterances[-1].items.append(frame)

    def push_word(self, text: str, direct_s: float) -> None:
        """A word of the utterance that came last, spoken at `direct_s` without an avatar."""
        if self.tail is not None:
            start_s = max(direct_s - self.tail.direct_start_s, 0.0)
            end_s = start_s + _LETTER_S * len(text)
            self.tail.words.push(TimedWord(text, start_s, end_s))

    def push_text(self, text: str) -> None:
        """This text is spoken by the sound that comes next."""
        words, start_s = self._coming()
        words.push_text(text, start_s)

    def push_tag(self, tag: Tag, after_s: float) -> None:
        """An act that is due `after_s` into the sound that comes next."""
        words, start_s = self._coming()
        words.push_tag(tag, start_s + after_s)

    def push_cue(self, act: Callable[[], None], after_s: float = 0.0) -> None:
        """Have something done `after_s` into the sound that comes next."""
        last = self.tail
        if last is None or last.is_closed:
            self._next_cues.append(Cue(act, int(after_s * NOMINAL_RATE_HZ)))
        else:
            after = int(after_s * last.rate_hz)
            last.cues.append(Cue(act, last.feed.n_received + after))

    def close(self) -> None:
        """No more sound belongs to the current utterance."""
        if self._utterances:
            self._utterances[-1].close()

    def flush(self) -> None:
        """The speech is complete, as its sender says."""
        self.drop_half_sample()
        self.close()

    def drop_half_sample(self) -> None:
        """What comes next begins with a whole sample."""
        self._whole.flush()

    def cut_slot(self, most_frames: int = 1, ahead_ms: int = 0) -> Slot | None:
        """Cut the next video frame's worth of sound, or None while it is not complete.

        Args:
            most_frames: more than one: as many as may be rendered at once.
            ahead_ms: of sound, from its first sample on, that a frame needs to be rendered.
        """
        leaves = len(self._utterances) > 1 and self._utterances[0].is_cut_up
        before = self.leave_head() if leaves else []
        head = self.head
        if head is None or head.n_cut == head.feed.n_received:
            return None
        n_frames = head.frames_ready(most_frames, ms_to_samples(ahead_ms, head.rate_hz))
        end = head.clock.first_sample(head.n_frames + n_frames)
        if end > head.feed.n_received:
            if not head.is_closed:
                head.items.extendleft(reversed(before))
                return None
            end = head.feed.n_received
        slot = head.cut(end, n_frames)
        slot.frames[:0] = before
        return slot

    def leave_head(self) -> list[Frame]:
        """Go on to the next utterance; gives what lies behind the old one's sound."""
        old = self._utterances.popleft()
        next_cues = self._utterances[0].cues if self._utterances else self._next_cues
        next_cues[:0] = [Cue(cue.act, 0) for cue in old.cues]
        return [item for item in old.items if isinstance(item, Frame)]

    def interrupt(self, waiting: list[Frame], now_s: float) -> list[Frame]:
        """Barge-in: keep only what must not be interrupted, as if it came now.

        Args:
            waiting: frames that were cut off the line and not yet played, oldest first.
            now_s: the time.

        Returns:
            Frames to push at once because no sound that is kept lies before them.
        """
        kept = [frame for frame in waiting if not frame.interruptible] + list(self._precious())
        self._utterances.clear()
        self._next_cues.clear()
        self._next_words = SpokenWords(self._pace)
        self._whole.interrupt()
        self._direct_end_s = now_s
        at_once: list[Frame] = []
        for frame in kept:
            if isinstance(frame, OutputAudioRawFrame):
                self._push_whole(frame, now_s, is_speech=True)
            elif self.is_empty:
                at_once.append(frame)
            else:
                self.push(frame)
        self.close()
        return at_once

    def is_precious(self, waiting: list[Frame]) -> bool:
        """Whether there is sound in `waiting` and here, and none of it may be interrupted."""
        sounds = [f for f in waiting if isinstance(f, OutputAudioRawFrame)]
        for utterance in self._utterances:
            sounds += [item.source for item in utterance.items if isinstance(item, Sound)]
        return bool(sounds) and not any(sound.interruptible for sound in sounds)

    def _push_whole(self, frame: OutputAudioRawFrame, now_s: float, *, is_speech: bool) -> None:
        utterance = self._open_utterance(frame.sample_rate, now_s)
        start_s = max(now_s, self._direct_end_s)
        n_before = utterance.feed.n_received
        utterance.push(frame, start_s, is_speech=is_speech)
        utterance.last_arrival_s = now_s
        self._direct_end_s = start_s + (utterance.feed.n_received - n_before) / frame.sample_rate

    def _open_utterance(self, sample_rate_hz: int, now_s: float) -> Utterance:
        last = self.tail
        if last is not None and not last.is_closed:
            if last.rate_hz == sample_rate_hz:
                return last
            last.close()
        words, self._next_words = self._next_words, SpokenWords(self._pace)
        clock, feed = FrameClock(sample_rate_hz, self._fps), Feed(sample_rate_hz, words)
        direct_start_s = max(now_s, self._direct_end_s)
        utterance = Utterance(clock, feed, words, now_s, now_s, direct_start_s)
        utterance.cues, self._next_cues = self._next_cues, []
        self._utterances.append(utterance)
        return utterance

    def _coming(self) -> tuple[SpokenWords, float]:
        """The words of the sound that comes next, and where on its utterance it begins."""
        last = self.tail
        if last is None or last.is_closed:
            return self._next_words, 0.0
        return last.words, last.received_s

    def _precious(self) -> Iterator[Frame]:
        for utterance in self._utterances:
            for item in utterance.items:
                if isinstance(item, Sound):
                    if not item.source.interruptible:
                        yield item.frame()
                elif not item.interruptible:
                    yield item


def _samples(frame: OutputAudioRawFrame) -> I16:
    """(N, channels) samples of a frame, not copied."""
    samples: I16 = np.frombuffer(frame.audio, "<i2")
    return samples.reshape(-1, max(1, frame.num_channels))
