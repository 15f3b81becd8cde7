"""Measures the Pipecat service on this machine and prints JSON.

    python tests/bench/bench_pipecat.py [--character iris] [--only skew,start,bargein,...]

Skew is picture against voice, + = the picture is late, at a transport that plays like WebRTC does
and at the receiving end of a real WebRTC call. Times are in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "integrations" / "pipecat"))

from loguru import logger

logger.remove()

from lag_meter import LagMeter, LoopBeside  # noqa: E402
from pipecat.frames.frames import (  # noqa: E402
    BotStoppedSpeakingFrame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat_rig import PlainRenderer, Rig, Tap, now_s, running, staircase  # noqa: E402
from pipecat_vasa import VasaEngine, VasaMotionService, tune_interpreter  # noqa: E402
from process_use import ProcessUse  # noqa: E402
from webrtc_rig import RATE_HZ, beeps, calling  # noqa: E402

Numbers = dict[str, Any]
REPLY_S = 6.0
MOTION: Numbers = {"shows": VasaMotionService, "params": {"video_out_enabled": False}}


def summary(values: Any) -> Numbers:
    """Mean, spread and extremes."""
    array = np.asarray(values, float)
    if not len(array):
        return {"n": 0}
    return {
        "n": len(array),
        "mean": round(float(array.mean()), 1),
        "median": round(float(np.median(array)), 1),
        "p05": round(float(np.percentile(array, 5)), 1),
        "p95": round(float(np.percentile(array, 95)), 1),
        "worst": round(float(max(array, key=abs)), 1),
    }


async def in_real_time(rig: Rig, seconds: float, chunk_s: float = 0.02) -> None:
    """Sound as from a microphone."""
    begin = now_s()
    await rig.speak(
        staircase(seconds),
        chunk_s=chunk_s,
        pace=lambda i: max(0.0, begin + chunk_s * i - now_s()),
    )


SENDERS: dict[str, tuple[Callable[[Rig], Awaitable[None]], Numbers]] = {
    "burst": (lambda rig: rig.speak(staircase(6.0)), {}),
    "four times real time": (
        lambda rig: rig.speak(staircase(6.0), pace=lambda _: 0.025),
        {},
    ),
    "real time, lookahead 160": (lambda rig: in_real_time(rig, 6.0), {}),
    "real time, lookahead 80": (lambda rig: in_real_time(rig, 6.0), {"realtime": True}),
    "stutter": (
        lambda rig: rig.speak(staircase(6.0), pace=lambda i: 0.9 if i in (15, 40) else 0.03),
        {},
    ),
    "22.05 kHz resampled": (lambda rig: rig.speak(staircase(6.0, 22_050), rate_hz=22_050), {}),
    "16 kHz resampled": (lambda rig: rig.speak(staircase(6.0, 16_000), rate_hz=16_000), {}),
    "renderer at half real time": (lambda rig: rig.speak(staircase(6.0)), {"slow": 0.08}),
    "renderer fails": (lambda rig: rig.speak(staircase(6.0)), {"fails_from": 60}),
}


async def measure_skew() -> Numbers:
    """Every way of sending, 6 s each."""
    results: Numbers = {}
    for name, (send, options) in SENDERS.items():
        options = dict(options)
        renderer = PlainRenderer()
        renderer.seconds = options.pop("slow", 0.0)
        renderer.fails_from = options.pop("fails_from", None)
        async with running(renderer=renderer, **options) as rig:
            await rig.until(lambda rig=rig: len(rig.record.seen) > 20)
            tune_interpreter()  # as a bot does, when all that is heavy is loaded
            async with LagMeter() as lag:
                await send(rig)
                await rig.until(lambda rig=rig: rig.bot_stops() >= 1)
        results[name] = describe(rig, lag)
    return results


def describe(rig: Rig, lag: LagMeter) -> Numbers:
    """Skew, what was shown, and whether the voice was whole."""
    voice = [piece for piece in rig.record.heard if piece.pcm.any()]
    ends = [piece.at_s + len(piece.pcm) / 24_000 for piece in voice]
    gaps = [1000 * (b.at_s - end) for b, end in zip(voice[1:], ends, strict=False)]
    stats = rig.avatar.stats
    return {
        "skew": summary(rig.record.skews_ms()),
        "pictures": {"shown": stats.frames_shown, "dropped": stats.frames_dropped},
        "voice_s": {"sent": voice_s(rig.before), "passed": voice_s(rig.after)},
        "voice_gaps": summary([gap for gap in gaps if gap > 1]),
        **lag.row(),
    }


def voice_s(tap: Tap) -> float:
    """Seconds of speech that passed a place."""
    sound = tap.frames(TTSAudioRawFrame)
    return round(sum(frame.num_frames / frame.sample_rate for frame in sound), 3)


async def measure_start(times: int = 12) -> Numbers:
    """From the first TTS audio to the first synchronized frame leaving the service."""
    results: Numbers = {}
    ways: dict[str, tuple[Numbers, Callable[[Rig], Awaitable[None]]]] = {
        "burst": ({}, lambda rig: rig.speak(staircase(0.5))),
        "real time, lookahead 80": ({"realtime": True}, lambda rig: in_real_time(rig, 0.5)),
        "real time, lookahead 160": ({}, lambda rig: in_real_time(rig, 0.5)),
    }
    for name, (options, send) in ways.items():
        waits: list[float] = []
        async with running(**options) as rig:
            for _ in range(times):
                await asyncio.sleep(0.3)
                seen = len(rig.after.frames(TTSAudioRawFrame))
                stops = rig.bot_stops()
                began = len(rig.before.down)
                await send(rig)
                await rig.until(lambda rig=rig, stops=stops: rig.bot_stops() > stops)
                sent_at = next(
                    t for t, f in rig.before.down[began:] if isinstance(f, TTSAudioRawFrame)
                )
                voices = [t for t, f in rig.after.down if isinstance(f, TTSAudioRawFrame)]
                waits.append(1000 * (voices[seen] - sent_at))
        results[name] = summary(waits)
    return results


async def measure_bargein(character: str, times: int = 10) -> Numbers:
    """From the interruption to the first picture without speech, seen, and to a closed mouth."""
    first: list[float] = []
    closed: list[float] = []
    stale = 0
    async with running() as rig:
        rng = np.random.default_rng(1)
        at = np.arange(3 * RATE_HZ) / RATE_HZ
        voice = 7000 * np.sin(2 * np.pi * 150 * at) * (np.sin(2 * np.pi * 4 * at) > -0.5)
        pcm = (voice + rng.standard_normal(len(at)) * 900).astype(np.int16)
        for i in range(times):
            stops = rig.bot_stops()
            await rig.speak(pcm, context=str(i))
            await asyncio.sleep(0.8 + 0.07 * i)
            await rig.until(lambda rig=rig: rig.record.seen[-1].jaw > 0.08)
            sent = now_s()
            await rig.send(InterruptionFrame())
            await rig.until(lambda rig=rig, stops=stops: rig.bot_stops() > stops)
            await asyncio.sleep(0.5)
            later = [s for s in rig.record.seen if s.at_s > sent]
            resting = later[-1].jaw
            idle = next(s for s in later if not s.is_speech)
            first.append(1000 * (idle.at_s - sent))
            stale += sum(s.is_speech for s in later if s.at_s > idle.at_s)
            stale += sum(p.at_s > sent + 0.1 for p in rig.record.heard if p.pcm.any())
            shut = next(s for s in later if s.jaw <= resting + 0.03)
            closed.append(1000 * (shut.at_s - sent))
    return {
        "first_picture_without_speech": summary(first),
        "mouth_closed": summary(closed),
        "stale_pictures_or_sound": stale,
    }


async def measure_webrtc(seconds: float = 20.0) -> Numbers:
    """At the receiver of a real call over loopback."""
    async with calling() as call:
        pcm = beeps(seconds)
        await call.send(TTSStartedFrame(context_id="b"))
        for i in range(0, len(pcm), RATE_HZ // 10):
            sound = pcm[i : i + RATE_HZ // 10].tobytes()
            await call.send(TTSAudioRawFrame(sound, RATE_HZ, 1, context_id="b"))
        await call.send(TTSStoppedFrame(context_id="b"))
        await call.until(lambda: bool(call.tail.frames(BotStoppedSpeakingFrame)), seconds + 20)
        await asyncio.sleep(0.5)
    received = call.received
    return {
        "skew": summary(received.skews_ms()),
        "flashes": len(received.flashes_s()),
        "beeps": len(received.onsets_s()),
        "pictures_per_s": round(len(received.brightness) / (seconds + 1.5), 1),
    }


async def measure_sessions(
    character: str, counts: tuple[int, ...] = (1, 4, 8), *, is_drawn: bool = True
) -> Numbers:
    """Several calls that all speak, with the real character and no encoder."""
    results: Numbers = {}
    engine = VasaEngine.load(character)
    speechlike(REPLY_S)
    tune_interpreter()
    for count in counts:
        rigs, used = await several_sessions(engine, count, is_drawn)
        results[str(count)] = {
            "voice_gap_ms": [round(rig.avatar.stats.voice_gap_ms) for rig in rigs],
            "shown": [rig.avatar.stats.frames_shown for rig in rigs],
            "dropped": [rig.avatar.stats.frames_dropped for rig in rigs],
            "idle": [rig.avatar.stats.frames_idle for rig in rigs],
            "render_ms_p50": round(
                float(np.median([r.avatar.stats.render_ms_p50 for r in rigs])), 2
            ),
            **used,
        }
    engine.close()
    return results


async def several_sessions(
    engine: VasaEngine, count: int, is_drawn: bool
) -> tuple[list[Rig], Numbers]:
    """Run conversations; what they used and how late the loop was, once all had begun."""
    beside = LoopBeside()
    async with AsyncExitStack() as stack:
        rigs = [
            await stack.enter_async_context(
                running(engine=engine, seed=i, keeps=False, **({} if is_drawn else MOTION))
            )
            for i in range(count)
        ]
        await asyncio.sleep(1.0)
        start_s, used_s = time.perf_counter(), time.process_time()
        beside.begin()
        async with LagMeter() as lag:
            await asyncio.gather(*(two_replies(rig, i) for i, rig in enumerate(rigs)))
        other = beside.end()
        cores = (time.process_time() - used_s) / (time.perf_counter() - start_s)
    return rigs, {"cores_per_session": round(cores / count, 3), **lag.row(), **other}


async def two_replies(rig: Rig, number: int) -> None:
    """Two replies of 6 s with a pause."""
    for i in range(2):
        await asyncio.sleep(0.5 + 0.05 * number)
        stops = rig.bot_stops()
        await rig.speak(speechlike(REPLY_S), context=str(i))
        await rig.until(lambda stops=stops: rig.bot_stops() > stops, 60)


@lru_cache
def speechlike(seconds: float) -> Any:
    """A buzz that opens and closes four times a second."""
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    voice = 7000 * np.sin(2 * np.pi * 140 * at) * (np.sin(2 * np.pi * 4 * at) > -0.4)
    return voice.astype(np.int16)


async def measure_character(character: str) -> Numbers:
    """How long one picture of the real character takes here, and how big a session is."""
    start = time.perf_counter()
    engine = VasaEngine.load(character)
    load_s = time.perf_counter() - start
    before_mb = ProcessUse(os.getpid()).resident_mb
    async with running(engine=engine, keeps=False) as rig:
        await two_replies(rig, 0)
    stats = rig.avatar.stats
    engine.close()
    return {
        "load_s": round(load_s, 2),
        "render_ms_p50": round(stats.render_ms_p50, 2),
        "render_ms_p95": round(stats.render_ms_p95, 2),
        "pictures": {"speech": stats.frames_shown, "idle": stats.frames_idle},
        "session_mb": round(ProcessUse(os.getpid()).resident_mb - before_mb, 1),
    }


async def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--character", default="iris")
    parser.add_argument("--only", default="skew,start,bargein,webrtc,character,sessions,motion")
    options = parser.parse_args()
    tasks: dict[str, Callable[[], Awaitable[Numbers]]] = {
        "skew": measure_skew,
        "start": measure_start,
        "bargein": lambda: measure_bargein(options.character),
        "webrtc": measure_webrtc,
        "character": lambda: measure_character(options.character),
        "sessions": lambda: measure_sessions(options.character),
        "motion": lambda: measure_sessions(options.character, (1, 8, 16), is_drawn=False),
    }
    results: Numbers = {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
    for name in options.only.split(","):
        results[name] = await tasks[name]()
        print(json.dumps({name: results[name]}), file=sys.stderr, flush=True)
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    asyncio.run(main())
