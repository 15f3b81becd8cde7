"""Connections on their way from the process that listens to a worker that serves them.

What listens accepts them and passes their descriptors on, so that each goes to the worker with the
least to do. In the worker the other end of that channel stands for a listening socket.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any


class HandedListener(socket.socket):
    """Looks to asyncio like a socket that listens; connections come over a channel."""

    def __init__(
        self,
        channel: socket.socket,
        address: Any,
        on_connection_over: Callable[[], None],
        on_orphaned: Callable[[], None],
    ) -> None:
        """Take over a channel.

        Args:
            channel: a stream of a byte and a descriptor each; it is used up.
            address: where the real one listens.
            on_connection_over: called whenever a connection that came is closed.
            on_orphaned: called when the other end is gone.
        """
        super().__init__(channel.family, channel.type, channel.proto, channel.detach())
        self._address = address
        self._on_connection_over, self._on_orphaned = on_connection_over, on_orphaned

    def listen(self, backlog: int = 0, /) -> None:
        """The other process does."""

    def getsockname(self) -> Any:
        """Where the other process listens."""
        return self._address

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection; BlockingIOError when none waits."""
        data, descriptors, _, _ = socket.recv_fds(self, 1, 1)
        if not data:
            self._on_orphaned()
            raise BlockingIOError("the process that listens is gone")
        if not descriptors:  # closed before it came here
            raise ConnectionAbortedError("no connection came with the message")
        connection = _Handed(fileno=descriptors[0])
        connection.on_close = self._on_connection_over
        try:
            return connection, connection.getpeername()
        except OSError:
            connection.close()
            raise ConnectionAbortedError("the client has left") from None


class _Handed(socket.socket):
    """A connection that tells once when it is closed."""

    on_close: Callable[[], None] | None = None

    def close(self) -> None:
        super().close()
        told, self.on_close = self.on_close, None
        if told is not None:
            told()


def hand_over(channel: socket.socket, connection: socket.socket) -> None:
    """Pass a connection on; this process has it no longer.

    Raises:
        OSError: the worker is gone.
    """
    try:
        socket.send_fds(channel, [b"c"], [connection.fileno()])
    finally:
        connection.close()
