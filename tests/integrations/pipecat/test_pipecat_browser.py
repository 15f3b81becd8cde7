"""The example's page in a browser: connect, see the face move, type, read what it says."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[3] / "examples" / "pipecat_bot.py"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]
SAID = "document.getElementById('said').textContent"
FRAMES = "document.getElementById('face').getVideoPlaybackQuality().totalVideoFrames"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed"),
]


@pytest.fixture()
def bot_url() -> Iterator[str]:
    """The example, started as a user starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(EXAMPLE), "-t", "webrtc", "--port", str(port)]
    bot = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_page(f"http://localhost:{port}/face", bot)
        yield f"http://localhost:{port}/face"
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


def test_a_visitor_connects_types_and_reads(bot_url: str) -> None:
    playwright = pytest.importorskip("playwright.async_api")

    async def visit() -> list[str]:
        problems: list[str] = []
        async with playwright.async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = await browser.new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            try:
                await connect(page, bot_url)
                await look_and_type(page)
            finally:
                await browser.close()
        return problems

    assert not asyncio.run(visit())


async def connect(page: Any, url: str) -> None:
    await page.goto(url)
    await page.get_by_role("button", name="Connect").click()
    await page.wait_for_function(f"{FRAMES} > 20", timeout=60_000)
    assert await page.evaluate("document.getElementById('face').videoWidth") == 512
    await page.wait_for_function(f"{SAID}.length > 20", timeout=30_000)


async def look_and_type(page: Any) -> None:
    await page.get_by_label("Mood").select_option("happy")
    await page.get_by_label("What to say").fill("[sad] This comes from the browser.")
    await page.get_by_role("button", name="Send").click()
    await page.wait_for_function(f"{SAID}.includes('comes from the browser.')", timeout=30_000)
    assert "[sad]" not in await page.evaluate(SAID)
    before = await page.evaluate(FRAMES)
    await page.wait_for_function(f"{FRAMES} > {before} + 10", timeout=30_000)
