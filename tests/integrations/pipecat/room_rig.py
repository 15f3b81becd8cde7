"""The example bot in a room with a visitor: a transport without a network, so time may be virtual.

The visitor speaks into a microphone, sends the messages that a page sends, and notes what the bot
says, shows and tells.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
import soxr
from bot_rig import options
from pipecat.frames.frames import (
    InputAudioRawFrame,
    InputTransportMessageFrame,
    OutputTransportMessageFrame,
    OutputTransportMessageUrgentFrame,
    StartFrame,
)
from pipecat.pipeline.worker import PipelineWorker
from pipecat.runner.types import RunnerArguments
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_transport import BaseTransport, TransportParams
from pipecat_rig import LoopClock, MeasuringOutput, Record, now_s

from vasa_avatar.datatypes import I16

MICROPHONE_HZ = 16_000
PIECE_S = 0.02


class Microphone(BaseInputTransport):
    """Silence, and in it what was said; messages from the visitor's page."""

    def __init__(self, params: TransportParams) -> None:
        super().__init__(params)
        self.said: deque[I16] = deque()

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._listening = self.create_task(self._listen())

    async def cleanup(self) -> None:
        await super().cleanup()
        await self.cancel_task(self._listening)

    async def _listen(self) -> None:
        begin_s, n_heard = now_s(), 0
        silence = np.zeros(round(MICROPHONE_HZ * PIECE_S), np.int16)
        while True:
            pcm = self.said.popleft() if self.said else silence
            await self.push_audio_frame(InputAudioRawFrame(pcm.tobytes(), MICROPHONE_HZ, 1))
            n_heard += len(pcm)
            await asyncio.sleep(max(0.0, begin_s + n_heard / MICROPHONE_HZ - now_s()))


class Speaker(MeasuringOutput):
    """Plays, shows, and passes messages to the visitor's page."""

    def __init__(self, params: TransportParams, told: list[dict[str, Any]]) -> None:
        super().__init__(params)
        self._told = told

    async def send_message(
        self, frame: OutputTransportMessageFrame | OutputTransportMessageUrgentFrame
    ) -> None:
        self._told.append(frame.message)


class Room(BaseTransport):
    """A transport whose other end is a Visitor."""

    def __init__(self, params: TransportParams, told: list[dict[str, Any]]) -> None:
        super().__init__()
        self._register_event_handler("on_client_disconnected")
        params = params.model_copy(update={"audio_out_end_silence_secs": 0})
        self.microphone, self.speaker = Microphone(params), Speaker(params, told)

    def input(self) -> Microphone:
        return self.microphone

    def output(self) -> Speaker:
        return self.speaker

    async def leave(self) -> None:
        """The visitor goes."""
        await self._call_event_handler("on_client_disconnected", None)


class Visitor:
    """Whoever talks with the bot."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.room: Room | None = None

    @property
    def record(self) -> Record:
        """What was heard and seen."""
        assert self.room is not None
        return self.room.speaker.record

    async def enter(self, _arguments: Any, params: dict[str, Any]) -> Room:
        """In place of Pipecat's create_transport."""
        self.room = Room(params["webrtc"](), self.told)
        return self.room

    async def send(self, kind: str, data: dict[str, Any]) -> None:
        """A message, as the page sends it."""
        assert self.room is not None
        message = {"label": "rtvi-ai", "type": kind, "id": kind, "data": data}
        await self.room.microphone.broadcast_frame(InputTransportMessageFrame, message=message)

    def say(self, pcm_i16: I16, rate_hz: int) -> None:
        """Speak (N,) samples at `rate_hz` from now on."""
        assert self.room is not None
        samples = soxr.resample(pcm_i16, rate_hz, MICROPHONE_HZ)
        n_pieces = max(1, round(len(samples) / MICROPHONE_HZ / PIECE_S))
        self.room.microphone.said.extend(np.array_split(samples, n_pieces))

    def said(self) -> str:
        """What the bot told that it says."""
        told = [m["data"] for m in self.told if m.get("type") == "bot-tts-text"]
        return " ".join(data["text"] for data in told)

    def count(self, kind: str) -> int:
        """How many messages of a kind came."""
        return sum(message.get("type") == kind for message in self.told)

    async def until(self, is_so: Any, seconds: float = 60.0) -> None:
        """Wait for something to become true."""
        limit_s = now_s() + seconds
        while not is_so():
            assert now_s() < limit_s, "waited in vain"
            await asyncio.sleep(0.02)

    async def listen(self) -> None:
        """Wait until the bot has begun to speak and has stopped again."""
        stops = self.count("bot-stopped-speaking")
        await self.until(lambda: self.count("bot-stopped-speaking") > stops)


@asynccontextmanager
async def visiting(module: ModuleType, *words: str) -> AsyncIterator[Visitor]:
    """Start the example's bot, in a room, and come in; it has said its greeting."""
    visitor = Visitor()
    module.create_transport = visitor.enter  # type: ignore[attr-defined]
    module.PipelineWorker = partial(PipelineWorker, clock=LoopClock())  # type: ignore[attr-defined]
    arguments = RunnerArguments()
    arguments.handle_sigint = False
    arguments.cli_args = options(module, *words)
    bot = asyncio.create_task(module.bot(arguments))
    try:
        await visitor.until(lambda: visitor.room is not None and bool(visitor.record.seen))
        await visitor.send("client-ready", {"version": "1.0.0", "about": {"library": "test"}})
        await visitor.listen()
        yield visitor
    finally:
        if visitor.room is not None:
            await visitor.room.leave()
        await asyncio.wait_for(asyncio.gather(bot, return_exceptions=True), 30)
