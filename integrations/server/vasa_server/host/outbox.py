"""What waits to be sent on one connection, in order; a slow reader loses pictures, never sound.

Used on the event loop only. Pictures are bounded by number: when one too many waits, the oldest is
dropped (with H.264 all up to the next key picture, and a key picture is asked for). Sound and
control messages are never dropped; the session stops giving out sound while too much of it waits
(`sound_s`), so memory is bounded by what the client may have pending.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from vasa_server.protocol.media import (
    CODEC_H264,
    PICTURE,
    SOUND,
    MediaPacket,
    is_joined,
    joined,
    pack_media,
)

MAX_PICTURES_S = 0.4
MIN_PICTURES = 4
MAX_CONTROL_MESSAGES = 512


class ReaderTooSlow(RuntimeError):
    """Replies pile up: the client sends requests and does not read the answers."""


@dataclass(slots=True)
class OutboxCounters:
    """Figures since the connection began."""

    pictures_sent: int = 0
    pictures_dropped: int = 0
    bytes_sent: int = 0


class Outbox:
    """A bounded queue between one session and one WebSocket."""

    def __init__(self, max_pictures: int = MIN_PICTURES) -> None:
        self.counters = OutboxCounters()
        self.needs_key = False
        """True when a dropped picture broke the chain of an H.264 stream."""
        self._items: deque[str | MediaPacket] = deque()
        self._max_pictures = max_pictures
        self._frames_per_message = 1
        self._pictures = 0
        self._controls = 0
        self._sound_samples = 0
        self._filled = asyncio.Event()

    @property
    def sound_samples(self) -> int:
        """Samples of sound that wait."""
        return self._sound_samples

    @property
    def pictures(self) -> int:
        """Pictures that wait."""
        return self._pictures

    def begin_stream(self, fps: int, frames_per_message: int = 1) -> None:
        """A session begins.

        Args:
            fps: so many pictures may wait as are shown in MAX_PICTURES_S, and a message of them.
            frames_per_message: more than one, with the codec motion: what waits goes together.
        """
        self._max_pictures = max(MIN_PICTURES, round(MAX_PICTURES_S * fps)) + frames_per_message - 1
        self._frames_per_message = frames_per_message
        self.needs_key = False

    def put_control(self, text: str) -> None:
        """Queue a JSON message.

        Raises:
            ReaderTooSlow: too many messages wait already.
        """
        if self._controls >= MAX_CONTROL_MESSAGES:
            raise ReaderTooSlow(f"{self._controls} replies wait and none is read")
        self._items.append(text)
        self._controls += 1
        self._filled.set()

    def put_media(self, packet: MediaPacket) -> None:
        """Queue a sound or a picture; may drop an older picture instead of growing."""
        if packet.kind == PICTURE:
            if self.needs_key and not packet.is_key:
                self.counters.pictures_dropped += 1
                return
            self.needs_key = False
            self._pictures += 1
        else:
            self._sound_samples += packet.samples
        self._items.append(packet)
        if self._pictures > self._max_pictures:
            self._drop_oldest_picture()
        self._filled.set()

    def drop_media(self, is_stale: Callable[[MediaPacket], bool]) -> None:
        """Throw away all media of which `is_stale` is true (barge-in, end of a session)."""
        kept: deque[str | MediaPacket] = deque()
        for item in self._items:
            if isinstance(item, MediaPacket) and is_stale(item):
                self._forget(item)
                if item.kind == PICTURE:
                    self.counters.pictures_dropped += 1
                    self.needs_key = self.needs_key or item.codec == CODEC_H264
            else:
                kept.append(item)
        self._items = kept

    async def next_message(self) -> str | bytes:
        """Wait for the next message and take it out."""
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        item = self._items.popleft()
        if isinstance(item, str):
            self._controls -= 1
            return item
        packets = [item, *self._take_following(item)]
        for packet in packets:
            self._forget(packet)
            if packet.kind == PICTURE:
                self.counters.pictures_sent += 1
        return pack_media(joined(packets))

    def _take_following(self, first: MediaPacket) -> list[MediaPacket]:
        """What waits of the same kind and begins where the one before it ends."""
        found: list[MediaPacket] = []
        passed: list[MediaPacket] = []
        last = first
        while self._items and len(found) < self._frames_per_message - 1:
            item = self._items[0]
            if not isinstance(item, MediaPacket):  # a message keeps its place
                break
            if item.kind == last.kind and not is_joined(last, item):
                break
            self._items.popleft()
            if item.kind != last.kind:
                passed.append(item)
                continue
            found.append(item)
            last = item
        self._items.extendleft(reversed(passed))
        return found

    def _forget(self, packet: MediaPacket) -> None:
        if packet.kind == SOUND:
            self._sound_samples -= packet.samples
        else:
            self._pictures -= 1

    def _drop_oldest_picture(self) -> None:
        """Drop the oldest picture that waits, and what cannot be decoded without it."""
        kept: deque[str | MediaPacket] = deque()
        chain_broken = False
        dropped = False
        for item in self._items:
            if not isinstance(item, MediaPacket) or item.kind != PICTURE:
                kept.append(item)
            elif not dropped or (chain_broken and not item.is_key):
                chain_broken = chain_broken or item.codec == CODEC_H264
                dropped = True
                self._forget(item)
                self.counters.pictures_dropped += 1
            else:
                chain_broken = False
                kept.append(item)
        self._items = kept
        self.needs_key = self.needs_key or chain_broken
