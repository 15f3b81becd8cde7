"""The example as somebody would run it: a client connects, is greeted, types, and is answered."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from pipecat.runner.types import SmallWebRTCRunnerArguments
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat_vasa import VasaEngine
from webrtc_rig import Received, dialling

EXAMPLE = Path(__file__).parents[3] / "examples" / "pipecat_bot.py"

pytestmark = [
    pytest.mark.slow,
    # aiortc leaves generators and sockets to the garbage collector when a call ends
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    # Pipecat's own use of its own old names
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pipecat"),
]


def load_example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pipecat_bot", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def options(module: ModuleType, *words: str) -> argparse.Namespace:
    parsed: argparse.Namespace = module.arguments().parse_args(list(words))
    return parsed


@asynccontextmanager
async def calling_bot(module: ModuleType, *words: str) -> AsyncIterator[tuple[Received, Any]]:
    """Start the bot as the runner does, and call it."""
    connection = SmallWebRTCConnection()
    arguments = SmallWebRTCRunnerArguments(webrtc_connection=connection)
    arguments.handle_sigint = False
    arguments.cli_args = options(module, *words)
    bot = asyncio.create_task(module.bot(arguments))
    try:
        async with dialling(connection) as (received, channel):
            await until(lambda: channel.readyState == "open")
            send(channel, "client-ready", {"version": "1.0.0", "about": {"library": "test"}})
            yield received, channel
    finally:
        await asyncio.wait_for(asyncio.gather(bot, return_exceptions=True), 30)


def send(channel: Any, kind: str, data: dict[str, Any]) -> None:
    channel.send(json.dumps({"label": "rtvi-ai", "type": kind, "id": kind, "data": data}))


async def until(is_so: Any, seconds: float = 30.0) -> None:
    loop = asyncio.get_running_loop()
    limit = loop.time() + seconds
    while not is_so():
        assert loop.time() < limit, "waited in vain"
        await asyncio.sleep(0.05)


def loudness(received: Received) -> list[float]:
    return [float(np.abs(samples.astype(int)).mean()) for _, samples in received.sound]


def spoken(received: Received) -> str:
    """What the bot told its client that it says."""
    told = [m["data"] for m in received.messages if m.get("type") == "bot-tts-text"]
    return " ".join(data["text"] for data in told)


@pytest.fixture(scope="module")
def example() -> Any:
    module = load_example()
    module.engine = VasaEngine.load("iris")  # type: ignore[attr-defined]
    yield module
    module.engine.close()  # type: ignore[attr-defined]


def test_it_greets_and_says_what_is_typed(example: Any) -> None:
    async def go() -> Received:
        async with calling_bot(example) as (received, channel):
            await until(lambda: len(received.brightness) > 20)
            await until(lambda: max(loudness(received), default=0) > 300)
            send(channel, "send-text", {"content": "[happy] The parrot says twelve words."})
            await until(lambda: "parrot says" in spoken(received))
            await asyncio.sleep(1.0)
        return received

    received = asyncio.run(go())
    assert "[happy]" not in spoken(received)
    greys = [grey for _, grey in received.brightness]
    assert len(set(np.round(greys, 2))) > 5, "the picture moves"


def test_every_level_builds_its_pipeline(example: Any) -> None:
    for words in ([], ["--llm-url"], ["--llm-url", "http://localhost:1/v1", "--tool"]):
        chosen = options(example, *words)
        avatar = example.VasaVideoService(example.engine)
        transport = _transport(example)
        if chosen.llm_url:
            pipeline = example.conversation_pipeline(transport, avatar, chosen)
        else:
            pipeline = example.parrot_pipeline(transport, avatar)
        assert avatar in pipeline.processors
    assert options(example, "--llm-url").llm_url == example.OLLAMA_URL
    assert "<<happy>>" in example.prompt()


def _transport(example: Any) -> Any:
    from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport

    params = example.TransportParams(**example.avatar_transport_params(example.engine))

    async def make() -> Any:
        return SmallWebRTCTransport(webrtc_connection=SmallWebRTCConnection(), params=params)

    return asyncio.run(make())
