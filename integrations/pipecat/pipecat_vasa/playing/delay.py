"""Moves the times of timed frames (word captions) by what the avatar delays the voice."""

from __future__ import annotations

from pipecat.frames.frames import Frame

from pipecat_vasa.playing.speech_line import Slot, Stretch

_NS = 1_000_000_000


class Delay:
    """Knows how much later a sound is heard than it would be without an avatar."""

    def __init__(self) -> None:
        self._delay_s = 0.0
        self._held: list[Frame] = []

    def played(self, slot: Slot, play_s: float) -> None:
        """A slot leaves and will be heard at `play_s`."""
        self._delay_s = max(0.0, play_s - slot.direct_start_s)

    def hold(self, frame: Frame, stretch: Stretch | None) -> bool:
        """Keep a frame while the delay of its speech is not known; False: it may go on."""
        if stretch is None or stretch.is_heard:
            return False
        self._held.append(frame)
        return True

    def move(self, frame: Frame) -> None:
        """Shift a frame's time, if it has one."""
        if frame.pts:
            frame.pts += int(self._delay_s * _NS)

    def release(self) -> list[Frame]:
        """The frames that were held, moved."""
        held, self._held = self._held, []
        for frame in held:
            self.move(frame)
        return held

    def drop_interruptible(self) -> list[Frame]:
        """Barge-in: forget what was held, give what must survive."""
        held, self._held = self._held, []
        return [frame for frame in held if not frame.interruptible]
