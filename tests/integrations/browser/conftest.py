"""A headless Chromium with a fake microphone, and servers for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_rig import ThreadedServer
from chromium import running_chromium
from fake_source import FakeSource
from vasa_server.host.pages import _page
from vasa_server.show.profile_source import ProfileSource


@pytest.fixture(scope="module")  # not longer: Playwright's event loop runs in this thread meanwhile
def browser() -> Iterator[object]:
    """A running browser."""
    with running_chromium() as running:
        yield running


@pytest.fixture(scope="session")
def tone_server() -> Iterator[ThreadedServer]:
    """Characters whose pictures are as bright as their sound is loud."""
    with ThreadedServer(FakeSource()) as running:
        ear = Path(__file__).parent / "listening.js"  # a worklet must come from the page's server
        pages = running.server._service._pages._pages
        pages["/listening.js"] = _page(ear.read_bytes(), "text/javascript")
        yield running


@pytest.fixture(scope="session")
def real_server() -> Iterator[ThreadedServer]:
    """The shipped characters."""
    source = ProfileSource()
    for character in ("iris", "leo"):
        source.preload(character)
    with ThreadedServer(source) as running:
        yield running
