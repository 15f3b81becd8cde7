"""The example's page in a browser: connect, see the face move, type, read what it says."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import chromium
import pytest

log = logging.getLogger(__name__)
HERE = Path(__file__).parent
ROUNDS = int(os.environ.get("VASA_SKEW_ROUNDS", "3"))  # replies of eight seconds
EXAMPLE = Path(__file__).parents[3] / "examples" / "pipecat_bot.py"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
FLAGS = [*chromium.FLAGS, "--disable-features=WebRtcHideLocalIpsWithMdns"]
SAID = "document.getElementById('said').textContent"
STATE = "document.getElementById('state').textContent"
FRAMES = "document.getElementById('face').getVideoPlaybackQuality().totalVideoFrames"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed"),
]


@contextmanager
def served(script: Path) -> Iterator[str]:
    """A bot, started as a user starts it; gives its page's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(script), "-t", "webrtc", "--port", str(port)]
    bot = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_page(f"http://localhost:{port}/", bot)
        yield f"http://localhost:{port}/"
    finally:
        bot.kill()  # it would wait for its calls to end
        bot.wait(20)


def wait_for_page(url: str, bot: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert bot.poll() is None, "the example ended by itself"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the example did not come up")


Visit = Callable[[Any], Awaitable[None]]


def visit(url: str, look: Visit, **context: Any) -> None:
    """Open the page in Chromium and connect; fails on any error in the page."""
    playwright = pytest.importorskip("playwright.async_api")
    problems: list[str] = []

    async def go() -> None:
        async with playwright.async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = await (await browser.new_context(**context)).new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            try:
                await page.goto(url)
                await page.get_by_role("button", name="Connect").click()
                await page.wait_for_function(f"{FRAMES} > 20", timeout=60_000)
                await look(page)
            finally:
                await browser.close()

    asyncio.run(go())
    assert not problems


def test_a_visitor_connects_types_and_reads() -> None:
    async def look(page: Any) -> None:
        assert await page.evaluate("document.getElementById('face').videoWidth") == 512
        await page.wait_for_function(f"{SAID}.length > 20", timeout=30_000)
        await page.get_by_label("Mood").select_option("happy")
        await page.get_by_label("What to say").fill("[sad] This comes from the browser.")
        await page.get_by_role("button", name="Send").click()
        await page.wait_for_function(f"{SAID}.includes('comes from the browser.')", timeout=30_000)
        assert "[sad]" not in await page.evaluate(SAID)
        before = await page.evaluate(FRAMES)
        await page.wait_for_function(f"{FRAMES} > {before} + 10", timeout=30_000)
        await page.get_by_role("button", name="Hang up").click()
        await page.wait_for_function(f"{STATE} === 'Not connected'")
        assert await page.get_by_label("What to say").is_disabled()

    with served(EXAMPLE) as url:
        visit(url, look)


def test_the_page_fits_a_phone_and_everything_has_a_name() -> None:
    async def look(page: Any) -> None:
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(overflow) <= 0
        box = await page.get_by_role("button", name="Send").bounding_box()
        assert box["x"] + box["width"] <= 360
        assert box["height"] >= 44
        nameless = (HERE.parent / "browser" / "find_nameless.js").read_text().split("\n", 1)[1]
        assert await page.evaluate(nameless.rstrip().removesuffix(";")) == []

    with served(EXAMPLE) as url:
        visit(url, look, viewport={"width": 360, "height": 740})


def test_lips_and_voice_as_the_browser_shows_and_plays_them(record_property: Any) -> None:
    """Beeps in the sound that the page plays against flashes in the frames that it shows."""
    heard: list[float] = []
    seen: list[float] = []

    async def look(page: Any) -> None:
        script = (HERE / "measure_call_skew.js").read_text().split("\n", 1)[1]
        await page.wait_for_function(f"{STATE} === 'Connected'", timeout=60_000)
        await page.evaluate(script.rstrip().removesuffix(";"))
        for _ in range(ROUNDS):
            await page.get_by_label("What to say").fill("beep")
            await page.get_by_role("button", name="Send").click()
            await page.wait_for_timeout(9_000)
        heard.extend(await page.evaluate("heardAt"))
        seen.extend(await page.evaluate("seenAt"))

    with served(HERE / "flashing_bot.py") as url:
        visit(url, look)
    skews = [min((at - beep for at in seen), key=abs) for beep in heard]
    log.info("skew: mean %+.1f ms, each %s", statistics.mean(skews), [round(s) for s in skews])
    record_property("skew_ms", skews)
    assert len(heard) >= 8 * ROUNDS
    assert abs(statistics.median(skews)) <= 150, "Chromium takes a while to find its own delay"
