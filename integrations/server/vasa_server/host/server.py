"""The server: one port for the page (HTTP) and the protocol (WebSocket), on `websockets` alone."""

from __future__ import annotations

import asyncio
import contextlib
import http
import logging
import socket as sockets
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Protocol
from urllib.parse import urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from vasa_avatar.errors import VasaError
from vasa_server.host.access import AccessPolicy, Refusal, is_loopback
from vasa_server.host.address import first_of
from vasa_server.host.connection import Connection
from vasa_server.host.context import ServerContext
from vasa_server.host.limits import ServerOptions
from vasa_server.host.pages import Page, PageFiles, face_page, moved, plain
from vasa_server.host.refusal_log import RefusalLog
from vasa_server.host.workers import Post
from vasa_server.protocol import messages as m
from vasa_server.show.sources import CharacterSource, UnknownCharacter

log = logging.getLogger(__name__)
WEBSOCKET_PATH, ANNEX_PATH = "/ws", "/studio-ws"
FACE_PATH = "/face/"
METRICS_PATH = "/metrics"
_TELL_FIGURES_EVERY_S = 1.0
_WRITE_LIMIT_BYTES = 128 << 10
_SEND_BUFFER_BYTES = 256 << 10
"""Small on purpose: pictures that wait in the kernel cannot be dropped any more."""
_DRAIN_STEP_S = 0.05


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
        if not is_loopback(self.options.host) and self.options.token is None:
            raise ValueError(
                f"host is {self.options.host}, which other machines reach; set a token, or use "
                "127.0.0.1"
            )
        self._listener = None if post is None else post.listener
        self.context = ServerContext(source, self.options, None if post is None else post.seats)
        self.refusals = RefusalLog()
        self._access = AccessPolicy(self.options)
        self._annex = annex
        self._pages = PageFiles() if annex is None else PageFiles(annex.files)
        self._connections: set[Connection] = set()
        self._server: Server | None = None
        self._watching: list[asyncio.Task[None]] = []

    # -- life -------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        if self._is_told_of_proxy() and self.options.token is None:
            log.warning("others reach this server through a proxy; set a token (--token), unless "
                        "the proxy asks who they are")  # fmt: skip
        await self.context.prepare()
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
        self._watching = [
            asyncio.create_task(self.context.lag.watch()),
            asyncio.create_task(self._tell_figures()),
        ]

    async def close(self) -> None:
        """Take no new clients, let speech under way end (`drain_s`), then close all connections."""
        if self._server is None:
            return
        self.context.is_closing = True
        self._server.close(close_connections=False)
        for connection in list(self._connections):
            with contextlib.suppress(Exception):
                connection.announce_shutdown()
        deadline = asyncio.get_running_loop().time() + self.options.drain_s
        # The sessions end it, a frame at a time.
        while self._is_speaking() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_DRAIN_STEP_S)
        closings = [connection.close() for connection in list(self._connections)]
        await asyncio.gather(*closings, return_exceptions=True)
        await self._server.wait_closed()
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        self._server = None
        self.context.close()

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

    def _is_speaking(self) -> bool:
        return any(
            connection.session is not None and connection.session.is_speaking
            for connection in self._connections
        )

    def _is_told_of_proxy(self) -> bool:
        options = self.options
        return bool(options.trust_proxy or options.allowed_hosts or options.allowed_origins)

    async def _process_request(self, socket: ServerConnection, request: Request) -> Response | None:
        """Answer HTTP; None lets a WebSocket handshake go on."""
        refusal = self._access.refusal_of_host(request.headers)
        path, query = urlsplit(request.path)[2:4]
        if refusal is None and path == self.options.path_prefix != "":
            return _response(moved(f"{path}/?{query}".rstrip("?")))
        path = path.removeprefix(self.options.path_prefix) or "/"
        is_socket = path == WEBSOCKET_PATH or (self._annex is not None and path == ANNEX_PATH)
        if refusal is None and is_socket:
            refusal = self._refusal_of_socket(request.headers)
        if refusal is not None:
            peer = str((socket.remote_address or ("?",))[0])
            self.refusals.note(refusal, request.headers, peer, time.monotonic())
            return _response(plain(refusal.status, refusal.reason + "\n"))
        if is_socket:
            return None
        if path == "/healthz":
            state = "closing" if self.context.is_closing else "ok"
            return _response(plain(503 if self.context.is_closing else 200, state + "\n"))
        if path == "/readyz":
            is_ready = self.context.is_ready
            answer = plain(200 if is_ready else 503, "ready\n" if is_ready else "not ready\n")
            return _response(answer)
        if path == METRICS_PATH:
            return _response(self._metrics(request.headers))
        etag = first_of(request.headers, "If-None-Match")
        if path.startswith(FACE_PATH):
            return _response(await self._face(path, request.headers, etag))
        return _response(self._pages.get(path, etag))

    def _metrics(self, headers: Headers) -> Page:
        """What a scrape gets; with a token only for who shows it."""
        if not self._access.is_token_right(headers, []):
            return plain(401, "this server asks for a token: Authorization: Bearer …\n")
        try:
            from vasa_server.host.metrics_page import CONTENT_TYPE, metrics_text
        except ImportError:
            return plain(501, 'metrics need: pip install "vasa-avatar[server]"\n')
        body = metrics_text(self.context.seats.rows(self._figures()))
        return Page(200, {**plain(200, "").headers, "Content-Type": CONTENT_TYPE,
                          "Content-Length": str(len(body))}, body)  # fmt: skip

    def _figures(self) -> list[float]:
        sessions = (one.session for one in self._connections if one.session is not None)
        lag = self.context.lag
        return self.context.tally.values(
            ((session.stats(), session.sample_rate_hz) for session in sessions),
            (one.counters for one in self._connections),
            (lag.percentile_ms(99), lag.max_ms),
        )

    async def _tell_figures(self) -> None:
        """Let the other workers know, for whoever asks them."""
        while True:
            await asyncio.sleep(_TELL_FIGURES_EVERY_S)
            self.context.seats.rows(self._figures())

    async def _face(self, path: str, headers: Headers, etag: str) -> Page:
        """A character's `.vface` file; made when it is asked for first."""
        if not self._access.is_token_right(headers, []):
            return plain(401, "this server asks for a token: Authorization: Bearer …\n")
        character = path.removeprefix(FACE_PATH).removesuffix(".vface")
        try:
            body = await self.context.in_worker(self.context.source.face_file, character)
        except (UnknownCharacter, VasaError) as problem:
            log.info("a face was asked for in vain: %s", problem)
            body = None
        return plain(404, "there is no such face\n") if body is None else face_page(body, etag)

    def _refusal_of_socket(self, headers: Headers) -> Refusal | None:
        if "websocket" not in first_of(headers, "Upgrade").lower():
            return Refusal(
                426, "expected a WebSocket", "a proxy in front must pass Upgrade and Connection on"
            )
        refusal = self._access.refusal_of_origin(headers)
        if refusal is not None:
            return refusal
        offered = ",".join(headers.get_all("Sec-WebSocket-Protocol"))
        subprotocols = [name.strip() for name in offered.split(",")]
        if not self._access.is_token_right(headers, subprotocols):
            return Refusal(
                401, "this server asks for a token", "open the page with #token=… at its address"
            )
        if self.context.is_closing or len(self._connections) >= self.options.max_connections:
            advice = f"it is closing, or has all {self.options.max_connections} (max_connections)"
            return Refusal(503, "no more connections are taken; try later", advice)
        return None

    async def _serve_connection(self, socket: ServerConnection) -> None:
        raw = socket.transport.get_extra_info("socket")
        if raw is not None:
            with contextlib.suppress(OSError):
                raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, _SEND_BUFFER_BYTES)
        path = urlsplit(socket.request.path if socket.request else "")[2]
        if self._annex is not None and path.removeprefix(self.options.path_prefix) == ANNEX_PATH:
            with contextlib.suppress(ConnectionClosed):
                await self._annex.serve(socket)
            return
        connection = Connection(socket, self.context)
        self._connections.add(connection)
        try:
            await connection.run()
        except ConnectionClosed:
            pass
        finally:
            self._connections.discard(connection)


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
