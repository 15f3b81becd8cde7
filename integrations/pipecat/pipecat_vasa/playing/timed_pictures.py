"""Pictures that leave by the clock instead of riding with the sound.

A transport that resamples gives its sound in blocks of up to 140 ms, and pictures between two
blocks would be set at once: early, and most of them unseen. Those of such speech are shown when
their sound is due; when the voice really begins, the transport tells.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

from pipecat_vasa.playing.waiting import Waiting

_MOST_SHIFT_S = 0.4
_DISPLAY_S = 0.01  # about what a picture waits for the transport's next tick, less what it may lead


class TimedPictures:
    """A queue of pictures with their times, and the task that shows them."""

    def __init__(self, show: Callable[[bytes], Awaitable[None]]) -> None:
        """Begin empty.

        Args:
            show: pushes a picture that is to be seen now.
        """
        self._show = show
        self._waiting = Waiting()
        self._pictures: deque[tuple[float, bytes]] = deque()
        self._begin_s = 0.0
        self._shift_s = 0.0

    def begin(self, play_s: float) -> None:
        """Speech begins after a pause, as far as is known at `play_s`."""
        self._begin_s, self._shift_s = play_s, 0.0

    def voice_began(self) -> None:
        """The transport plays the first sound of it now."""
        late_s = self._waiting.now_s() - self._begin_s
        if 0.0 < late_s < _MOST_SHIFT_S:
            self._shift_s = late_s
            self._waiting.wake()

    def add(self, rgb: bytes, play_s: float) -> None:
        """A picture whose sound is due at `play_s`."""
        self._pictures.append((play_s - _DISPLAY_S, rgb))
        self._waiting.wake()

    def clear(self) -> None:
        """Barge-in."""
        self._pictures.clear()
        self._waiting.wake()

    async def run(self) -> None:
        """Task: show each picture in its time."""
        while True:
            if not self._pictures:
                await self._waiting.sleep_until()
                continue
            due_s = self._pictures[0][0] + self._shift_s
            if self._waiting.now_s() < due_s:
                await self._waiting.sleep_until(due_s)
                continue
            await self._show(self._pictures.popleft()[1])
