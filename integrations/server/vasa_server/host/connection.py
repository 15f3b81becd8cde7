"""One WebSocket: requests in, replies and media out, within the limits."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from vasa_avatar.errors import VasaError
from vasa_avatar.motion import Attention
from vasa_avatar.privacy import fault_of
from vasa_avatar.units import SUPPORTED_FPS
from vasa_server.host.context import ServerContext
from vasa_server.host.limits import MessageBucket
from vasa_server.host.outbox import Outbox, OutboxCounters, ReaderTooSlow
from vasa_server.host.sender import Sender
from vasa_server.protocol import messages as m
from vasa_server.protocol.media import BadMedia, unpack_speech
from vasa_server.show.encode import EncoderError, make_encoder
from vasa_server.show.live_session import LiveSession, TooMuchPending
from vasa_server.show.sources import OpenConfig, UnknownCharacter

log = logging.getLogger(__name__)
_LAST_MESSAGES_S = 0.3


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, code: m.ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: m.ErrorCode = code


class Abortable(Protocol):
    """What carries a socket."""

    def abort(self) -> None:
        """End it at once; what waits is lost."""


class ClientSocket(Protocol):
    """The server's end of a WebSocket; losing it raises ConnectionClosed (of `websockets`)."""

    @property
    def transport(self) -> Abortable:
        """What carries it."""

    async def recv(self) -> str | bytes:
        """The next message."""

    async def send(self, message: str | bytes, /) -> None:
        """Give out a message; waits where the client takes too little."""

    async def close(self, code: int = ..., reason: str = ...) -> None:
        """End it with a code."""

    async def wait_closed(self) -> None:
        """Wait until it has ended."""


class Connection:
    """Serves one client until it leaves."""

    def __init__(self, socket: ClientSocket, context: ServerContext) -> None:
        self.session: LiveSession | None = None
        self._is_drawn = True
        self._socket = socket
        self._context = context
        self._options = context.options
        self._outbox = Outbox()
        self._sender = Sender(self._outbox, self._dismiss)
        self._errors = 0
        self._close_with: tuple[int, str] | None = None
        self._dismissed = asyncio.Event()
        self._handlers: dict[type, Callable[[Any], Awaitable[m.Reply | None]]] = {
            m.Open: self._open,
            m.Say: self._say,
            m.Flush: self._flush,
            m.Interrupt: self._interrupt,
            m.SetControls: self._set_controls,
            m.Feel: self._feel,
            m.SetState: self._set_state,
            m.Playhead: self._note_playhead,
            m.GetStats: self._get_stats,
            m.Close: self._close_session,
        }

    # -- life -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until the client leaves or has to."""
        self._reply(self._context.welcome)
        tasks = [
            asyncio.create_task(self._send_all()),
            asyncio.create_task(self._receive_all()),
            asyncio.create_task(self._dismissed.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if self._close_with is not None:  # what explains it still goes out
                await asyncio.wait(tasks[:1], timeout=_LAST_MESSAGES_S)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            await self._drop_session()
            self._context.tally.add_left(self._outbox.counters)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, ConnectionClosed):
                log.error("a connection failed: %s", fault_of(result))
                self._close_with = (CloseCode.INTERNAL_ERROR, "internal error")
        if self._close_with is not None:
            await self._socket.close(*self._close_with)

    @property
    def counters(self) -> OutboxCounters:
        """What left on this connection."""
        return self._outbox.counters

    def announce_shutdown(self) -> None:
        """Tell the client that the server closes."""
        self._error("shutting_down", "the server is closing; speech under way may still end")

    def leave_after_sentence(self) -> None:
        """Tell the client where to go on, and send it away: now, or when its sentence ends."""
        self.announce_shutdown()
        if self.session is None or not self.session.is_speaking:
            self.leave()
        else:
            self._sender.at_sentence_end(self.leave)

    def leave(self) -> None:
        """Send the client away; it may come back at once, to another server."""
        self._sender.end()
        self._reply(m.Closed(reason="come back"))
        self._dismiss(CloseCode.SERVICE_RESTART, "come back")

    async def close(self) -> None:
        """Close the session and the connection."""
        await self._drop_session()
        self._reply(m.Closed(reason="the server is closing"))
        self._dismiss(CloseCode.GOING_AWAY, "the server is closing")
        await self._socket.wait_closed()

    def _dismiss(self, code: int, reason: str) -> None:
        self._close_with = (code, reason)
        self._dismissed.set()

    async def _send_all(self) -> None:
        while True:
            message = await self._outbox.next_message()
            self._outbox.counters.bytes_sent += len(message)
            try:
                async with asyncio.timeout(self._options.send_timeout_s):
                    await self._socket.send(message)
            except TimeoutError:
                self._dismiss(CloseCode.POLICY_VIOLATION, "the reader takes nothing")
                self._socket.transport.abort()
                return

    async def _receive_all(self) -> None:
        options = self._options
        bucket = MessageBucket(options.messages_per_s, options.message_burst, time.monotonic())
        while True:
            try:
                async with asyncio.timeout(options.idle_timeout_s):
                    message = await self._socket.recv()
            except TimeoutError:
                self._dismiss(CloseCode.POLICY_VIOLATION, "nothing came for too long")
                return
            wait_s = bucket.take(time.monotonic())
            if wait_s > 0:  # what is not read holds the client back
                await asyncio.sleep(wait_s)
            try:
                await self._take(message)
            except ReaderTooSlow as problem:
                self._dismiss(CloseCode.POLICY_VIOLATION, str(problem))
                return

    async def _take(self, message: str | bytes) -> None:
        request_id: int | None = None
        try:
            if isinstance(message, bytes):
                await self._take_speech(message)
                return
            limit = self._options.max_control_bytes
            if len(message) > limit:
                raise m.BadMessage(f"{len(message)} characters came; the limit is {limit}")
            request = m.parse_request(message)
            request_id = request.id
            reply = await self._handlers[type(request)](request)
            if reply is not None:
                self._reply(reply.model_copy(update={"reply_to": request_id}))
        except m.BadMessage as problem:
            self._count_error("bad_message", str(problem), problem.reply_to)
        except BadMedia as problem:
            self._count_error("bad_media", str(problem), None)
        except TooMuchPending as problem:
            self._error("too_much_pending", str(problem), request_id)
        except Refused as problem:
            self._error(problem.code, str(problem), request_id)

    def _reply(self, message: m.Message) -> None:
        self._outbox.put_control(m.to_json(message))

    def _error(
        self, code: m.ErrorCode, text: str, reply_to: int | None = None, is_fatal: bool = False
    ) -> None:
        self._reply(m.Error(code=code, message=text[:500], reply_to=reply_to, fatal=is_fatal))

    def _count_error(self, code: m.ErrorCode, text: str, reply_to: int | None) -> None:
        self._errors += 1
        is_last = self._errors >= self._options.max_errors
        self._error(code, text, reply_to, is_last)
        if is_last:
            self._dismiss(CloseCode.POLICY_VIOLATION, "too many bad messages")

    # -- requests ---------------------------------------------------------------------------

    def _session(self) -> LiveSession:
        if self.session is None:
            raise Refused("not_open", "no character is open; send open first")
        return self.session

    async def _take_speech(self, data: bytes) -> None:
        packet = unpack_speech(data)
        session = self._session()
        if packet.is_heard:
            session.hear(packet.pcm_i16, packet.sample_rate_hz)
            return
        if len(packet.pcm_i16):
            await session.push(
                packet.pcm_i16, packet.sample_rate_hz, self._options.max_pending_speech_s
            )
        if packet.is_flush:
            await session.flush()

    async def _open(self, request: m.Open) -> None:
        if self.session is not None:
            raise Refused("already_open", "a character is open; send close first")
        if request.fps not in SUPPORTED_FPS:
            raise Refused("unsupported", f"fps is {request.fps}; expected one of {SUPPORTED_FPS}")
        if request.size_px > self._options.max_size_px:
            raise Refused(
                "unsupported", f"size is {request.size_px}; the most is {self._options.max_size_px}"
            )
        is_drawn = request.codec != "motion"
        if not self._context.reserve_session(is_drawn, request.character, request.resume):
            raise Refused("busy", f"all {self._options.max_sessions} sessions are taken; try later")
        try:
            session = await self._make_session(request)
        except BaseException:
            self._context.release_session(is_drawn)
            raise
        self.session, self._is_drawn = session, is_drawn
        log.info("a session opened: %d px, %s", request.size_px, request.codec)
        self._reply(
            m.Opened(
                reply_to=request.id,
                character=request.character,
                sample_rate_hz=request.sample_rate_hz,
                fps=request.fps,
                size_px=request.size_px,
                codec=request.codec,
                controls=m.ControlSettings.of(session.controls),
                generation=0,
                resume=self._context.resume_tokens.issue(request.character, time.time()),
            )
        )
        return None

    async def _make_session(self, request: m.Open) -> LiveSession:
        source = self._context.source
        try:
            controls = await self._context.in_worker(source.controls_of, request.character)
            if request.controls is not None:
                controls = request.controls.applied_to(controls)
            emotions = await self._context.in_worker(source.emotions_of, request.character)
            encoder = make_encoder(request.codec, request.size_px, request.fps, request.quality)
            config = OpenConfig(
                character=request.character,
                sample_rate_hz=request.sample_rate_hz,
                fps=request.fps,
                size_px=request.size_px,
                realtime=request.source == "realtime",
                seed=request.seed,
                controls=controls,
                is_drawn=request.codec != "motion",
                emotions=emotions,
                frames_at_once=request.frames_per_message if request.codec == "motion" else 1,
            )
            face = await self._context.in_worker(source.open, config)
            voice = await self._context.in_worker(source.voice_of, request.character)
        except UnknownCharacter as problem:
            raise Refused("unknown_character", str(problem)) from problem
        except EncoderError as problem:
            raise Refused("unsupported", str(problem)) from problem
        except (VasaError, ValueError) as problem:
            raise Refused("unsupported", f"the character cannot be opened so: {problem}") from None
        self._sender.begin(request.codec, request.sample_rate_hz, encoder.request_key)
        self._outbox.begin_stream(request.fps, config.frames_at_once)
        return LiveSession(
            face, config, encoder, voice, self._sender, self._context.pool, leaps=request.leaps
        )

    async def _say(self, request: m.Say) -> m.Reply:
        session = self._session()
        if session.voice is None:
            raise Refused("voice_failed", "there is no voice on this server; push sound instead")
        if len(request.text) > self._options.max_text_chars:
            raise Refused(
                "too_much_pending",
                f"the text has {len(request.text)} characters; the most is "
                f"{self._options.max_text_chars}",
            )
        return m.Accepted(utterance=await session.say(request.text))

    async def _flush(self, request: m.Flush) -> None:
        await self._session().flush()

    async def _interrupt(self, request: m.Interrupt) -> None:
        self._sender.drop_before(self._session().interrupt(), request.id)

    async def _set_controls(self, request: m.SetControls) -> m.Reply:
        session = self._session()
        controls = request.controls.applied_to(session.controls)
        session.set_controls(controls)
        return m.ControlsSet(controls=m.ControlSettings.of(controls))

    async def _feel(self, request: m.Feel) -> m.Reply:
        if not self._session().feel(request.label, request.strength):
            raise Refused("unsupported", f"the character knows no label {request.label!r:.70}")
        return m.Felt(label=request.label)

    async def _set_state(self, request: m.SetState) -> m.Reply:
        self._session().attend(Attention[request.state.upper()])
        return m.StateSet(state=request.state)

    async def _note_playhead(self, request: m.Playhead) -> None:
        self._session()
        self._sender.note_playhead(request.sample)

    async def _get_stats(self, request: m.GetStats) -> m.Reply:
        session, counters = self._session(), self._outbox.counters
        of_the_server = {
            "uptime_s": round(session.uptime_s, 3),
            "sessions": self._context.sessions,
            "loop_lag_ms_p99": self._context.lag.p99_ms,
            "loop_lag_ms_max": self._context.lag.max_ms,
        }
        return m.Stats.model_validate(
            {**asdict(session.stats()), **asdict(counters), **of_the_server}
        )

    async def _close_session(self, request: m.Close) -> m.Reply:
        self._session()
        await self._drop_session()
        return m.Closed()

    async def _drop_session(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            self._sender.end()
            try:
                await session.close()
            finally:
                self._context.tally.add_over(session.stats(), session.sample_rate_hz)
                log.info("a session ended after %.0f s", session.uptime_s)
                self._outbox.drop_media(lambda packet: True)
                self._context.release_session(self._is_drawn)
