"""Behind a reverse proxy: the page comes and its socket opens, once the owner has said so."""

from __future__ import annotations

import asyncio
import logging
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fake_source import FakeSource
from reverse_proxy import reverse_proxy
from server_rig import serving
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

pytestmark = pytest.mark.realtime

Run = Callable[[Awaitable[None]], None]
PAGE = "https://me.example.org"
# What proxies set by default, or in the ways that their manuals show.
NGINX = {"Host": "127.0.0.1:8765", "Connection": "Upgrade"}
NGINX_WITH_HOST = {"Host": "me.example.org", "Connection": "Upgrade"}
TLS_ENDS = {"Host": "me.example.org:443", "X-Forwarded-Proto": "https"}
CADDY = {
    "Host": "me.example.org", "X-Forwarded-Host": "me.example.org", "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.9",
}  # fmt: skip
TUNNEL = {
    "Host": "localhost:8765",
    "X-Forwarded-Host": "me.example.org",
    "X-Forwarded-Proto": "https",
}


async def get(port: int, path: str) -> tuple[int, str, str]:
    """Status, where it leads, and the body."""

    class Still(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    def ask() -> tuple[int, str, str]:
        opener = urllib.request.build_opener(Still)
        try:
            with opener.open(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
                return answer.status, "", answer.read().decode()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.headers.get("Location", ""), problem.read().decode()

    return await asyncio.to_thread(ask)


async def status_of_socket(port: int, path: str = "/ws") -> int:
    """101 when it opens and welcomes us."""
    try:
        async with connect(f"ws://127.0.0.1:{port}{path}", origin=PAGE) as socket:  # type: ignore[arg-type]
            assert "welcome" in str(await socket.recv())
            return 101
    except InvalidStatus as problem:
        return problem.response.status_code


@pytest.mark.parametrize(
    ("sets", "options", "statuses"),
    [
        (NGINX, {}, (200, 403)),
        (NGINX, {"allowed_origins": (PAGE,)}, (200, 101)),
        (NGINX, {"allowed_hosts": ("me.example.org",)}, (200, 101)),
        (NGINX_WITH_HOST, {}, (421, 421)),
        (NGINX_WITH_HOST, {"allowed_hosts": ("me.example.org",)}, (200, 101)),
        (TLS_ENDS, {"allowed_hosts": ("me.example.org",)}, (200, 101)),
        (TLS_ENDS, {"trust_proxy": True}, (200, 101)),
        (CADDY, {}, (421, 421)),
        (CADDY, {"trust_proxy": True}, (200, 101)),
        (TUNNEL, {}, (200, 403)),
        (TUNNEL, {"trust_proxy": True}, (200, 101)),
        (TUNNEL | {"X-Forwarded-Host": "evil.example.org"}, {"trust_proxy": True}, (200, 403)),
        (NGINX | {"Upgrade": None}, {"allowed_origins": (PAGE,)}, (200, 426)),
    ],
)
def test_page_and_socket(
    source: FakeSource, run: Run, sets: dict[str, str | None], options: dict[str, Any],
    statuses: tuple[int, int],
) -> None:  # fmt: skip
    async def work() -> None:
        async with serving(source, **options) as server, reverse_proxy(server.port, sets) as port:
            page = (await get(port, "/"))[0]
            assert (page, await status_of_socket(port)) == statuses

    run(work())


@pytest.mark.parametrize("strips", ["", "/avatar"])
def test_under_a_path_that_the_proxy_takes_off_or_leaves(
    source: FakeSource, run: Run, strips: str
) -> None:
    async def work() -> None:
        options = {"allowed_origins": (PAGE,), "path_prefix": "/avatar"}
        async with (
            serving(source, **options) as server,
            reverse_proxy(server.port, NGINX, strips) as port,
        ):
            assert server.page_url.endswith("/avatar/")
            assert await get(port, "/avatar?character=leo") == (
                308, "/avatar/?character=leo", "/avatar/?character=leo is the page\n"
            )  # fmt: skip
            status, _, page = await get(port, "/avatar/")
            assert status == 200 and 'src="app.js"' in page
            assert (await get(port, "/avatar/app.js"))[0] == 200
            assert (await get(port, "/avatar/healthz"))[2] == "ok\n"
            assert await status_of_socket(port, "/avatar/ws") == 101
            assert (await get(port, "/avatars/"))[0] == 404

    run(work())


def test_the_log_says_why_and_what_to_set(
    source: FakeSource, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        for sets in (NGINX, TUNNEL, NGINX_WITH_HOST, NGINX | {"Upgrade": None}):
            async with serving(source) as server, reverse_proxy(server.port, sets) as port:
                await status_of_socket(port)
        async with serving(source, token="correct-horse-battery") as server:
            await status_of_socket(server.port)

    with caplog.at_level(logging.WARNING, "vasa_server"):
        run(work())
    nginx, tunnel, with_host, no_upgrade, foreign = caplog.messages
    assert f"pages of {PAGE} may not connect" in nginx
    assert f"--allow-origin {PAGE}" in nginx and "--trust-proxy" not in nginx
    assert "--trust-proxy" in tunnel
    assert "--allow-host me.example.org" in with_host
    assert "must pass Upgrade and Connection on" in no_upgrade
    assert f"--allow-origin {PAGE}" in foreign


def test_a_public_server_without_a_token_is_warned_of(
    source: FakeSource, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        async with serving(source, trust_proxy=True):
            pass
        async with serving(source, trust_proxy=True, token="correct-horse-battery"):
            pass

    with caplog.at_level(logging.WARNING, "vasa_server"):
        run(work())
    assert len(caplog.messages) == 1
    assert "set a token" in caplog.messages[0]
