"""Two replicas on this machine: sockets spread, a death and a departure lose no sentence."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="its own environment has it: make test-ray")

from cluster_rig import Cluster, cluster, until
from vasa_server import Resumed, connect, stay_connected
from vasa_server.protocol import messages as m

log = logging.getLogger(__name__)
SHORT, LONG = ([f"This is sentence number {n}." for n in range(1, last)] for last in (6, 25))
"""a second each"""
LAST = "The end."
OPTIONS = {"max_sessions": 8, "num_cpus": 0.5, "health_check_s": 0.5, "drain_s": 20.0}


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    """A cluster that serves with two replicas."""
    with tempfile.TemporaryDirectory(prefix="vr") as folder:  # short: Ray's sockets lie in it
        with cluster(Path(folder)) as made:
            made.serve("ray_program:app", OPTIONS, replicas=2)
            until(made.is_ready, 90)
            yield made


async def hear(url: str, story: list[str], heard: list[str], breaks: list[float]) -> None:
    """Have it told, over as many connections as it takes."""
    async with stay_connected(url) as client:
        await client.open("ada", size_px=128)
        await client.say(" ".join(story))
        await client.say(LAST)
        async for item in client:
            if isinstance(item, m.Sentence):
                heard.append(item.text)
            elif isinstance(item, Resumed):
                breaks.append(item.away_s)
            elif isinstance(item, m.UtteranceEnded) and heard[-1] == LAST:
                return


async def four_tell(
    running: Cluster, story: list[str], begun: asyncio.Event
) -> tuple[list[list[str]], list[float]]:
    """What four faces say, and how long who came back was away, seconds.

    `begun` is set when all are at the second sentence.
    """
    heard: list[list[str]] = [[] for _ in range(4)]
    breaks: list[list[float]] = [[] for _ in range(4)]
    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        for one in range(4):
            group.create_task(hear(running.url, story, heard[one], breaks[one]))
            await asyncio.sleep(0.1)  # the proxy hears how many a replica has
        while not all(len(said) >= 2 for said in heard):  # noqa: ASYNC110  (from several)
            await asyncio.sleep(0.02)
        begun.set()
    for said in heard:
        assert list(dict.fromkeys(said)) == [*story, LAST], "in order, none missing"
    away_s = [one_s for of_one in breaks for one_s in of_one]
    log.info("away for %s s", [round(one_s, 2) for one_s in away_s])
    return heard, away_s


async def most_on_one_of_eight(running: Cluster) -> int:
    """How many of eight sessions the fuller replica has."""
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(8):
            clients.append(await stack.enter_async_context(connect(running.url)))
            await clients[-1].open("ada", size_px=128)
        sessions = {(await client.stats()).sessions for client in clients}
        assert len(sessions) <= 2
        return max(sessions)


def wait_for_both(running: Cluster) -> None:
    """Until both replicas serve: eight sockets spread over them."""
    until(lambda: running.is_ready() and asyncio.run(most_on_one_of_eight(running)) <= 6, 90)


def test_sockets_spread_over_the_replicas(running: Cluster) -> None:
    wait_for_both(running)


def test_pages_come_and_usage_is_not_sent(running: Cluster) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{running.http_port}/") as answer:
        assert b"<title>" in answer.read()
    environ = Path(f"/proc/{running.replicas()[0]}/environ").read_bytes()
    assert b"RAY_USAGE_STATS_ENABLED=0" in environ.split(b"\0")


def test_a_replica_is_killed_while_four_talk(running: Cluster) -> None:
    wait_for_both(running)
    running.who_opened()

    async def work() -> None:
        begun = asyncio.Event()
        telling = asyncio.create_task(four_tell(running, SHORT, begun))
        await begun.wait()
        os.kill(running.who_opened()[0], signal.SIGKILL)
        heard, away_s = await telling
        assert away_s, "somebody's replica went"
        for said in heard:
            assert len(said) <= len(SHORT) + 2, "only what broke off is said again"

    asyncio.run(work())


def test_scaling_down_cuts_nobody_off(running: Cluster) -> None:
    wait_for_both(running)
    running.who_opened()

    async def work() -> None:
        begun = asyncio.Event()
        telling = asyncio.create_task(four_tell(running, LONG, begun))
        await begun.wait()
        opened = running.who_opened()
        await asyncio.to_thread(running.serve, "ray_program:app", OPTIONS, replicas=1)
        heard, away_s = await telling
        for said in heard:
            assert len(said) <= len(LONG) + 2, "told once more, not spoken once more"
        await asyncio.to_thread(until, lambda: len(running.replicas()) == 1, 30)
        has_moved = bool(set(opened) - set(running.replicas()))
        assert bool(away_s) == has_moved, "who was on the replica that went, and nobody else"

    asyncio.run(work())
