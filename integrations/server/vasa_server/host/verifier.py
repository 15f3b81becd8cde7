"""The verifying page's socket: a film comes in, what it says about being synthetic goes out.

    client: {"type": "file", "name": "hello.mp4", "size": 123456}
    server: {"type": "send"}                          when it is this film's turn
    client: its bytes, in binary messages
    server: {"type": "report", "report": {…}}         as `vasa-avatar verify --json` tells it
    server: {"type": "error", "message": "…"}         instead of either

The film stays on this machine and is deleted before the answer goes out.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from vasa_avatar.errors import VasaError
from vasa_avatar.safety import FILM_ENDINGS, PICTURE_ENDINGS, report_of, verify_file
from vasa_server.host.connection import ClientSocket
from vasa_server.host.limits import ServerOptions

_AT_A_TIME = 2
_MOST_WINDOWS = 60
"""two minutes of film; what is behind them is not searched for the mark"""
_SHOWN_LETTERS = 120
_MOST_CLIENTS = 16


class _Refused(Exception):
    """A request that is answered with an error."""


class Verifier:
    """Looks at films for any number of clients, two at a time."""

    def __init__(self, options: ServerOptions) -> None:
        self._most_bytes = options.max_verified_bytes
        self._timeout_s = options.send_timeout_s
        self._idle_s = options.idle_timeout_s
        self._turn = asyncio.Semaphore(_AT_A_TIME)
        self._n_clients = 0

    async def serve(self, socket: ClientSocket) -> None:
        """Answer one client, film after film, until it leaves.

        Raises:
            ConnectionClosed: it has left.
        """
        if self._n_clients >= _MOST_CLIENTS:
            await socket.close(1013, f"{_MOST_CLIENTS} pages are open already; close one")
            return
        self._n_clients += 1
        try:
            while True:
                await self._answer(socket, await asyncio.wait_for(socket.recv(), self._idle_s))
        except TimeoutError:
            await socket.close(1008, "nothing came for too long")
        finally:
            self._n_clients -= 1

    async def _answer(self, socket: ClientSocket, asked: str | bytes) -> None:
        try:
            told = {"type": "report", "report": await self._look(socket, asked)}
        except _Refused as refused:
            told = {"type": "error", "message": str(refused)}
        await _tell(socket, told)

    async def _look(self, socket: ClientSocket, asked: str | bytes) -> dict[str, Any]:
        name, size = self._announced(asked)
        async with self._turn:
            await _tell(socket, {"type": "send"})
            content = bytearray()
            while len(content) < size:
                piece = await asyncio.wait_for(socket.recv(), self._timeout_s)
                if not isinstance(piece, bytes) or len(content) + len(piece) > size:
                    raise _Refused("the film did not come whole; drop it again")
                content += piece
            return await asyncio.to_thread(_report, name, content)

    def _announced(self, asked: str | bytes) -> tuple[str, int]:
        try:
            request = json.loads(asked)
            name, size = str(request["name"])[-_SHOWN_LETTERS:], int(request["size"])
            is_file = request["type"] == "file"
        except (ValueError, TypeError, KeyError):
            is_file, name, size = False, "", 0
        if not is_file:
            raise _Refused('expected {"type": "file", "name": …, "size": …}')
        if not 0 < size <= self._most_bytes:
            raise _Refused(
                f"{name} has {size:,} bytes; expected 1 to {self._most_bytes:,} here. The command "
                "`vasa-avatar verify` takes films of any size"
            )
        return name, size


async def _tell(socket: ClientSocket, message: dict[str, Any]) -> None:
    await socket.send(json.dumps(message))


def _report(name: str, content: bytearray) -> dict[str, Any]:
    """What the bytes of a film say; nothing of them is left on the disk."""
    ending = Path(name).suffix.lower()
    file_name = f"film{ending if ending in FILM_ENDINGS + PICTURE_ENDINGS else ''}"
    try:
        with tempfile.TemporaryDirectory(prefix="vasa-verify-") as folder:
            path = Path(folder) / file_name
            path.write_bytes(content)
            try:
                report = report_of(verify_file(path, _MOST_WINDOWS))
            except VasaError as problem:
                raise _Refused(str(problem).replace(str(path), name)) from problem
    except OSError as problem:
        raise _Refused(f"{name} cannot be kept for a moment here ({problem.strerror})") from problem
    return {**report, "file": name}
