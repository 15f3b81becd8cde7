"""A small server that speaks OpenAI's streaming protocol: what a language model would answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


@contextmanager
def answering(*answers: Any) -> Iterator[LanguageServer]:
    """Run a server that gives these answers, one after the other, and then the last again."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802  (the base class's name)
            length = int(self.headers["Content-Length"])
            server.requests.append(json.loads(self.rfile.read(length)))
            number = min(len(server.requests), len(server.answers)) - 1
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for event in _events(server.answers[number]):
                self.wfile.write(event)
                self.wfile.flush()

        def log_message(self, *_: object) -> None:
            return

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = LanguageServer(f"http://127.0.0.1:{listener.server_port}/v1", list(answers))
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join(5)
