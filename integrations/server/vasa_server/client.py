"""A typed asyncio client of the protocol: requests as methods, media and events to iterate over.

Example::

    async with connect("ws://127.0.0.1:8765/ws") as client:
        await client.open("iris")
        await client.say("Hello there.")
        async for item in client:
            show(item)  # Sound, Picture, or a message such as UtteranceEnded
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import cv2
import numpy as np
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from vasa_avatar.browser import unpack_motion
from vasa_avatar.datatypes import I16, U8, FaceMotion
from vasa_server.protocol import messages as m
from vasa_server.protocol.media import (
    CODEC_JPEG,
    CODEC_MOTION,
    SOUND,
    MediaPacket,
    frames_of,
    pack_heard,
    pack_speech,
    unpack_media,
)

PUSH_CHUNK_SAMPLES = 1 << 16
MAX_MESSAGE_BYTES = 4 << 20
MAX_WAITING_PICTURES = 64
MAX_WAITING_ITEMS = 8192
"""Sound and messages that nobody reads; past this the socket is not read any more."""


class ServerRefused(RuntimeError):
    """The server answered a request with an error."""

    def __init__(self, error: m.Error) -> None:
        super().__init__(f"{error.code}: {error.message}")
        self.code: m.ErrorCode = error.code


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A piece of the voice."""

    pcm_i16: I16
    """(N,)"""
    sample: int
    """index of pcm_i16[0] on the session's clock"""
    generation: int
    sequence: int


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture, still encoded; or what moves, in a session with the codec motion."""

    data: bytes
    codec: int
    sample: int
    """index of the first sample it belongs to"""
    samples: int
    """how long it is shown"""
    generation: int
    sequence: int
    is_speech: bool
    is_key: bool

    def decode(self) -> U8:
        """The picture of a JPEG session.

        Returns:
            (H, W, 3) uint8 RGB.

        Raises:
            ValueError: not a JPEG (H.264 needs a decoder that sees all pictures).
        """
        if self.codec != CODEC_JPEG:
            raise ValueError("only JPEG pictures can be decoded one by one; see also motion()")
        bgr = cv2.imdecode(np.frombuffer(self.data, np.uint8), cv2.IMREAD_COLOR)
        if bgr is None:
            raise ValueError("the picture is damaged")
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)

    def motion(self) -> FaceMotion:
        """What moves, of a session with the codec motion.

        Raises:
            ValueError: it is a picture.
        """
        if self.codec != CODEC_MOTION:
            raise ValueError("this is a picture; open the character with the codec motion")
        return unpack_motion(self.data)


StreamItem: TypeAlias = Sound | Picture | m.Reply
_R = TypeVar("_R", bound=m.Reply)


class _Inbox:
    """What came and was not taken yet; pictures are dropped when too many wait."""

    def __init__(self) -> None:
        self._items: deque[StreamItem] = deque()
        self._pictures = 0
        self._is_over = False
        self._changed = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def put(self, item: StreamItem) -> None:
        await self._has_room.wait()
        self._items.append(item)
        if isinstance(item, Picture):
            self._pictures += 1
            if self._pictures > MAX_WAITING_PICTURES:
                self._items.remove(next(i for i in self._items if isinstance(i, Picture)))
                self._pictures -= 1
        if len(self._items) >= MAX_WAITING_ITEMS:
            self._has_room.clear()
        self._changed.set()

    def end(self) -> None:
        self._is_over = True
        self._changed.set()

    async def get(self) -> StreamItem | None:
        while not self._items:
            if self._is_over:
                return None
            self._changed.clear()
            await self._changed.wait()
        item = self._items.popleft()
        if isinstance(item, Picture):
            self._pictures -= 1
        self._has_room.set()
        return item


class AvatarClient:
    """One connection. Make it with `connect`."""

    def __init__(self, socket: ClientConnection, welcome: m.Welcome) -> None:
        self.welcome = welcome
        self.generation = 0
        """media of older generations is stale"""
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[m.Reply]] = {}
        self._items = _Inbox()
        self._rate_hz = 0
        self._reader = asyncio.create_task(self._read())

    # -- requests ---------------------------------------------------------------------------

    async def open(
        self,
        character: str,
        *,
        sample_rate_hz: int = 24_000,
        fps: int = 25,
        size_px: int = 512,
        codec: m.Codec = "jpeg",
        quality: int = 80,
        source: m.SpeechSource = "burst",
        leaps: bool = False,
        frames_per_message: int = 1,
        seed: int = 0,
        controls: m.ControlSettings | None = None,
        resume: str = "",
    ) -> m.Opened:
        """Bring a character to life; see the protocol's `open`.

        Raises:
            ServerRefused: unknown character, no free session, and so on.
        """
        fields = {
            "character": character, "sample_rate_hz": sample_rate_hz, "fps": fps,
            "size_px": size_px, "codec": codec, "quality": quality, "source": source,
            "leaps": leaps, "frames_per_message": frames_per_message, "seed": seed,
            "controls": controls, "resume": resume,
        }  # fmt: skip
        opened = await self._ask(m.Open.model_validate(fields), m.Opened)
        self._rate_hz = opened.sample_rate_hz
        self.generation = 0
        return opened

    async def say(self, text: str) -> int:
        """Speak text; the number of its utterance."""
        return (await self._ask(m.Say(text=text), m.Accepted)).utterance

    async def push(self, pcm_i16: I16, sample_rate_hz: int | None = None) -> None:
        """Speak sound: (N,) int16 mono, at the session's rate unless told."""
        rate = sample_rate_hz or self._rate_hz
        for first in range(0, len(pcm_i16), PUSH_CHUNK_SAMPLES):
            await self._socket.send(pack_speech(pcm_i16[first : first + PUSH_CHUNK_SAMPLES], rate))

    async def hear(self, pcm_i16: I16, sample_rate_hz: int) -> None:
        """Let the face listen to the user: (N,) int16 mono, as it comes; it is not spoken."""
        for first in range(0, len(pcm_i16), PUSH_CHUNK_SAMPLES):
            piece = pcm_i16[first : first + PUSH_CHUNK_SAMPLES]
            await self._socket.send(pack_heard(piece, sample_rate_hz))

    async def flush(self) -> None:
        """The pushed speech is complete."""
        await self._socket.send(m.to_json(m.Flush()))

    async def interrupt(self) -> m.Interrupted:
        """Barge-in; media of older generations is not given any more."""
        return await self._ask(m.Interrupt(), m.Interrupted)

    async def feel(self, label: str, strength: float = 1.0) -> None:
        """Let the face feel something that passes by itself.

        Raises:
            ServerRefused: the character knows no such label.
        """
        await self._ask(m.Feel(label=label, strength=strength), m.Felt)

    async def set_controls(self, controls: m.ControlSettings) -> m.ControlSettings:
        """Steer; gives all controls as they now are."""
        reply = await self._ask(m.SetControls(controls=controls), m.ControlsSet)
        return reply.controls

    async def set_state(self, state: m.State) -> None:
        """Idle, listening or thinking."""
        await self._ask(m.SetState(state=state), m.StateSet)

    async def report_playhead(self, sample: int) -> None:
        """Tell the server what is heard now, so that it can thin pictures on a slow line."""
        await self._socket.send(m.to_json(m.Playhead(sample=sample)))

    async def stats(self) -> m.Stats:
        """The session's figures."""
        return await self._ask(m.GetStats(), m.Stats)

    async def leave(self) -> None:
        """Close the character; another may be opened."""
        await self._ask(m.Close(), m.Closed)

    # -- what comes --------------------------------------------------------------------------

    def __aiter__(self) -> AsyncIterator[StreamItem]:
        """Sound, pictures, and messages that answer no request, until the connection ends.

        A reader that does not keep up loses pictures, not sound.
        """
        return self

    async def __anext__(self) -> StreamItem:
        """The next item; media of older generations is left out."""
        while (item := await self._items.get()) is not None:
            if not isinstance(item, Sound | Picture) or item.generation >= self.generation:
                return item
        raise StopAsyncIteration

    async def close(self) -> None:
        """Leave."""
        await self._socket.close()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    # -- inside -----------------------------------------------------------------------------

    async def _ask(self, request: m.Request, kind: type[_R]) -> _R:
        number = next(self._ids)
        future: asyncio.Future[m.Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            await self._socket.send(m.to_json(request.model_copy(update={"id": number})))
            reply = await future
        finally:
            del self._waiting[number]
        if isinstance(reply, m.Error):
            raise ServerRefused(reply)
        if not isinstance(reply, kind):
            raise m.BadMessage(f"the server answered {type(reply).__name__}, not {kind.__name__}")
        return reply

    async def _read(self) -> None:
        problem: Exception = ConnectionError("the server closed the connection")
        try:
            async for message in self._socket:
                await self._sort(message)
        except ConnectionClosed as closed:
            problem = closed
        except Exception as broken:
            problem = broken
            await self._socket.close(1002, "the client did not understand")
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(problem)
            self._items.end()

    async def _sort(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            for packet in frames_of(unpack_media(message)):
                await self._items.put(_media_item(packet))
            return
        try:
            reply = m.parse_reply(message)
        except m.UnknownType:
            return
        if isinstance(reply, m.Interrupted):
            self.generation = reply.generation
        future = self._waiting.get(reply.reply_to) if reply.reply_to is not None else None
        if future is not None and not future.done():
            future.set_result(reply)
        else:
            await self._items.put(reply)


def _media_item(packet: MediaPacket) -> Sound | Picture:
    if packet.kind == SOUND:
        pcm = np.frombuffer(packet.payload, "<i2").astype(np.int16, copy=False)
        return Sound(pcm, packet.sample, packet.generation, packet.sequence)
    return Picture(
        packet.payload, packet.codec, packet.sample, packet.samples, packet.generation,
        packet.sequence, packet.is_speech, packet.is_key,
    )  # fmt: skip


@asynccontextmanager
async def connect(url: str, token: str | None = None) -> AsyncIterator[AvatarClient]:
    """Connect to a server.

    Args:
        url: such as ws://127.0.0.1:8765/ws.
        token: the server's token, when it has one.

    Raises:
        OSError, websockets.exceptions.InvalidStatus: not reachable, or refused at the door.
        BadMessage: not a server of this protocol.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with connect_websocket(
        url,
        subprotocols=[Subprotocol(m.SUBPROTOCOL)],
        additional_headers=headers,
        max_size=MAX_MESSAGE_BYTES,
        compression=None,
        proxy=None,
    ) as socket:
        first = await socket.recv()
        welcome = m.parse_reply(first if isinstance(first, str) else "")
        if not isinstance(welcome, m.Welcome) or welcome.protocol != m.VERSION:
            raise m.BadMessage(f"the server does not speak version {m.VERSION} of the protocol")
        client = AvatarClient(socket, welcome)
        try:
            yield client
        finally:
            await client.close()
