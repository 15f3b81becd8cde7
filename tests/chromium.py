"""How the tests and the benchmarks find and start Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
GL_FLAGS = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""WebGL2 without a graphics card, where the pages are given none"""
CALL_FLAGS = ("--disable-features=WebRtcHideLocalIpsWithMdns",)
MISSING = "needs Chromium: `sh scripts/system_packages.sh` as root, or `playwright install`"
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Path of the system's own, or None: then Playwright's may be there."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def launch(playwright: Any, *flags: str, **options: Any) -> Any:
    """Start it: the browser of Playwright's plain interface, an awaitable of the asynchronous one.

    Args:
        playwright: either of them, started.
        flags: more than FLAGS.
        options: of Playwright's `launch`.
    """
    args = [*FLAGS, *flags]
    return playwright.chromium.launch(executable_path=find_chromium(), args=args, **options)


@contextmanager
def running_chromium(*flags: str) -> Iterator[Any]:
    """A browser for tests, which are skipped where there is none."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason='tests in a browser need: pip install "vasa-avatar[dev]"'
    )
    with sync_api.sync_playwright() as playwright:
        if find_chromium() is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip(MISSING)
        browser = launch(playwright, *flags)
        try:
            yield browser
        finally:
            browser.close()
