"""The example bot as its runner starts it, and a client that calls it."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from aiortc.mediastreams import AudioStreamTrack
from pipecat.runner.types import SmallWebRTCRunnerArguments
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from webrtc_rig import Received, dialling

EXAMPLE = Path(__file__).parents[3] / "examples" / "pipecat_bot.py"


def load_example() -> ModuleType:
    """The example as a module; like any script, it finds what lies beside it."""
    if str(EXAMPLE.parent) not in sys.path:
        sys.path.insert(0, str(EXAMPLE.parent))
    spec = importlib.util.spec_from_file_location("pipecat_bot", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def options(module: ModuleType, *words: str) -> argparse.Namespace:
    parsed: argparse.Namespace = module.arguments().parse_args(list(words))
    return parsed


@asynccontextmanager
async def calling_bot(
    module: ModuleType, *words: str, microphone: AudioStreamTrack | None = None
) -> AsyncIterator[tuple[Received, Any]]:
    """Start the bot as the runner does, and call it."""
    connection = SmallWebRTCConnection()
    arguments = SmallWebRTCRunnerArguments(webrtc_connection=connection)
    arguments.handle_sigint = False
    arguments.cli_args = options(module, *words)
    bot = asyncio.create_task(module.bot(arguments))
    try:
        async with dialling(connection, microphone) as (received, channel):
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
