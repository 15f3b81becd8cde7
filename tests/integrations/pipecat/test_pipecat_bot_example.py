"""The example as somebody would run it: a client connects, is greeted, types, and is answered."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from bot_rig import calling_bot, loudness, options, send, spoken, until
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from webrtc_rig import Received

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.slow,
    # aiortc leaves generators and sockets to the garbage collector when a call ends
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    # Pipecat's own use of its own old names
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pipecat"),
]


def test_it_greets_and_says_what_is_typed(example: Any) -> None:
    async def go() -> Received:
        async with calling_bot(example) as (received, channel):
            await until(lambda: len(received.brightness) > 20)
            await until(lambda: max(loudness(received), default=0) > 300)
            await until(lambda: "talking with" in spoken(received))
            send(channel, "send-text", {"content": "[happy] The parrot says twelve words."})
            await until(lambda: "parrot says" in spoken(received))
            await asyncio.sleep(1.0)
        return received

    received = asyncio.run(go())
    assert spoken(received).startswith("You are talking with")
    assert "[happy]" not in spoken(received)
    greys = [grey for _, grey in received.brightness]
    assert len(set(np.round(greys, 2))) > 5, "the picture moves"


def test_every_level_builds_its_pipeline(example: Any) -> None:
    for words in ([], ["--llm-url"], ["--llm-url", "http://localhost:1/v1", "--tool"]):
        chosen = options(example, *words)
        avatar = example.VasaVideoService(example.engine)
        transport = _transport(example)
        if chosen.llm_url:
            pipeline = asyncio.run(example.conversation_pipeline(transport, avatar, chosen))
        else:
            pipeline = example.parrot_pipeline(transport, avatar)
        assert avatar in pipeline.processors
    assert options(example, "--llm-url").llm_url == "http://localhost:11434/v1"


def _transport(example: Any) -> Any:
    from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport

    params = example.TransportParams(**example.avatar_transport_params(example.engine))

    async def make() -> Any:
        return SmallWebRTCTransport(webrtc_connection=SmallWebRTCConnection(), params=params)

    return asyncio.run(make())
