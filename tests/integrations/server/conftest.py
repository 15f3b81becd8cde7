"""A server with a fake stage on a free loopback port, and a runner for coroutines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from fake_stage import FakeStage
from vasa_server.limits import ServerOptions
from vasa_server.server import AvatarServer


@pytest.fixture
def stage() -> FakeStage:
    return FakeStage()


@asynccontextmanager
async def serving(stage: FakeStage, **options: object) -> AsyncIterator[AvatarServer]:
    """A running server on a free port."""
    async with AvatarServer(stage, ServerOptions(port=0, drain_s=0.0, **options)) as server:
        yield server


async def eventually(is_true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for what another thread or task brings about."""
    async with asyncio.timeout(seconds):
        while not is_true():  # noqa: ASYNC110  (nobody can set an event for it)
            await asyncio.sleep(0.02)


@pytest.fixture
def run() -> Callable[[Awaitable[None]], None]:
    """Runs a coroutine in a loop of its own, for 60 s at most."""

    def runner(work: Awaitable[None]) -> None:
        async def limited() -> None:
            async with asyncio.timeout(60):
                await work

        asyncio.run(limited())

    return runner
