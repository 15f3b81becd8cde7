"""Who comes back after a break: by which token, to which seat, at which sentence."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest
from fake_source import FakeSource
from server_rig import eventually, serving
from test_server_workers import only_where_there_are_workers, serving_with_workers
from vasa_server import Resumed, ServerRefused, connect, stay_connected
from vasa_server.host.resume import ResumeTokens
from vasa_server.host.seats import PARTS, SharedCounts, SharedSeats
from vasa_server.host.workers import can_have_workers
from vasa_server.protocol import messages as m
from websockets.exceptions import ConnectionClosed, InvalidHandshake

pytestmark = pytest.mark.slow

STORY = [f"This is sentence number {word}." for word in ("one", "two", "three", "four", "five")]
NOW_S = 1_800_000_000.0


def test_a_token_is_good_for_its_character_and_its_time() -> None:
    tokens = ResumeTokens("a secret that is shared")
    token = tokens.issue("ada", NOW_S)
    assert tokens.is_good(token, "ada", NOW_S + 3600)
    assert ResumeTokens("a secret that is shared").is_good(token, "ada", NOW_S)
    assert not tokens.is_good(token, "bob", NOW_S)
    assert not tokens.is_good(token, "ada", NOW_S + 25 * 3600)
    assert not ResumeTokens(None).is_good(token, "ada", NOW_S)
    for forged in ("", "nonsense", "ÿ", token[:-4] + "AAAA", token[::-1], "A" * 300):
        assert not tokens.is_good(forged, "ada", NOW_S)


@pytest.mark.skipif(not can_have_workers(), reason="several workers need Linux")
def test_the_seats_of_a_dead_worker_wait_for_those_who_had_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    counts = SharedCounts(2, 1)
    first, second = SharedSeats(counts, 0), SharedSeats(counts, 1)
    assert all(seats.take(3) for seats in (first, second, second))
    assert counts.lose(1, clock[0]) == 2
    assert not first.take(3), "they are kept"
    assert first.take(3, is_back=True)
    assert first.taken == 2 and first.parts_kept == PARTS
    clock[0] += 11.0
    assert first.parts_kept == 0 and first.take(3) and not first.take(3, is_back=True)
    counts.close()


def test_opened_brings_a_token_that_opens_again(source: FakeSource) -> None:
    async def work() -> None:
        async with serving(source) as server:
            async with connect(server.websocket_url) as client:
                opened = await client.open("ada", size_px=128)
            assert server.context.resume_tokens.is_good(opened.resume, "ada", time.time())
            async with connect(server.websocket_url) as client:
                await client.open("ada", size_px=128, resume=opened.resume)

    asyncio.run(work())


async def hear_story(url: str, heard: list[str], breaks: list[float]) -> None:
    """Have it told, over as many connections as it takes."""
    async with stay_connected(url) as client:
        await client.open("ada", size_px=128)
        await client.set_state("listening")
        await client.say(" ".join(STORY))
        await client.say("The end.")
        async for item in client:
            if isinstance(item, m.Sentence):
                heard.append(item.text)
            elif isinstance(item, Resumed):
                breaks.append(item.away_s)
            elif isinstance(item, m.UtteranceEnded) and heard[-1] == "The end.":
                return


async def answer_to_stranger(url: str) -> str:
    """What somebody without a token is told who comes as often as it takes to be answered."""
    while True:
        try:
            async with connect(url) as stranger:
                await stranger.open("ada")
                return "welcome"
        except ServerRefused as refused:
            return refused.code
        except (OSError, ConnectionClosed, InvalidHandshake):  # handed to the one that died
            await asyncio.sleep(0.01)


@only_where_there_are_workers
@pytest.mark.realtime
def test_four_talk_one_worker_is_killed_and_no_sentence_is_lost() -> None:
    async def work() -> None:
        with serving_with_workers(max_sessions=4) as program:
            await eventually(lambda: len(program.workers()) == 2)
            heard: list[list[str]] = [[] for _ in range(4)]
            breaks: list[list[float]] = [[] for _ in range(4)]
            async with asyncio.TaskGroup() as group:
                for one in range(4):
                    group.create_task(hear_story(program.url, heard[one], breaks[one]))
                await eventually(lambda: all("number two" in " ".join(said) for said in heard))
                os.kill(program.workers()[0], signal.SIGKILL)
                assert await answer_to_stranger(program.url) == "busy"
            assert sorted(len(one) for one in breaks) == [0, 0, 1, 1]
            for said in heard:
                assert list(dict.fromkeys(said)) == [*STORY, "The end."], "in order, none missing"
                assert len(said) <= len(STORY) + 2, "only what broke off is said again"

    asyncio.run(work())


def test_a_server_that_is_gone_for_good_is_told(
    source: FakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vasa_server.resuming._COMES_BACK_WITHIN_S", 0.2)

    async def work() -> None:
        async with serving(source) as server, stay_connected(server.websocket_url) as client:
            await client.open("ada", size_px=128)
            await server.close()
            with pytest.raises(ConnectionError, match="broke for good"):
                async for _ in client:
                    pass

    asyncio.run(work())
