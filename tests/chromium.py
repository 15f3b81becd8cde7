"""How the tests find and start headless Chromium."""

from __future__ import annotations

import shutil

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
MISSING = "needs Chromium: `sh scripts/system_packages.sh` as root, or `playwright install`"
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Path of the system's own, or None: then Playwright's may be there."""
    return next(filter(None, map(shutil.which, _NAMES)), None)
