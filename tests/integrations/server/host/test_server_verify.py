"""Films that are sent to be verified: answered, bounded, and gone afterwards."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from fake_source import FakeSource
from marked_film import ISSUER, write_film
from server_rig import get, serving
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

PIECE_BYTES = 100_000


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


async def send(socket: Any, name: str, content: bytes) -> dict[str, Any]:
    await socket.send(json.dumps({"type": "file", "name": name, "size": len(content)}))
    answer = json.loads(await socket.recv())
    if answer["type"] == "send":
        for first in range(0, len(content), PIECE_BYTES):
            await socket.send(content[first : first + PIECE_BYTES])
        answer = json.loads(await socket.recv())
    return answer


def verified(name: str, content: bytes, **options: object) -> dict[str, Any]:
    async def go() -> dict[str, Any]:
        async with (
            serving(FakeSource(), **options) as server,
            connect(f"ws://127.0.0.1:{server.port}/verify-ws") as socket,
        ):
            return await send(socket, name, content)

    return asyncio.run(go())


def test_a_marked_film_is_told_and_nothing_stays(tmp_path: Path, scratch: Path) -> None:
    film = write_film(tmp_path / "a.mp4", is_marked=True)
    answer = verified("mine.mp4", film.read_bytes())
    assert answer["type"] == "report"
    report = answer["report"]
    assert report["file"] == "mine.mp4"
    assert report["marks"][0]["issuer"] == ISSUER
    assert report["whole"]
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("name", ["text.mp4", "noise.png", "../../etc/passwd", "", "a" * 999])
def test_what_is_no_film_gets_an_answer_that_names_it(name: str, scratch: Path) -> None:
    answer = verified(name, b"not a film, not a picture" * 9)
    assert answer["type"] == "error"
    assert name[-120:] in answer["message"]
    assert str(scratch) not in answer["message"]
    assert list(scratch.iterdir()) == []


def test_a_film_that_is_too_large_is_refused_before_it_is_sent() -> None:
    answer = verified("long.mp4", b"0" * 2_000, max_verified_bytes=1_999)
    assert answer["type"] == "error"
    assert "expected 1 to 1,999" in answer["message"]


@pytest.mark.parametrize("asked", ["", "{", "[]", '{"type": "film"}', b"\0\1", '{"type": "file"}'])
def test_odd_requests_are_answered_and_the_next_one_is_served(
    asked: str | bytes, tmp_path: Path
) -> None:
    film = write_film(tmp_path / "a.mp4", is_marked=False, seconds=0.2)

    async def go() -> tuple[dict[str, Any], dict[str, Any]]:
        async with (
            serving(FakeSource()) as server,
            connect(f"ws://127.0.0.1:{server.port}/verify-ws") as socket,
        ):
            await socket.send(asked)
            refused = json.loads(await socket.recv())
            return refused, await send(socket, "b.mp4", film.read_bytes())

    refused, served = asyncio.run(go())
    assert refused["type"] == "error"
    assert served["report"]["marks"] == []


def test_who_stops_in_the_middle_is_let_go_and_others_are_served(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", is_marked=False, seconds=0.2).read_bytes()

    async def go() -> dict[str, Any]:
        async with serving(FakeSource(), send_timeout_s=2.0) as server:
            url = f"ws://127.0.0.1:{server.port}/verify-ws"
            async with connect(url) as slow, connect(url) as slower, connect(url) as good:
                for socket in (slow, slower):
                    await socket.send(json.dumps({"type": "file", "name": "x.mp4", "size": 10}))
                    assert json.loads(await socket.recv()) == {"type": "send"}
                answer = await send(good, "b.mp4", film)
                with pytest.raises(ConnectionClosed, match="nothing came for too long"):
                    await slow.recv()
                return answer

    assert asyncio.run(go())["type"] == "report"


def test_the_token_is_asked_for() -> None:
    async def go() -> int:
        async with serving(FakeSource(), token="correct-horse") as server:
            url = f"ws://127.0.0.1:{server.port}/verify-ws"
            with pytest.raises(InvalidStatus) as refused:
                await connect(url)
            async with connect(url, additional_headers={"Authorization": "Bearer correct-horse"}):
                status, _, page = await get(server.port, "/verify")
            assert b"Choose a film" in page
            assert status == 200
            return refused.value.response.status_code

    assert asyncio.run(go()) == 401
