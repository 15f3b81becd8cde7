"""Characters whose pictures can be checked: the louder the frame, the brighter the picture.

Their stream keeps the rules of AvatarStream (lookahead, exact frames, samples unchanged), without
a face.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from vasa_server.protocol.messages import CharacterInfo
from vasa_server.show.sources import OpenConfig, SpokenSentence, UnknownCharacter, Voice

from vasa_avatar.datatypes import I16, AvatarFrame, Controls, FaceMotion
from vasa_avatar.motion import Attention
from vasa_avatar.session import FaceStream, MotionFrame
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


class FakeStream:
    """See the module."""

    def __init__(self, config: OpenConfig, trouble: Trouble) -> None:
        self.config = config
        self.trouble = trouble
        self.controls = config.controls
        self.attention = Attention.IDLE
        self.interrupts = 0
        self.noise = False
        self._clock = FrameClock(config.sample_rate_hz, config.fps)
        self._lookahead = ms_to_samples(80 if config.realtime else 160, config.sample_rate_hz)
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

    def render(self, frame: MotionFrame) -> AvatarFrame:
        self.trouble.before_drawing()
        size = self.config.size_px
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

    def attend(self, attention: Attention) -> None:
        self.attention = attention

    def _frame(self, audio: I16, is_speech: bool, is_last: bool) -> MotionFrame:
        frame = MotionFrame(FaceMotion(), audio, self._index, is_speech, is_last)
        self._index += 1
        return frame


class Trouble:
    """Makes streams slow or broken while a test runs."""

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


class FakeVoice:
    """One tone a word, one piece of sound a sentence."""

    sample_rate_hz = 24_000

    def stream(self, text: str) -> Iterator[SpokenSentence]:
        for sentence in text.split("."):
            words = sentence.split()
            if "unspeakable" in words:
                raise ValueError("this cannot be spoken")
            if words:
                sound = np.concatenate([tone(0.2, hz=200.0 + 10 * len(word)) for word in words])
                yield SpokenSentence(sentence.strip() + ".", sound)


class FakeSource:
    """Two characters, streams that are remembered."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.streams: list[FakeStream] = []
        self.before_open: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def characters(self) -> Sequence[CharacterInfo]:
        return (
            CharacterInfo(id="ada", name="Ada", greeting="Hello there. I am Ada."),
            CharacterInfo(id="bob", name="Bob"),
        )

    def controls_of(self, character: str) -> Controls:
        if character not in ("ada", "bob"):
            raise UnknownCharacter(f"there is no character {character!r}")
        return Controls()

    def open(self, config: OpenConfig) -> FaceStream:
        self.before_open()
        face = FakeStream(config, self.trouble)
        with self._lock:
            self.streams.append(face)
        return face

    def voice_of(self, character: str) -> Voice | None:
        return FakeVoice()
