"""How often the mark is read after what happens to films, and never where it is not.

    python tests/bench/bench_mark.py [--seconds 20] [--sentences 3] [--profiles iris leo ...]
    python tests/bench/bench_mark.py --unmarked [--corpus FOLDER] [--pictures FILE ...]

Read: every profile says every sentence for so long at 512 x 512; each line is one way of treating
the film, read in stretches of 2 s: how many carry the right payload, the least z, and PSNR of the
mark itself. Unmarked: for each kind of picture how many windows were searched, how many share no
picture with another, how many were read wrongly, and the highest z that chance brought against the
one that is enough. With `--kept FILE` a run that was stopped goes on where it was. Prints JSON
lines; two processes at a time.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from marked_film import compressed
from marked_films import SAID, avatar_of, spoken
from marked_screens import screens
from unmarked_pictures import WINDOW, Unmarked, unmarked

from vasa_avatar.datatypes import F32, U8
from vasa_avatar.safety import add_mark, mean_luma, read_mark
from vasa_avatar.safety.mark.reader import IN_PLACE_TRIES, SURE_Z, guesses

SHIPPED = ["iris", "leo", "greta", "noor", "sami", "mika", "lina"]


def scaled(film: list[U8], factor: float) -> list[U8]:
    """Every picture at another size."""
    mode = cv2.INTER_AREA if factor < 1.0 else cv2.INTER_CUBIC
    size_px = round(len(film[0]) * factor / 2) * 2
    return [np.asarray(cv2.resize(f, (size_px, size_px), interpolation=mode)) for f in film]


def cropped(film: list[U8], share: float) -> list[U8]:
    """A share of width and height cut off, unevenly."""
    low = round(len(film[0]) * share * 0.7)
    high = len(film[0]) - round(len(film[0]) * share) + low
    high -= (high - low) % 2
    return [np.ascontiguousarray(f[low:high, low:high]) for f in film]


def jpegs(film: list[U8], quality: int) -> list[U8]:
    """Every picture as a JPEG."""
    made = [cv2.imencode(".jpg", f, [cv2.IMWRITE_JPEG_QUALITY, quality])[1] for f in film]
    return [np.asarray(cv2.imdecode(m, cv2.IMREAD_COLOR), np.uint8) for m in made]


def at_30_fps(film: list[U8]) -> list[U8]:
    """Every fifth picture twice."""
    return [f for i, f in enumerate(film) for _ in range(2 if i % 5 == 4 else 1)]


TREATMENTS: dict[str, Callable[[list[U8]], list[U8]]] = {
    "untouched": lambda film: film,
    "x264 1.5 Mb/s": lambda film: compressed(film, "libx264", 1_500_000),
    "x264 1 Mb/s": lambda film: compressed(film, "libx264", 1_000_000),
    "x264 0.5 Mb/s": lambda film: compressed(film, "libx264", 500_000),
    "x264 0.3 Mb/s": lambda film: compressed(film, "libx264", 300_000),
    "VP8 1.5 Mb/s": lambda film: compressed(film, "libvpx", 1_500_000),
    "VP8 1 Mb/s": lambda film: compressed(film, "libvpx", 1_000_000),
    "VP8 0.5 Mb/s": lambda film: compressed(film, "libvpx", 500_000),
    "VP8 0.3 Mb/s": lambda film: compressed(film, "libvpx", 300_000),
    "scaled 0.5, x264 0.5 Mb/s": lambda film: compressed(scaled(film, 0.5), "libx264", 500_000),
    "scaled 2, x264 1.5 Mb/s": lambda film: compressed(scaled(film, 2.0), "libx264", 1_500_000),
    "cropped 10 %, x264 0.5 Mb/s": lambda film: compressed(cropped(film, 0.1), "libx264", 500_000),
    "25 to 30 fps, VP8 0.5 Mb/s": lambda film: compressed(at_30_fps(film), "libvpx", 500_000, 30),
    "JPEG 60": lambda film: jpegs(film, 60),
    "x264 0.5 twice": lambda film: compressed(
        compressed(film, "libx264", 500_000), "libx264", 500_000
    ),
    "VP8 1, then x264 0.5 Mb/s": lambda film: compressed(
        compressed(film, "libvpx", 1_000_000), "libx264", 500_000
    ),
}


SCREEN = "part of a screen, JPEG 70"
NAMES = [*TREATMENTS, SCREEN]


def treated_readings(job: tuple[str, int, float, str]) -> list[tuple[bool, float]]:
    """Of one film treated in one way: whether each 2 s are read right, and how far above chance."""
    profile, sentence, seconds, treatment = job
    film = spoken(profile, sentence, seconds, SAID)
    if treatment == SCREEN:
        means = list(screens(film, WINDOW, sentence))
    else:
        film = TREATMENTS[treatment](film)
        starts = range(0, len(film) - WINDOW + 1, WINDOW)
        means = [mean_luma(film[first : first + WINDOW]) for first in starts]
    found = []
    for luma in means:
        reading = read_mark(luma)
        is_right = reading is not None and reading.payload == SAID
        found.append((is_right, reading.z if reading else 0.0))
    return found


def cost_ms(film: list[U8], is_drawn: bool) -> float:
    """Median milliseconds of this thread's work to mark one picture."""
    times = []
    for frame in film * 4:
        began_s = time.thread_time()
        add_mark(frame, SAID, is_drawn)
        times.append(1000.0 * (time.thread_time() - began_s))
    return float(np.median(times))


def print_mark_itself(profile: str) -> None:
    """How much it changes, and what it costs."""
    is_drawn = avatar_of(profile).is_drawn
    plain = spoken(profile, 0, 2.0, None)
    marked = [frame.copy() for frame in plain]
    add_mark(marked[0], SAID, is_drawn)
    error = float(np.mean((marked[0].astype(float) - plain[0]) ** 2))
    line = {"profile": profile, "psnr_db": round(10 * np.log10(255**2 / error), 2)}
    print(json.dumps({**line, "mark_ms": round(cost_ms(marked[1:], is_drawn), 4)}), flush=True)


def print_readings(options: argparse.Namespace) -> None:
    """One line a treatment."""
    for profile in options.profiles:
        print_mark_itself(profile)
    films = [(p, n, options.seconds) for p in options.profiles for n in range(options.sentences)]
    with Pool(2) as pool:
        for name in options.only or NAMES:
            jobs = [(*film, name) for film in films]
            found = [each for part in pool.imap_unordered(treated_readings, jobs) for each in part]
            right = sum(is_right for is_right, _ in found)
            z = np.sort([z for _, z in found])
            line = {
                "film": name, "windows": len(found), "right": right,
                "share": round(right / len(found), 4), "least_z": round(float(z[0]), 1),
                "z_of_one_in_a_hundred": round(float(z[len(z) // 100]), 1),
            }  # fmt: skip
            print(json.dumps(line), flush=True)


@dataclass(slots=True)
class Counted:
    """Of one kind of picture without a mark."""

    windows: int = 0
    apart: int = 0
    wrong: int = 0
    highest_z: float = 0.0
    highest_z_in_place: float = 0.0


def searched(window: Unmarked) -> tuple[str, Counted]:
    """Kind and what to count: whether it stands apart, whether a mark is read, the highest z."""
    luma: F32 = window.luma
    found = list(guesses(luma))
    in_place = max((g.z for g in found if g.tries == IN_PLACE_TRIES), default=0.0)
    elsewhere = max((g.z for g in found if g.tries != IN_PLACE_TRIES), default=0.0)
    is_near = any(guess.false_alarm < 1.0 for guess in found)
    is_wrong = is_near and read_mark(luma) is not None
    return window.group, Counted(1, window.is_new, is_wrong, elsewhere, in_place)


def added(kind: Counted, found: Counted) -> Counted:
    """Both together."""
    return Counted(
        kind.windows + found.windows,
        kind.apart + found.apart,
        kind.wrong + found.wrong,
        max(kind.highest_z, found.highest_z),
        max(kind.highest_z_in_place, found.highest_z_in_place),
    )


def print_unmarked(options: argparse.Namespace) -> None:
    """One line a kind as it grows, every thousand windows, and at the end."""
    kinds: defaultdict[str, Counted] = defaultdict(Counted)
    done = _read_kept(options.kept, kinds)
    windows: Iterator[Unmarked] = unmarked(options.corpus, options.pictures)
    chosen = islice(windows, options.part - 1 + done * options.of, None, options.of)
    began_s = time.perf_counter()
    with Pool(options.processes) as pool:
        for number, (group, counted) in enumerate(pool.imap(searched, chosen, 8), done + 1):
            kinds[group] = added(kinds[group], counted)
            if number % 100 == 0:
                _keep(options.kept, kinds)
            if number % 1000 == 0:
                _print_kinds(kinds, time.perf_counter() - began_s)
    _keep(options.kept, kinds)
    _print_kinds(kinds, time.perf_counter() - began_s)


def _read_kept(path: Path | None, kinds: defaultdict[str, Counted]) -> int:
    """Fills in what an earlier run counted; how many windows that are."""
    if path is not None and path.exists():
        kept = json.loads(path.read_text("utf-8"))
        kinds.update({name: Counted(**counts) for name, counts in kept.items()})
    return sum(kind.windows for kind in kinds.values())


def _keep(path: Path | None, kinds: dict[str, Counted]) -> None:
    """Writes what was counted, whole or not at all."""
    if path is not None:
        part = path.with_suffix(".part")
        counts = {name: asdict(kind) for name, kind in kinds.items()}
        part.write_text(json.dumps(counts), encoding="utf-8")
        part.replace(path)


def _print_kinds(kinds: dict[str, Counted], took_s: float) -> None:
    total = {
        "searched": sum(kind.windows for kind in kinds.values()),
        "read wrongly": sum(kind.wrong for kind in kinds.values()),
        "highest_z": round(max(kind.highest_z for kind in kinds.values()), 2),
        "in_place": round(max(kind.highest_z_in_place for kind in kinds.values()), 2),
        "s": round(took_s),
    }
    print(json.dumps(total))
    for name, kind in kinds.items():
        line = {
            "kind": name, "windows": kind.windows, "sharing no picture": kind.apart,
            "read wrongly": kind.wrong, "highest_z": round(kind.highest_z, 2),
            "enough_z": round(SURE_Z, 2), "in_place": round(kind.highest_z_in_place, 2),
        }  # fmt: skip
        print(json.dumps(line), flush=True)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--sentences", type=int, default=3)
    parser.add_argument(
        "--profiles", nargs="+", default=SHIPPED, help="names, or seeds of our artist's drawings"
    )
    parser.add_argument("--only", nargs="+", choices=NAMES, help="treatments")
    parser.add_argument("--unmarked", action="store_true")
    parser.add_argument("--corpus", type=Path, help="a folder of films of people")
    parser.add_argument("--pictures", type=Path, nargs="*", default=[], help="portraits")
    parser.add_argument("--kept", type=Path, help="file of counts that a stopped run goes on from")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--part", type=int, default=1, help="of the unmarked windows, from 1")
    parser.add_argument("--of", type=int, default=1, help="every so-manieth window only")
    options = parser.parse_args()
    (print_unmarked if options.unmarked else print_readings)(options)


if __name__ == "__main__":
    main()
