"""Whose frame is computed next: few at once, the earliest first, an extra core for the urgent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from vasa_avatar.session import Turns, shared_turns
from vasa_avatar.session.turns import LONG_TURN_S, URGENT_S, turns_for

LATER_S = 10.0
PATIENCE_S = 20.0


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.time_s = 100.0

    def now_s(self) -> float:
        return self.time_s


class Crowd:
    """Threads that want a turn, note when they have it, and keep it until they are let go."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.order: list[str] = []
        self._may_end: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []

    def come(self, name: str, left_s: float) -> None:
        """A thread asks for a turn; back when it has it or waits for it."""
        before = len(self.order) + self.turns.n_waiting
        self._may_end[name] = threading.Event()
        thread = threading.Thread(target=self._compute, args=(name, left_s), daemon=True)
        self._threads.append(thread)
        thread.start()
        until(lambda: len(self.order) + self.turns.n_waiting > before)

    def let_go(self, name: str) -> None:
        """Its frame is done."""
        self._may_end[name].set()

    def end(self) -> None:
        """Let all go; every thread must come to its turn."""
        for event in self._may_end.values():
            event.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def _compute(self, name: str, left_s: float) -> None:
        with self.turns.turn(left_s):
            self.order.append(name)
            assert self._may_end[name].wait(PATIENCE_S)


def until(is_so: Callable[[], bool]) -> None:
    """Wait for other threads."""
    limit_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < limit_s, "waited in vain"
        time.sleep(0.001)


def test_the_frame_that_is_due_first_is_computed_first() -> None:
    crowd = Crowd(Turns(1, 1, Clock().now_s))
    crowd.come("first", LATER_S)
    for name, left_s in (("late", 3.0), ("early", 1.0), ("middle", 2.0)):
        crowd.come(name, left_s)
    assert crowd.order == ["first"]
    crowd.end()
    assert crowd.order == ["first", "early", "middle", "late"]


def test_equal_frames_are_computed_in_the_order_they_came() -> None:
    crowd = Crowd(Turns(1, 1, Clock().now_s))
    for name in "abcd":
        crowd.come(name, LATER_S)
    crowd.end()
    assert crowd.order == list("abcd")


def test_an_urgent_frame_gets_the_core_that_is_otherwise_left_free() -> None:
    crowd = Crowd(Turns(1, 2, Clock().now_s))
    crowd.come("one", LATER_S)
    crowd.come("two", LATER_S)
    assert crowd.order == ["one"]
    crowd.come("urgent", URGENT_S / 2)
    until(lambda: crowd.order == ["one", "urgent"])
    crowd.come("urgent too", 0.0)
    assert crowd.turns.n_waiting == 2, "no more than `most` at once"
    crowd.let_go("urgent")
    until(lambda: crowd.order == ["one", "urgent", "urgent too"])
    crowd.end()


def test_a_waiting_frame_becomes_urgent() -> None:
    clock = Clock()
    crowd = Crowd(Turns(1, 2, clock.now_s))
    crowd.come("one", LATER_S)
    crowd.come("two", LATER_S)
    assert crowd.order == ["one"]
    clock.time_s += LATER_S
    until(lambda: crowd.order == ["one", "two"])
    crowd.end()


def test_a_turn_that_hangs_holds_nobody_up() -> None:
    clock = Clock()
    crowd = Crowd(Turns(1, 1, clock.now_s))
    crowd.come("hangs", 1000.0)
    crowd.come("waits", 1000.0)
    assert crowd.order == ["hangs"]
    clock.time_s += 2 * LONG_TURN_S
    until(lambda: crowd.order == ["hangs", "waits"])
    crowd.end()


def test_a_failure_gives_the_turn_back() -> None:
    turns = Turns(1, 1)
    with pytest.raises(RuntimeError, match="no paint"), turns.turn(0.0):
        raise RuntimeError("no paint")
    with turns.turn(0.0):
        assert turns.n_waiting == 0


def test_one_core_is_left_free_where_there_are_several() -> None:
    sizes = [(turns._usual, turns._most) for turns in map(turns_for, (1, 2, 4, 64))]
    assert sizes == [(1, 1), (1, 2), (3, 4), (3, 4)]
    assert shared_turns() is shared_turns()


def test_a_wrong_number_is_refused() -> None:
    with pytest.raises(ValueError, match="1 <= usual <= most"):
        Turns(2, 1)
