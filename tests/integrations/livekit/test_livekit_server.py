"""A whole call through a LiveKit server, where one listens on this machine."""

from __future__ import annotations

import asyncio
import socket

import numpy as np
import pytest
from livekit import api, rtc
from livekit.agents import Agent, AgentSession
from livekit.plugins import vasa
from livekit_rig import RATE, counted, frames_of

HOST, PORT = "127.0.0.1", 7880
_KEY, _SECRET = "devkey", "secret"


def is_served() -> bool:
    try:
        socket.create_connection((HOST, PORT), 0.2).close()
    except OSError:
        return False
    return True


pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(not is_served(), reason=f"no LiveKit server listens on port {PORT}"),
    pytest.mark.filterwarnings("ignore:.*HMAC key is"),  # that of a development server is short
]


async def joined(identity: str) -> rtc.Room:
    room = rtc.Room()
    grants = api.VideoGrants(room_join=True, room="vasa-test")
    token = api.AccessToken(_KEY, _SECRET).with_identity(identity).with_grants(grants).to_jwt()
    await room.connect(f"ws://{HOST}:{PORT}", token)
    return room


def test_a_caller_sees_and_hears_the_face() -> None:
    async def call() -> None:
        caller, agent = await joined("caller"), await joined("agent")
        came: dict[int, asyncio.Event] = {
            kind: asyncio.Event() for kind in (rtc.TrackKind.KIND_VIDEO, rtc.TrackKind.KIND_AUDIO)
        }

        async def watch(track: rtc.Track) -> None:
            if track.kind == rtc.TrackKind.KIND_VIDEO:
                async for _ in rtc.VideoStream.from_track(track=track):
                    came[track.kind].set()
            async for event in rtc.AudioStream.from_track(track=track):
                if np.abs(np.frombuffer(event.frame.data, np.int16)).max() > 500:
                    came[track.kind].set()

        watching: list[asyncio.Task[None]] = []
        caller.on("track_subscribed", lambda t, *_: watching.append(asyncio.create_task(watch(t))))
        session, avatar = AgentSession[None](), vasa.AvatarSession("iris", size_px=256)
        await avatar.start(session, agent)
        await session.start(Agent(instructions=""))

        async def audio():  # type: ignore[no-untyped-def]
            for frame in frames_of(counted(2 * RATE)):
                yield frame

        await avatar.wait_for_join()
        await session.say("Hello.", audio=audio())
        await asyncio.wait_for(asyncio.gather(*(event.wait() for event in came.values())), 60)
        await session.aclose()
        await avatar.aclose()
        for task in watching:
            task.cancel()
        await agent.disconnect()
        await caller.disconnect()

    asyncio.run(call())
