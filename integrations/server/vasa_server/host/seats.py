"""Sessions that are open, counted for one server or for all workers behind one port.

A session takes parts of a seat: all of them with pictures, one where the viewer draws.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

if sys.platform != "win32":
    import fcntl

_KEPT_FOR_S = 10.0
PARTS = 5
"""of a seat; what a session with pictures costs more than one without, and some room"""


class Seats:
    """Of a server that is alone."""

    def __init__(self) -> None:
        self.own = 0
        """sessions of this process"""
        self.own_parts = 0
        """of seats that they take"""

    @property
    def taken(self) -> int:
        """By all workers."""
        return self.own

    @property
    def parts_taken(self) -> int:
        """By all workers."""
        return self.own_parts

    @property
    def parts_kept(self) -> int:
        """Of seats that wait for those who had them when a worker died."""
        return 0

    def take(self, limit: int, parts: int = PARTS, is_back: bool = False) -> bool:
        """One more session, if it finds room.

        Args:
            limit: seats in all.
            parts: of a seat that it takes.
            is_back: for who had a seat when a worker died; theirs are kept for a while.
        """
        kept = 0 if is_back else self.parts_kept
        if self.parts_taken + kept + parts > limit * PARTS:
            return False
        self.own += 1
        self.own_parts += parts
        return True

    def give_back(self, parts: int = PARTS) -> None:
        """One less."""
        self.own -= 1
        self.own_parts -= parts

    def rows(self, own: Sequence[float]) -> list[Sequence[float]]:
        """The figures of all workers; `own` are the newest of this one."""
        return [own]


class SharedCounts:
    """What workers tell each other: numbers in memory that all of them have; made before they are.

    A worker writes its own numbers only, so one that dies leaves nothing half done.
    """

    def __init__(self, n_workers: int, n_figures: int) -> None:
        self._sessions = _numbers(n_workers)
        self._parts = _numbers(n_workers)
        self._figures = [
            multiprocessing.RawArray(ctypes.c_double, n_figures) for _ in range(n_workers)
        ]
        self._connections_over = _numbers(n_workers)
        self._kept = _numbers(1)
        self._kept_until_s = multiprocessing.RawArray(ctypes.c_double, 1)
        self._lock = tempfile.TemporaryFile()  # noqa: SIM115  (as long as the process)

    @property
    def sessions(self) -> int:
        """Open, in all workers."""
        return sum(self._sessions)

    @property
    def parts(self) -> int:
        """Of seats that are taken, by all workers."""
        return sum(self._parts)

    def connections_over(self, worker: int) -> int:
        """That a worker was handed and has closed."""
        return self._connections_over[worker]

    def connection_is_over(self, worker: int) -> None:
        """Told by the worker."""
        self._connections_over[worker] += 1

    def set_sessions(self, worker: int, sessions: int, parts: int) -> None:
        """Told by the worker."""
        self._sessions[worker], self._parts[worker] = sessions, parts

    def set_figures(self, worker: int, figures: Sequence[float]) -> None:
        """Told by the worker."""
        self._figures[worker][:] = list(figures)

    def figures(self) -> list[Sequence[float]]:
        """As every worker told them last."""
        return [list(row) for row in self._figures]

    def lose(self, worker: int, now_s: float) -> int:
        """It died; its seats are kept for a while.

        Returns:
            How many sessions it had.
        """
        sessions, parts = self._sessions[worker], self._parts[worker]
        self.forget(worker)
        with self.alone():
            self._kept[0] = self.parts_kept(now_s) + parts
            self._kept_until_s[0] = now_s + _KEPT_FOR_S
        return sessions

    def parts_kept(self, now_s: float) -> int:
        """Of seats that wait now."""
        return self._kept[0] if now_s < self._kept_until_s[0] else 0

    def give_kept(self, parts: int) -> None:
        """One of those who had a seat is back; called alone."""
        self._kept[0] = max(self._kept[0] - parts, 0)

    def forget(self, worker: int) -> None:
        """It is gone, and with it its sessions."""
        self._sessions[worker] = self._parts[worker] = self._connections_over[worker] = 0
        self._figures[worker][:] = [0.0] * len(self._figures[worker])

    def close(self) -> None:
        """Nobody counts any more."""
        self._lock.close()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """No other worker is in here; the lock of a worker that dies is given back."""
        fcntl.lockf(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._lock, fcntl.LOCK_UN)


class SharedSeats(Seats):
    """Of one worker among others."""

    def __init__(self, counts: SharedCounts, worker: int) -> None:
        super().__init__()
        self._counts, self._worker = counts, worker

    @property
    def taken(self) -> int:
        """By all workers."""
        return self._counts.sessions

    @property
    def parts_taken(self) -> int:
        """By all workers."""
        return self._counts.parts

    @property
    def parts_kept(self) -> int:
        """See Seats."""
        return self._counts.parts_kept(time.monotonic())

    def take(self, limit: int, parts: int = PARTS, is_back: bool = False) -> bool:
        """One more, if all workers together leave room for it; see Seats."""
        with self._counts.alone():
            is_free = super().take(limit, parts, is_back)
            self._counts.set_sessions(self._worker, self.own, self.own_parts)
            if is_free and is_back:
                self._counts.give_kept(parts)
        return is_free

    def give_back(self, parts: int = PARTS) -> None:
        """One less."""
        super().give_back(parts)
        self._counts.set_sessions(self._worker, self.own, self.own_parts)

    def rows(self, own: Sequence[float]) -> list[Sequence[float]]:
        """The figures of all workers; `own` are the newest of this one."""
        self._counts.set_figures(self._worker, own)
        return self._counts.figures()


def _numbers(count: int) -> ctypes.Array[ctypes.c_long]:
    return multiprocessing.RawArray(ctypes.c_long, count)
