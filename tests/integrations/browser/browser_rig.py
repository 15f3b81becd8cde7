"""A server beside the browser: in a thread, with an event loop of its own."""

from __future__ import annotations

import asyncio
import threading

from vasa_server.host.limits import ServerOptions
from vasa_server.host.server import AvatarServer
from vasa_server.show.sources import CharacterSource


class ThreadedServer:
    """A server in a thread with a loop of its own."""

    def __init__(self, source: CharacterSource) -> None:
        self.server = AvatarServer(source, ServerOptions(port=0, drain_s=0.0))
        self._stop = asyncio.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with self.server:
            self.url = self.server.page_url
            self._started.set()
            await self._stop.wait()

    def __enter__(self) -> ThreadedServer:
        self._thread.start()
        assert self._started.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
