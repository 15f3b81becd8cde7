"""Code in this part's documents and docstrings runs."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from livekit.agents import Agent, AgentSession
from livekit.plugins import vasa
from livekit_rig import FakeRoom
from snippets import Snippet, python_snippets, run_snippet

SNIPPETS = python_snippets("livekit")


@pytest.mark.parametrize("snippet", SNIPPETS, ids=str)
def test_the_agent_gets_a_face(snippet: Snippet, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[vasa.AvatarSession] = []
    start_face = vasa.AvatarSession.start

    async def start(face: vasa.AvatarSession, *args: Any, **options: Any) -> None:
        await start_face(face, *args, **options)
        started.append(face)

    async def start_session(session: Any, *args: Any, **options: Any) -> None:
        assert started, "the face is to be there before the session starts"

    async def go() -> None:
        room = FakeRoom()
        names: dict[str, Any] = {
            "vasa": vasa,
            "ctx": SimpleNamespace(room=room),
            "session": AgentSession(),
            "agent": Agent(instructions=""),
            **dict.fromkeys(("stt", "llm", "tts")),
        }
        waiting = run_snippet(snippet, names)
        await (waiting or names["answer"](names["ctx"]))
        (face,) = started
        await face.aclose()

    monkeypatch.setattr(vasa.AvatarSession, "start", start)
    monkeypatch.setattr(AgentSession, "start", start_session)
    asyncio.run(go())


def test_there_are_some() -> None:
    assert len(SNIPPETS) >= 2
