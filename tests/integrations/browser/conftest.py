"""A headless Chromium with a fake microphone, and servers for it; sets Chromium up when it can."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_rig import ThreadedServer
from chromium import FLAGS
from fake_stage import FakeStage
from vasa_server.host.pages import _page
from vasa_server.show.catalogue import ProfileStage

INSTALL = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
_WHERE = "the page's tests need Chromium: as root, `apt-get install chromium`"


def _find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium; installed from Debian's packages when this is root's machine."""
    found = _find_chromium()
    if found:
        return found
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip(_WHERE)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (("apt-get", "update", "-qq"), INSTALL):
        done = subprocess.run(command, env=quiet, capture_output=True, timeout=280, check=False)
        if done.returncode:
            reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            pytest.skip(f"{_WHERE}; `{' '.join(command)}` failed: {' '.join(reason)}")
    found = _find_chromium()
    if not found:
        pytest.skip(_WHERE)
    return found


@pytest.fixture(scope="module")  # not longer: Playwright's event loop runs in this thread meanwhile
def browser(chromium: str) -> Iterator[object]:
    """A running browser."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason='the page\'s tests need: pip install "vasa-avatar[dev]"'
    )
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def tone_server() -> Iterator[ThreadedServer]:
    """Characters whose pictures are as bright as their sound is loud."""
    with ThreadedServer(FakeStage()) as running:
        ear = Path(__file__).parent / "listening.js"  # a worklet must come from the page's server
        running.server._pages._pages["/listening.js"] = _page(ear.read_bytes(), "text/javascript")
        yield running


@pytest.fixture(scope="session")
def real_server() -> Iterator[ThreadedServer]:
    """The shipped characters."""
    stage = ProfileStage()
    for character in ("iris", "leo"):
        stage.preload(character)
    with ThreadedServer(stage) as running:
        yield running
