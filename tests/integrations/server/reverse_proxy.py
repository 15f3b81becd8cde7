"""A small reverse proxy: takes a path off, sets headers, passes the rest on, WebSockets too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager


@asynccontextmanager
async def reverse_proxy(
    upstream_port: int, sets: Mapping[str, str | None], strips: str = ""
) -> AsyncIterator[int]:
    """A running proxy; gives its port.

    Args:
        upstream_port: of the server behind it.
        sets: headers that it writes instead of the browser's; None takes one out.
        strips: what it takes off the front of paths.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        behind, before = await asyncio.open_connection("127.0.0.1", upstream_port)
        before.write(_passed_on(head.decode(), sets, strips).encode())
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(reader, before))
            both.create_task(_copy(behind, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield int(server.sockets[0].getsockname()[1])


def _passed_on(head: str, sets: Mapping[str, str | None], strips: str) -> str:
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, path, version = first.split(" ")
    if path.startswith(strips + "/"):
        path = path.removeprefix(strips)
    replaced = {key.lower() for key in sets}
    kept = [line for line in lines if line.partition(":")[0].lower() not in replaced]
    written = [f"{key}: {value}" for key, value in sets.items() if value is not None]
    return "\r\n".join([f"{method} {path} {version}", *kept, *written, "", ""])


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
