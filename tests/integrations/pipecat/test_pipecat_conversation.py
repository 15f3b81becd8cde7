"""The example with a language model and speech recognition: a question, a spoken answer, a face.

The model is a small server that streams like OpenAI's. Speech recognition is Pipecat's Moonshine
service on the sound that a WebRTC client sends; only its network, which cannot be had in a package,
is replaced by one that tells how much speech it was given.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from bot_rig import calling_bot, loudness, send, spoken, until
from language_server import LanguageServer, answering
from webrtc_rig import Microphone, Received

from vasa_avatar.audio.hibari_voice import HibariVoice
from vasa_avatar.session import AvatarStream

pytestmark = [
    pytest.mark.slow,
    # aiortc leaves generators and sockets to the garbage collector when a call ends
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    # Pipecat's own use of its own old names
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pipecat"),
]
HEARD = "what is your name"


@pytest.fixture()
def felt(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The emotions that the face was given, in order."""
    names: list[str] = []
    original = AvatarStream.set_controls

    def spy(self: AvatarStream, controls: Any) -> None:
        names.extend(emotion.name for emotion in controls.emotions)
        original(self, controls)

    monkeypatch.setattr(AvatarStream, "set_controls", spy)
    return names


PAUSE_PACKETS = 75
"""silence that ends a speech, 20 ms each; between two sentences it is shorter"""


async def greeted(received: Received) -> None:
    """Wait until the greeting has been said."""
    await until(lambda: max(loudness(received), default=0) > 300)
    await until(lambda: max(loudness(received)[-PAUSE_PACKETS:]) < 20)


def test_a_typed_question_is_answered_with_feeling(example: ModuleType, felt: list[str]) -> None:
    first = "<<happy>> I am glad that you ask. [sad] The second sentence is a sad one."

    async def go(model: LanguageServer) -> tuple[Received, str]:
        async with calling_bot(example, "--llm-url", model.url) as (received, channel):
            await greeted(received)
            felt.clear()
            send(channel, "send-text", {"content": "How are you?"})
            await until(lambda: "sad one." in spoken(received))
            said = spoken(received)
            await until(lambda: "sad" in felt)
            await until(lambda: max(loudness(received)[-PAUSE_PACKETS:]) < 20)
            send(channel, "send-text", {"content": "And now?"})
            await until(lambda: "That was all." in spoken(received))
        return received, said

    with answering(first, "That was all.") as model:
        received, said = asyncio.run(go(model))
    assert said.endswith("I am glad that you ask. The second sentence is a sad one.")
    assert [name for name in felt if name != "neutral"][:2] == ["happy", "sad"]
    system, *_ = model.requests[0]["messages"]
    assert "You are Iris." in system["content"] and "<<happy>>" in system["content"]
    assert model.last_question() == "And now?"
    told_back = [m["content"] for m in model.requests[-1]["messages"] if m["role"] == "assistant"]
    assert any("sad one" in text for text in told_back), "the model knows what was heard"


def test_the_model_uses_its_tool(example: ModuleType, felt: list[str]) -> None:
    async def go(model: LanguageServer) -> Received:
        async with calling_bot(example, "--llm-url", model.url, "--tool") as (received, channel):
            await greeted(received)
            felt.clear()
            send(channel, "send-text", {"content": "A ghost!"})
            await until(lambda: "Where" in spoken(received))
            await until(lambda: "surprised" in felt)
        return received

    with answering({"emotion": "surprised", "head_distance": 0.8}, "Where is it?") as model:
        asyncio.run(go(model))
    assert model.requests[0]["tools"][0]["function"]["name"] == "set_expression"
    results = [m for m in model.requests[1]["messages"] if m["role"] == "tool"]
    assert "ok" in str(results[0]["content"])


def test_the_parrot_says_what_it_hears_in_the_same_voice(example: ModuleType) -> None:
    voice = HibariVoice()
    words = voice.speak("This is what I say to the parrot.")

    async def go() -> tuple[Received, int]:
        microphone = Microphone()
        async with calling_bot(example, microphone=microphone) as (received, _):
            await greeted(received)
            before = len(received.sound)
            microphone.say(words, voice.sample_rate_hz)
            await until(lambda: max(loudness(received)[before:], default=0) > 300)
            await until(lambda: max(loudness(received)[-PAUSE_PACKETS:]) < 20)
        return received, before

    received, before = asyncio.run(go())
    repeated = np.concatenate([samples for _, samples in received.sound[before:]])
    said_s, repeated_s = loud_s(words, voice.sample_rate_hz), loud_s(repeated, 48_000)
    assert repeated_s == pytest.approx(said_s, rel=0.25), "nothing is cut off"


def loud_s(sound: Any, rate_hz: int) -> float:
    """For how long a voice is loud, against its own mean."""
    pieces = np.abs(sound[: len(sound) // 480 * 480].astype(float)).reshape(-1, 480).mean(axis=1)
    return float(np.sum(pieces > 0.1 * pieces.max()) * 480 / rate_hz)


@pytest.fixture()
def recognizer(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Moonshine's package with a network that hears words in any speech; seconds it was given."""
    heard_s: list[float] = []

    class Transcriber:
        def __init__(self, path: str, arch: str) -> None:
            assert (path, arch) == ("/models/small", "small-streaming")

        def transcribe_without_streaming(self, audio: list[float], rate_hz: int) -> Any:
            loud = np.abs(np.asarray(audio)) > 0.02
            heard_s.append(len(audio) / rate_hz)
            lines = [SimpleNamespace(text=HEARD)] if loud.mean() > 0.1 else []
            return SimpleNamespace(lines=lines)

    package = ModuleType("moonshine_voice")
    parts: dict[str, Any] = {
        "Transcriber": Transcriber,
        "get_model_for_language": lambda language, arch: ("/models/small", arch),
        "model_arch_to_string": str,
        "string_to_model_arch": str,
        "supported_languages": lambda: ["en"],
        "supported_languages_friendly": lambda: "English",
    }
    vars(package).update(parts)
    monkeypatch.setitem(sys.modules, "moonshine_voice", package)
    monkeypatch.delitem(sys.modules, "pipecat.services.moonshine.stt", raising=False)
    yield heard_s
    sys.modules.pop("pipecat.services.moonshine.stt", None)


def test_a_spoken_question_is_heard_and_answered(
    example: ModuleType, recognizer: list[float]
) -> None:
    voice = HibariVoice()
    question = voice.speak("Tell me, please. What is your name?")

    async def go(model: LanguageServer) -> Received:
        microphone = Microphone()
        words = ("--llm-url", model.url, "--stt", "moonshine")
        async with calling_bot(example, *words, microphone=microphone) as (received, _):
            await greeted(received)
            microphone.say(question, voice.sample_rate_hz)
            await until(lambda: "My name is Iris." in spoken(received))
            await until(lambda: max(loudness(received)[-10:], default=0) > 300)
        return received

    with answering("(happy) My name is Iris.") as model:
        received = asyncio.run(go(model))
    assert model.last_question() == HEARD
    assert sum(recognizer) > 0.8 * len(question) / voice.sample_rate_hz
    assert "(happy)" not in spoken(received)
