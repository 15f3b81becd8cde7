"""A long conversation in real time: does picture leave voice, does memory grow?

    python tests/bench/bench_soak.py pipecat [--minutes 10]   # a transport that plays like WebRTC
    python tests/bench/bench_soak.py webrtc [--minutes 10]    # the receiver of a WebRTC call
    python tests/bench/bench_soak.py server [--minutes 10]    # the WebSocket server, its client

Prints a JSON line for every minute and one with the whole. Skews are in milliseconds, + = the
picture is late; memory is what the process holds (in `server` the server's own process); `loop_ms`
and `collector_ms` are the longest wait of the event loop and the longest search for garbage (of a
server, `loop_lag_ms_max` is what it tells itself).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "integrations" / "pipecat"))
sys.path.insert(0, str(Path(__file__).parent))

from loguru import logger

logger.remove()

import bench_server  # noqa: E402
from lag_meter import CollectorMeter, LagMeter  # noqa: E402
from pipecat.frames.frames import (  # noqa: E402
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat_rig import Rig, StampedSession, engine_of, running, staircase  # noqa: E402
from pipecat_vasa import tune_interpreter  # noqa: E402
from process_use import ProcessUse  # noqa: E402
from webrtc_rig import RATE_HZ, Call, beeps, calling  # noqa: E402

Row = dict[str, Any]
SIZE_PX = 512


@asynccontextmanager
async def watching() -> AsyncIterator[Callable[[], Row]]:
    """Gives what tells the longest wait of the loop and the longest search since it last told."""
    tune_interpreter()  # as a bot does when all is loaded
    with CollectorMeter() as collector:
        async with LagMeter() as lag:

            def row() -> Row:
                told = {
                    "loop_ms": lag.row()["loop_lag_max"],
                    "collector_ms": round(collector.longest_ms, 1),
                }
                lag.lags_ms.clear()
                collector.longest_ms = 0.0
                return told

            yield row


def skew_row(skews_ms: Any) -> Row:
    """Mean and worst of a minute."""
    skews = np.asarray(skews_ms, float)
    if not len(skews):
        return {"n": 0}
    return {
        "n": len(skews),
        "skew_mean": round(float(skews.mean()), 1),
        "skew_worst": round(float(max(skews, key=abs)), 1),
        "over_60": int((np.abs(skews) > 60).sum()),
    }


async def pipecat_minutes(minutes: float) -> AsyncIterator[Row]:
    """Replies of 2 to 8 s with pauses; every seventh is cut off."""
    chance = np.random.default_rng(5)
    engine = engine_of(StampedSession, "iris")
    async with running(engine=engine, keeps=False) as rig, watching() as waits:
        replies = 0
        for _ in range(round(minutes)):
            end_s = time.monotonic() + 60
            skews: list[float] = []
            while time.monotonic() < end_s:
                replies += 1
                skews += await one_reply(rig, float(chance.uniform(2, 8)), replies)
                await asyncio.sleep(float(chance.uniform(0.3, 2.0)))
            stats = rig.avatar.stats
            yield {
                **skew_row(skews),
                "replies": replies,
                "shown": stats.frames_shown,
                "dropped": stats.frames_dropped,
                "voice_gap_ms": round(stats.voice_gap_ms, 1),
                **waits(),
            }
    engine.close()


async def one_reply(rig: Rig, seconds: float, number: int) -> list[float]:
    """Speak, perhaps be interrupted; the skews of its pictures."""
    rig.record.seen.clear()  # what was shown since the last reply
    rig.record.heard.clear()
    starts, stops = rig.bot_starts(), rig.bot_stops()
    await rig.speak(staircase(seconds), context=str(number))
    await rig.until(lambda: rig.bot_starts() > starts)
    if number % 7 == 0:
        await asyncio.sleep(seconds / 2)
        await rig.send(InterruptionFrame())
    await rig.until(lambda: rig.bot_stops() > stops)
    return [float(skew) for skew in rig.record.skews_ms()]


async def webrtc_minutes(minutes: float) -> AsyncIterator[Row]:
    """One beep every 0.84 s in replies of 20 s, over loopback, encoded and decoded."""
    async with calling() as call, watching() as waits:
        for minute in range(round(minutes)):
            end_s = time.monotonic() + 60
            skews: list[float] = []
            while time.monotonic() < end_s:
                skews += await one_call_reply(call, f"{minute} {end_s}")
            dropped = call.avatar.stats.frames_dropped
            yield {**skew_row(skews), "dropped": dropped, **waits()}


async def one_call_reply(call: Call, context: str, seconds: float = 19.2) -> list[float]:
    """Beeps; their skews where they arrive."""
    pcm = beeps(seconds)
    await call.send(TTSStartedFrame(context_id=context))
    for first in range(0, len(pcm), RATE_HZ // 10):
        sound = pcm[first : first + RATE_HZ // 10].tobytes()
        await call.send(TTSAudioRawFrame(sound, RATE_HZ, 1, context_id=context))
    await call.send(TTSStoppedFrame(context_id=context))
    await asyncio.sleep(seconds + 0.8)
    received = call.received
    skews = [float(skew) for skew in await asyncio.to_thread(received.skews_ms)]
    received.brightness.clear()
    received.sound.clear()
    for packets in received.arrivals.values():
        del packets[1:]  # the first one's time is where counting begins
    call.tail.down.clear()
    call.tail.up.clear()
    return skews


async def server_minutes(minutes: float) -> AsyncIterator[Row]:
    """Two faces that talk with pauses; the clock against real time."""
    voice = bench_server.speech(8.0)
    with bench_server.serving(2) as (url, process):
        async with bench_server.AllOf([bench_server.connect(url) for _ in range(2)]) as clients:
            for client in clients:
                await client.open("iris")
            began_s = time.monotonic()
            for _ in range(round(minutes)):
                end_s = time.monotonic() + 60
                late_ms: list[float] = []
                while time.monotonic() < end_s:
                    for client in clients:
                        await client.push(voice)
                        await client.flush()
                    heard = await asyncio.gather(*(bench_server.listen(c) for c in clients))
                    late_ms += [entry.worst_late_ms for entry in heard]
                    await asyncio.sleep(1.0)
                stats = await clients[0].stats()
                ahead_s = stats.sample / bench_server.RATE_HZ - (time.monotonic() - began_s)
                yield {
                    "clock_ahead_ms": round(1000 * ahead_s, 1),
                    "worst_late_sound_ms": round(max(late_ms), 1),
                    "late_pictures": stats.late_pictures,
                    "stalls": stats.stalls,
                    "loop_lag_ms_max": stats.loop_lag_ms_max,
                    "resident_mb": round(process.resident_mb, 1),
                }


WAYS = {"pipecat": pipecat_minutes, "webrtc": webrtc_minutes, "server": server_minutes}


async def soak(way: str, minutes: float) -> list[Row]:
    """Run, print a row for every minute."""
    rows: list[Row] = []
    cpu_s, wall_s = time.process_time(), time.monotonic()
    async for row in WAYS[way](minutes):
        row.setdefault("resident_mb", round(ProcessUse(os.getpid()).resident_mb, 1))
        cpu, wall = time.process_time(), time.monotonic()
        row["cores"] = round((cpu - cpu_s) / (wall - wall_s), 2)
        cpu_s, wall_s = cpu, wall
        rows.append({"minute": len(rows) + 1, **row})
        print(json.dumps(rows[-1]), flush=True)
    return rows


def main() -> None:
    """Parse, run, tell first against last."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("way", choices=sorted(WAYS))
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    rows = asyncio.run(soak(options.way, options.minutes))
    told = ("skew_mean", "clock_ahead_ms", "resident_mb")
    ends = {
        key: [rows[min(1, len(rows) - 1)][key], rows[-1][key]] for key in told if key in rows[0]
    }
    print(json.dumps({"way": options.way, "second minute and last": ends}))


if __name__ == "__main__":
    main()
