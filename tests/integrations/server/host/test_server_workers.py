"""Several processes behind one port: who gets whom, what they share, and what a death costs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from server_rig import eventually, get
from vasa_server import AvatarClient, ServerRefused, Sound, connect
from vasa_server.host.seats import Seats
from vasa_server.host.workers import can_have_workers

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).parents[1] / "workers_program.py"
TESTS = PROGRAM.parents[2]

only_where_there_are_workers = pytest.mark.skipif(
    not can_have_workers(), reason="several workers need Linux; one serves here"
)


class Program:
    """A running server of two workers."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port
        self.url = f"ws://127.0.0.1:{port}/ws"

    def workers(self) -> list[int]:
        pid = self.process.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def serving_with_workers(**options: object) -> Iterator[Program]:
    path = os.pathsep.join(str(TESTS / part) for part in ("", "integrations/server"))
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), json.dumps({"port": 0, "drain_s": 0.0, **options})],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "loading what 2 workers share\n"
        found = re.search(r":(\d+)/", process.stdout.readline())
        assert found, process.communicate()
        yield Program(process, int(found[1]))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


@asynccontextmanager
async def faces(
    program: Program, count: int, tickets: list[str] | None = None
) -> AsyncIterator[list[AvatarClient]]:
    """So many open characters; they come back with `tickets`, and leave theirs there."""
    shown = [*(tickets or []), *[""] * count]
    async with asyncio.TaskGroup() as group:
        leave = asyncio.Event()
        clients: list[AvatarClient] = []

        async def stay(ticket: str) -> None:
            async with connect(program.url) as client:
                opened = await client.open("ada", size_px=128, resume=ticket)
                clients.append(client)
                if tickets is not None:
                    tickets.append(opened.resume)
                await leave.wait()

        for ticket in shown[:count]:
            group.create_task(stay(ticket))
        await eventually(lambda: len(clients) == count)
        try:
            yield clients
        finally:
            leave.set()


async def hears(client: AvatarClient) -> bool:
    """Whether it still speaks; False when its connection is gone."""
    try:
        await client.say("Still here.")
        async for item in client:
            if isinstance(item, Sound):
                return True
    except ConnectionError:
        pass
    except Exception as problem:
        assert "close" in type(problem).__name__.lower(), problem
    return False


@only_where_there_are_workers
def test_a_dead_worker_costs_its_own_sessions_and_is_replaced() -> None:
    async def work(program: Program) -> None:
        await eventually(lambda: len(program.workers()) == 2)
        async with faces(program, 4) as clients:
            first, second = program.workers()
            os.kill(first, signal.SIGKILL)
            await eventually(lambda: len({*program.workers()} - {first, second}) == 1)
            alive = [await hears(client) for client in clients]
            assert sorted(alive) == [False, False, True, True], "two each, the other two unharmed"
            async with faces(program, 2) as others:
                assert all([await hears(client) for client in others])

    with serving_with_workers() as program:
        asyncio.run(work(program))


@only_where_there_are_workers
def test_limits_hold_for_all_together_and_who_lost_a_seat_finds_it_again() -> None:
    async def work(program: Program) -> None:
        await eventually(lambda: len(program.workers()) == 2)
        tickets: list[str] = []
        seats = faces(program, 3, tickets)
        async with seats, connect(program.url) as one, connect(program.url) as other:
            for client in (one, other):
                with pytest.raises(ServerRefused, match="all 3 sessions are taken"):
                    await client.open("ada")
            dead = program.workers()
            for pid in dead:
                os.kill(pid, signal.SIGKILL)
            await eventually(lambda: len({*program.workers()} - {*dead}) == 2)
        async with faces(program, 3, tickets):
            pass

    with serving_with_workers(max_sessions=3) as program:
        asyncio.run(work(program))


@only_where_there_are_workers
def test_it_serves_pages_and_ends_with_its_workers() -> None:
    async def work(program: Program) -> None:
        status, _, body = await get(program.port, "/healthz")
        assert (status, body) == (200, b"ok\n")
        async with faces(program, 2) as clients:
            assert (await clients[0].stats()).sessions == 2, "counted over both workers"

    with serving_with_workers() as program:
        asyncio.run(work(program))
        workers = program.workers()
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(30) == 0
    assert len(workers) == 2
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


@only_where_there_are_workers
def test_workers_whose_parent_is_gone_end_too() -> None:
    async def work(program: Program) -> None:
        await eventually(lambda: len(program.workers()) == 2)
        workers = program.workers()
        program.process.kill()
        await eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))

    with serving_with_workers() as program:
        asyncio.run(work(program))


def test_seats_are_taken_and_given_back() -> None:
    seats = Seats()
    assert seats.take(2) and seats.take(2) and not seats.take(2)
    seats.give_back()
    assert seats.taken == 1 and seats.take(2)
    seats.give_back()
    assert all(seats.take(2, 1) for _ in range(5)) and not seats.take(2, 1)
    assert seats.taken == 6
