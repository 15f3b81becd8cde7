"""What the connections of one server share: characters, limits, workers, the count of sessions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import vasa_avatar
from vasa_avatar.datatypes import EMOTIONS
from vasa_avatar.units import SUPPORTED_FPS
from vasa_server.host.figures import Tally
from vasa_server.host.limits import ServerOptions
from vasa_server.host.loop_lag import LoopLag
from vasa_server.host.resume import ResumeTokens
from vasa_server.host.seats import PARTS, Seats
from vasa_server.protocol import messages as m
from vasa_server.show.sources import CharacterSource

_P = ParamSpec("_P")
_T = TypeVar("_T")
_WORKERS = 4


class ServerContext:
    """Shared by a server and its connections; used on the event loop only."""

    def __init__(
        self, source: CharacterSource, options: ServerOptions, seats: Seats | None = None
    ) -> None:
        self.source = source
        self.options = options
        self.lag = LoopLag()
        self.pool = ThreadPoolExecutor(_WORKERS, "vasa-worker")
        self.seats = seats or Seats()
        self.tally = Tally()
        self.resume_tokens = ResumeTokens(options.resume_secret)
        self.is_loading = False
        """whether characters are still being loaded ahead: it serves, but slowly"""
        self.is_closing = False
        self._welcome: m.Welcome | None = None

    @property
    def welcome(self) -> m.Welcome:
        """The first message to a client."""
        assert self._welcome is not None, "prepare() comes first"
        return self._welcome

    async def prepare(self) -> None:
        """Ask the source what it has; before the first connection."""
        self._welcome = await self.in_worker(self._make_welcome)

    @property
    def sessions(self) -> int:
        """Characters that are open, in all workers."""
        return self.seats.taken

    def reserve_session(self, is_drawn: bool, character: str = "", resume: str = "") -> bool:
        """Count one more session, if there is room.

        Args:
            is_drawn: pictures are drawn here.
            character: that is to be opened.
            resume: what the client shows to come back.
        """
        parts, limit = PARTS if is_drawn else 1, self.options.max_sessions
        is_back = bool(resume) and self.resume_tokens.is_good(resume, character, time.time())
        has_room = not self.is_closing and self.seats.take(limit, parts, is_back)
        if has_room:
            self.tally.opened += 1
        else:
            self.tally.refused += 1
        return has_room

    @property
    def is_ready(self) -> bool:
        """Whether a new session would be served well now."""
        is_full = self.seats.parts_taken >= self.options.max_sessions * PARTS
        return not (self.is_closing or self.is_loading or is_full)

    def release_session(self, is_drawn: bool) -> None:
        """One session less."""
        self.seats.give_back(PARTS if is_drawn else 1)

    async def in_worker(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run what may take a while on a worker thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.pool, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Let the workers go; what they are at is not waited for."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _make_welcome(self) -> m.Welcome:
        characters = tuple(self.source.characters())
        has_voice = any(self.source.voice_of(character.id) for character in characters[:1])
        return m.Welcome(
            server=f"vasa_server/{vasa_avatar.__version__}",
            characters=characters,
            emotions=EMOTIONS,
            codecs=("jpeg", "h264", "motion"),
            fps=SUPPORTED_FPS,
            voice=has_voice,
            max_text_chars=self.options.max_text_chars,
            max_message_bytes=self.options.max_message_bytes,
            max_pending_speech_s=self.options.max_pending_speech_s,
        )
