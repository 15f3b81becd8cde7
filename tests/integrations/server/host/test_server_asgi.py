"""The same characters as an ASGI application: under a real uvicorn, and message by message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fake_source import FakeSource
from server_rig import eventually, get
from vasa_server import AvatarApp, Resumed, ServerOptions, Sound, connect, stay_connected
from vasa_server.protocol import messages as m
from websockets.exceptions import ConnectionClosed, InvalidHandshake

STORY = [f"This is sentence number {word}." for word in ("one", "two", "three", "four")]


@asynccontextmanager
async def running(app: Any) -> AsyncIterator[int]:
    """The application on a free port."""
    uvicorn = pytest.importorskip("uvicorn")
    config = uvicorn.Config(app, port=0, ws="websockets-sansio", lifespan="on", log_level="error")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


def test_pages_and_speech_come_as_from_the_server_itself(source: FakeSource) -> None:
    async def work() -> None:
        app = AvatarApp(source, ServerOptions(max_message_bytes=1 << 12))
        async with running(app) as port:
            assert (await get(port, "/healthz", "Connection: close"))[::2] == (200, b"ok\n")
            status, head, body = await get(port, "/", "Connection: close")
            assert status == 200 and b"<title>" in body
            assert "content-security-policy" in head.lower()
            assert (await get(port, "/ws", "Connection: close"))[0] == 426
            async with connect(f"ws://127.0.0.1:{port}/ws") as client:
                await client.open("ada", size_px=128)
                await client.say("Hello there.")
                sounds = [item async for item in _until_end(client) if isinstance(item, Sound)]
            assert sum(len(sound.pcm_i16) for sound in sounds) == 2 * 4_800  # two words
            await eventually(lambda: not app.service.connections)

    asyncio.run(work())


async def _until_end(client: Any) -> AsyncIterator[Any]:
    async for item in client:
        yield item
        if isinstance(item, m.UtteranceEnded):
            return


def test_who_may_not_come_in_is_told(source: FakeSource) -> None:
    async def work() -> None:
        async with running(AvatarApp(source, ServerOptions(token="a-long-token"))) as port:
            url = f"ws://127.0.0.1:{port}/ws"
            with pytest.raises(InvalidHandshake, match="401"):
                async with connect(url):
                    pass
            async with connect(url, "a-long-token") as client:
                await client.open("ada", size_px=128)

    asyncio.run(work())


def test_who_is_sent_away_has_ended_its_sentence_and_goes_on_at_the_next(
    source: FakeSource,
) -> None:
    async def work() -> None:
        heard: list[str] = []
        options = ServerOptions(drain_s=10.0)
        leaving, staying = AvatarApp(source, options), AvatarApp(FakeSource(), options)
        now = [leaving]

        async def router(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                await staying.start()
            await now[0](scope, receive, send)

        async with running(router) as port, stay_connected(f"ws://127.0.0.1:{port}/ws") as client:
            await client.open("ada", size_px=128)
            await client.say(" ".join(STORY))
            samples = 0
            async for item in client:
                if isinstance(item, m.Sentence):
                    heard.append(item.text)
                    if len(heard) == 2:
                        now[0] = staying
                        going = asyncio.create_task(leaving.service.send_away())
                elif isinstance(item, Sound):
                    samples += len(item.pcm_i16)
                elif isinstance(item, Resumed):
                    whole = 2 * len(STORY[0].split()) * 4_800
                    assert whole - 960 <= samples <= whole, "two sentences, to the frame"
                    await going
                elif isinstance(item, m.UtteranceEnded):
                    break
            assert heard == [*STORY[:3], *STORY[2:]], "the third was told twice, spoken once"
            assert not leaving.service.connections
        await staying.service.stop()

    asyncio.run(work())


def test_who_is_silent_is_sent_away_at_once_with_1012(source: FakeSource) -> None:
    async def work() -> None:
        app = AvatarApp(source, ServerOptions(drain_s=100.0))
        async with running(app) as port:
            url = f"ws://127.0.0.1:{port}/ws"
            async with connect(url) as client:
                await client.open("ada", size_px=128)
                async with asyncio.timeout(50):
                    await app.service.send_away()
                with pytest.raises(ConnectionClosed) as told:
                    await client.open("ada")
                assert told.value.rcvd is not None and told.value.rcvd.code == 1012
            with pytest.raises(InvalidHandshake, match="503"):
                async with connect(url):
                    pass

    asyncio.run(work())


def test_below_a_place_where_it_is_mounted(source: FakeSource) -> None:
    async def work() -> None:
        app = AvatarApp(source)
        await app.start()
        sent: list[dict[str, Any]] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request"}

        scope = {"type": "http", "method": "GET", "path": "/faces/healthz", "root_path": "/faces",
                 "headers": [(b"host", b"localhost")]}  # fmt: skip
        await app(scope, receive, send)
        await app({**scope, "method": "POST"}, receive, send)
        assert [message["status"] for message in sent[::2]] == [200, 405]
        assert sent[1]["body"] == b"ok\n"
        await app.service.stop()

    asyncio.run(work())
