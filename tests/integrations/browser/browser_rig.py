"""A server beside the browser: in a thread, with an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from reverse_proxy import reverse_proxy
from vasa_server.host.limits import ServerOptions
from vasa_server.host.server import Annex, AvatarServer
from vasa_server.show.sources import CharacterSource


class ThreadedServer:
    """A server in a thread with a loop of its own."""

    def __init__(self, source: CharacterSource, annex: Annex | None = None, **options: Any) -> None:
        server_options = ServerOptions(port=0, drain_s=0.0, **options)
        self.server = AvatarServer(source, server_options, annex=annex)
        self._stop = asyncio.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with self.server, self._front() as self.url:
            self._started.set()
            await self._stop.wait()

    @asynccontextmanager
    async def _front(self) -> AsyncIterator[str]:
        """The page's address as the browser gets it."""
        yield self.server.page_url

    def drop_clients(self, is_sent_on: bool = False) -> None:
        """As when its process is killed; or as one that leaves sends them to another."""
        self.resumed: list[str] = []
        context = self.server.context
        reserve = context.reserve_session

        def note(is_drawn: bool, character: str = "", resume: str = "") -> bool:
            if context.resume_tokens.is_good(resume, character, time.time()):
                self.resumed.append(character)
            return reserve(is_drawn, character, resume)

        context.reserve_session = note  # type: ignore[method-assign]
        for connection in list(self.server._service.connections):
            call = (
                connection.leave_after_sentence
                if is_sent_on
                else connection._socket.transport.abort
            )
            self._loop.call_soon_threadsafe(call)

    def __enter__(self) -> ThreadedServer:
        self._thread.start()
        assert self._started.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)


class ProxiedServer(ThreadedServer):
    """The same behind a proxy, under a path."""

    @asynccontextmanager
    async def _front(self) -> AsyncIterator[str]:
        sets: dict[str, str | None] = {"Host": "127.0.0.1:1"}
        prefix = self.server.options.path_prefix
        async with reverse_proxy(self.server.port, sets, prefix) as port:
            sets["X-Forwarded-Host"] = f"127.0.0.1:{port}"
            yield f"http://127.0.0.1:{port}{prefix}"
