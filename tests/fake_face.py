"""A face whose pictures can be checked: the louder the frame, the brighter the picture.

It keeps the rules of AvatarStream (lookahead, exact frames, samples unchanged), without a face.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np

from vasa_avatar.datatypes import (
    ARKIT_INDEX,
    I16,
    U8,
    AvatarFrame,
    Controls,
    FaceMotion,
    Feeling,
    K,
    TimedWord,
)
from vasa_avatar.motion import Attention
from vasa_avatar.session import MotionFrame
from vasa_avatar.units import FrameClock, ms_to_samples

IDLE_LEVEL = 20
"""Grey of an idle picture."""


def tone(seconds: float, rate_hz: int = 24_000, hz: float = 220.0, level: int = 12_000) -> I16:
    """A sine without a zero sample run, so that a lost or doubled sample shows."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    return (level * np.sin(2 * np.pi * hz * t)).astype(np.int16)


def brightness_of(pcm: I16) -> int:
    """Grey of the picture under these samples: 40 in silence, up to 255."""
    loudness = float(np.abs(pcm.astype(np.float32)).mean()) if len(pcm) else 0.0
    return int(np.clip(40 + loudness / 32, 40, 255))


class FakeFace:
    """See the module."""

    def __init__(
        self,
        sample_rate_hz: int = 24_000,
        fps: int = 25,
        size_px: int = 16,
        *,
        realtime: bool = False,
        controls: Controls = Controls(),  # noqa: B008  (frozen)
        trouble: Trouble | None = None,
    ) -> None:
        self.size_px, self.realtime, self.controls = size_px, realtime, controls
        self.trouble = trouble or Trouble()
        self.nods: list[float] = []
        self.heard: list[tuple[I16, int]] = []
        self.feelings: list[Feeling | None] = []
        self.words: list[TimedWord] = []
        self.attention = Attention.IDLE
        self.interrupts = 0
        self.noise = False
        self._clock = FrameClock(sample_rate_hz, fps)
        self._lookahead = ms_to_samples(80 if realtime else 160, sample_rate_hz)
        self._index = 0
        self._held: deque[I16] = deque()
        self._is_flushed = False

    @property
    def is_ready(self) -> bool:
        held = sum(len(part) for part in self._held)
        if self._is_flushed:
            return held > 0
        return held >= self._clock.samples_in(self._index) + self._lookahead

    def push(self, pcm_i16: I16) -> None:
        self._held.append(pcm_i16)
        self._is_flushed = False

    def push_words(self, words: Sequence[TimedWord]) -> None:
        self.words += words

    def flush(self) -> None:
        self._is_flushed = True

    def pull_motion(self) -> Iterator[MotionFrame]:
        while self.is_ready:
            self.trouble.before_moving()
            held = np.concatenate(list(self._held))
            n = min(self._clock.samples_in(self._index), len(held))
            self._held = deque([held[n:]])
            yield self._frame(held[:n], True, self._is_flushed and n == len(held))

    def idle_motion(self) -> MotionFrame:
        self.trouble.before_moving()
        return self._frame(np.zeros(0, np.int16), False, False)

    def render(self, frame: MotionFrame, out: U8 | None = None) -> AvatarFrame:
        self.trouble.before_drawing()
        size = self.size_px
        level = brightness_of(frame.audio) if frame.is_speech else IDLE_LEVEL
        if self.noise:
            chance = np.random.default_rng(frame.index)
            picture = chance.integers(0, 255, (size, size, 3), np.uint8)
            return AvatarFrame(picture, frame.audio, frame.index, frame.motion, frame.is_speech)
        picture = np.full((size, size, 3), level, np.uint8)
        picture[: size // 8, (frame.index * 7) % size] = 128  # something moves in idle too
        return AvatarFrame(picture, frame.audio, frame.index, frame.motion, frame.is_speech)

    def interrupt(self) -> None:
        self.interrupts += 1
        self._held.clear()
        self._index = 0
        self._is_flushed = False

    def set_controls(self, controls: Controls) -> None:
        self.controls = controls

    def feel(self, feeling: Feeling | None) -> None:
        self.feelings.append(feeling)

    def attend(self, attention: Attention) -> None:
        self.attention = attention

    def hear(self, pcm_i16: I16, rate_hz: int) -> None:
        self.heard.append((pcm_i16, rate_hz))

    def nod(self, strength: float) -> None:
        self.nods.append(strength)

    def _frame(self, audio: I16, is_speech: bool, is_last: bool) -> MotionFrame:
        frame = MotionFrame(
            _motion_of(audio if is_speech else None), audio, self._index, is_speech, is_last
        )
        self._index += 1
        return frame


def _motion_of(audio: I16 | None) -> FaceMotion:
    """tongueOut as bright as the picture would be: see flat_avatar.py."""
    expression = np.zeros(K, np.float32)
    if audio is not None:
        expression[ARKIT_INDEX["tongueOut"]] = (brightness_of(audio) - 40) / 215
    return FaceMotion(expression)


class Trouble:
    """Makes faces slow or broken while a test runs."""

    def __init__(self) -> None:
        self.draw_s = 0.0
        self.is_drawing_broken = False
        self.is_moving_broken = False
        self.failures = 0

    def before_drawing(self) -> None:
        if self.draw_s:
            time.sleep(self.draw_s)
        if self.is_drawing_broken:
            self.failures += 1
            raise RuntimeError("the renderer is out of order")

    def before_moving(self) -> None:
        if self.is_moving_broken:
            self.failures += 1
            raise RuntimeError("the motion is out of order")
