"""Picture against voice as Chromium really shows and plays them, as JSON on standard output.

    python tests/bench/bench_browser_sync.py [--only film,call,motion-call,page,pictures]
        [--replies 10] [--repeat 1]

A film with known flashes and beeps tells what the measuring itself adds; it is subtracted from what
is read on the bot's page (`examples/pipecat_bot.py`, a WebRTC call; `motion-call`: drawn by the
page) and on the server's page (which draws; `pictures`: the server does). Two plays of the film
differ by up to one refresh of the screen, two calls by the 30 ms that Chromium lets pass: the film
is played anew before each call, and `--repeat` makes several calls.
+ = the picture is late. What is needed stands in screen_and_sound.py.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parents[1]
for _folder in ("", "integrations/pipecat", "integrations/browser", "integrations/server"):
    sys.path.insert(0, str(_TESTS / _folder))

from browser_rig import ThreadedServer  # noqa: E402
from chromium import CALL_FLAGS, find_chromium, launch  # noqa: E402
from fake_source import FakeSource  # noqa: E402
from page_rig import FLASHING_BOT, served  # noqa: E402
from playwright.async_api import async_playwright  # noqa: E402
from screen_and_sound import (  # noqa: E402
    EDGE_PX,
    Ear,
    Eye,
    MachineError,
    Outlets,
    beeps,
    missing_packages,
    screen_and_sound_card,
    skews_ms,
    write_flashing_film,
)

Row = dict[str, Any]
FILM_S, FILM_PLAYS = 8.0, 3
REPLY_S = 8.0
WINDOW = ("--kiosk", "--window-position=0,0", f"--window-size={EDGE_PX},{EDGE_PX}")
MIDDLE = """element => { const box = element.getBoundingClientRect();
  const top = screenY + outerHeight - innerHeight;
  return [screenX + box.x + box.width / 2, top + box.y + box.height / 2]; }"""


@dataclass
class Watch:
    """A browser and what comes out of it."""

    page: Any
    ear: Ear
    eye: Eye

    async def look_at(self, selector: str) -> None:
        """Watch the middle of an element."""
        left, top = await self.page.locator(selector).evaluate(MIDDLE)
        self.eye.place_px = (round(left), round(top))

    async def skews_of(self, seconds: float) -> list[float]:
        """Of what is shown and heard in the next seconds."""
        since_s = time.monotonic()
        await self.page.wait_for_timeout(1000 * seconds)
        return skews_ms(self.ear, self.eye, since_s)


@asynccontextmanager
async def watching(outlets: Outlets) -> AsyncIterator[Watch]:
    """Chromium on the watched screen."""
    async with async_playwright() as driver:
        browser = await launch(
            driver,
            *CALL_FLAGS,
            *WINDOW,
            headless=False,
            env=outlets.environment,
            ignore_default_args=["--mute-audio"],
        )
        page = await browser.new_page(no_viewport=True)
        ear, eye = Ear(outlets), Eye(outlets)
        try:
            yield Watch(page, ear, eye)
        finally:
            eye.close()
            ear.close()
            await browser.close()


async def film(watch: Watch, _replies: int) -> list[list[float]]:
    """What the measuring adds: a film that is known to be in step."""
    with tempfile.TemporaryDirectory() as folder:
        write_flashing_film(Path(folder) / "film.webm", FILM_S)
        markup = "<body style='margin:0;background:#000'><video id=face autoplay src=film.webm>"
        (Path(folder) / "film.html").write_text(markup)
        plays = []
        for _ in range(FILM_PLAYS):
            await watch.page.goto(f"file://{folder}/film.html")
            await watch.look_at("#face")
            plays.append((await watch.skews_of(FILM_S))[2:])
        return plays


async def call(watch: Watch, replies: int, *options: str) -> list[list[float]]:
    """The bot's page from the first second of a call on, one list for each reply."""
    with served(FLASHING_BOT, *options) as url:
        await watch.page.goto(url)
        await watch.look_at("#face")
        await watch.page.get_by_role("button", name="Connect").click()
        rows = [await watch.skews_of(REPLY_S + 3)]  # the greeting beeps by itself
        for _ in range(replies - 1):
            await watch.page.get_by_label("What to say").fill("beep")
            await watch.page.get_by_role("button", name="Send").click()
            rows.append(await watch.skews_of(REPLY_S + 1))
        await watch.page.get_by_role("button", name="Hang up").click()
        return rows


async def motion_call(watch: Watch, replies: int) -> list[list[float]]:
    """The same, drawn by the page."""
    return await call(watch, replies, "--draw", "browser")


async def pictures(watch: Watch, replies: int) -> list[list[float]]:
    """The server's page with the server's pictures."""
    return await page(watch, replies, "?draw=server")


async def page(watch: Watch, replies: int, query: str = "") -> list[list[float]]:
    """The server's page, one list for each reply."""
    voice = beeps(REPLY_S, 24_000).tolist()
    say = """pcm => { vasa.conversation.wake();
      vasa.conversation.pushSpeech(Int16Array.from(pcm), 24000, true); }"""
    with ThreadedServer(FakeSource()) as running:
        await watch.page.goto(running.url + query)
        await watch.page.wait_for_timeout(3_000)
        await watch.look_at(".frame")
        rows: list[list[float]] = []
        for _ in range(replies):
            await watch.page.evaluate(say, voice)
            rows.append(await watch.skews_of(REPLY_S + 1))
        took_ms = await watch.page.evaluate("vasa.conversation.motion.drawing?.delay.medianMs")
        print(f"drawing takes {took_ms} ms", file=sys.stderr)
        return rows


WAYS = {
    "film": film,
    "call": call,
    "motion-call": motion_call,
    "page": page,
    "pictures": pictures,
}


def row_of(skews: list[float], added_ms: float) -> Row:
    """Figures without what the measuring adds."""
    true_ms = [skew - added_ms for skew in skews]
    if not true_ms:
        return {"beeps": 0}
    return {
        "beeps": len(true_ms),
        "mean": round(statistics.mean(true_ms), 1),
        "spread": round(statistics.pstdev(true_ms), 1),
        "worst": round(max(true_ms, key=abs), 1),
    }


def row_of_way(times: list[list[list[float]]], added_ms: float) -> Row:
    """Figures of replies within calls."""
    rows = [row for call in times for row in call]
    firsts = [call[0] for call in times]
    return {
        "all": row_of(sum(rows, []), added_ms),
        "first": row_of(sum(firsts, []), added_ms),
        "first_means": [row_of(row, added_ms).get("mean") for row in firsts],
        "after the second": row_of(sum((row for call in times for row in call[2:]), []), added_ms),
        "means": [row_of(row, added_ms).get("mean") for row in rows],
    }


async def measure(ways: list[str], replies: int, repeat: int) -> Row:
    """The film before each visit to a page."""
    plays: list[list[float]] = []
    visits: dict[str, list[list[list[float]]]] = {way: [] for way in ways if way != "film"}
    with screen_and_sound_card() as outlets:
        async with watching(outlets) as watch:
            for _ in range(repeat):
                plays += await film(watch, 0)
                for way, times in visits.items():
                    times.append(await WAYS[way](watch, replies))
    added_ms = statistics.median(sum(plays, []))
    means = [round(statistics.mean(play), 1) for play in plays if play]
    added = {"measuring_adds": round(added_ms, 1), "plays": means}
    result: Row = {"film": {**row_of(sum(plays, []), added_ms), **added}}
    return result | {way: row_of_way(times, added_ms) for way, times in visits.items()}


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="film,call,motion-call,page,pictures")
    parser.add_argument("--replies", type=int, default=10)
    parser.add_argument("--repeat", type=int, default=1, help="visits to each page")
    options = parser.parse_args()
    missing = missing_packages() + ([] if find_chromium() else ["chromium"])
    if missing:
        sys.exit(
            f"a screen, a sound card or a browser is missing: apt-get install {' '.join(missing)}"
        )
    ways = options.only.split(",")
    try:
        result = asyncio.run(measure(ways, options.replies, options.repeat))
    except MachineError as problem:
        sys.exit(str(problem))
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
