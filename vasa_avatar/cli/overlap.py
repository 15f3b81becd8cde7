"""Encoding beside rendering: a sink that works in a thread of its own."""

from __future__ import annotations

import queue
import threading
from types import TracebackType
from typing import Self

from vasa_avatar.datatypes import I16, U8
from vasa_avatar.media import ClosingSink

_AHEAD_FRAMES = 8


class BackgroundSink:
    """Hands frames to a sink in a thread; its failure comes up at the next write or at the end.

    Frames must not be drawn into again after they were written.
    """

    def __init__(self, sink: ClosingSink) -> None:
        self._sink = sink
        self._waiting: queue.Queue[tuple[U8, I16] | None] = queue.Queue(_AHEAD_FRAMES)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="encoder", daemon=True)

    def __enter__(self) -> Self:
        self._sink.__enter__()
        self._thread.start()
        return self

    def write(self, frame_rgb: U8, pcm_i16: I16) -> None:
        """Queue one picture and the sound under it; waits while the queue is full."""
        if self._failure is not None:
            raise self._failure
        self._waiting.put((frame_rgb, pcm_i16))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._waiting.put(None)
        self._thread.join()
        failure = problem or self._failure
        if failure is None:
            self._sink.__exit__(None, None, None)
            return
        self._sink.__exit__(type(failure), failure, trace)
        if problem is None:
            raise failure

    def _work(self) -> None:
        """Write until told to end; after a failure keep emptying the queue, so nobody waits."""
        while (item := self._waiting.get()) is not None:
            if self._failure is None:
                try:
                    self._sink.write(*item)
                except BaseException as problem:
                    self._failure = problem
