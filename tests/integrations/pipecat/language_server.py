"""A small server that speaks OpenAI's streaming protocol: what a language model would answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

PIECE_LETTERS = 3  # tags are torn apart, as real tokens do


@dataclass
class LanguageServer:
    """A running server: what it was asked, what it answers."""

    url: str
    answers: list[Any]
    """one for each question: text, or a dict of arguments for the tool set_expression"""
    requests: list[dict[str, Any]] = field(default_factory=list)

    def last_question(self) -> str:
        """What the user said last, as the model was told."""
        users = [m for m in self.requests[-1]["messages"] if m["role"] == "user"]
        return str(users[-1]["content"]) if users else ""


def _text_deltas(text: str) -> Iterator[dict[str, Any]]:
    for first in range(0, len(text), PIECE_LETTERS):
        yield {"role": "assistant", "content": text[first : first + PIECE_LETTERS]}


def _tool_deltas(arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    call = {"name": "set_expression", "arguments": json.dumps(arguments)}
    yield {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": call}]}


def _events(answer: Any) -> Iterator[bytes]:
    is_text = isinstance(answer, str)
    deltas = _text_deltas(answer) if is_text else _tool_deltas(answer)
    for delta in deltas:
        yield _event([{"index": 0, "delta": delta, "finish_reason": None}])
    reason = "stop" if is_text else "tool_calls"
    yield _event([{"index": 0, "delta": {}, "finish_reason": reason}])
    yield b"data: [DONE]\n\n"


def _event(choices: list[dict[str, Any]]) -> bytes:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "tiny"}
    return b"data: " + json.dumps({**chunk, "choices": choices}).encode() + b"\n\n"


@asynccontextmanager
async def answering(*answers: Any) -> AsyncIterator[LanguageServer]:
    """Run a server in this loop that gives these answers, and then the last one again."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split()[0])
        server.requests.append(json.loads(await reader.readexactly(length)))
        number = min(len(server.requests), len(server.answers)) - 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
        writer.write(b"Connection: close\r\n\r\n")
        for event in _events(server.answers[number]):
            writer.write(event)
            await writer.drain()
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    server = LanguageServer(f"http://127.0.0.1:{port}/v1", list(answers))
    async with listener:
        yield server
