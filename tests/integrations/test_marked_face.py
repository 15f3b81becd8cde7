"""Who is seen and what is said stays out of the logs: a marked face, sentence and fault.

The face's id, name, file and a text within its picture are marked; everything of ours is logged, at
the finest level. (Frameworks' own lines are theirs: Pipecat shows texts at level DEBUG.)
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from vasa_avatar import load_character
from vasa_avatar.profiles import CharacterProfile, load_profile

ROOT = Path(__file__).parents[2]
MARK = "zqmarked"
SENTENCE = f"My {MARK} secret is {MARK} here."
OURS = ("vasa_avatar", "vasa_server", "pipecat_vasa", "livekit.plugins.vasa")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> CharacterProfile:
    """Iris under another name, every word of it marked."""
    folder = tmp_path_factory.mktemp("faces") / MARK
    shutil.copytree(ROOT / "character_profiles" / "iris", folder)
    text = PngInfo()
    text.add_text("Author", MARK)
    with Image.open(folder / "portrait.png") as picture:
        picture.save(folder / f"{MARK}.png", pnginfo=text)
    profile = (folder / "profile.yaml").read_text(encoding="utf-8")
    for old, new in (("id: iris", f"id: {MARK}"), ("name: Iris", f"name: {MARK}"),
                     ("portrait: portrait.png", f"portrait: {MARK}.png")):  # fmt: skip
        assert old in profile
        profile = profile.replace(old, new)
    (folder / "profile.yaml").write_text(profile, encoding="utf-8")
    return load_profile(folder)


class Lines(logging.Handler):
    """Keeps what is logged, as it would be written, faults with all that they say."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(OURS):
            self.kept.append(logging.Formatter("%(name)s %(message)s").format(record))


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """After the test nothing that is marked stands in a line of ours, and on the screen nowhere."""
    loguru = pytest.importorskip("loguru").logger
    lines = Lines()
    number = loguru.add(
        lambda message: lines.kept.append(f"{message.record['name']} {message}"),
        level="TRACE",
        filter=lambda record: str(record["name"]).startswith(OURS),
    )
    for name in OURS:
        caplog.set_level(logging.DEBUG, logger=name)
    logging.getLogger().addHandler(lines)
    yield lines
    logging.getLogger().removeHandler(lines)
    loguru.remove(number)
    assert [line for line in lines.kept if MARK in line] == []
    assert MARK not in "".join(capfd.readouterr())


def test_in_the_server(marked: CharacterProfile, logged: Lines) -> None:
    from server_rig import get, serving
    from vasa_server import ProfileSource, Sound, connect
    from vasa_server.protocol import messages as m

    async def work() -> None:
        source: Any = ProfileSource([marked])
        async with serving(source) as server:
            assert (await get(server.port, f"/face/{MARK}.vface"))[0] == 200
            assert (await get(server.port, f"/face/{MARK}2.vface"))[0] == 404
            async with connect(server.websocket_url) as client:
                await client.open(MARK, size_px=128)
                await client.say(SENTENCE)
                async for item in client:
                    if isinstance(item, Sound):
                        break
                for connection in server._service.connections:
                    assert connection.session is not None
                    connection.session._runner.steer(_fail)
                async for item in client:
                    if isinstance(item, m.Error) and item.code == "face_failed":
                        break

    asyncio.run(work())
    assert any("a session opened" in line for line in logged.kept)
    assert any("the face failed" in line for line in logged.kept)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_in_pipecat(marked: CharacterProfile, logged: Lines) -> None:
    from pipecat.frames.frames import AggregatedTextFrame
    from pipecat.utils.text.base_text_aggregator import TextType
    from pipecat_rig import running, staircase
    from pipecat_vasa import VasaEngine

    engine = VasaEngine.load(marked.portrait.parent, size_px=64)

    async def work() -> None:
        async with running(engine=engine) as rig:
            await rig.send(AggregatedTextFrame(SENTENCE, TextType.SENTENCE))
            await rig.speak(staircase(0.5))
            await rig.until(lambda: rig.bot_stops() == 1)

    asyncio.run(work())
    engine.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_in_livekit(marked: CharacterProfile, logged: Lines) -> None:
    from livekit.agents import Agent, AgentSession
    from livekit.plugins import vasa
    from livekit_rig import FakeRoom, frames_of
    from sounds import speech_like

    async def work() -> None:
        avatar = vasa.AvatarSession(load_character(marked.portrait.parent), size_px=128)
        session: AgentSession[None] = AgentSession()
        room: Any = FakeRoom()
        await avatar.start(session, room=room)
        await session.start(Agent(instructions=SENTENCE))
        output = session.output.audio
        assert output is not None
        for frame in frames_of(speech_like(0.3, 24_000)):
            await output.capture_frame(frame)
        output.flush()
        await asyncio.sleep(1.0)
        await session.aclose()
        await avatar.aclose()

    asyncio.run(work())


def _fail(face: object) -> None:
    raise ValueError(f"cannot show {SENTENCE}")
