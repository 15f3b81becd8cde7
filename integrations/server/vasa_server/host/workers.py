"""Several processes behind one port: who they are, what each has to do, and who takes its place.

Everything heavy is loaded before the first is made: they are forks of one process and share its
memory, and a new one is ready at once. That process has no thread and serves nobody itself.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from vasa_server.host.figures import FIGURES
from vasa_server.host.handing import HandedListener, hand_over
from vasa_server.host.seats import SharedCounts, SharedSeats

log = logging.getLogger(__name__)
_SHORT_LIFE_S = 2.0
"""a worker that lives no longer is replaced after a pause only"""
_PAUSE_S = 1.0
_CLOSE_PATIENCE_S = 12.0


def can_have_workers() -> bool:
    """Whether one program can be several processes here; elsewhere it serves alone."""
    return sys.platform == "linux"


@dataclass(frozen=True, slots=True, eq=False)
class Post:
    """What a worker begins with."""

    listener: HandedListener
    seats: SharedSeats


@dataclass(slots=True, eq=False)
class _Worker:
    """One of the processes, as the one that listens sees it."""

    pid: int
    channel: socket.socket
    exit_descriptor: int
    """readable when it has ended"""
    born_s: float
    handed: int = 0
    """connections that it was given"""


class Workers:
    """Keeps so many workers at work until it is stopped."""

    def __init__(
        self, listener: socket.socket, n_workers: int, serve: Callable[[Post], None]
    ) -> None:
        """Nothing runs yet.

        Args:
            listener: a bound socket that listens.
            n_workers: how many processes.
            serve: what each does, until it gets SIGTERM; called in the new process.
        """
        self._listener = listener
        self._serve = serve
        self._counts = SharedCounts(n_workers, len(FIGURES))
        self._workers: dict[int, _Worker] = {}
        self._missing: dict[int, float] = {number: 0.0 for number in range(n_workers)}
        """numbers of workers to be made, and when"""
        self._selector = selectors.DefaultSelector()
        self._is_stopping = False

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM; then let the workers end."""
        self._listener.setblocking(False)
        wake_receiver, wake_sender = socket.socketpair()
        for end in (wake_receiver, wake_sender):
            end.setblocking(False)
        self._selector.register(wake_receiver, selectors.EVENT_READ, lambda: None)
        signal.set_wakeup_fd(wake_sender.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            while not self._is_stopping:
                self._fill()
                for key, _ in self._selector.select(self._wait_s()):
                    key.data()
        finally:
            self._close()
            signal.set_wakeup_fd(-1)
            wake_receiver.close()
            wake_sender.close()

    def _stop(self, *_: object) -> None:
        self._is_stopping = True

    # -- workers ------------------------------------------------------------------------------

    def _fill(self) -> None:
        now_s = time.monotonic()
        for number, due_s in list(self._missing.items()):
            if now_s >= due_s:
                del self._missing[number]
                self._make(number)

    def _wait_s(self) -> float | None:
        if not self._missing:
            return None
        return max(min(self._missing.values()) - time.monotonic(), 0.0)

    def _make(self, number: int) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # a worker that takes nothing holds nobody up
        self._counts.forget(number)
        for stream in (sys.stdout, sys.stderr):  # what waits in them is not to be written twice
            stream.flush()
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._be_worker(number, theirs)
        theirs.close()
        worker = _Worker(pid, ours, os.pidfd_open(pid), time.monotonic())
        if not self._workers:  # nobody was there to serve
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._workers[number] = worker
        self._selector.register(
            worker.exit_descriptor, selectors.EVENT_READ, lambda: self._bury(number)
        )

    def _be_worker(self, number: int, channel: socket.socket) -> None:
        """The new process: serve, then end without what the old one had in mind."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for one in (signal.SIGINT, signal.SIGTERM):
                signal.signal(one, signal.SIG_DFL)
            address = self._listener.getsockname()
            self._selector.close()
            self._listener.close()
            for other in self._workers.values():
                other.channel.close()
                os.close(other.exit_descriptor)
            listener = HandedListener(
                channel,
                address,
                on_connection_over=lambda: self._counts.connection_is_over(number),
                on_orphaned=lambda: os.kill(os.getpid(), signal.SIGTERM),
            )
            self._serve(Post(listener, SharedSeats(self._counts, number)))
            code = 0
        except BaseException:
            log.exception("worker %d failed", number)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _bury(self, number: int) -> None:
        """A worker has ended; its sessions are gone, another takes its place."""
        worker = self._workers.pop(number)
        if not self._workers and not self._is_stopping:
            self._selector.unregister(self._listener)  # who comes now waits
        self._selector.unregister(worker.exit_descriptor)
        os.close(worker.exit_descriptor)
        worker.channel.close()
        _, status = os.waitpid(worker.pid, 0)
        now_s = time.monotonic()
        sessions = self._counts.lose(number, now_s)
        if self._is_stopping:
            return
        is_short = now_s - worker.born_s < _SHORT_LIFE_S
        self._missing[number] = now_s + (_PAUSE_S if is_short else 0.0)
        log.warning(
            "worker %d ended with %d and %d sessions; it is replaced",
            number, os.waitstatus_to_exitcode(status), sessions,
        )  # fmt: skip

    # -- connections --------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        worker = self._workers[min(self._workers, key=self._load_of)]
        try:
            hand_over(worker.channel, connection)
        except OSError as problem:  # it has just died, and the client comes again
            log.info("a connection was lost with its worker: %s", problem)
        else:
            worker.handed += 1

    def _load_of(self, number: int) -> tuple[int, int]:
        worker = self._workers[number]
        open_connections = worker.handed - self._counts.connections_over(number)
        return open_connections, worker.handed

    # -- the end ------------------------------------------------------------------------------

    def _close(self) -> None:
        """Nobody new; who speaks may end."""
        self._is_stopping = True
        if self._workers:
            self._selector.unregister(self._listener)
        self._listener.close()
        for worker in self._workers.values():
            os.kill(worker.pid, signal.SIGTERM)
        deadline_s = time.monotonic() + _CLOSE_PATIENCE_S
        while self._workers and (left_s := deadline_s - time.monotonic()) > 0:
            for key, _ in self._selector.select(left_s):
                key.data()
        for worker in list(self._workers.values()):
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)
        self._selector.close()
        self._counts.close()
