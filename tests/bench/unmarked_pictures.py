"""Stretches of 2 s that carry no mark: films of people, still portraits that move, patterns and
pages of other programs. Each is the mean brightness of its pictures (H, W), as `verify` makes it.

Means of one film overlap, and variants of one mean show the same: of n windows far fewer are
independent. How many stretches do not share a picture is counted beside them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from marked_film import compressed
from marked_films import spoken

from vasa_avatar.datatypes import F32, U8

WINDOW = 50
STEP = 12
"""pictures from one window to the next: three quarters are shared"""
_EDGE_PX = 288
"""of the longer side: small pictures are searched quickly, and hold as many places"""
_LARGE_PX = 720
_CODECS = {"libx264": 300_000, "libvpx": 500_000}
_PATTERNS = (
    "mandelbrot=size=288x216:rate=25", "life=size=288x216:rate=25:mold=10:ratio=0.1",
    "testsrc=size=288x216:rate=25", "testsrc2=size=288x216:rate=25",
    "gradients=size=288x216:rate=25", "cellauto=size=288x216:rate=25",
    "sierpinski=size=288x216:rate=25", "smptebars=size=288x216:rate=25",
    "rgbtestsrc=size=288x216:rate=25", "yuvtestsrc=size=288x216:rate=25",
    "zoneplate=size=288x216:rate=25",
)  # fmt: skip
_PATTERN_S = 20
_PAGES = {
    "text": "<p>Every word here is set by a browser, line after line, as pages are. </p>" * 80,
    "table": "<table border=1>" + "<tr><td>12.5<td>alpha<td>0.003<td>yes</tr>" * 150 + "</table>",
    "stripes": "<div style='height:5000px;background:repeating-linear-gradient(37deg,#345,#345 "
    "7px,#dca 7px,#dca 19px)'></div>",
    "plot": "<svg width=600 height=5000><polyline fill=none stroke=teal stroke-width=2 points='"
    + " ".join(f"{300 + 250 * np.sin(y / 23) * np.cos(y / 91):.1f},{y}" for y in range(5000))
    + "'/></svg>",
    "form": "<label>Name <input value=Ada></label><button>Send</button><progress></progress>" * 90,
    "circles": "<svg width=600 height=5000>"
    + "".join(f"<circle cx={x} cy={y} r=9 fill=#{x % 10}7{y % 10} />"
              for x in range(12, 600, 25) for y in range(12, 5000, 25))
    + "</svg>",
}  # fmt: skip
_SCROLL_PX = 3


@dataclass(frozen=True, slots=True, eq=False)
class Unmarked:
    """One window."""

    group: str
    luma: F32
    """(H, W) 0..255"""
    is_new: bool
    """whether it shares no picture with those before"""


def unmarked(corpus: Path | None, pictures: list[Path]) -> Iterator[Unmarked]:
    """All windows, small pictures first of each kind."""
    for path in sorted(corpus.iterdir()) if corpus else []:
        film = _decoded(path)
        yield from _windows("people", film, is_new=True)
        for codec, bits_per_s in _CODECS.items():
            again = [_gray(f) for f in compressed(_coloured(film), codec, bits_per_s)]
            yield from _windows(f"people, {codec}", again, is_new=False)
        large = _mean_windows(_decoded(path, _LARGE_PX)[: 4 * WINDOW], WINDOW)
        yield from (Unmarked("people, up to 720 px", luma, False) for luma, _ in large)
    for path in pictures:
        yield from _panned(path)
    for name in ("iris", "leo", "greta", "noor", "sami", "mika", "lina"):
        face = [_gray(_within(f, _EDGE_PX)) for f in spoken(name, 0, 12.0, None)]
        yield from _windows("our faces, unmarked", face, is_new=True)
    for pattern in _PATTERNS:
        yield from _windows("FFmpeg's patterns", _pattern(pattern), is_new=True)
    yield from _pages()


def _windows(group: str, film: list[U8], *, is_new: bool) -> Iterator[Unmarked]:
    """Overlapping windows of a film, each as it is, mirrored, cut and made smaller or larger."""
    for luma, is_first in _mean_windows(film, STEP):
        for number, variant in enumerate(_variants(luma)):
            yield Unmarked(group, variant, is_new and is_first and number == 0)


def _mean_windows(film: list[U8], step: int) -> Iterator[tuple[F32, bool]]:
    """Means of 50 pictures, and whether each shares none with the ones before."""
    end = 0
    for first in range(0, max(1, len(film) - WINDOW + 1), step):
        total = np.zeros(film[0].shape, np.float32)
        for luma in film[first : first + WINDOW]:
            cv2.accumulate(luma, total)
        yield total / np.float32(len(film[first : first + WINDOW])), first >= end
        end = first + WINDOW if first >= end else end


def _variants(luma: F32) -> Iterator[F32]:
    height, width = luma.shape
    yield luma
    yield np.ascontiguousarray(luma[:, ::-1])
    yield np.ascontiguousarray(luma[height // 7 :, : -width // 9])
    yield np.ascontiguousarray(luma[: -height // 5, width // 6 :])
    for factor in (0.8, 1.17):
        yield np.asarray(cv2.resize(luma, None, fx=factor, fy=factor), np.float32)


def _decoded(path: Path, edge_px: int = _EDGE_PX) -> list[U8]:
    with av.open(str(path)) as container:
        frames = container.decode(video=0)
        return [_gray(_within(f.to_ndarray(format="rgb24"), edge_px)) for f in frames]


def _within(frame_rgb: U8, edge_px: int) -> U8:
    factor = min(1.0, edge_px / max(frame_rgb.shape))
    size_wh = (
        round(frame_rgb.shape[1] * factor / 2) * 2,
        round(frame_rgb.shape[0] * factor / 2) * 2,
    )
    return np.asarray(cv2.resize(frame_rgb, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def _gray(frame_rgb: U8) -> U8:
    return np.asarray(cv2.cvtColor(frame_rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _coloured(film: list[U8]) -> list[U8]:
    return [np.repeat(luma[..., None], 3, axis=2) for luma in film]


def _panned(path: Path) -> Iterator[Unmarked]:
    """A still portrait under a moving camera: held, to the right, inwards, shaking."""
    picture = _within(np.asarray(cv2.imread(str(path)), np.uint8)[..., ::-1].copy(), 512)
    luma, side = _gray(picture), min(picture.shape[:2]) // 2 * 2
    time = np.arange(100) / 100.0
    shake = 4.0 * np.random.default_rng(len(path.name)).normal(size=100).cumsum() / 10.0
    moves = {
        "held": (np.ones(100), 0 * time), "pan": (0.8 + 0 * time, 40 * time),
        "zoom": (1.0 - 0.25 * time, 20 * time), "shake": (0.9 + 0 * time, 15 + shake),
    }  # fmt: skip
    for number, (sizes, rights) in enumerate(moves.values()):
        film = []
        for size, right in zip(sizes, rights, strict=True):
            edge = size * side
            place = np.array([[edge / _EDGE_PX, 0, right], [0, edge / _EDGE_PX, 10]])
            film.append(
                np.asarray(
                    cv2.warpAffine(
                        luma, place, (_EDGE_PX, _EDGE_PX),
                        flags=cv2.INTER_AREA | cv2.WARP_INVERSE_MAP,
                        borderMode=cv2.BORDER_REFLECT,
                    ),
                    np.uint8,
                )
            )  # fmt: skip
        yield from _windows("portraits, panned", film, is_new=number == 0)


def _pattern(described: str) -> list[U8]:
    name, _, options = described.partition("=")
    graph = av.filter.Graph()
    source, end = graph.add(name, options), graph.add("buffersink")
    source.link_to(end)
    graph.configure()
    frames = (graph.vpull() for _ in range(25 * _PATTERN_S))
    return [np.asarray(frame.to_ndarray(format="gray"), np.uint8) for frame in frames]


def _pages() -> Iterator[Unmarked]:
    """Pages that a browser draws, scrolled; without Chromium, none."""
    from chromium import FLAGS, find_chromium
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        for body in _PAGES.values():
            page = browser.new_page(viewport={"width": 640, "height": 6000})
            page.set_content(f"<body style='font:16px sans-serif'>{body}")
            drawn = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
            tops = itertools.chain([0] * WINDOW, range(0, 5000, _SCROLL_PX))
            film = [np.asarray(drawn[top : top + 320, :400], np.uint8) for top in tops]
            yield from _windows("pages, scrolled", film[::2], is_new=True)
            page.close()
        browser.close()
