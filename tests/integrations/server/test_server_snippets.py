"""Code in documents and docstrings runs as it stands: that of the server and its client."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import Any

import pytest
import vasa_server
from server_rig import serving
from snippets import Snippet, python_snippets, run_snippet
from vasa_server.show.profile_source import ProfileSource

pytestmark = pytest.mark.realtime

SNIPPETS = python_snippets("vasa_server")
PORT = "8765"


class SeenEnough(Exception):
    """Ends a loop over a stream that never ends."""


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@pytest.mark.parametrize("snippet", [s for s in SNIPPETS if "await" in s.text], ids=str)
def test_a_client_gets_sound_and_pictures(snippet: Snippet) -> None:
    heard: list[object] = []
    seen: list[object] = []

    def show(item: object) -> None:
        seen.append(item)
        if len(seen) > 20:
            raise SeenEnough

    names = {name: getattr(vasa_server, name) for name in vasa_server.__all__}
    names |= {"play": heard.append, "show": show}

    async def go() -> None:
        async with serving(ProfileSource()) as server, asyncio.timeout(120):
            text = snippet.text.replace(PORT, str(server.port))
            assert text != snippet.text
            await run_snippet(snippet, names, text)

    with pytest.raises(SeenEnough):
        asyncio.run(go())
    assert bool(heard) == ("play(" in snippet.text)


@pytest.mark.parametrize("snippet", [s for s in SNIPPETS if "run_server" in s.text], ids=str)
@pytest.mark.skipif(os.name == "nt", reason="stops with a signal that Windows lacks")
def test_a_server_serves_until_it_is_interrupted(snippet: Snippet) -> None:
    port = free_port()
    text = snippet.text.replace(PORT, port)
    running = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(1200):
            assert running.poll() is None
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as reply:
                    assert reply.status == 200
                    break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail("the server did not come up")
        running.send_signal(signal.SIGINT)
        told, _ = running.communicate(timeout=30)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 0
    assert f"http://127.0.0.1:{port}/" in told


@pytest.mark.parametrize("snippet", [s for s in SNIPPETS if "AvatarApp(" in s.text], ids=str)
def test_an_application_is_made(snippet: Snippet) -> None:
    names: dict[str, Any] = {}
    run_snippet(snippet, names)
    assert isinstance(names["app"], vasa_server.AvatarApp)


def test_each_is_run() -> None:
    assert len(SNIPPETS) >= 3
    assert all(
        any(word in s.text for word in ("await", "run_server", "AvatarApp(")) for s in SNIPPETS
    )
