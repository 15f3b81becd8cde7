"""The server: one port for the page (HTTP) and the protocol (WebSocket), on `websockets` alone."""

from __future__ import annotations

import contextlib
import http
import socket as sockets
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Protocol

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from vasa_server.host.context import ServerContext
from vasa_server.host.limits import ServerOptions
from vasa_server.host.pages import Page
from vasa_server.host.refusal_log import RefusalLog
from vasa_server.host.service import WEBSOCKET_PATH, AvatarService
from vasa_server.host.workers import Post
from vasa_server.protocol import messages as m
from vasa_server.show.sources import CharacterSource

_WRITE_LIMIT_BYTES = 128 << 10
_SEND_BUFFER_BYTES = 256 << 10
"""Small on purpose: pictures that wait in the kernel cannot be dropped any more."""


class Annex(Protocol):
    """Further pages on a server's port, with a WebSocket of their own."""

    @property
    def files(self) -> Mapping[str, bytes]:
        """Paths and contents of the pages."""

    async def serve(self, socket: ServerConnection) -> None:
        """Serve one client of the pages until it leaves."""


class AvatarServer:
    """Serves characters until closed; `async with AvatarServer(source, options):` runs it."""

    def __init__(
        self,
        source: CharacterSource,
        options: ServerOptions | None = None,
        post: Post | None = None,
        annex: Annex | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            source: where characters come from.
            options: limits and address.
            post: as one of several workers: where connections come from, whose limits are shared.
            annex: further pages with a socket of their own, such as the studio.

        Raises:
            ValueError: reachable from other machines without a token.
        """
        self.options = options or ServerOptions()
        self._listener = None if post is None else post.listener
        self._annex = annex
        self._service = AvatarService(
            source,
            self.options,
            None if post is None else post.seats,
            None if annex is None else annex.files,
        )
        self._server: Server | None = None

    # -- life -------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        await self._service.start()
        self._server = await serve(
            self._serve_connection,
            None if self._listener else self.options.host,
            None if self._listener else self.options.port,
            sock=self._listener,
            process_request=self._process_request,
            select_subprotocol=_select_subprotocol,
            server_header=None,
            compression=None,
            max_size=self.options.max_message_bytes,
            max_queue=16,
            write_limit=_WRITE_LIMIT_BYTES,
            open_timeout=10,
            close_timeout=5,
            ping_interval=20,
            ping_timeout=30,
        )

    async def close(self) -> None:
        """Take no new clients, let speech under way end (`drain_s`), then close all connections."""
        if self._server is None:
            return
        self.context.is_closing = True
        self._server.close(close_connections=False)
        await self._service.end_speech()
        await self._service.stop()
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> AvatarServer:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def context(self) -> ServerContext:
        """What its connections share."""
        return self._service.context

    @property
    def refusals(self) -> RefusalLog:
        """Who was not let in."""
        return self._service.refusals

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None, "start() comes first"
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def page_url(self) -> str:
        """Address of the page; the token stands in the fragment, which no browser sends on."""
        return page_url_of(self.options, self.port)

    @property
    def websocket_url(self) -> str:
        """Address for clients of the protocol."""
        return f"ws://{_address_of(self.options, self.port)}{WEBSOCKET_PATH}"

    # -- inside -----------------------------------------------------------------------------

    async def _process_request(self, socket: ServerConnection, request: Request) -> Response | None:
        """Answer HTTP; None lets a WebSocket handshake go on."""
        peer = str((socket.remote_address or ("?",))[0])
        page = await self._service.answer(request.path, request.headers, peer)
        return None if page is None else _response(page)

    async def _serve_connection(self, socket: ServerConnection) -> None:
        raw = socket.transport.get_extra_info("socket")
        if raw is not None:
            with contextlib.suppress(OSError):
                raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, _SEND_BUFFER_BYTES)
        target = socket.request.path if socket.request else ""
        if self._annex is not None and self._service.is_of_annex(target):
            with contextlib.suppress(ConnectionClosed):
                await self._annex.serve(socket)
            return
        await self._service.serve(socket, target)


def page_url_of(options: ServerOptions, port: int) -> str:
    """Address of the page; the token stands in the fragment, which no browser sends on."""
    token = f"#token={options.token}" if options.token else ""
    return f"http://{_address_of(options, port)}/{token}"


def _address_of(options: ServerOptions, port: int) -> str:
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"{host}:{port}{options.path_prefix}"


def _select_subprotocol(
    socket: ServerConnection, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    """Ours when it is offered; a client without subprotocols is served too."""
    return Subprotocol(m.SUBPROTOCOL) if m.SUBPROTOCOL in offered else None


def _response(page: Page) -> Response:
    headers = Headers(page.headers)
    headers["Connection"] = "close"
    return Response(page.status, http.HTTPStatus(page.status).phrase, headers, page.body)
