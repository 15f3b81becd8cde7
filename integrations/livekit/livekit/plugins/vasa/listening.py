"""How the face attends to the user, whom the agent session hears on the room's track."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession, AgentStateChangedEvent, UserStateChangedEvent
from livekit.agents.voice.events import AgentState, UserState
from livekit.plugins.vasa.hearing import HEARING_RATE_HZ, Hearing

from vasa_avatar.datatypes import I16
from vasa_avatar.motion import Attention
from vasa_avatar.session import LiveStream

_NOD_EVERY_S = (2.2, 5.0)
_NOD_WHILE_USER_SPEAKS = (0.3, 0.6)
_NOD_AT_LAST_WORD = 0.5


def attention_of(user: UserState, agent: AgentState) -> Attention:
    """What the face does while it does not speak."""
    if user == "speaking":
        return Attention.LISTENING
    return Attention.THINKING if agent == "thinking" else Attention.IDLE


class Listening:
    """Listens, nods and thinks as the agent session says that user and agent do."""

    def __init__(
        self, live: LiveStream, session: AgentSession[Any], room: rtc.Room, seed: int
    ) -> None:
        """Begin; `close` ends it.

        Args:
            live: whose face it is.
            session: tells of both.
            room: where the user speaks.
            seed: of the moments of nods.
        """
        self._live, self._session = live, session
        self._random = random.Random(seed)
        self._user: UserState = "listening"
        self._agent: AgentState = "initializing"
        self._has_heard = False
        """the user's sound comes through: the face itself knows when to nod"""
        self._hearing = Hearing(room, self._hear)
        self._nod: asyncio.TimerHandle | None = None
        session.on("user_state_changed", self._on_user)
        session.on("agent_state_changed", self._on_agent)

    async def close(self) -> None:
        """Attend to nothing more. Harmless when repeated."""
        self._session.off("user_state_changed", self._on_user)
        self._session.off("agent_state_changed", self._on_agent)
        self._stop_nodding()
        await self._hearing.close()

    def _hear(self, sound: I16) -> None:
        if self._user == "speaking" and self._agent != "speaking":
            self._has_heard = True
            self._live.hear(sound, HEARING_RATE_HZ)

    def _on_user(self, event: UserStateChangedEvent) -> None:
        was, self._user = self._user, event.new_state
        self._stop_nodding()
        if self._user == "speaking":
            self._nod_later()
        elif was == "speaking" and self._agent != "speaking":
            self._live.nod(_NOD_AT_LAST_WORD)
        self._attend()

    def _on_agent(self, event: AgentStateChangedEvent) -> None:
        self._agent = event.new_state
        self._attend()

    def _attend(self) -> None:
        self._live.attend(attention_of(self._user, self._agent))

    def _nod_later(self) -> None:
        loop, wait_s = asyncio.get_running_loop(), self._random.uniform(*_NOD_EVERY_S)
        self._nod = loop.call_later(wait_s, self._nod_now)

    def _nod_now(self) -> None:
        if self._agent != "speaking" and not self._has_heard:
            self._live.nod(self._random.uniform(*_NOD_WHILE_USER_SPEAKS))
        self._nod_later()

    def _stop_nodding(self) -> None:
        if self._nod is not None:
            self._nod.cancel()
            self._nod = None
