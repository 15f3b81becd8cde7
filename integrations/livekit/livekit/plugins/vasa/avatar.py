"""AvatarSession: start it beside the agent session, and the agent has a face."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice.avatar import AvatarOptions, AvatarRunner
from livekit.agents.voice.avatar import AvatarSession as BaseAvatarSession
from livekit.plugins.vasa.face_video import FaceVideo
from livekit.plugins.vasa.listening import Listening
from livekit.plugins.vasa.speech_queue import SpeechQueue

from vasa_avatar import (
    AvatarStream,
    Character,
    LiveStream,
    PerformanceStyle,
    character_stream,
    load_character,
)
from vasa_avatar.control_settings import ControlSettings
from vasa_avatar.controls import EMOTION_STRENGTH
from vasa_avatar.datatypes import EMOTIONS, Controls, Feeling
from vasa_avatar.profiles import EmotionSettings
from vasa_avatar.session import LiveStats

_USUAL_RATE_HZ = 24_000
_SOURCE_PIECE_HZ = 100
_WARM_UP_S = 0.3


class AvatarSession(BaseAvatarSession[str]):
    """A character that speaks what the agent says, computed in the agent's process.

    Example::

        avatar = vasa.AvatarSession("iris")
        await avatar.start(session, room=ctx.room)   # before session.start
        await session.start(agent=agent, room=ctx.room)
    """

    def __init__(
        self,
        character: str | Path | Character = "iris",
        *,
        settings: ControlSettings | None = None,
        reactions: bool = True,
        fps: int = 25,
        size_px: int = 512,
        language: str | None = None,
        style: PerformanceStyle | None = None,
        seed: int = 0,
    ) -> None:
        """Prepare; nothing is loaded yet, unless `character` is.

        Args:
            character: a character's id, a profile's folder or YAML file, or what `load_character`
                gives; load it when the process starts and `start` takes no time.
            settings: what differs from the character's own manner.
            reactions: whether it listens, nods and thinks while it does not speak.
            fps: 25 or 30 pictures a second.
            size_px: edge of the square picture.
            language: of the words, a tag such as "en" or "pt-BR"; the profile's own when None.
            style: how the character performs by nature; as the profile says when None.
            seed: of the small movements; the same seed gives the same ones.
        """
        super().__init__()
        self._character, self._settings = character, settings or ControlSettings()
        self._reactions, self._fps, self._size_px = reactions, fps, size_px
        self._language, self._style, self._seed = language, style, seed
        self._controls, self._emotions = Controls(), EmotionSettings()
        self._live: LiveStream | None = None
        self._runner: AvatarRunner | None = None
        self._listening: Listening | None = None

    @property
    def avatar_identity(self) -> str:
        """The agent's own: the face is published by the agent's participant."""
        if self._room is None:
            raise RuntimeError("the avatar is not started; call start(agent_session, room) first")
        return self._room.local_participant.identity

    @property
    def provider(self) -> str:
        """Who makes the face, for metrics."""
        return "vasa"

    async def start(self, agent_session: AgentSession[Any], room: rtc.Room) -> None:
        """Open the face and make it the agent's voice; before `agent_session.start`.

        Args:
            agent_session: whose speech is shown.
            room: where picture and sound are published, when it is connected and somebody listens.

        Raises:
            VasaError: there is no such character, or its picture cannot become an avatar.
            RuntimeError: it was started before.
        """
        if self._live is not None:
            raise RuntimeError("the avatar was started before; make a new one for another session")
        rate_hz = _rate_of(agent_session)
        stream = await asyncio.to_thread(self._open, rate_hz)
        await super().start(agent_session, room)
        self._live = live = LiveStream(stream)
        live.start()
        face = FaceVideo(live, rate_hz)
        queue = SpeechQueue(rate_hz, face.heard_s)
        face.on_cleared = queue.finish_cleared
        options = AvatarOptions(self._size_px, self._size_px, self._fps, rate_hz, 1)
        self._runner = AvatarRunner(room, audio_recv=queue, video_gen=face, options=options)
        face.attach(self._runner.av_sync)
        await self._runner.start()
        agent_session.output.replace_audio_tail(queue)
        if self._reactions:
            self._listening = Listening(live, agent_session, room, self._seed)

    async def aclose(self) -> None:
        """Stop the face. Harmless when repeated; LiveKit calls it when the job shuts down."""
        if self._listening is not None:
            await self._listening.close()
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.aclose()
        if self._live is not None:
            await self._live.close()
        if self._room is not None:  # the base would remove the agent itself from the room
            self._room.off("connection_state_changed", self._on_connection_state_changed)
            self._room = None
        await super().aclose()

    def set_emotion(self, emotion: str, strength: float = 1.0) -> None:
        """Head for a mood and stay in it.

        Args:
            emotion: a label of the character's profile, or a common one: "happy", "joy".
            strength: 0 to 1 of what the label stands for.

        Raises:
            ValueError: the character does not know the label, or the strength is out of range.
        """
        mixture = {e.name: e.strength for e in self._feeling(emotion, strength).emotions}
        self.update_settings(ControlSettings(emotions=mixture))

    def feel(self, emotion: str, strength: float = 1.0) -> None:
        """Feel something that comes and goes over the mood; arguments as `set_emotion`."""
        self._running().feel(self._feeling(emotion, strength))

    def update_settings(self, settings: ControlSettings) -> None:
        """Change what is given, blended over time; the rest stays."""
        self._controls = settings.applied_to(self._controls)
        self._running().set_controls(self._controls)

    @property
    def controls(self) -> Controls:
        """What the face is steered to."""
        return self._controls

    def stats(self) -> LiveStats:
        """Figures: pictures, late ones, times."""
        return self._running().stats()

    def _feeling(self, label: str, strength: float) -> Feeling:
        feeling = self._emotions.feeling(label, EMOTION_STRENGTH.check(strength))
        if feeling is None:
            known = ", ".join((*self._emotions.labels, *EMOTIONS))
            raise ValueError(f"emotion is {label!r:.60}; expected {known}, or a common label")
        return feeling

    def _running(self) -> LiveStream:
        if self._live is None:
            raise RuntimeError("the avatar is not started; call start(agent_session, room) first")
        return self._live

    def _open(self, rate_hz: int) -> AvatarStream:
        """Load what is not loaded, and draw once so that the first live picture is not slow."""
        character = self._character
        if not isinstance(character, Character):
            character = load_character(character)
        self._emotions = character.profile.emotions
        self._controls = self._settings.applied_to(character.profile.controls())
        for is_warm in (False, True):
            stream = character_stream(
                character.avatar,
                character.profile,
                sample_rate_hz=rate_hz,
                fps=self._fps,
                size_px=self._size_px,
                controls=self._controls,
                seed=self._seed,
                language=self._language,
                style=self._style,
            )
            if not is_warm:
                _speak_once(stream, rate_hz)
        return stream


def _rate_of(session: AgentSession[Any]) -> int:
    """The TTS's own, so that nothing is resampled and its words' times arrive; else 24 kHz."""
    rate_hz = session.tts.sample_rate if session.tts is not None else _USUAL_RATE_HZ
    return rate_hz if rate_hz % _SOURCE_PIECE_HZ == 0 else _USUAL_RATE_HZ


def _speak_once(stream: AvatarStream, rate_hz: int) -> None:
    stream.push(np.ones(int(_WARM_UP_S * rate_hz), np.int16))
    stream.flush()
    for _ in stream.pull():
        pass
