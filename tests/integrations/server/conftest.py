"""A fake source, and a runner for coroutines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from fake_source import FakeSource


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def run() -> Callable[[Awaitable[None]], None]:
    """Runs a coroutine in a loop of its own, for 60 s at most."""

    def runner(work: Awaitable[None]) -> None:
        async def limited() -> None:
            async with asyncio.timeout(60):
                await work

        asyncio.run(limited())

    return runner
