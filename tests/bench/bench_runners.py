"""N live sessions at once through LiveStream: is all sound on time, how many pictures?

    python tests/bench/bench_runners.py [--sessions 4 8 12] [--seconds 10] [--profile iris]

Every session gets the same spoken text in burst (as a text-to-speech service sends it) and hands
over 512 x 512 frames at 25 fps; no encoder runs. Prints one JSON object per number of sessions.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import time

import numpy as np

from vasa_avatar import AvatarStream, load_avatar
from vasa_avatar.audio.hibari_voice import HibariVoice
from vasa_avatar.datatypes import I16
from vasa_avatar.profiles import load_profile
from vasa_avatar.session import LiveStream

TEXT = (
    "Hello, I am speaking in many windows at once. Every one of them has its own head, its own "
    "eyes and its own rhythm, and all of them share one small computer. "
)


class _Listener:
    """What one session hands over."""

    def __init__(self, live: LiveStream) -> None:
        self.live = live
        self.late_ms: list[float] = []
        self.pictures = 0
        self.frames = 0
        self.samples = 0
        self.done = asyncio.Event()

    async def listen(self) -> None:
        """Note the frames of speech, until the stream is closed."""
        async for frame in self.live:
            if not frame.is_speech:
                continue
            self.frames += 1
            self.pictures += frame.is_new_picture
            self.samples += len(frame.audio)
            self.late_ms.append(1000.0 * (time.monotonic() - frame.due_s))
            if frame.is_last:
                self.done.set()


async def measure(n_sessions: int, speech: I16, rate_hz: int, profile: str) -> dict[str, float]:
    """Run the sessions to the end of the speech."""
    character = load_profile(profile)
    assert character.avatar is not None
    avatar = load_avatar(character.avatar)
    listeners = [
        _Listener(LiveStream(AvatarStream(avatar, sample_rate_hz=rate_hz, seed=i)))
        for i in range(n_sessions)
    ]
    for listener in listeners:
        listener.live.start()
    listening = [asyncio.create_task(listener.listen()) for listener in listeners]
    await asyncio.sleep(1.0)
    began, used = time.monotonic(), _cpu_s()
    for listener in listeners:
        await listener.live.push(speech)
        listener.live.flush()
    limit_s = 3.0 * len(speech) / rate_hz + 10.0
    ends = [asyncio.create_task(listener.done.wait()) for listener in listeners]
    _, unfinished = await asyncio.wait(ends, timeout=limit_s)
    finished = not unfinished
    wall, cpu = time.monotonic() - began, _cpu_s() - used
    stats = [listener.live.stats() for listener in listeners]
    for listener in listeners:
        await listener.live.close()
    await asyncio.gather(*listening)
    late = np.concatenate([np.array(listener.late_ms) for listener in listeners])
    frames = sum(listener.frames for listener in listeners)
    return {
        "sessions": n_sessions,
        "finished": float(finished),
        "samples_lost": float(sum(len(speech) - item.samples for item in listeners)),
        "sound_late_ms_p99": round(float(np.quantile(late, 0.99)), 1),
        "sound_late_ms_max": round(float(late.max()), 1),
        "pictures_new": round(sum(item.pictures for item in listeners) / max(frames, 1), 3),
        "render_ms_p50": round(float(np.median([s.render_ms_p50 for s in stats])), 2),
        "cpu_cores_per_session": round(cpu / wall / n_sessions, 3),
    }


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sessions", type=int, nargs="+", default=[4, 8])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--profile", default="iris")
    options = parser.parse_args()
    voice = HibariVoice()
    speech, rate_hz = voice.speak(TEXT), voice.sample_rate_hz
    speech = np.resize(speech, int(options.seconds * rate_hz)).astype(np.int16)
    for n_sessions in options.sessions:
        measured = asyncio.run(measure(n_sessions, speech, rate_hz, options.profile))
        print(json.dumps(measured), flush=True)


if __name__ == "__main__":
    main()
