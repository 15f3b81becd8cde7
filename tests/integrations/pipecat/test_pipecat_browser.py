"""The example's page in a browser: connect, see the face move, type, read what it says.

How well lips and voice are together there: tests/bench/bench_browser_call.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.async_api")

from chromium import find_chromium
from page_rig import EXAMPLE, FRAMES, STATE, served, visit

HERE = Path(__file__).parent
SAID = "document.getElementById('said').textContent"

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(find_chromium() is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def bot_url() -> Iterator[str]:
    """One bot for all visits."""
    with served(EXAMPLE) as url:
        yield url


def test_a_visitor_connects_types_and_reads(bot_url: str) -> None:
    async def look(page: Any) -> None:
        assert await page.evaluate("document.getElementById('face').videoWidth") == 512
        assert await page.locator("#label").inner_text() == "AI"
        assert "You are talking with an AI." in await page.locator("#notice").inner_text()
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

    visit(bot_url, look)


def test_the_page_fits_a_phone_and_everything_has_a_name(bot_url: str) -> None:
    async def look(page: Any) -> None:
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(overflow) <= 0
        box = await page.get_by_role("button", name="Send").bounding_box()
        assert box["x"] + box["width"] <= 360
        assert box["height"] >= 44
        nameless = (HERE.parent / "browser" / "find_nameless.js").read_text().split("\n", 1)[1]
        assert await page.evaluate(nameless.rstrip().removesuffix(";")) == []

    visit(bot_url, look, viewport={"width": 360, "height": 740})


def test_the_page_draws_the_face_itself() -> None:
    async def look(page: Any) -> None:
        assert await page.locator("#drawn").is_visible()
        assert await page.locator("#face").is_hidden()
        await page.wait_for_function("drawn.player.track.isSpeech", timeout=30_000)
        await page.wait_for_function(f"{SAID}.length > 20", timeout=30_000)
        assert await page.evaluate("[drawn.refused, isFinite(drawn.offsetMs)]") == [0, True]
        assert await page.evaluate("drawn.delayMs") > 0
        await page.get_by_role("button", name="Hang up").click()
        await page.wait_for_function(f"{STATE} === 'Not connected'")

    with served(EXAMPLE, "--draw", "browser") as url:
        visit(url, look, frames="drawn?.player.shown")
