"""Helpers of the server's tests: a running server, and waiting for what others do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fake_source import FakeSource
from vasa_server.host.limits import ServerOptions
from vasa_server.host.server import AvatarServer


@asynccontextmanager
async def serving(source: FakeSource, **options: object) -> AsyncIterator[AvatarServer]:
    """A running server on a free port."""
    async with AvatarServer(source, ServerOptions(port=0, drain_s=0.0, **options)) as server:
        yield server


async def eventually(is_true: Callable[[], bool], seconds: float = 50.0) -> None:
    """Wait for what another thread or task brings about."""
    async with asyncio.timeout(seconds):
        while not is_true():  # noqa: ASYNC110  (nobody can set an event for it)
            await asyncio.sleep(0.02)


async def get(port: int, path: str, *headers: str) -> tuple[int, str, bytes]:
    """Status, head and body of an answer, as they come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers, "", ""]
    writer.write("\r\n".join(lines).encode())
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), body
