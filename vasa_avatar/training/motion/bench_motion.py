"""How filmed our motion looks: `vasa-avatar bench motion --corpus CORPUS`, with more by --help.

Every free-speech clip of the corpus is read off its film, and its sound is spoken by our
characters, whose frames are read in the same way. Windows of both are compared: a classifier that
leaves each speaker out once, the distance of the two distributions, every figure alone, and figures
of life.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vasa_avatar.appearance import load_character
from vasa_avatar.appearance.reading import FaceLandmarker
from vasa_avatar.appearance.tracking import open_film
from vasa_avatar.datatypes import F64, I16, U8
from vasa_avatar.nets import ModelStore
from vasa_avatar.session import AvatarStream
from vasa_avatar.training.motion.life_figures import life_figures
from vasa_avatar.training.motion.seen_take import SeenTake, load_take, save_take, see
from vasa_avatar.training.motion.window_figures import (
    area_left_out,
    figure_names,
    frechet_distance,
    gaps,
    window_figures,
)

AUDIO_HZ = 16_000
MIN_SECONDS = 4.9
TUNED_ON = ("clip00", "clip02", "clip07", "clip09", "clip10", "clip18", "clip19")
"""speakers whose figures the rules were set by; the others are kept out"""
CHARACTERS = ("iris", "leo", "greta")
_SPARE_FPS = 25
_NULL_DRAWS = 40
_LEAST_SPEAKERS = 3


@dataclass(frozen=True, slots=True)
class Job:
    """One take to make, in a process of its own."""

    corpus: Path
    clip: str
    out: Path
    character: str = ""
    """empty: the film itself"""
    seed: int = 0
    most_s: float = 0.0
    """0: the whole clip"""


def free_speech(corpus: Path) -> list[str]:
    """Clips of people who talk freely: with speech, long enough, no GRID sentences."""
    with (corpus / "MANIFEST.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        row["name"]
        for row in rows
        if row["speech"] == "1"
        and float(row["audio_s"]) >= MIN_SECONDS
        and "GRID" not in row["source"]
    ]


def sound_of(corpus: Path, clip: str) -> I16:
    """(N,) a clip's voice at 16 kHz."""
    with np.load(corpus / "tracks" / f"{clip}.npz") as data:
        audio: I16 = data["audio_16k"].astype(np.int16)
    return audio


def make_take(job: Job) -> Path:
    """Make one take, unless it is there."""
    if job.out.is_file():
        return job.out
    landmarker = FaceLandmarker(ModelStore().path("face_landmarker"))
    sound = sound_of(job.corpus, job.clip)
    if job.most_s:
        sound = sound[: int(job.most_s * AUDIO_HZ)]
    if job.character:
        frames, fps = _our_frames(job.character, job.seed, sound), float(_SPARE_FPS)
    else:
        film = open_film(job.corpus / "clips" / f"{job.clip}.mp4")
        fps = float(film.fps)
        most = int(len(sound) / AUDIO_HZ * fps)
        frames = (frame for _, frame in zip(range(most), film.frames(), strict=False))
    take = see(job.out.stem, frames, fps, sound, landmarker)
    job.out.parent.mkdir(parents=True, exist_ok=True)
    save_take(take, job.out)
    return job.out


def _our_frames(character: str, seed: int, sound: I16) -> Iterator[U8]:
    who = load_character(character)
    stream = AvatarStream(
        who.avatar, AUDIO_HZ, _SPARE_FPS, controls=who.profile.controls(), seed=seed
    )
    for first in range(0, len(sound), AUDIO_HZ):
        stream.push(sound[first : first + AUDIO_HZ])
        for frame in stream.pull():
            yield frame.frame_rgb
    stream.flush()
    for frame in stream.pull():
        yield frame.frame_rgb


def _take_seed(seed: int, clip: str, character: str) -> int:
    """Another speaker's temper for every take, as every clip shows another speaker."""
    return seed * 10_000 + int(clip.removeprefix("clip")) * 10 + CHARACTERS.index(character)


def compare(film: dict[str, SeenTake], ours: dict[str, list[SeenTake]]) -> dict[str, Any]:
    """All figures of one seed.

    Args:
        film: clip to its filmed take.
        ours: clip to the takes of our characters with the same sound.
    """
    filmed = {name: window_figures(take) for name, take in film.items()}
    made = {
        name: np.concatenate([window_figures(take) for take in takes])
        for name, takes in ours.items()
    }
    all_film, all_ours = np.concatenate(list(filmed.values())), np.concatenate(list(made.values()))
    mean, spread = gaps(all_film, all_ours)
    return {
        "area": area_left_out(filmed, made, squares=False),
        "area_squares": area_left_out(filmed, made, squares=True),
        "frechet": frechet_distance(all_film, all_ours),
        "gap": dict(zip(figure_names(), mean.round(3).tolist(), strict=True)),
        "spread": dict(zip(figure_names(), spread.round(3).tolist(), strict=True)),
        "life_film": _mean_life(list(film.values())),
        "life_ours": _mean_life([take for takes in ours.values() for take in takes]),
    }


def _mean_life(takes: list[SeenTake]) -> dict[str, float]:
    rows = [life_figures(take) for take in takes]
    return {name: round(float(np.mean([row[name] for row in rows])), 4) for name in rows[0]}


def film_against_film(film: dict[str, SeenTake], kept_out: list[str]) -> dict[str, Any]:
    """What the classifier makes of filmed speakers in our place: chance, and how far it scatters.

    Args:
        film: clip to its filmed take.
        kept_out: the clips kept out.

    Returns:
        "halves": half of all speakers against the other, at random; "kept_out": those kept out
        against others. So few speakers scatter: an area is no farther from chance than film's own
        as long as it lies between "least" and "most", which leave out a twentieth at either end.
    """
    figures = {name: window_figures(take) for name, take in film.items()}
    names, others = sorted(figures), [name for name in sorted(figures) if name not in kept_out]
    rng = np.random.default_rng(0)
    halves, kept = [], []
    for _ in range(_NULL_DRAWS):
        order = rng.permutation(names).tolist()
        halves.append((order[: len(order) // 2], order[len(order) // 2 :]))
        kept.append((sorted(kept_out), rng.permutation(others).tolist()))
    return {"halves": _areas(figures, halves), "kept_out": _areas(figures, kept)}


def _areas(
    figures: dict[str, F64], draws: list[tuple[list[str], list[str]]]
) -> dict[str, dict[str, float]] | None:
    """Areas of speakers against as many others in our place, over draws; None: too few."""
    if min(map(len, draws[0])) < _LEAST_SPEAKERS:
        return None
    out = {}
    for name, squares in (("area", False), ("area_squares", True)):
        values = []
        for seen, instead in draws:
            pairs = list(zip(seen, instead, strict=False))
            first, second = {a: figures[a] for a, _ in pairs}, {a: figures[b] for a, b in pairs}
            values.append(area_left_out(first, second, squares=squares))
        least, most = np.percentile(values, (5, 95))
        out[name] = {"mean": float(np.mean(values)), "least": float(least), "most": float(most)}
    return out


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Make all takes and compare them, seed by seed, over all speakers and those kept out."""
    corpus, work = Path(options.corpus), Path(options.work)
    clips = [clip for clip in free_speech(corpus) if not options.clips or clip in options.clips]
    films = {c: Job(corpus, c, work / f"film_{c}.npz", most_s=options.most_s) for c in clips}
    jobs = [*films.values()]
    for seed in options.seeds:
        for clip in clips:
            for who in options.characters:
                out = work / options.tag / f"{who}_{seed}_{clip}.npz"
                number = _take_seed(seed, clip, who)
                jobs.append(Job(corpus, clip, out, who, number, options.most_s))
    if options.jobs > 1:
        with ProcessPoolExecutor(options.jobs) as pool:
            list(pool.map(make_take, jobs))
    else:
        for job in jobs:
            make_take(job)
    film = {clip: load_take(job.out) for clip, job in films.items()}
    kept_out = [clip for clip in clips if clip not in TUNED_ON]
    report: dict[str, Any] = {"film_against_film": film_against_film(film, kept_out), "seeds": {}}
    for seed in options.seeds:
        ours = {
            clip: [
                load_take(work / options.tag / f"{who}_{seed}_{clip}.npz")
                for who in options.characters
            ]
            for clip in clips
        }
        report["seeds"][seed] = {
            "all": compare(film, ours),
            "kept_out": compare(
                {c: film[c] for c in kept_out}, {c: ours[c] for c in kept_out}
            ) if len(kept_out) >= _LEAST_SPEAKERS else None,
        }  # fmt: skip
    return report


def show(report: dict[str, Any]) -> None:
    """Print the means over seeds."""
    for group, areas in report["film_against_film"].items():
        for name, row in (areas or {}).items():
            scatter = f"{row['least']:.2f} to {row['most']:.2f}"
            print(f"film against film, {group:9s} {name:13s} {row['mean']:6.3f}  {scatter}")
    for group in ("all", "kept_out"):
        rows = [seed[group] for seed in report["seeds"].values() if seed[group]]
        if not rows:
            continue
        for name in ("area", "area_squares", "frechet"):
            values = [row[name] for row in rows]
            print(f"{group:9s} {name:13s} {np.mean(values):6.3f}  {np.round(values, 3).tolist()}")
        for name in rows[0]["life_film"]:
            ours = np.mean([row["life_ours"][name] for row in rows])
            print(f"{group:9s} {name:24s} film {rows[0]['life_film'][name]:8.3f}  ours {ours:8.3f}")
        gap = {n: float(np.mean([row["gap"][n] for row in rows])) for n in rows[0]["gap"]}
        spread = {n: float(np.mean([row["spread"][n] for row in rows])) for n in rows[0]["gap"]}
        for name in gap:
            mark = " <--" if abs(gap[name]) > 0.35 or spread[name] < 0.7 else ""
            print(f"{group:9s} {name:24s} gap {gap[name]:6.2f}  spread {spread[name]:5.2f}{mark}")


def main(words: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="vasa-avatar bench motion", description=__doc__)
    parser.add_argument("--corpus", required=True, help="clips with sound, tracks, MANIFEST.csv")
    parser.add_argument("--work", default="out/bench_motion", help="where takes are kept")
    parser.add_argument("--tag", default="ours", help="a name for this version's takes")
    parser.add_argument("--characters", nargs="+", default=list(CHARACTERS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[101, 102, 103, 104, 105])
    parser.add_argument("--clips", nargs="*", default=[], help="only these")
    parser.add_argument("--most-s", type=float, default=0.0, help="only so much of each clip")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="also write everything")
    options = parser.parse_args(words)
    report = measure(options)
    show(report)
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
