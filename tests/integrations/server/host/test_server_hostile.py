"""Clients that mean harm or cannot keep up: clear errors, clean closes, nobody else disturbed."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import threading
import tracemalloc
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from fake_face import tone
from fake_source import FakeSource
from server_rig import eventually, serving
from vasa_server.client import AvatarClient, Sound, connect
from vasa_server.protocol import messages as m
from vasa_server.protocol.media import SOUND, pack_speech, unpack_media
from websockets.asyncio.client import connect as raw
from websockets.exceptions import ConnectionClosed, InvalidHandshake

pytestmark = pytest.mark.realtime

Runner = Callable[[Awaitable[None]], None]


async def speaks(client: AvatarClient, seconds: float = 0.4) -> bool:
    """Whether a conversation still works, to the last sample."""
    voice = tone(seconds)
    await client.push(voice)
    await client.flush()
    parts = []
    async for item in client:
        if isinstance(item, Sound):
            parts.append(item.pcm_i16)
        if isinstance(item, m.UtteranceEnded):
            return bool(np.array_equal(np.concatenate(parts), voice))
    return False


def test_random_messages_are_answered_with_errors_then_with_a_close(
    source: FakeSource, run: Runner
) -> None:
    async def work() -> None:
        chance = random.Random(5)
        async with serving(source, max_errors=20) as server, connect(server.websocket_url) as good:
            await good.open("ada", size_px=128)
            async with raw(server.websocket_url, proxy=None, max_size=None) as bad:
                await bad.recv()
                with pytest.raises(ConnectionClosed) as closed:
                    for _ in range(200):
                        data = chance.randbytes(chance.randrange(200))
                        await bad.send(data if chance.random() < 0.5 else data.decode("latin-1"))
                    while True:
                        answer = json.loads(await bad.recv())
                        assert answer["code"] in ("bad_message", "bad_media", "not_open")
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1008
            assert await speaks(good)

    run(work())


def test_bytes_that_are_no_websocket_at_all(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        chance = random.Random(6)
        async with serving(source) as server, connect(server.websocket_url) as good:
            await good.open("ada", size_px=128)
            for number in range(40):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                if number % 2:
                    writer.write(b"GET /ws HTTP/1.1\r\nHost: localhost\r\n")
                writer.write(chance.randbytes(3000))
                if number % 3 == 0:
                    writer.transport.abort()
                    continue
                writer.write_eof()
                await reader.read()
                writer.close()
            assert await speaks(good)

    run(work())


def test_broken_frames_inside_a_websocket(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        chance = random.Random(7)
        async with serving(source) as server, connect(server.websocket_url) as good:
            await good.open("ada", size_px=128)
            for _ in range(30):
                async with raw(server.websocket_url, proxy=None) as bad:
                    await bad.recv()
                    bad.transport.write(chance.randbytes(chance.randrange(2, 4000)))
                    bad.transport.write_eof()
                    with pytest.raises(ConnectionClosed):
                        async with asyncio.timeout(20):
                            while True:
                                await bad.recv()
            assert await speaks(good)

    run(work())


def test_a_huge_message_ends_its_own_connection_only(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as good:
            await good.open("ada", size_px=128)
            async with raw(server.websocket_url, proxy=None) as bad:
                await bad.recv()
                with pytest.raises(ConnectionClosed) as closed:
                    await bad.send(bytes(3 << 20))
                    while True:
                        await bad.recv()
                assert closed.value.rcvd is None or closed.value.rcvd.code == 1009
            async with raw(server.websocket_url, proxy=None) as bad:
                await bad.recv()
                await bad.send("x" * 100_000)
                assert json.loads(await bad.recv())["code"] == "bad_message"
            assert await speaks(good)

    run(work())


def test_a_reader_that_stops_and_goes_on_loses_pictures_not_sound(
    source: FakeSource, run: Runner
) -> None:
    async def work() -> None:
        async with (
            serving(source, send_timeout_s=30.0) as server,
            raw(server.websocket_url, proxy=None, max_queue=1, max_size=None) as slow,
            connect(server.websocket_url) as good,
        ):
            await good.open("bob", size_px=128)
            await slow.recv()
            await slow.send('{"type":"open","character":"ada","size_px":1024,"quality":95}')
            voice = tone(3.0)
            for first in range(0, len(voice), 1 << 16):
                await slow.send(pack_speech(voice[first : first + (1 << 16)], 24_000))
            await slow.send('{"type":"flush"}')
            await eventually(lambda: len(source.faces) == 2)
            source.faces[-1].noise = True  # pictures that do not compress
            connections = server._service.connections
            await eventually(lambda: any(c.counters.pictures_dropped > 3 for c in connections))
            assert await speaks(good)
            parts = []
            pictures = 0
            while True:
                message = await slow.recv()
                if isinstance(message, str):
                    if json.loads(message)["type"] == "utterance_ended":
                        break
                    continue
                packet = unpack_media(message)
                if packet.kind == SOUND:
                    parts.append(np.frombuffer(packet.payload, "<i2"))
                else:
                    pictures += 1
            assert np.array_equal(np.concatenate(parts), voice)
            await slow.send('{"type":"get_stats","id":1}')
            while True:
                message = await slow.recv()
                if isinstance(message, str):
                    stats = m.parse_reply(message)
                    break
            assert isinstance(stats, m.Stats)
            assert stats.pictures_dropped > 3

    run(work())


@pytest.mark.slow
def test_a_reader_that_takes_nothing_is_disconnected(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source, send_timeout_s=1.0) as server:
            url = server.websocket_url
            async with raw(url, proxy=None, max_queue=1, close_timeout=0.1) as slow:
                await slow.recv()
                await slow.send('{"type":"open","character":"ada","size_px":1024,"quality":95}')
                await eventually(lambda: bool(source.faces))
                source.faces[-1].noise = True
                await eventually(lambda: server.context.sessions == 0)
            assert server.context.sessions == 0

    run(work())


def test_a_flood_of_requests_waits_instead_of_filling_memory(
    source: FakeSource, run: Runner
) -> None:
    async def work() -> None:
        async with (
            serving(source, messages_per_s=1000.0, message_burst=50) as server,
            raw(server.websocket_url, proxy=None) as flood,
            connect(server.websocket_url) as good,
        ):
            await good.open("ada", size_px=128)
            await flood.recv()
            loop = asyncio.get_running_loop()
            began_s = loop.time()

            async def read() -> int:
                seen = 0
                while seen < 350:
                    assert json.loads(await flood.recv())["code"] == "not_open"
                    seen += 1
                return seen

            reader = asyncio.create_task(read())
            for number in range(350):
                await flood.send(json.dumps({"type": "get_stats", "id": number}))
            assert await reader == 350
            assert loop.time() - began_s >= 0.28  # 300 above the burst, at 1000 a second
            assert await speaks(good)

    run(work())


@pytest.mark.slow
def test_a_thousand_opens_and_closes_leave_nothing_behind(source: FakeSource, run: Runner) -> None:
    """Half of the clients leave politely, a quarter close, a quarter vanish in mid speech."""

    async def visit(url: str, number: int) -> None:
        async with raw(url, proxy=None, close_timeout=1) as socket:
            await socket.recv()
            await socket.send('{"type":"open","character":"ada","size_px":128}')
            await socket.send('{"type":"say","text":"one two three four."}')
            await socket.recv()
            if number % 4 == 0:
                socket.transport.abort()
            elif number % 2:
                await socket.send('{"type":"close","id":1}')
                async for message in socket:
                    if isinstance(message, str) and '"closed"' in message:
                        break

    async def work() -> None:
        async with (
            serving(source, max_sessions=16) as server,
            connect(server.websocket_url) as good,
        ):
            await good.open("bob", size_px=128)

            async def many(count: int) -> None:
                for first in range(0, count, 8):
                    await asyncio.gather(
                        *(visit(server.websocket_url, first + i) for i in range(8))
                    )
                await eventually(lambda: server.context.sessions <= 1)
                source.faces.clear()
                gc.collect()

            await many(104)
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            await many(896)
            grown = tracemalloc.get_traced_memory()[0] - before
            tracemalloc.stop()
            assert server.context.sessions == 1
            workers = [t for t in threading.enumerate() if t.name.startswith("vasa-session")]
            assert len(workers) == 1
            assert grown < 2_000_000, f"{grown} bytes stayed behind"
            assert await speaks(good)

    async def limited() -> None:
        async with asyncio.timeout(240):
            await work()

    asyncio.run(limited())


def test_too_many_connections_are_refused_before_the_handshake(
    source: FakeSource, run: Runner
) -> None:
    async def work() -> None:
        async with serving(source, max_connections=2) as server:
            async with connect(server.websocket_url), connect(server.websocket_url):
                with pytest.raises(InvalidHandshake, match="503"):
                    async with connect(server.websocket_url):
                        pass
            await eventually(lambda: not server._service.connections)
            async with connect(server.websocket_url) as client:
                await client.open("ada", size_px=128)

    run(work())


def test_a_silent_client_is_disconnected(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with (
            serving(source, idle_timeout_s=0.3) as server,
            raw(server.websocket_url, proxy=None) as socket,
        ):
            await socket.recv()
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.reason == "nothing came for too long"

    run(work())
