"""Many faces drawn by their callers at once, through Pipecat over SmallWebRTC; JSON on stdout.

    python tests/bench/bench_pipecat_sessions.py [--sessions 1 16] [--processes 1] [--seconds 20]

N bots in one or more processes, each with a pipeline of its own ([input, VasaMotionService,
output]), speak without a pause, all from one moment on. Sound comes as a TTS gives it, four times
as fast as it is heard (`--pace 0`: all of it in one moment, which alone is half a second of work
for Pipecat's queues). Their callers are N aiortc peers in another process on the same machine.

Motion is late when its message comes after its sound was handed to the line, by the sender's clock
as its fastest message tells it; the voice is heard some 100 ms later still. Lost: frames of speech
whose motion never came. Sound is late against the packets' own time, from the first that came
without delay. A load passes when no frame was lost and no sound came later than 60 ms.

CPU is the bots' processes', a session's share, in percent of one core: it holds Opus, SRTP and
Pipecat as well. Callers note when packets come and decode no sound; what they take of the same
cores stands beside it, and so does what the sessions cost while they are silent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import multiprocessing
import os
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

for _folder in ("", "integrations/pipecat"):
    sys.path.insert(0, str(Path(__file__).parents[1] / _folder))

from loguru import logger  # noqa: E402

logger.remove()

from aiortc import RTCPeerConnection, RTCSessionDescription  # noqa: E402
from lag_meter import LoopBeside  # noqa: E402
from pipecat.frames.frames import (  # noqa: E402
    EndFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat.pipeline.pipeline import Pipeline  # noqa: E402
from pipecat.pipeline.worker import PipelineParams, PipelineWorker  # noqa: E402
from pipecat.transports.base_transport import TransportParams  # noqa: E402
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection  # noqa: E402
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport  # noqa: E402
from pipecat.workers.runner import WorkerRunner  # noqa: E402
from pipecat_vasa import VasaEngine, VasaMotionService, tune_interpreter  # noqa: E402
from process_use import ProcessUse  # noqa: E402

from vasa_avatar.audio.hibari_voice import HibariVoice  # noqa: E402
from vasa_avatar.browser import MOTION_BYTES  # noqa: E402
from vasa_avatar.datatypes import I16  # noqa: E402

Row = dict[str, Any]
RATE_HZ, FPS = 24_000, 25
TEXT = "The quick brown fox jumps over the lazy dog, and every picture arrives in time. "
CHUNK = RATE_HZ // 5
AFTER_S = 1.5
SILENT_S = 5.0
LATE_MS = 60.0
CONNECT_PATIENCE_S = 60.0


def speech(seconds: float) -> I16:
    """Real speech, repeated to a length."""
    said = np.concatenate(list(HibariVoice().stream(TEXT)))
    return np.tile(said, int(seconds * RATE_HZ / len(said)) + 1)[: int(seconds * RATE_HZ)]


# -- the bots' process ---------------------------------------------------------------------------


class Bots:
    """Answers calls, each with a pipeline of its own."""

    def __init__(self) -> None:
        self._engine = VasaEngine.load("iris")
        self._workers: list[PipelineWorker] = []
        self._runs: list[asyncio.Task[None]] = []
        tune_interpreter()

    async def answer(self, sdp: str, kind: str) -> dict[str, str]:
        """Take a call; the answer's description."""
        connection = SmallWebRTCConnection()
        params = TransportParams(audio_out_enabled=True)
        transport = SmallWebRTCTransport(webrtc_connection=connection, params=params)
        avatar = VasaMotionService(self._engine, seed=len(self._workers))
        worker = PipelineWorker(
            Pipeline([transport.input(), avatar, transport.output()]),
            cancel_on_idle_timeout=False,
            params=PipelineParams(audio_out_sample_rate=RATE_HZ),
        )
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        self._workers.append(worker)
        self._runs.append(asyncio.create_task(runner.run()))
        await connection.initialize(sdp, kind)
        found: dict[str, str] = connection.get_answer()
        return found

    async def speak(self, pcm: I16, pace: float) -> None:
        """All bots; sound comes `pace` times as fast as it is heard, or all in one moment (0)."""
        pieces = [pcm[at : at + CHUNK].tobytes() for at in range(0, len(pcm), CHUNK)]
        wait_s = CHUNK / RATE_HZ / pace if pace else 0.0
        async with asyncio.TaskGroup() as group:
            for number, worker in enumerate(self._workers):
                group.create_task(_speak(worker, pieces, f"c{number}", wait_s))

    async def end(self) -> None:
        """Hang up."""
        for worker in self._workers:
            await worker.queue_frame(EndFrame())
        await asyncio.wait(self._runs, timeout=20)
        self._engine.close()


async def _speak(worker: PipelineWorker, pieces: list[bytes], context: str, wait_s: float) -> None:
    """As a TTS gives it."""
    await worker.queue_frame(TTSStartedFrame(context_id=context))
    for piece in pieces:
        await worker.queue_frame(TTSAudioRawFrame(piece, RATE_HZ, 1, context_id=context))
        if wait_s:
            await asyncio.sleep(wait_s)
    await worker.queue_frame(TTSStoppedFrame(context_id=context))


def serve(pipe: Connection, seconds: float, pace: float) -> None:
    """Obey what comes over the pipe: a call's description, "speak", "end"."""

    async def run() -> None:
        bots, pcm = Bots(), speech(seconds)
        pipe.send("ready")
        loop = asyncio.get_running_loop()
        while (asked := await loop.run_in_executor(None, pipe.recv)) != "end":
            if asked == "speak":
                speaking = asyncio.create_task(bots.speak(pcm, pace))
                pipe.send(None)
            else:
                pipe.send(await bots.answer(*asked))
        await speaking
        await bots.end()

    asyncio.run(run())


# -- the callers' process ------------------------------------------------------------------------


@dataclass
class Caller:
    """What one caller got."""

    has_motion: bool = False
    apart_ms: float = math.inf
    """our clock less the sender's, with the way of the fastest message"""
    due_and_came_ms: list[tuple[float, float]] = field(default_factory=list)
    """of messages of speech: by the sender's clock, by ours"""
    speech_rows: int = 0
    packets: list[tuple[float, int]] = field(default_factory=list)
    """of sound: seconds, RTP time"""

    def take(self, text: Any) -> None:
        """A message of the data channel."""
        if not isinstance(text, str) or '"vasa-motion"' not in text:
            return
        data = json.loads(text)["data"]
        came_ms = 1000 * time.monotonic()
        self.apart_ms = min(self.apart_ms, came_ms - data["at"] + data["lead"])
        self.has_motion = True
        if data.get("s") == 1:
            self.due_and_came_ms.append((data["at"], came_ms))
            self.speech_rows += 3 * len(data["rows"]) // 4 // MOTION_BYTES

    def early_ms(self) -> list[float]:
        """How long before its sound was handed to the line each message of speech came."""
        return [due + self.apart_ms - came for due, came in self.due_and_came_ms]

    def sound_late_ms(self) -> float:
        """The worst packet of speech."""
        first = self.packets[0][1]
        late = [at - ((rtp - first) % 2**32) / 48_000 for at, rtp in self.packets]
        return 1000 * (max(late) - min(late))


@asynccontextmanager
async def dialling(pipe: Connection) -> Any:
    """A caller; gives what it gets."""
    peer, caller = RTCPeerConnection(), Caller()
    channel = peer.createDataChannel("chat")
    channel.on("message", caller.take)
    peer.addTransceiver("audio", "recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    loop = asyncio.get_running_loop()
    pipe.send((peer.localDescription.sdp, peer.localDescription.type))
    answer = await loop.run_in_executor(None, pipe.recv)
    await peer.setRemoteDescription(RTCSessionDescription(answer["sdp"], answer["type"]))

    async def note(packet: bytes, arrival_time_ms: int) -> None:
        caller.packets.append((time.monotonic(), int.from_bytes(packet[4:8])))

    peer.getTransceivers()[0].receiver.transport._handle_rtp_data = note
    end_s = time.monotonic() + CONNECT_PATIENCE_S
    while not caller.has_motion:
        if time.monotonic() > end_s:
            raise TimeoutError("no motion came")
        await asyncio.sleep(0.05)
    try:
        yield caller
    finally:
        await peer.close()


async def load(bots: list[tuple[Connection, ProcessUse]], sessions: int, seconds: float) -> Row:
    """So many at once."""
    loop = asyncio.get_running_loop()
    beside = LoopBeside()
    async with AsyncExitStack() as stack:
        callers = [
            await stack.enter_async_context(dialling(bots[number % len(bots)][0]))
            for number in range(sessions)
        ]
        await asyncio.sleep(1.0)
        _cores(bots)
        await asyncio.sleep(SILENT_S)
        silent_cpu = 100 * _cores(bots)
        for caller in callers:
            caller.packets.clear()
        used_s, since_s = time.process_time(), time.monotonic()
        beside.begin()
        for pipe, _ in bots:
            pipe.send("speak")
        for pipe, _ in bots:
            await loop.run_in_executor(None, pipe.recv)
        await asyncio.sleep(seconds)
        cpu = 100 * _cores(bots)
        callers_cpu = 100 * (time.process_time() - used_s) / (time.monotonic() - since_s)
        idle_loop = beside.end()
        await asyncio.sleep(AFTER_S)
        early = np.concatenate([caller.early_ms() for caller in callers])
        expected = sessions * round(seconds * FPS)
        lost = expected - sum(caller.speech_rows for caller in callers)
        late_ms = max(caller.sound_late_ms() for caller in callers)
        found = {
            "sessions": sessions,
            "processes": len(bots),
            "passes": lost == 0 and late_ms <= LATE_MS,
            "cpu_percent_per_session": round(cpu / sessions, 2),
            "cpu_percent_per_silent_session": round(silent_cpu / sessions, 2),
            "cpu_percent_per_caller": round(callers_cpu / sessions, 2),
            "motion_early_ms_median": round(float(np.median(early)), 1),
            "motion_early_ms_p01": round(float(np.percentile(early, 1)), 1),
            "messages": len(early),
            "messages_late": int((early < 0).sum()),
            "frames_of_speech": expected,
            "frames_lost": lost,
            "sound_late_ms_worst": round(late_ms, 1),
            **idle_loop,
        }
        for pipe, _ in bots:
            pipe.send("end")
        return found


def _cores(bots: list[tuple[Connection, ProcessUse]]) -> float:
    return sum(process.cores() for _, process in bots)


def measure(sessions: int, options: argparse.Namespace) -> Row:
    """One load, with processes of its own."""
    bots, running = [], []
    spawn = multiprocessing.get_context("spawn")
    try:
        for _ in range(options.processes):
            ours, theirs = multiprocessing.Pipe()
            process = spawn.Process(target=serve, args=(theirs, options.seconds, options.pace))
            running.append(process)
            process.start()
            assert ours.recv() == "ready"
            assert process.pid is not None
            bots.append((ours, ProcessUse(process.pid)))
        return asyncio.run(load(bots, sessions, options.seconds))
    finally:
        for process in running:
            process.join(30)
            if process.is_alive():
                process.kill()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--pace", type=float, default=4.0, help="of the TTS; 0: all in one moment")
    options = parser.parse_args()
    loads = [measure(one, options) for one in options.sessions]
    row = {"load_average": round(os.getloadavg()[0], 2), "loads": loads}
    print(json.dumps(row, indent=1))


if __name__ == "__main__":
    main()
