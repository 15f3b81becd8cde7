"""A viewer that draws the face itself: motion over the wire, the face's file beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import numpy as np
import pytest
from fake_face import tone
from fake_source import FakeSource
from server_rig import get, serving
from vasa_server.client import Picture, ServerRefused, Sound, connect
from vasa_server.protocol import messages as m
from vasa_server.show.profile_source import ProfileSource

from vasa_avatar.browser import MOTION_BYTES
from vasa_avatar.datatypes import ARKIT_INDEX, ARKIT_NAMES

pytestmark = pytest.mark.realtime

Runner = Callable[[Awaitable[None]], None]


def test_motion_comes_in_the_pictures_place(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            assert client.welcome.coefficients == ARKIT_NAMES
            opened = await client.open("ada", codec="motion")
            assert opened.codec == "motion"
            voice = tone(0.4)
            await client.push(voice)
            await client.flush()
            heard, spoken = [], []
            async for item in client:
                if isinstance(item, Sound):
                    heard.append(item)
                elif isinstance(item, Picture):
                    assert len(item.data) == MOTION_BYTES and item.is_key
                    spoken += [item] if item.is_speech else []
                elif isinstance(item, m.UtteranceEnded):
                    break
            assert np.array_equal(np.concatenate([sound.pcm_i16 for sound in heard]), voice)
            assert len(spoken) == 10
            assert [picture.sample for picture in spoken] == [sound.sample for sound in heard]
            assert spoken[3].motion().expression[ARKIT_INDEX["tongueOut"]] > 0.9
            with pytest.raises(ValueError, match="motion()"):
                spoken[0].decode()
            stats = await client.stats()
            assert stats.held_frames == 0 and stats.pictures_drawn > 9

    run(work())


def test_frames_that_come_together_are_the_same_frames(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            await client.open("ada", codec="motion", frames_per_message=4)
            voice = tone(2.0)
            await client.push(voice)
            await client.flush()
            heard, spoken = [], []
            async for item in client:
                if isinstance(item, Sound):
                    heard.append(item)
                elif isinstance(item, Picture) and item.is_speech:
                    spoken.append(item)
                elif isinstance(item, m.UtteranceEnded):
                    break
            assert np.array_equal(np.concatenate([sound.pcm_i16 for sound in heard]), voice)
            first = heard[0].sample
            assert [(p.sample - first, p.samples) for p in spoken] == [
                (960 * k, 960) for k in range(50)
            ]
            assert all(len(picture.data) == MOTION_BYTES for picture in spoken)
            assert len(heard) < 30, "most messages hold several frames"

    run(work())


def test_the_face_is_had_by_its_address(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            ada, bob = client.welcome.characters
            assert (ada.face, bob.face) == ("face/ada.vface", "")
            status, head, body = await get(server.port, f"/{ada.face}")
            assert (status, body[:8]) == (200, b"VASAFACE")
            etag = next(line for line in head.split("\r\n") if line.startswith("ETag")).split()[1]
            again = await get(server.port, f"/{ada.face}", f"If-None-Match: {etag}")
            assert (again[0], again[2]) == (304, b"")
            for path in ("/face/bob.vface", "/face/nobody.vface", "/face/", "/face/../ws"):
                assert (await get(server.port, path))[0] == 404

    run(work())


def test_the_face_wants_the_token_where_there_is_one(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source, token="a-long-secret") as server:
            assert (await get(server.port, "/face/ada.vface"))[0] == 401
            shown = await get(server.port, "/face/ada.vface", "Authorization: Bearer a-long-secret")
            assert shown[0] == 200

    run(work())


def test_a_shipped_character_moves_without_a_renderer(run: Runner) -> None:
    async def work() -> None:
        source = ProfileSource()
        async with serving(source) as server, connect(server.websocket_url) as client:  # type: ignore[arg-type]
            await client.open("iris", codec="motion")
            async for item in client:
                if isinstance(item, Picture):
                    assert np.abs(item.motion().head.rotation_rad).max() < 1.0
                    break

    run(work())


def test_five_who_draw_take_the_room_of_one(source: FakeSource, run: Runner) -> None:
    async def work() -> None:
        async with serving(source, max_sessions=1) as server, AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(connect(server.websocket_url)) for _ in range(6)
            ]
            for client in clients[:5]:
                await client.open("ada", codec="motion")
            for codec in ("motion", "jpeg"):
                with pytest.raises(ServerRefused, match="busy"):
                    await clients[5].open("ada", codec=codec)  # type: ignore[arg-type]
            assert (await clients[0].stats()).sessions == 5
            for client in clients[:5]:
                await client.leave()
            await clients[5].open("ada", codec="jpeg")
            with pytest.raises(ServerRefused, match="busy"):
                await clients[0].open("ada", codec="motion")

    run(work())
