"""Control while it runs: settings frames, clients, the language model's tool, tags in its text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSTextFrame,
    UserBackchannelFrame,
    UserSpeakingFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.frameworks.rtvi import RTVIClientMessageFrame, RTVIServerResponseFrame
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat_rig import PlainRenderer, Rig, make_engine, running, staircase
from pipecat_vasa import (
    EmotionTagProcessor,
    HibariTTSService,
    VasaUpdateSettingsFrame,
    VasaVideoService,
    VasaVideoSettings,
    set_expression_tool,
)
from pipecat_vasa.playing.frame_renderer import UNCHANGED
from pipecat_vasa.steering.mind import FEELING_LASTS_S, THINKING_AT_MOST_S, Mind
from pipecat_vasa.steering.settings import default_settings
from virtual_time import run_virtual

from vasa_avatar.datatypes import Controls, Emotion, Feeling
from vasa_avatar.motion import Attention
from vasa_avatar.session import AvatarStream


class UntimedTTSService(TTSService):
    """A voice that tells no times: a tone for each letter."""

    def __init__(self) -> None:
        settings = TTSSettings(model="tone", voice="tone", language=None)
        super().__init__(settings=settings, push_stop_frames=True, push_start_frame=True)

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        letters = sum(letter.isalnum() for letter in text)
        sound = np.full(letters * self.sample_rate // 14, 3_000, np.int16)
        yield TTSAudioRawFrame(sound.tobytes(), self.sample_rate, 1, context_id=context_id)


@pytest.fixture()
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What sessions are told, in order."""
    log: list[tuple[str, Any]] = []
    for name in ("set_controls", "attend", "nod", "feel"):
        original = getattr(AvatarStream, name)

        def spy(self: AvatarStream, value: Any, _name: str = name, _do: Any = original) -> None:
            log.append((_name, value))
            _do(self, value)

        monkeypatch.setattr(AvatarStream, name, spy)
    return log


def emotions(told: list[tuple[str, Any]]) -> list[str]:
    """The emotions that were set or felt, in order."""
    kinds = ("set_controls", "feel")
    return [value.emotions[0].name for name, value in told if name in kinds and value is not None]


def test_a_settings_frame_changes_the_face(told: list[tuple[str, Any]]) -> None:
    async def go() -> Rig:
        async with running() as rig:
            delta = VasaVideoSettings(emotion="sad", gaze_yaw_deg=12.0)
            await rig.send(VasaUpdateSettingsFrame(delta=delta))
            await rig.until(lambda: "sad" in emotions(told))
            other = VasaVideoService(make_engine(PlainRenderer()))
            mine = VasaUpdateSettingsFrame(delta=VasaVideoSettings(emotion="angry"), service=other)
            await rig.send(mine)
            await rig.until(lambda: bool(rig.after.frames(VasaUpdateSettingsFrame)))
            bad = VasaVideoSettings(head_distance=9.0, emotion="happy")
            await rig.send(VasaUpdateSettingsFrame(delta=bad))
            await rig.until(lambda: bool(rig.errors()))
            assert rig.avatar.settings.emotion == "sad"
            assert rig.avatar.settings.head_distance == 1.0
        return rig

    rig = run_virtual(go())
    assert "head_distance is 9; expected 0.7 to 1.6" in rig.errors()[0].error
    assert rig.avatar.is_usable
    controls: Controls = told[-1][1] if told[-1][0] == "set_controls" else told[0][1]
    assert controls.head_distance == 1.0
    assert emotions(told)[-1] == "sad"


def test_a_client_sets_and_gets(told: list[tuple[str, Any]]) -> None:
    async def go() -> list[RTVIServerResponseFrame]:
        async with running() as rig:
            await rig.send(
                RTVIClientMessageFrame("1", "avatar.set", {"emotion": "joy", "lip_gain": 1.5}),
                RTVIClientMessageFrame("2", "avatar.set", {"lip_gain": 7}),
                RTVIClientMessageFrame("3", "avatar.set", ["happy"]),
                RTVIClientMessageFrame("4", "avatar.get"),
                RTVIClientMessageFrame("5", "something.else", {"x": 1}),
            )
            await rig.until(lambda: len(rig.after.frames(RTVIClientMessageFrame)) == 5)
            await rig.until(lambda: "happy" in emotions(told))
            assert not rig.errors()
            return rig.after.frames(RTVIServerResponseFrame)

    answers = {answer.client_msg.msg_id: answer for answer in run_virtual(go())}
    assert sorted(answers) == ["1", "2", "3", "4"]
    assert answers["1"].data["settings"]["lip_gain"] == 1.5
    assert answers["2"].error.startswith("avatar.set: lip_gain is 7; expected 0 to 2")
    assert "expected an object" in str(answers["3"].error)
    assert answers["4"].data["settings"]["emotion"] == "joy"
    assert answers["4"].data["stats"]["frames_dropped"] == 0


def test_the_tool_changes_the_face(told: list[tuple[str, Any]]) -> None:
    async def call(handler: Any, arguments: dict[str, Any]) -> dict[str, str]:
        results: list[dict[str, str]] = []

        async def keep(result: dict[str, str]) -> None:
            results.append(result)

        await handler(SimpleNamespace(arguments=arguments, result_callback=keep))
        return results[0]

    async def go() -> None:
        async with running() as rig:
            tool = set_expression_tool(rig.avatar)
            schema = tool.to_default_dict()
            assert schema["name"] == "set_expression"
            assert "contempt" in schema["parameters"]["properties"]["emotion"]["enum"]
            ToolsSchema(standard_tools=[tool])
            good = {"emotion": "surprised", "head_distance": 0.8}
            assert await call(tool.handler, good) == {"status": "ok"}
            await rig.until(lambda: "surprised" in emotions(told))
            bad = await call(tool.handler, {"emotion": "hungry"})
            assert bad["status"] == "error" and "hungry" in bad["message"]
            strange = await call(tool.handler, {"emotion": "sad", "blink_gain": 0})
            assert "unknown argument blink_gain" in strange["message"]
            assert rig.avatar.settings.head_distance == 0.8

    run_virtual(go())


def test_tags_leave_the_text_and_reach_the_face_with_their_words(
    told: list[tuple[str, Any]],
) -> None:
    async def go() -> Rig:
        async with running(extra=[EmotionTagProcessor(), HibariTTSService()]) as rig:
            tokens = ["<<ha", "ppy>> Hello", " my friend. ", "[s", "ad] But now I", " must go. (au"]
            await rig.send(LLMFullResponseStartFrame())
            for token in [*tokens, " revoir)", " [laughs]"]:
                await rig.send(LLMTextFrame(token))
            await rig.send(LLMFullResponseEndFrame())
            await rig.until(lambda: rig.bot_stops() == 1, 40)
        return rig

    rig = run_virtual(go())
    said = " ".join(frame.text for frame in rig.end.frames(TTSTextFrame))
    assert said.split() == "Hello my friend. But now I must go. (au revoir) [laughs]".split()
    shown = emotions(told)
    assert [e for e in shown if e != "neutral"][:2] == ["happy", "sad"]
    assert not rig.errors()


def test_acts_and_the_words_of_a_voice_without_times_reach_the_face(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words: list[str] = []
    monkeypatch.setattr(
        AvatarStream, "push_words", lambda _self, given: words.extend(w.text for w in given)
    )

    async def go() -> Rig:
        async with running(extra=[EmotionTagProcessor(), UntimedTTSService()]) as rig:
            await rig.send(TTSSpeakFrame("No, *shakes head* I would not do that. <<wink>> Really."))
            await rig.until(lambda: rig.bot_stops() == 1, 40)
        return rig

    rig = run_virtual(go())
    spoken = "No, I would not do that. Really."
    assert [frame.text.strip() for frame in rig.end.frames(TTSTextFrame)] == [spoken]
    assert [word for word in words if "<<" not in word] == spoken.split()
    assert {word for word in words if "<<" in word} == {"<<shake:0.80>>", "<<wink:0.80>>"}
    assert words.index("<<shake:0.80>>") < words.index("<<wink:0.80>>")
    assert not rig.errors()


def test_the_face_hears_the_user_while_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[int, int]] = []
    monkeypatch.setattr(
        AvatarStream, "hear", lambda _self, pcm, rate_hz: heard.append((len(pcm), rate_hz))
    )
    piece = InputAudioRawFrame(bytes(640), 16_000, 1)

    async def go() -> Rig:
        async with running() as rig:
            await rig.send(piece)
            await rig.send(UserStartedSpeakingFrame())
            for _ in range(10):
                await rig.send(piece)
                await asyncio.sleep(0.02)
            await rig.until(lambda: len(heard) >= 10)
        return rig

    rig = run_virtual(go())
    assert set(heard) == {(320, 16_000)}
    assert len(heard) == 10
    assert not rig.errors()


def test_a_tag_in_a_spoken_line(told: list[tuple[str, Any]]) -> None:
    async def go() -> Rig:
        async with running(extra=[EmotionTagProcessor(), HibariTTSService()]) as rig:
            await rig.send(TTSSpeakFrame("[surprised] Oh, you again."))
            await rig.until(lambda: rig.bot_stops() == 1, 40)
        return rig

    rig = run_virtual(go())
    assert "surprised" in emotions(told)
    words = [frame.text for frame in rig.end.frames(TTSTextFrame)]
    assert " ".join(words).split() == ["Oh,", "you", "again."]


def test_half_a_tag_does_not_survive_an_interruption() -> None:
    async def go() -> Rig:
        async with running(extra=[EmotionTagProcessor()]) as rig:
            await rig.send(LLMFullResponseStartFrame(), LLMTextFrame("One [hap"))
            await rig.until(lambda: bool(rig.after.frames(LLMTextFrame)))
            await rig.send(InterruptionFrame())
            await rig.until(lambda: bool(rig.after.frames(InterruptionFrame)))
            await rig.send(LLMFullResponseStartFrame(), LLMTextFrame("py] Two"))
            await rig.send(LLMFullResponseEndFrame())
            await rig.until(lambda: bool(rig.after.frames(LLMFullResponseEndFrame)))
        return rig

    texts = [frame.text for frame in run_virtual(go()).after.frames(LLMTextFrame)]
    assert texts == ["One ", "py] Two"]


def test_it_listens_nods_and_thinks(told: list[tuple[str, Any]]) -> None:
    async def go() -> None:
        async with running() as rig:
            await rig.send(UserStartedSpeakingFrame())
            await rig.until(lambda: ("attend", Attention.LISTENING) in told)
            await rig.send(UserBackchannelFrame("mhm", "me", "now"))
            await rig.until(lambda: "nod" in [name for name, _ in told])
            await rig.send(UserStoppedSpeakingFrame())
            await rig.until(lambda: ("attend", Attention.THINKING) in told)
            await rig.speak(staircase(0.3))
            await rig.until(lambda: told[-1] == ("attend", Attention.IDLE))

    run_virtual(go())


def test_reactions_can_be_switched_off(told: list[tuple[str, Any]]) -> None:
    async def go() -> None:
        async with running(settings=VasaVideoSettings(reactions=False)) as rig:
            await rig.send(UserStartedSpeakingFrame(), UserStoppedSpeakingFrame())
            await rig.until(lambda: rig.avatar.stats.frames_idle > 5)

    run_virtual(go())
    assert {value for name, value in told if name == "attend"} <= {Attention.IDLE}
    assert "nod" not in [name for name, _ in told]


def test_thinking_and_feelings_pass() -> None:
    mind = Mind(default_settings(), seed=1)
    mind.next_mood(0.0)
    mind.user_stopped(0.0)
    assert mind.next_mood(0.1).attention is Attention.THINKING
    assert mind.next_mood(THINKING_AT_MOST_S + 0.1).attention is Attention.IDLE
    joy = Feeling((Emotion("happy", 0.7),))
    mind.feel(joy)
    assert mind.next_mood(20.0).feeling == joy
    mind.speech_ended(20.0)
    assert mind.next_mood(20.1).feeling is UNCHANGED
    assert mind.next_mood(20.0 + FEELING_LASTS_S).feeling is None
    assert mind.next_mood(30.0).feeling is UNCHANGED
    mind.feel_awhile(joy)
    assert mind.next_mood(31.0).feeling == replace(joy, hold_s=FEELING_LASTS_S)


def test_a_long_listener_nods_now_and_then() -> None:
    mind = Mind(default_settings(), seed=2)
    mind.user_started(0.0)
    nods = 0
    for i in range(100):
        mind.user_goes_on(i * 0.2)
        nods += bool(mind.next_mood(i * 0.2).nod)
    assert 3 <= nods <= 9
    assert UserSpeakingFrame  # the frame that drives it
