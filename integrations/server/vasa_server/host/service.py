"""What answers requests and serves clients, whoever listens: pages, limits, connections."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed

from vasa_avatar.errors import VasaError
from vasa_avatar.privacy import fault_of
from vasa_server.host.access import AccessPolicy, Refusal, is_loopback
from vasa_server.host.address import first_of
from vasa_server.host.connection import ClientSocket, Connection
from vasa_server.host.context import ServerContext
from vasa_server.host.limits import ServerOptions
from vasa_server.host.pages import Page, PageFiles, face_page, moved, plain
from vasa_server.host.refusal_log import RefusalLog
from vasa_server.host.seats import Seats
from vasa_server.host.verifier import Verifier
from vasa_server.show.sources import CharacterSource, UnknownCharacter

log = logging.getLogger(__name__)
WEBSOCKET_PATH, ANNEX_PATH = "/ws", "/studio-ws"
VERIFY_PATH = "/verify-ws"
FACE_PATH = "/face/"
METRICS_PATH = "/metrics"
_TELL_FIGURES_EVERY_S = 1.0
_DRAIN_STEP_S = 0.05


class AvatarService:
    """Characters behind pages and sockets. It listens nowhere: a server passes requests to it."""

    def __init__(
        self,
        source: CharacterSource,
        options: ServerOptions,
        seats: Seats | None = None,
        annex_files: Mapping[str, bytes] | None = None,
    ) -> None:
        """Nothing runs yet.

        Args:
            source: where characters come from.
            options: limits and address.
            seats: that are shared with other workers.
            annex_files: paths and contents of further pages, which have a socket of their own.

        Raises:
            ValueError: reachable from other machines without a token.
        """
        if not is_loopback(options.host) and options.token is None:
            raise ValueError(
                f"host is {options.host}, which other machines reach; set a token, or use 127.0.0.1"
            )
        self.options = options
        self.context = ServerContext(source, options, seats)
        self.refusals = RefusalLog()
        self.connections: set[Connection] = set()
        self._access = AccessPolicy(options)
        self._socket_paths = {WEBSOCKET_PATH, VERIFY_PATH}
        self._socket_paths |= {ANNEX_PATH} if annex_files else set()
        self._verifier = Verifier(options)
        self._pages = PageFiles(annex_files)
        self._watching: list[asyncio.Task[None]] = []

    # -- life -------------------------------------------------------------------------------

    async def start(self) -> None:
        """Get ready for the first request."""
        if self._is_told_of_proxy() and self.options.token is None:
            log.warning("others reach this server through a proxy; set a token (--token), unless "
                        "the proxy asks who they are")  # fmt: skip
        await self.context.prepare()
        self._watching = [
            asyncio.create_task(self.context.lag.watch()),
            asyncio.create_task(self._tell_figures()),
        ]

    async def end_speech(self) -> None:
        """Take no new clients; speech under way may end (`drain_s`)."""
        self.context.is_closing = True
        for connection in list(self.connections):
            with contextlib.suppress(Exception):
                connection.announce_shutdown()
        await self._until(lambda: not self._is_speaking())

    async def send_away(self) -> None:
        """Take no new clients; each finishes its sentence (`drain_s`), then is told to come back.

        Their sockets are closed with 1012: whoever comes back goes on at the next sentence.
        """
        self.context.is_closing = True
        for connection in list(self.connections):
            with contextlib.suppress(Exception):
                connection.leave_after_sentence()
        await self._until(lambda: not self.connections)
        for connection in list(self.connections):
            connection.leave()

    async def stop(self) -> None:
        """Close all connections, then what runs beside them."""
        closings = [connection.close() for connection in list(self.connections)]
        await asyncio.gather(*closings, return_exceptions=True)
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        self.context.close()

    # -- requests ---------------------------------------------------------------------------

    async def answer(self, target: str, headers: Headers, peer: str) -> Page | None:
        """The answer to a request; None lets a WebSocket come in.

        Args:
            target: path and query, as they came.
            headers: of the request.
            peer: who asks, for the log of refusals.
        """
        refusal = self._access.refusal_of_host(headers)
        path, query = urlsplit(target)[2:4]
        if refusal is None and path == self.options.path_prefix != "":
            return moved(f"{path}/?{query}".rstrip("?"))
        path = self._own(path)
        is_socket = path in self._socket_paths
        if refusal is None and is_socket:
            refusal = self._refusal_of_socket(headers)
        if refusal is not None:
            self.refusals.note(refusal, headers, peer, time.monotonic())
            return plain(refusal.status, refusal.reason + "\n")
        return None if is_socket else await self._page(path, headers)

    def is_of_annex(self, target: str) -> bool:
        """Whether a WebSocket is one of the further pages'."""
        return self._own(urlsplit(target)[2]) == ANNEX_PATH

    async def serve(self, socket: ClientSocket, target: str) -> None:
        """Serve one client that `answer` let in to a path, until it leaves."""
        if self._own(urlsplit(target)[2]) == VERIFY_PATH:
            with contextlib.suppress(ConnectionClosed):
                await self._verifier.serve(socket)
            return
        connection = Connection(socket, self.context)
        self.connections.add(connection)
        try:
            await connection.run()
        except ConnectionClosed:
            pass
        finally:
            self.connections.discard(connection)

    # -- inside -----------------------------------------------------------------------------

    async def _until(self, is_done: Callable[[], bool]) -> None:
        deadline = asyncio.get_running_loop().time() + self.options.drain_s
        # The sessions end it, a frame at a time.
        while not is_done() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_DRAIN_STEP_S)

    def _own(self, path: str) -> str:
        return path.removeprefix(self.options.path_prefix) or "/"

    def _is_speaking(self) -> bool:
        return any(
            connection.session is not None and connection.session.is_speaking
            for connection in self.connections
        )

    def _is_told_of_proxy(self) -> bool:
        options = self.options
        return bool(options.trust_proxy or options.allowed_hosts or options.allowed_origins)

    async def _page(self, path: str, headers: Headers) -> Page:
        if path == "/healthz":
            state = "closing" if self.context.is_closing else "ok"
            return plain(503 if self.context.is_closing else 200, state + "\n")
        if path == "/readyz":
            is_ready = self.context.is_ready
            return plain(200 if is_ready else 503, "ready\n" if is_ready else "not ready\n")
        if path == METRICS_PATH:
            return self._metrics(headers)
        etag = first_of(headers, "If-None-Match")
        if path.startswith(FACE_PATH):
            return await self._face(path, headers, etag)
        return self._pages.get(path, etag)

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
        sessions = (one.session for one in self.connections if one.session is not None)
        lag = self.context.lag
        return self.context.tally.values(
            ((session.stats(), session.sample_rate_hz) for session in sessions),
            (one.counters for one in self.connections),
            (lag.p99_ms, lag.max_ms),
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
            log.info("a face was asked for in vain: %s", fault_of(problem))
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
        if self.context.is_closing or len(self.connections) >= self.options.max_connections:
            advice = f"it is closing, or has all {self.options.max_connections} (max_connections)"
            return Refusal(503, "no more connections are taken; try later", advice)
        return None
