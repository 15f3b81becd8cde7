"""How often the mark is read after what happens to films, and never where it is not.

    python tests/bench/bench_mark.py [--seconds 20] [--profiles iris leo greta] [--films FOLDER]

Every profile speaks for so long at 512 x 512; each line is one way of treating the film, read in
stretches of 2 s: how many carry the right payload, the least z, and PSNR of the mark itself. Films
in --films carry no mark: how many stretches are read wrongly there. Prints JSON lines.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from vasa_avatar import AvatarStream, load_character
from vasa_avatar.audio.hibari_voice import HibariVoice
from vasa_avatar.datatypes import U8
from vasa_avatar.safety import FILM, MarkPayload, add_mark, mean_luma, read_mark, verify_file

SAID = MarkPayload(0xC0FFEE, FILM)
TEXT = "I am a face that does not exist, and every picture of me says so, wherever it goes. "
WINDOW = 50


def spoken(profile: str, seconds: float, mark: MarkPayload | None) -> list[U8]:
    """A film of a profile's character."""
    voice = HibariVoice()
    speech = np.resize(voice.speak(TEXT), int(seconds * voice.sample_rate_hz)).astype(np.int16)
    avatar = load_character(profile).avatar
    stream = AvatarStream(avatar, voice.sample_rate_hz, seed=len(profile), mark=mark)
    stream.push(speech)
    stream.flush()
    return [frame.frame_rgb for frame in stream.pull()]


def compressed(film: list[U8], codec: str, bits_per_s: int, fps: int = 25) -> list[U8]:
    """The film as an encoder's decoder gives it back."""
    options = {
        "libx264": {"preset": "veryfast"},
        "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    }
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream(codec, rate=fps, options={**options[codec], "threads": "1"})
        stream.height, stream.width = film[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", bits_per_s
        for frame in film:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


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


def readings(film: list[U8]) -> Iterator[tuple[bool, float]]:
    """Whether each 2 s are read right, and how far above chance."""
    for first in range(0, len(film) - WINDOW + 1, WINDOW):
        found = read_mark(mean_luma(film[first : first + WINDOW]))
        yield found is not None and found.payload == SAID, found.z if found else 0.0


def cost_ms(film: list[U8]) -> float:
    """Median milliseconds to mark one picture."""
    times = []
    for frame in film * 4:
        began_s = time.perf_counter()
        add_mark(frame, SAID)
        times.append(1000.0 * (time.perf_counter() - began_s))
    return float(np.median(times))


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--profiles", nargs="+", default=["iris", "leo", "greta"])
    parser.add_argument("--films", type=Path, help="a folder of films without a mark")
    options = parser.parse_args()
    films = {name: spoken(name, options.seconds, SAID) for name in options.profiles}
    plain = spoken(options.profiles[0], 2.0, None)[0]
    marked = plain.copy()
    add_mark(marked, SAID)
    error = float(np.mean((marked.astype(float) - plain) ** 2))
    scratch = [frame.copy() for frame in films[options.profiles[0]][:50]]
    print(json.dumps({"psnr_db": 10 * np.log10(255**2 / error), "mark_ms": cost_ms(scratch)}))
    for name, treat in TREATMENTS.items():
        found = [each for film in films.values() for each in readings(treat(film))]
        right = sum(is_right for is_right, _ in found)
        least = min(z for _, z in found)
        line = {"film": name, "windows": len(found), "right": right, "least_z": round(least, 1)}
        print(json.dumps(line), flush=True)
    wrong = windows = 0
    for path in sorted(options.films.rglob("*")) if options.films else []:
        if path.suffix.lower() in (".mp4", ".mov", ".webm", ".mkv", ".avi"):
            verified = verify_file(path)
            wrong, windows = wrong + len(verified.marks), windows + verified.n_windows
    if windows:
        print(json.dumps({"without a mark": windows, "read wrongly": wrong}))


if __name__ == "__main__":
    main()
