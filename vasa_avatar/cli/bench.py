"""Figures for this machine: milliseconds as medians on one thread, at 512 x 512.

Milliseconds are the thread's own computing time, so that other work on the machine counts little;
`bake_s` and `sessions_25fps` are by the clock.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vasa_avatar.appearance import Avatar
    from vasa_avatar.datatypes import I16, U8, AvatarFrame
    from vasa_avatar.media import Sound
    from vasa_avatar.profiles import CharacterProfile
    from vasa_avatar.session import AvatarStream

SUMMARY = "figures for this machine"
_IN_TRAINING = {
    "lipsync": (
        "vasa_avatar.training.speech.bench_lipsync", "how well lips follow sound",
    ),
    "motion": (
        "vasa_avatar.training.motion.bench_motion", "how filmed head, brows and eyes look",
    ),
    "emotion": (
        "vasa_avatar.training.face.bench_emotion", "how well emotions read on portraits",
    ),
}  # fmt: skip
"""benches that need a corpus or portraits, with their modules"""
_NO_PREFIX = "\0"  # lipsync reads its options itself
_FPS = 25
_SIZE_PX = 512
_LIVE_PUSH_MS = 10
_CROWD_S = 4.0
_TEXT = (
    "Please call Stella. Ask her to bring these things with her from the store: six spoons of "
    "fresh snow peas, five thick slabs of blue cheese, and maybe a snack for her brother Bob."
)
_MEANING = {
    "render_ms": "one frame drawn, motion given",
    "engine_ms": "one frame from sound: motion and drawing",
    "remap_ms": "one full-frame cv2.remap, for comparison",
    "encode_ms": "one frame into mp4 (H.264)",
    "first_frame_audio_ms": "sound that must arrive before frame 0 comes out",
    "first_frame_compute_ms": "computing until frame 0, warm",
    "bake_s": "a new portrait becomes an avatar, seconds",
    "card": "what draws with --device cuda",
    "card_frame_ms": "one frame drawn there and read back, with the next under way",
    "card_processor_ms": "of that, the processor's own time",
    "card_sessions_25fps": "sessions at 25 fps that one thread and the card keep up with",
    "sessions_25fps": "sessions at 25 fps that all cores together keep up with",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What `--json` prints, in this order."""

    render_ms: float
    engine_ms: float
    remap_ms: float
    encode_ms: float
    first_frame_audio_ms: float
    first_frame_compute_ms: float
    bake_s: float
    sessions_25fps: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which character, and how to print; or a bench of its own with its own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="[lipsync …, motion …, emotion …]")
    for name, (_, meaning) in _IN_TRAINING.items():
        action = actions.add_parser(
            name, help=f"{meaning}; more with --help", add_help=False, prefix_chars=_NO_PREFIX
        )
        action.add_argument("words", nargs="*")
    parser.add_argument("--profile", default="iris", metavar="ID", help="character to draw (iris)")
    parser.add_argument("--json", action="store_true", help="one flat JSON object")


def run(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    if arguments.action is not None:
        _bench_in_training(arguments.action, arguments.words)
        return
    figures = asdict(measure(arguments.profile))
    if arguments.device == "cuda":
        from vasa_avatar.cli.bench_card import measure_card

        figures |= asdict(measure_card(arguments.profile))
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        shown = value if isinstance(value, str) else f"{value:8.2f}"
        print(f"{name:24s} {shown}  {_MEANING[name]}")


def _bench_in_training(action: str, words: list[str]) -> None:
    from vasa_avatar.cli.app import UsageError

    if importlib.util.find_spec("vasa_avatar.training") is None:
        raise UsageError(
            f"bench {action} is part of the training code, which the installed package leaves "
            f"out; run it in a checkout of the sources: .venv/bin/vasa-avatar bench {action}"
        )
    importlib.import_module(_IN_TRAINING[action][0]).main(words)


def measure(character: str) -> Figures:
    """All figures of one character."""
    import cv2

    from vasa_avatar.audio.hibari_voice import HibariVoice
    from vasa_avatar.cli.faces import face_of
    from vasa_avatar.cli.progress import fetch_model, progress_bar
    from vasa_avatar.media import Sound
    from vasa_avatar.profiles import load_profile

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        profile = load_profile(character)
        avatar = face_of(profile).avatar
        voice = HibariVoice(profile.voice.style())
        sound = Sound(voice.speak(_TEXT), voice.sample_rate_hz)
        fetch_model("face_landmarker")
        with progress_bar(6, "measuring", "figure") as bar:
            frames = _speak(_session(avatar, sound))(sound.pcm_i16)  # warm
            engine_ms = _time_engine(avatar, sound)
            bar.update()
            render_ms = _time_render(avatar, frames)
            bar.update()
            remap_ms = _time_remap(frames[0].frame_rgb)
            encode_ms = _time_encode(frames, sound.sample_rate_hz)
            bar.update()
            audio_ms, compute_ms = _time_first_frame(avatar, sound)
            bar.update()
            bake_s = _time_bake(profile)
            bar.update()
            sessions = _count_sessions(avatar, sound)
            bar.update()
    finally:
        cv2.setNumThreads(threads)
    return Figures(
        render_ms, engine_ms, remap_ms, encode_ms, audio_ms, compute_ms, bake_s, sessions
    )


def _session(avatar: Avatar, sound: Sound, *, realtime: bool = False) -> AvatarStream:
    from vasa_avatar.session import AvatarStream

    return AvatarStream(
        avatar, sample_rate_hz=sound.sample_rate_hz, fps=_FPS, size_px=_SIZE_PX, realtime=realtime
    )


def _speak(session: AvatarStream) -> Callable[[I16], list[AvatarFrame]]:
    def speak(pcm_i16: I16) -> list[AvatarFrame]:
        session.push(pcm_i16)
        session.flush()
        return list(session.pull())

    return speak


def _median_ms(jobs: list[Callable[[], object]]) -> float:
    """Median computing time of the jobs, each done once."""
    taken = []
    for job in jobs:
        begun = time.thread_time()
        job()
        taken.append(time.thread_time() - begun)
    return round(statistics.median(taken) * 1000, 3)


def _time_engine(avatar: Avatar, sound: Sound) -> float:
    """Sound arrives in frames' worth, as in a live conversation; the time of push and pull."""
    session = _session(avatar, sound)
    step = sound.sample_rate_hz // _FPS

    def push_and_pull(pcm_i16: I16) -> Callable[[], object]:
        def job() -> None:
            session.push(pcm_i16)
            for _frame in session.pull():
                pass

        return job

    pieces = [sound.pcm_i16[first : first + step] for first in range(0, len(sound.pcm_i16), step)]
    return _median_ms([push_and_pull(piece) for piece in pieces])


def _time_render(avatar: Avatar, frames: list[AvatarFrame]) -> float:
    import functools

    from vasa_avatar.render import MeshRenderer

    renderer = MeshRenderer(avatar, _SIZE_PX)
    return _median_ms([functools.partial(renderer.render, frame.motion) for frame in frames])


def _time_remap(picture: U8, repeats: int = 60) -> float:
    """A slight swirl of the whole picture through float maps, as any warping renderer needs."""
    import cv2
    import numpy as np

    y, x = np.mgrid[0:_SIZE_PX, 0:_SIZE_PX].astype(np.float32)
    map_x, map_y = x + 4 * np.sin(y / 40), y + 4 * np.cos(x / 40)
    return _median_ms([lambda: cv2.remap(picture, map_x, map_y, cv2.INTER_LINEAR)] * repeats)


def _time_encode(frames: list[AvatarFrame], sample_rate_hz: int) -> float:
    """Mean over the film, as the encoder works in batches; the process's time, all threads."""
    from vasa_avatar.media import VideoFormat, open_sink

    with tempfile.TemporaryDirectory(prefix="vasa-bench-") as folder:
        begun = time.process_time()
        with open_sink(
            Path(folder) / "film.mp4", VideoFormat(_SIZE_PX, _FPS, sample_rate_hz)
        ) as sink:
            for frame in frames:
                sink.write(frame.frame_rgb, frame.audio)
        return round((time.process_time() - begun) / len(frames) * 1000, 3)


def _time_first_frame(avatar: Avatar, sound: Sound, repeats: int = 9) -> tuple[float, float]:
    """Push sound in small pieces until frame 0 comes: the sound that took, and the computing."""
    step = sound.sample_rate_hz * _LIVE_PUSH_MS // 1000
    needed_ms, computed_ms = [], []
    for _ in range(repeats):
        session = _session(avatar, sound, realtime=True)
        pushed, spent_s = 0, 0.0
        while True:
            begun = time.thread_time()
            session.push(sound.pcm_i16[pushed : pushed + step])
            has_frame = next(iter(session.pull()), None) is not None
            spent_s += time.thread_time() - begun
            pushed += step
            if has_frame:
                break
        needed_ms.append(pushed / sound.sample_rate_hz * 1000)
        computed_ms.append(spent_s * 1000)
    return round(statistics.median(needed_ms), 3), round(statistics.median(computed_ms), 3)


def _time_bake(profile: CharacterProfile) -> float:
    from vasa_avatar.appearance import build_avatar

    begun = time.perf_counter()
    build_avatar(profile.portrait)
    return round(time.perf_counter() - begun, 2)


def _count_sessions(avatar: Avatar, sound: Sound) -> int:
    """Every core speaks for some seconds; the frames made a second, over 25."""
    made = [0] * (os.cpu_count() or 1)
    end = time.perf_counter() + _CROWD_S

    def work(place: int) -> None:
        session = _session(avatar, sound)
        while time.perf_counter() < end:
            session.push(sound.pcm_i16)
            session.flush()
            for _frame in session.pull():
                made[place] += 1
                if time.perf_counter() >= end:
                    return

    workers = [threading.Thread(target=work, args=(place,)) for place in range(len(made))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return int(sum(made) / _CROWD_S / _FPS)
