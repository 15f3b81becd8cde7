"""The server as an ASGI application: under uvicorn, beside a site's own pages, or in Ray Serve.

Whoever runs it decides about ports, TLS and processes. It needs the lifespan protocol: characters
are loaded before the first request is taken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol, TypeAlias

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK
from websockets.frames import Close, CloseCode

from vasa_avatar.privacy import fault_of
from vasa_avatar.session import tune_interpreter
from vasa_server.host.limits import ServerOptions
from vasa_server.host.pages import Page, plain
from vasa_server.host.service import AvatarService
from vasa_server.protocol import messages as m
from vasa_server.show.sources import CharacterSource

log = logging.getLogger(__name__)
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
_ANSWERED = "http.response"
_REFUSED_IN_WORDS = "websocket.http.response"
"""extension of ASGI: a handshake may be refused with a status and words"""


class PreloadingSource(CharacterSource, Protocol):
    """Where characters come from, which can be loaded ahead."""

    def preload(self, character: str) -> None:
        """Do now what the first client would have to wait for."""


class AvatarApp:
    """Characters behind pages and sockets, as ASGI calls them."""

    def __init__(self, source: PreloadingSource, options: ServerOptions | None = None) -> None:
        """Nothing is loaded yet.

        Args:
            source: where characters come from.
            options: limits; `host` is the address under which whoever runs this listens.

        Raises:
            ValueError: reachable from other machines without a token.
        """
        self.service = AvatarService(source, options or ServerOptions())
        self._source = source

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, one socket, or the program's own beginning and end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        headers = Headers((k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"])
        peer = str((scope.get("client") or ("?",))[0])
        page = await self.service.answer(_target_of(scope), headers, peer)
        if scope["type"] == "websocket":
            await self._serve_socket(page, scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            page = plain(405, "only GET is answered here\n")
        await _send_page(page or plain(426, "expected a WebSocket\n"), send, _ANSWERED)

    async def start(self) -> None:
        """Load everything, one character after another."""
        await self.service.start()
        context = self.service.context
        for character in context.welcome.characters:
            try:
                await context.in_worker(self._source.preload, character.id)
            except Exception as problem:
                log.warning("%s could not be loaded ahead: %s", character.id, fault_of(problem))
        tune_interpreter()

    # -- inside -----------------------------------------------------------------------------

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except Exception as problem:
            await send({"type": "lifespan.startup.failed", "message": fault_of(problem)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.service.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve_socket(
        self, refused: Page | None, scope: Message, receive: Receive, send: Send
    ) -> None:
        await receive()  # websocket.connect
        if refused is None:
            subprotocols = scope.get("subprotocols", ())
            chosen = m.SUBPROTOCOL if m.SUBPROTOCOL in subprotocols else None
            await send({"type": "websocket.accept", "subprotocol": chosen})
            socket = AsgiSocket(receive, send, self.service.options.max_message_bytes)
            await self.service.serve(socket, _target_of(scope))
        elif _REFUSED_IN_WORDS in scope.get("extensions", {}):
            await _send_page(refused, send, _REFUSED_IN_WORDS)
        else:
            await send({"type": "websocket.close", "code": CloseCode.POLICY_VIOLATION})


class AsgiSocket:
    """The server's end of a WebSocket that ASGI carries; see ClientSocket."""

    def __init__(self, receive: Receive, send: Send, max_message_bytes: int) -> None:
        self._receive, self._send, self._max_bytes = receive, send, max_message_bytes
        self._closed = asyncio.Event()
        self._end: ConnectionClosed = ConnectionClosedOK(None, None)

    @property
    def transport(self) -> AsgiSocket:
        """Itself: whoever runs this has the real one."""
        return self

    def abort(self) -> None:
        """Nothing more is sent."""
        self._closed.set()

    async def recv(self) -> str | bytes:
        """The next message; ConnectionClosed when the client has left."""
        if self._closed.is_set():
            raise self._end
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            code, reason = message.get("code") or CloseCode.NO_STATUS_RCVD, message.get("reason")
            self._end = ConnectionClosed(Close(code, reason or ""), None)
            self._closed.set()
            raise self._end
        text: str | None = message.get("text")
        came = text if text is not None else bytes(message["bytes"])
        if len(came) > self._max_bytes:
            await self.close(CloseCode.MESSAGE_TOO_BIG, f"the limit is {self._max_bytes} bytes")
            raise self._end
        return came

    async def send(self, message: str | bytes, /) -> None:
        """Give it out; ConnectionClosed when the client has left."""
        if self._closed.is_set():
            raise self._end
        form = "text" if isinstance(message, str) else "bytes"
        try:
            await self._send({"type": "websocket.send", form: message})
        except OSError:  # how ASGI tells that the client has gone
            self._closed.set()
            raise self._end from None

    async def close(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """End it with a code; nothing happens when it has ended."""
        if not self._closed.is_set():
            self._closed.set()
            await self._send({"type": "websocket.close", "code": int(code), "reason": reason})

    async def wait_closed(self) -> None:
        """Wait until either side has ended it."""
        await self._closed.wait()


def _target_of(scope: Message) -> str:
    """Path and query below the place where the application is mounted."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{path or '/'}?{query}" if query else path or "/"


async def _send_page(page: Page, send: Send, kind: str) -> None:
    headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in page.headers.items()]
    await send({"type": f"{kind}.start", "status": page.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": page.body})
