"""Who computes a frame now: a few threads at a time, the one whose frame is due first goes first.

Frames of all sessions share the machine's cores and one Python interpreter. Threads that all
compute at once slow each other down and keep an event loop waiting for both; in turn, each is
quicker. One core is left free, until a frame would be late without it.
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

URGENT_S = 0.035
"""A frame that is due so soon may use the core that is otherwise left free."""
LONG_TURN_S = 1.0
"""A turn that takes longer hangs, or compiles: others no longer wait for it."""
_MOST_USUAL = 3  # a frame holds the interpreter for a third of its time: more would only queue up
_LOOK_AGAIN_S = 0.25


@dataclass(order=True, slots=True)
class _Waiter:
    due_s: float
    number: int
    has_turn: threading.Lock = field(compare=False)
    """held until its turn comes"""


class Turns:
    """Gives turns to threads; see `shared_turns` for the one that all sessions share."""

    def __init__(self, usual: int, most: int, now_s: Callable[[], float] = time.monotonic) -> None:
        """Begin with nobody.

        Args:
            usual: how many may have their turn at once.
            most: how many, when the next one is urgent.
            now_s: the machine's clock; tests bring their own.
        """
        if not 1 <= usual <= most:
            raise ValueError(f"usual is {usual} and most {most}; expected 1 <= usual <= most")
        self._usual, self._most, self._now_s = usual, most, now_s
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._waiting: list[_Waiter] = []
        self._began_s: dict[int, float] = {}
        """of the turns under way, by their number"""

    @property
    def n_waiting(self) -> int:
        """Threads whose turn has not come."""
        return len(self._waiting)

    @contextmanager
    def turn(self, left_s: float) -> Iterator[None]:
        """Wait for this thread's turn, which lasts as long as the context.

        Args:
            left_s: in how many seconds the frame has to be ready; the earliest goes first.
        """
        number = self._enter(self._now_s() + left_s)
        try:
            yield
        finally:
            with self._lock:
                del self._began_s[number]
                self._admit()

    def _enter(self, due_s: float) -> int:
        has_turn = threading.Lock()
        has_turn.acquire()
        with self._lock:
            number = next(self._numbers)
            heapq.heappush(self._waiting, _Waiter(due_s, number, has_turn))
            self._admit()
        while not has_turn.acquire(timeout=self._patience_s(due_s)):
            with self._lock:
                self._admit()
        return number

    def _patience_s(self, due_s: float) -> float:
        """How long to wait before looking again: until it is urgent, or a turn has hung."""
        until_urgent_s = due_s - URGENT_S - self._now_s()
        return until_urgent_s if 0.0 < until_urgent_s < _LOOK_AGAIN_S else _LOOK_AGAIN_S

    def _admit(self) -> None:
        """Give turns as long as there is room; the lock is held."""
        now_s = self._now_s()
        n_computing = sum(now_s - began_s < LONG_TURN_S for began_s in self._began_s.values())
        while self._waiting:
            first = self._waiting[0]
            room = self._most if first.due_s - now_s <= URGENT_S else self._usual
            if n_computing >= room:
                return
            heapq.heappop(self._waiting)
            self._began_s[first.number] = now_s
            n_computing += 1
            first.has_turn.release()


def turns_for(cores: int) -> Turns:
    """Turns for a machine: one core stays free when there are several."""
    usual = max(1, min(cores - 1, _MOST_USUAL))
    return Turns(usual, min(cores, usual + 1))


@lru_cache(maxsize=1)
def shared_turns() -> Turns:
    """The turns of this process."""
    return turns_for(_cores())


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
