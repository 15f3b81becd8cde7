"""What the room's people say, as it comes, for a face that listens to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
from livekit import rtc

from vasa_avatar.datatypes import I16

HEARING_RATE_HZ = 16_000


class Hearing:
    """Follows the sound of everybody in a room."""

    def __init__(self, room: rtc.Room, hear: Callable[[I16], None]) -> None:
        """Begin; `close` ends it.

        Args:
            room: tracks that are subscribed now and later are heard.
            hear: takes (N,) samples at HEARING_RATE_HZ.
        """
        self._room, self._hear = room, hear
        self._tasks: set[asyncio.Task[None]] = set()
        for participant in room.remote_participants.values():
            for publication in participant.track_publications.values():
                if publication.track is not None:
                    self._on_track(publication.track)
        room.on("track_subscribed", self._on_track)

    async def close(self) -> None:
        """Hear nothing more. Harmless when repeated."""
        self._room.off("track_subscribed", self._on_track)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_track(self, track: rtc.Track, *_: object) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            task = asyncio.create_task(self._follow(track))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _follow(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream.from_track(
            track=track, sample_rate=HEARING_RATE_HZ, num_channels=1
        )
        try:
            async for event in stream:
                self._hear(np.frombuffer(event.frame.data, np.int16))
        finally:
            await stream.aclose()
