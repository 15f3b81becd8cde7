"""A call over SmallWebRTC with a client in the same process: pictures, voice, messages arrive."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest
from pipecat.frames.frames import (
    BotStoppedSpeakingFrame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from webrtc_rig import RATE_HZ, Call, beeps, calling

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.filterwarnings(
        # aiortc leaves generators and sockets to the garbage collector when a call ends
        "ignore::ResourceWarning",
        "ignore::pytest.PytestUnraisableExceptionWarning",
    ),
]


async def speak(call: Call, seconds: float) -> None:
    pcm = beeps(seconds)
    await call.send(TTSStartedFrame(context_id="beeps"))
    for first in range(0, len(pcm), RATE_HZ // 10):
        sound = pcm[first : first + RATE_HZ // 10].tobytes()
        await call.send(TTSAudioRawFrame(sound, RATE_HZ, 1, context_id="beeps"))
    await call.send(TTSStoppedFrame(context_id="beeps"))


def test_flashes_and_beeps_arrive_together() -> None:
    async def go() -> Call:
        async with calling() as call:
            await speak(call, 4.0)
            await call.until(lambda: bool(call.tail.frames(BotStoppedSpeakingFrame)))
            await call.until(lambda: len(call.received.onsets_s()) == 5)
        return call

    received = asyncio.run(go()).received
    assert len(received.onsets_s()) == 5
    # A loaded machine may lose a flash, or lay a black picture into one.
    assert 3 <= len(received.flashes_s()) <= 7
    assert abs(float(np.median(received.skews_ms()))) < 120
    packets = received.arrivals["video"]
    first = packets[0][1]
    late_s = np.array([at - ((rtp - first) % 2**32) / 90_000 for at, rtp in packets])
    _, middle, end = np.array_split(late_s, 3)
    drift_s = np.median(end) - np.median(middle)
    assert abs(drift_s) < 0.1, "a browser would show the lips elsewhere"


def test_a_client_steers_the_face_and_gets_an_answer() -> None:
    async def go() -> Call:
        async with calling() as call:
            message = {
                "label": "rtvi-ai",
                "type": "client-message",
                "id": "42",
                "data": {"t": "avatar.set", "d": {"emotion": "happy", "head_distance": 0.9}},
            }
            call.channel.send(json.dumps(message))
            await call.until(lambda: bool(answers(call)))
            assert call.avatar.settings.emotion == "happy"
        return call

    def answers(call: Call) -> list[dict[str, object]]:
        return [m for m in call.received.messages if m.get("id") == "42"]

    answer = answers(asyncio.run(go()))[0]
    assert answer["type"] == "server-response"
    settings = answer["data"]["d"]["settings"]  # type: ignore[index]
    assert settings["head_distance"] == 0.9


def test_an_interruption_silences_the_call() -> None:
    async def go() -> Call:
        async with calling() as call:
            await speak(call, 8.0)
            await call.until(lambda: bool(call.received.onsets_s()))
            await call.send(InterruptionFrame())
            await asyncio.sleep(1.5)
        return call

    received = asyncio.run(go()).received
    assert len(received.onsets_s()) <= 3
    tail = [grey for _, grey in received.brightness[-10:]]
    assert max(tail) < 60
