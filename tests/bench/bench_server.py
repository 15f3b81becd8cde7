"""Figures of the WebSocket server on this machine, as JSON on standard output.

    python tests/bench/bench_server.py                       # about three minutes
    python tests/bench/bench_server.py --soak-minutes 10
    python tests/bench/bench_server.py --sessions 8 --workers 2 --soak-minutes 0
    python tests/bench/bench_server.py --codec motion --sessions 4 20 40 --soak-minutes 0

Sessions: N faces at once speak without a pause at 25 fps, 512 x 512; clients in a process of
their own send speech as a TTS gives it, four times as fast as it is heard, and read everything.
CPU is the server process's, a session's share, in percent of one core; clients' stands beside it.
A load passes when no sound came later than 60 ms after it was due and 95 of 100 pictures came.
First picture: from sending sound (or text) to the first picture of speech at the client.
The longest waits of the server's loop stand beside those of a loop that only sleeps, in a process
of its own: what the machine does to any loop.
Skew: when the picture of a frame came against its sound; both are placed by one clock, so this is
what a viewer's buffer has to cover, not what is seen.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from lag_meter import LoopBeside
from process_use import ProcessUse
from vasa_server.client import AvatarClient, Picture, Sound, connect
from vasa_server.host.launch import run_server
from vasa_server.host.limits import ServerOptions
from vasa_server.host.server import AvatarServer
from vasa_server.protocol import messages as m
from vasa_server.protocol.media import SERVER_HEADER_BYTES
from vasa_server.show.profile_source import ProfileSource

from vasa_avatar.session import tune_interpreter

RATE_HZ, FPS = 24_000, 25
CHARACTERS = ("iris", "leo", "greta")
LATE_MS = 60.0
PACE = 4.0
TEXT = "The quick brown fox jumps over the lazy dog, and every picture arrives in time. "


@dataclass(frozen=True)
class Heard:
    """What one client saw of one stretch of speech."""

    sound_frames: int
    pictures: int
    worst_late_ms: float
    """of sound, against the first sound and the clock"""
    picture_after_sound_ms: float
    """median"""
    picture_kb_per_s: float
    """what pictures, or motion, take with their headers"""


def serve(pipe: Connection, sessions: int, workers: int) -> None:
    """A server in a process of its own; ends when told, or by a signal where it has workers."""
    options = ServerOptions(port=0, max_sessions=max(sessions, 1), drain_s=0.0)
    if workers > 1:
        run_server(options, workers=workers, tell=lambda line: _tell_address(pipe, line))
        return

    async def run() -> None:
        source = ProfileSource()
        for character in CHARACTERS:
            source.preload(character)
        tune_interpreter()
        async with AvatarServer(source, options) as server:
            pipe.send(server.websocket_url)
            await asyncio.get_running_loop().run_in_executor(None, pipe.recv)

    asyncio.run(run())


def _tell_address(pipe: Connection, line: str) -> None:
    if found := re.search(r"http://([^/]+)/", line):
        pipe.send(f"ws://{found[1]}/ws")


@contextmanager
def serving(sessions: int, workers: int = 1) -> Iterator[tuple[str, ProcessUse]]:
    """Address and process of a running server."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(theirs, sessions, workers)
    )
    process.start()
    try:
        yield ours.recv(), ProcessUse(process.pid)
    finally:
        if workers > 1:
            process.terminate()
        else:
            ours.send("end")
        process.join(30)
        if process.is_alive():
            process.kill()


def speech(seconds: float) -> Any:
    """Real speech, repeated to a length."""
    voice = ProfileSource().voice_of("iris")
    assert voice is not None
    said = np.concatenate([sentence.pcm_i16 for sentence in voice.stream(TEXT)])
    return np.tile(said, int(seconds * RATE_HZ / len(said)) + 1)[: int(seconds * RATE_HZ)]


async def listen(client: AvatarClient) -> Heard:
    """Read one utterance and note when its frames came."""
    first_s = first_sample = None
    late_s: list[float] = []
    sound_s = sound_end = 0.0
    gaps_s: list[float] = []
    picture_bytes = n_samples = 0
    async for item in client:
        now_s = time.monotonic()
        if isinstance(item, Sound):
            if first_s is None:
                first_s, first_sample = now_s, item.sample
            late_s.append((now_s - first_s) - (item.sample - first_sample) / RATE_HZ)
            sound_s, sound_end = now_s, item.sample + len(item.pcm_i16)
            n_samples += len(item.pcm_i16)
        elif isinstance(item, Picture) and item.is_speech and item.sample < sound_end:
            gaps_s.append(now_s - sound_s)
            picture_bytes += len(item.data) + SERVER_HEADER_BYTES
        elif isinstance(item, m.UtteranceEnded):
            break
    middle_ms = statistics.median(gaps_s) * 1e3 if gaps_s else float("nan")
    kb_per_s = picture_bytes / (n_samples / RATE_HZ) / 1e3
    n_frames = -(-n_samples * FPS // RATE_HZ)
    return Heard(n_frames, len(gaps_s), max(late_s) * 1e3, middle_ms, kb_per_s)


async def speak(client: AvatarClient, voice: Any) -> None:
    """Push speech as a TTS gives it: in seconds, four times as fast as it is heard."""
    for start in range(0, len(voice), RATE_HZ):
        await client.push(voice[start : start + RATE_HZ])
        await asyncio.sleep(1.0 / PACE)
    await client.flush()


async def idle(client: AvatarClient, seconds: float) -> None:
    """Read what comes while nobody speaks."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for _ in client:
                pass


async def load(
    url: str, process: ProcessUse, sessions: int, arguments: argparse.Namespace
) -> dict[str, Any]:
    """So many faces that speak at once; they are opened as our page does."""
    seconds, codec, bundle = arguments.seconds, arguments.codec, arguments.frames_per_message
    voice = speech(seconds)
    beside = LoopBeside()
    async with AllOf([connect(url) for _ in range(sessions)]) as clients:
        for number, client in enumerate(clients):
            character = CHARACTERS[number % len(CHARACTERS)]
            await client.open(
                character, seed=number, codec=codec, leaps=True, frames_per_message=bundle
            )
        await asyncio.sleep(1.0)
        process.cores()
        await asyncio.gather(*(idle(client, seconds / 2) for client in clients))
        idle_cpu = 100 * process.cores()
        used_s, since_s = time.process_time(), time.monotonic()
        beside.begin()
        speaking = [asyncio.create_task(speak(client, voice)) for client in clients]
        heard = await asyncio.gather(*(listen(client) for client in clients))
        await asyncio.gather(*speaking)
        cpu = 100 * process.cores()
        readers = 100 * (time.process_time() - used_s) / (time.monotonic() - since_s)
        stats = [await client.stats() for client in clients]
        idle_loop = beside.end()
    pictures = sum(h.pictures for h in heard) / sum(h.sound_frames for h in heard)
    worst_ms = max(h.worst_late_ms for h in heard)
    after_ms = statistics.median(h.picture_after_sound_ms for h in heard)
    return {
        "sessions": sessions,
        "passes": worst_ms <= LATE_MS and pictures >= 0.95,
        "worst_late_sound_ms": round(worst_ms, 1),
        "pictures_per_frame": round(pictures, 3),
        "cpu_percent_per_session": round(cpu / sessions, 1),
        "cpu_percent_per_silent_session": round(idle_cpu / sessions, 1),
        "cpu_percent_per_client": round(readers / sessions, 1),
        "picture_after_sound_ms": round(after_ms, 2),
        "picture_kb_per_s": round(statistics.mean(h.picture_kb_per_s for h in heard), 2),
        "render_ms_p50": statistics.median(s.render_ms_p50 for s in stats),
        "encode_ms_p50": statistics.median(s.encode_ms_p50 for s in stats),
        "motion_ms_p50": statistics.median(s.motion_ms_p50 for s in stats),
        "loop_lag_ms_p99": stats[0].loop_lag_ms_p99,
        "loop_lag_ms_max": stats[0].loop_lag_ms_max,
        **idle_loop,
    }


class AllOf:
    """Several asynchronous contexts as one."""

    def __init__(self, contexts: list[Any]) -> None:
        self._contexts = contexts

    async def __aenter__(self) -> list[Any]:
        return [await context.__aenter__() for context in self._contexts]

    async def __aexit__(self, *problem: Any) -> None:
        for context in self._contexts:
            await context.__aexit__(*problem)


async def first_pictures(url: str, rounds: int = 12) -> dict[str, float]:
    """Milliseconds to the first picture of speech, and to the quiet after an interruption."""
    from_sound, from_text, to_quiet = [], [], []
    voice = speech(1.0)
    async with connect(url) as client:
        await client.open("iris")
        for number in range(rounds):
            await asyncio.sleep(0.3)
            began_s = time.monotonic()
            if number % 2:
                await client.say("Hello there, my friend.")
            else:
                await client.push(voice)
                await client.flush()
            async for item in client:
                if isinstance(item, Picture) and item.is_speech:
                    break
            (from_text if number % 2 else from_sound).append(time.monotonic() - began_s)
            await asyncio.sleep(0.2)
            began_s = time.monotonic()
            await client.interrupt()
            async for item in client:
                if isinstance(item, Picture):
                    break
            to_quiet.append(time.monotonic() - began_s)
    figures = {"from_sound": from_sound, "from_text": from_text, "interrupt_to_picture": to_quiet}
    return {f"{name}_ms": round(statistics.median(v) * 1e3, 1) for name, v in figures.items()}


async def soak(url: str, process: ProcessUse, minutes: float) -> dict[str, Any]:
    """Memory and drift while two faces talk with pauses."""
    voice = speech(8.0)
    end_s = time.monotonic() + minutes * 60
    memory_mb: list[float] = []
    ahead_s: list[float] = []
    async with connect(url) as one, connect(url) as two:
        for client in (one, two):
            await client.open("iris")
        began_s = time.monotonic()
        while time.monotonic() < end_s:
            for client in (one, two):
                await client.push(voice)
                await client.flush()
            await asyncio.gather(listen(one), listen(two))
            memory_mb.append(process.resident_mb)
            stats = await one.stats()
            ahead_s.append(stats.sample / RATE_HZ - (time.monotonic() - began_s))
    settled = memory_mb[len(memory_mb) // 5 :] or memory_mb
    return {
        "minutes": round((time.monotonic() - began_s) / 60, 2),
        "memory_mb_first": round(settled[0], 1),
        "memory_mb_last": round(settled[-1], 1),
        "clock_drift_ms": round((ahead_s[-1] - ahead_s[0]) * 1e3, 1),
        "stalls": stats.stalls,
    }


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything."""
    loads = []
    for sessions in arguments.sessions:
        with serving(sessions, arguments.workers) as (url, process):
            loads.append(await load(url, process, sessions, arguments))
    first = soaked = None
    if arguments.soak_minutes > 0:
        with serving(2) as (url, process):
            first = await first_pictures(url)
            soaked = await soak(url, process, arguments.soak_minutes)
    passing = [entry["sessions"] for entry in loads if entry["passes"]]
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load_average": os.getloadavg()[0],
        "sessions_passed": max(passing, default=0),
        "loads": loads,
        "first_picture": first,
        "soak": soaked,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 4, 6])
    parser.add_argument("--codec", choices=("jpeg", "h264", "motion"), default="jpeg")
    parser.add_argument("--frames-per-message", type=int, default=4)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--soak-minutes", type=float, default=1.0)
    print(json.dumps(asyncio.run(measure(parser.parse_args())), indent=2))


if __name__ == "__main__":
    main()
