"""A bot, started as a user starts it, and Chromium on its page."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chromium import CALL_FLAGS, launch
from playwright.async_api import async_playwright

EXAMPLE = Path(__file__).parents[3] / "examples" / "pipecat_bot.py"
FLASHING_BOT = Path(__file__).with_name("flashing_bot.py")
STATE = "document.getElementById('state').textContent"
FRAMES = "document.getElementById('face').getVideoPlaybackQuality().totalVideoFrames"


@contextmanager
def served(script: Path, *options: str) -> Iterator[str]:
    """A bot, started as a user starts it; gives its page's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(script), "-t", "webrtc", "--port", str(port), *options]
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


def visit(url: str, look: Visit, frames: str = FRAMES, **context: Any) -> None:
    """Open the page in Chromium and connect; fails on any error in the page."""
    problems: list[str] = []

    async def go() -> None:
        async with async_playwright() as driver:
            browser = await launch(driver, *CALL_FLAGS)
            page = await (await browser.new_context(**context)).new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            try:
                await page.goto(url)
                await page.get_by_role("button", name="Connect").click()
                await page.wait_for_function(f"{frames} > 20", timeout=60_000)
                await look(page)
            finally:
                await browser.close()

    asyncio.run(go())
    assert not problems
