"""An agent session of LiveKit's with a face, on LiveKit's native sources, in a room of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import NOT_GIVEN, Agent, AgentSession
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, TimedString
from livekit.agents.voice.events import AgentState, UserState
from livekit.plugins import vasa
from livekit.plugins.vasa.listening import Listening, attention_of
from livekit.plugins.vasa.sound import samples_of, words_of
from livekit_rig import RATE, FakeRoom, counted, frames_of

from vasa_avatar import Character, load_character
from vasa_avatar.control_settings import ControlSettings
from vasa_avatar.datatypes import I16, Emotion
from vasa_avatar.motion import Attention


@pytest.fixture(scope="module")
def iris() -> Character:
    return load_character("iris")


class Show:
    """An agent with a face, and the sound that leaves it."""

    def __init__(self, iris: Character, tts: Any = NOT_GIVEN, **options: Any) -> None:
        self.room, self.session = FakeRoom(), AgentSession[None](tts=tts)
        self.avatar = vasa.AvatarSession(iris, size_px=128, **options)
        self.pieces: list[I16] = []
        self.n_pictures = 0
        self._has_heard = asyncio.Event()

    def speech(self) -> I16:
        sound = np.concatenate([np.zeros(0, np.int16), *self.pieces])
        return sound[sound != 0]

    async def listen(self, source: rtc.AudioSource) -> None:
        track = rtc.LocalAudioTrack.create_audio_track("heard", source)
        stream = rtc.AudioStream.from_track(track=track, sample_rate=RATE, num_channels=1)
        try:
            async for event in stream:
                self.pieces.append(np.frombuffer(event.frame.data, np.int16).copy())
                self._has_heard.set()
        finally:
            await stream.aclose()

    async def has_heard(self, n_samples: int) -> None:
        while len(self.speech()) < n_samples:
            self._has_heard.clear()
            await self._has_heard.wait()

    async def look(self, source: rtc.VideoSource) -> None:
        track = rtc.LocalVideoTrack.create_video_track("seen", source)
        stream = rtc.VideoStream.from_track(track=track)
        try:
            async for _ in stream:
                self.n_pictures += 1
        finally:
            await stream.aclose()


@asynccontextmanager
async def a_show(iris: Character, **options: Any) -> AsyncIterator[Show]:
    show = Show(iris, **options)
    await show.avatar.start(show.session, show.room)  # type: ignore[arg-type]
    runner: Any = show.avatar._runner
    watching = [
        asyncio.create_task(show.listen(runner._audio_source)),
        asyncio.create_task(show.look(runner._video_source)),
    ]
    await show.session.start(Agent(instructions=""))
    try:
        yield show
    finally:
        await show.session.aclose()
        await show.avatar.aclose()
        await show.avatar.aclose()  # harmless
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)


async def spoken(n_samples: int, rate_hz: int = RATE) -> AsyncIterator[rtc.AudioFrame]:
    for frame in frames_of(counted(n_samples), rate_hz):
        yield frame


@pytest.mark.realtime
def test_an_agent_speaks_and_is_interrupted(iris: Character) -> None:
    async def work() -> None:
        async with a_show(iris) as show:
            ends: list[Any] = []
            audio = show.session.output.audio
            assert audio is not None
            audio.on("playback_finished", ends.append)
            await show.session.say("Hello there.", audio=spoken(15_001))
            await show.has_heard(15_001)
            np.testing.assert_array_equal(show.speech(), counted(15_001))
            assert [(end.playback_position, end.interrupted) for end in ends] == [
                (pytest.approx(15_001 / RATE), False)
            ]
            speech = show.session.say("I go on and on.", audio=spoken(5 * RATE))
            await show.has_heard(15_001 + 9_600)
            await show.session.interrupt()
            await speech
            await asyncio.sleep(0.2)
            n_heard = len(show.speech()) - 15_001
            assert speech.interrupted and len(ends) == 2
            np.testing.assert_array_equal(show.speech()[15_001:], counted(n_heard))
            assert ends[1].playback_position == pytest.approx(n_heard / RATE, abs=0.06)
            assert n_heard < 5 * RATE
            assert show.n_pictures > 10

    asyncio.run(work())


@pytest.mark.realtime
def test_a_voice_of_our_own_speaks_through_the_face(iris: Character) -> None:
    """Through LiveKit's own way of speaking, sentence by sentence, with the words' times."""
    words: list[str] = []

    async def work() -> None:
        voice = vasa.HibariTTS(iris.profile.voice.style())
        async with a_show(iris, tts=voice) as show:
            live: Any = show.avatar._live
            push_words = live.push_words
            live.push_words = lambda told: (words.extend(w.text for w in told), push_words(told))
            speech = show.session.say("Oh yes. Right.")
            await speech
            assert not speech.interrupted
            assert len(show.speech()) > 0.8 * RATE

    asyncio.run(work())
    assert words == ["Oh", "yes.", "Right."]


def test_it_is_steered_and_says_what_is_wrong(iris: Character) -> None:
    async def work() -> None:
        avatar = vasa.AvatarSession(iris)
        with pytest.raises(RuntimeError, match="not started; call start"):
            avatar.set_emotion("happy")
        with pytest.raises(RuntimeError, match="not started; call start"):
            _ = avatar.avatar_identity
        wanted = ControlSettings(gaze_yaw_deg=5)
        async with a_show(iris, settings=wanted) as show:
            assert show.avatar.avatar_identity == "agent" and show.avatar.provider == "vasa"
            assert show.avatar.controls.values()["gaze_yaw_deg"] == pytest.approx(5)
            show.avatar.set_emotion("happy", 0.5)
            show.avatar.feel("joy")
            assert show.avatar.controls.emotions == (Emotion("happy", 0.5),)
            show.avatar.update_settings(ControlSettings(head_yaw_deg=3))
            assert show.avatar.controls.emotions == (Emotion("happy", 0.5),)
            with pytest.raises(ValueError, match="emotion is .hungry.; expected"):
                show.avatar.set_emotion("hungry")
            with pytest.raises(RuntimeError, match="started before"):
                await show.avatar.start(show.session, show.room)  # type: ignore[arg-type]
            assert show.avatar.stats().frames >= 0

    asyncio.run(work())


class Watched:
    """A face that notes down how it attends."""

    def __init__(self) -> None:
        self.attentions: list[Attention] = []
        self.nods: list[float] = []
        self.heard: list[I16] = []
        self.rates_hz: list[int] = []

    def hear(self, pcm_i16: I16, rate_hz: int) -> None:
        if pcm_i16.any():
            self.heard.append(pcm_i16)
        self.rates_hz.append(rate_hz)

    def attend(self, attention: Attention) -> None:
        self.attentions.append(attention)

    def nod(self, strength: float) -> None:
        self.nods.append(strength)


@pytest.mark.parametrize(
    ("user", "agent", "attention"),
    [
        ("speaking", "listening", Attention.LISTENING),
        ("speaking", "thinking", Attention.LISTENING),
        ("listening", "thinking", Attention.THINKING),
        ("listening", "speaking", Attention.IDLE),
        ("away", "listening", Attention.IDLE),
    ],
)
def test_what_the_face_attends_to(user: UserState, agent: AgentState, attention: Attention) -> None:
    assert attention_of(user, agent) is attention


def test_it_listens_nods_and_thinks_with_the_session() -> None:
    async def work() -> None:
        session: Any = rtc.EventEmitter()
        face: Any = Watched()
        room: Any = FakeRoom()
        listening = Listening(face, session, room, seed=1)
        session.emit("user_state_changed", SimpleNamespace(new_state="speaking"))
        session.emit("user_state_changed", SimpleNamespace(new_state="listening"))
        session.emit("agent_state_changed", SimpleNamespace(new_state="thinking"))
        session.emit("agent_state_changed", SimpleNamespace(new_state="speaking"))
        await listening.close()
        await listening.close()
        session.emit("user_state_changed", SimpleNamespace(new_state="speaking"))
        a = Attention
        assert face.attentions == [a.LISTENING, a.IDLE, a.THINKING, a.IDLE]
        assert face.nods == [0.5]

    asyncio.run(work())


@pytest.mark.realtime
def test_it_hears_the_users_track_while_the_user_speaks() -> None:
    async def work() -> None:
        session: Any = rtc.EventEmitter()
        face: Any = Watched()
        room: Any = FakeRoom()
        listening = Listening(face, session, room, seed=1)
        source = rtc.AudioSource(RATE, 1)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        room.emit("track_subscribed", track, None, None)
        await asyncio.sleep(0)

        async def speak() -> None:
            async for frame in spoken(RATE // 4):
                await source.capture_frame(frame)
            await source.wait_for_playout()

        await speak()
        assert face.heard == [], "nobody was said to speak"
        session.emit("user_state_changed", SimpleNamespace(new_state="speaking"))
        while not face.heard:
            await speak()
        assert set(face.rates_hz) == {16_000}
        await listening.close()
        await source.aclose()

    asyncio.run(work())


def test_a_persona_becomes_what_an_agent_is_made_of(iris: Character) -> None:
    persona = vasa.persona_of(iris.profile, "Ada", greets=True)
    agent = Agent(instructions=persona.instructions, chat_ctx=persona.chat_ctx)
    assert agent.instructions and "{{user}}" not in str(agent.instructions)
    texts = [item.text_content for item in agent.chat_ctx.items if item.type == "message"]
    assert iris.profile.greeting.strip() in texts
    roles = {item.role for item in agent.chat_ctx.items if item.type == "message"}
    assert roles <= {"user", "assistant"}


def test_words_come_with_their_sound() -> None:
    (frame,) = frames_of(counted(2400))
    assert words_of(frame) == []
    frame.userdata[USERDATA_TIMED_TRANSCRIPT] = [
        TimedString("Yes, ", start_time=0.5, end_time=0.8),
        TimedString("untimed"),
        TimedString("that is so.", start_time=0.9),
        "not one of LiveKit's",
    ]
    words = words_of(frame)
    assert [word.text for word in words] == ["Yes,", "that", "is", "so."]
    assert words[0].start_s == 0.5 and words[0].end_s <= 0.8
    assert 0.9 == words[1].start_s < words[2].start_s < words[3].start_s < 1.8


def test_stereo_becomes_mono() -> None:
    stereo = np.array([[100, 300], [-5, 5]], np.int16)
    frame = rtc.AudioFrame(stereo.tobytes(), RATE, 2, 2)
    assert samples_of(frame).tolist() == [200, 0]
