"""The example with a language model and speech recognition: a question, a spoken answer, a face.

In virtual time, in a room instead of a call. The model is a server that streams like OpenAI's.
Speech recognition is Pipecat's Moonshine service on the sound of the visitor's microphone; only its
network, which cannot be had in a package, is replaced by one that tells how much speech it got.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from bot_rig import load_example
from language_server import answering
from pipecat_rig import RATE_HZ, RigEngine
from room_rig import Visitor, visiting
from virtual_time import run_virtual

from vasa_avatar.audio.hibari_voice import HibariVoice
from vasa_avatar.datatypes import Feeling
from vasa_avatar.session import AvatarStream

# Pipecat's own use of its own old names
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pipecat")
HEARD = "what is your name"


@pytest.fixture()
def felt(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The emotions that the face felt, in order."""
    names: list[str] = []
    original = AvatarStream.feel

    def spy(self: AvatarStream, feeling: Feeling | None) -> None:
        names.extend(emotion.name for emotion in (feeling.emotions if feeling else ()))
        original(self, feeling)

    monkeypatch.setattr(AvatarStream, "feel", spy)
    return names


@pytest.fixture(scope="module")
def example() -> Iterator[ModuleType]:
    """The example with its character, small."""
    module = load_example()
    module.engine = RigEngine.load("iris", size_px=64)  # type: ignore[attr-defined]
    yield module
    module.engine.close()  # type: ignore[attr-defined]


def test_a_typed_question_is_answered_with_feeling(example: ModuleType, felt: list[str]) -> None:
    first = "<<happy>> I am glad that you ask. [sad] The second sentence is a sad one."

    async def go() -> None:
        async with answering(first, "That was all.") as model:
            async with visiting(example, "--llm-url", model.url) as visitor:
                felt.clear()
                await visitor.send("send-text", {"content": "How are you?"})
                await visitor.listen()
                said = visitor.said()
                await visitor.send("send-text", {"content": "And now?"})
                await visitor.listen()
                assert "That was all." in visitor.said()
        assert said.endswith("I am glad that you ask. The second sentence is a sad one.")
        assert [name for name in felt if name != "neutral"][:2] == ["happy", "sad"]
        system, *_ = model.requests[0]["messages"]
        assert "You are Iris." in system["content"] and "<<happy>>" in system["content"]
        assert model.last_question() == "And now?"
        told_back = [m for m in model.requests[-1]["messages"] if m["role"] == "assistant"]
        heard = [message["content"] for message in told_back]
        assert any("sad one" in text for text in heard), "the model knows what was heard"

    run_virtual(go())


def test_the_model_uses_its_tool(example: ModuleType, felt: list[str]) -> None:
    async def go() -> None:
        call = {"emotion": "surprised", "head_distance": 0.8}
        async with answering(call, "Where is it?") as model:
            async with visiting(example, "--llm-url", model.url, "--tool") as visitor:
                felt.clear()
                await visitor.send("send-text", {"content": "A ghost!"})
                await visitor.until(lambda: "Where" in visitor.said())
                await visitor.until(lambda: "surprised" in felt)
        assert model.requests[0]["tools"][0]["function"]["name"] == "set_expression"
        results = [m for m in model.requests[1]["messages"] if m["role"] == "tool"]
        assert "ok" in str(results[0]["content"])

    run_virtual(go())


def test_the_parrot_says_what_it_hears_in_the_same_voice(example: ModuleType) -> None:
    voice = HibariVoice()
    words = voice.speak("This is what I say to the parrot.")

    async def go() -> Visitor:
        async with visiting(example) as visitor:
            visitor.record.heard.clear()
            visitor.say(words, voice.sample_rate_hz)
            await visitor.listen()
        return visitor

    record = run_virtual(go()).record
    repeated = np.concatenate([piece.pcm for piece in record.heard])
    said_s, repeated_s = loud_s(words, voice.sample_rate_hz), loud_s(repeated, RATE_HZ)
    assert repeated_s == pytest.approx(said_s, rel=0.25), "nothing is cut off"


def test_speaking_in_between_silences_the_bot(example: ModuleType) -> None:
    voice = HibariVoice()
    words = voice.speak("Stop, stop, stop! Let me speak now, please.")

    async def go() -> None:
        async with visiting(example) as visitor:
            await visitor.send("send-text", {"content": "A very long tale, " * 12})
            await visitor.until(lambda: visitor.count("bot-started-speaking") == 2)
            visitor.say(words, voice.sample_rate_hz)
            await visitor.until(lambda: visitor.count("user-started-speaking") == 1)
            await visitor.until(lambda: visitor.count("bot-stopped-speaking") == 2, 1.0)

    run_virtual(go())


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

    async def go() -> None:
        async with answering("(happy) My name is Iris.") as model:
            words = ("--llm-url", model.url, "--stt", "moonshine")
            async with visiting(example, *words) as visitor:
                visitor.say(question, voice.sample_rate_hz)
                await visitor.until(lambda: "My name is Iris." in visitor.said())
                assert "(happy)" not in visitor.said()
        assert model.last_question() == HEARD
        assert sum(recognizer) > 0.8 * len(question) / voice.sample_rate_hz

    run_virtual(go())
