"""A client that comes back by itself when its connection breaks, and goes on at the sentence.

Example::

    async with stay_connected("ws://127.0.0.1:8765/ws") as client:
        await client.open("iris")
        await client.say("A long story. It has many sentences.")
        async for item in client:
            show(item)  # as of AvatarClient; Resumed where the clock begins anew
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from vasa_server.client import AvatarClient, ServerRefused, StreamItem, connect
from vasa_server.protocol import messages as m

_COMES_BACK_WITHIN_S = 15.0
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0
_LOST = (OSError, ConnectionClosed, InvalidHandshake, TimeoutError)


@dataclass(frozen=True, slots=True)
class Resumed:
    """The connection broke and is there again: samples count from 0, generations too."""

    away_s: float
    """how long nothing came"""


ResumedItem: TypeAlias = StreamItem | Resumed


@dataclass(slots=True)
class _Said:
    """A text whose end has not been told."""

    text: str
    utterance: int | None = None
    """None: the server has not taken it yet"""
    at: int = 0
    """where the sentence begins that is being spoken"""


class ResumingClient:
    """An AvatarClient over as many connections as it takes. Make it with `stay_connected`.

    Texts are said again from the sentence that broke off; sound that was pushed is not kept, so
    whoever pushes looks for Resumed. The connection comes back while somebody iterates.
    """

    def __init__(self, url: str, token: str | None) -> None:
        self._url, self._token = url, token
        self._client: AvatarClient | None = None
        self._stack = AsyncExitStack()
        self._opened_with: dict[str, Any] | None = None
        self._ticket = ""
        self._controls: m.ControlSettings | None = None
        self._state: m.State = "idle"
        self._said: list[_Said] = []

    async def open(self, character: str, **options: Any) -> m.Opened:
        """Bring a character to life; options as of `AvatarClient.open`."""
        opened = await self._now().open(character, **options)
        self._opened_with = {"character": character, **options}
        self._ticket = opened.resume
        return opened

    async def say(self, text: str) -> None:
        """Speak text; also when the connection breaks meanwhile."""
        said = _Said(text)
        self._said.append(said)
        try:
            said.utterance = await self._now().say(text)
        except ConnectionClosed:
            return  # it is said when the connection is back
        except ServerRefused:
            self._said.remove(said)
            raise

    async def interrupt(self) -> None:
        """Barge-in: nothing that was said so far goes on, not even after a break."""
        self._said.clear()
        try:
            await self._now().interrupt()
        except ConnectionClosed:
            return  # it is silent now

    async def set_controls(self, controls: m.ControlSettings) -> m.ControlSettings:
        """Steer; gives all controls as they now are."""
        self._controls = await self._now().set_controls(controls)
        return self._controls

    async def set_state(self, state: m.State) -> None:
        """Idle, listening or thinking."""
        self._state = state
        await self._now().set_state(state)

    def __aiter__(self) -> AsyncIterator[ResumedItem]:
        """What comes, and Resumed where a connection took the place of another."""
        return self

    async def __anext__(self) -> ResumedItem:
        """The next item.

        Raises:
            ConnectionError: the connection could not be had again.
        """
        try:
            item = await anext(self._now())
        except StopAsyncIteration:
            return await self._come_back()
        self._follow(item)
        return item

    async def connect(self) -> None:
        """Open the first connection."""
        self._client = await self._stack.enter_async_context(connect(self._url, self._token))

    async def close(self) -> None:
        """Leave."""
        await self._stack.aclose()

    # -- inside -----------------------------------------------------------------------------

    def _now(self) -> AvatarClient:
        assert self._client is not None, "connect() comes first"
        return self._client

    def _follow(self, item: StreamItem) -> None:
        """Keep in mind how far the voice is."""
        if isinstance(item, m.Sentence):
            for said in self._said:
                if said.utterance == item.utterance:
                    said.at = max(said.text.find(item.text.strip(), said.at), said.at)
        elif isinstance(item, m.UtteranceEnded):
            self._said = [said for said in self._said if said.utterance != item.utterance]

    async def _come_back(self) -> Resumed:
        left_s, pause_s = time.monotonic(), _FIRST_PAUSE_S
        while True:
            try:
                await self._stack.aclose()
                await self.connect()
                await self._go_on()
                return Resumed(time.monotonic() - left_s)
            except (*_LOST, ServerRefused) as problem:
                is_final = isinstance(problem, ServerRefused) and problem.code != "busy"
                if is_final or time.monotonic() - left_s > _COMES_BACK_WITHIN_S:
                    raise ConnectionError(f"the connection broke for good: {problem}") from problem
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _go_on(self) -> None:
        """The same character in the same state, and what it had not said."""
        if self._opened_with is None:
            return
        client = self._now()
        options = dict(self._opened_with)
        if self._controls is not None:
            options["controls"] = self._controls
        self._ticket = (await client.open(**options, resume=self._ticket)).resume
        if self._state != "idle":
            await client.set_state(self._state)
        for said in self._said:
            said.text, said.at = said.text[said.at :], 0
            said.utterance = await client.say(said.text)


@asynccontextmanager
async def stay_connected(url: str, token: str | None = None) -> AsyncIterator[ResumingClient]:
    """Connect to a server, and again whenever the connection breaks; arguments as `connect`."""
    client = ResumingClient(url, token)
    try:
        await client.connect()
        yield client
    finally:
        await client.close()
