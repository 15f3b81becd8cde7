"""The server with the real face, characters and voice."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from vasa_server.client import Picture, Sound, connect
from vasa_server.host.limits import ServerOptions
from vasa_server.host.server import AvatarServer
from vasa_server.protocol import messages as m
from vasa_server.show.profile_source import ProfileSource
from vasa_server.show.sources import UnknownCharacter

pytestmark = pytest.mark.realtime

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def real_source() -> ProfileSource:
    return ProfileSource()


def test_the_shipped_characters_are_on_offer(real_source: ProfileSource) -> None:
    characters = real_source.characters()
    assert {"iris", "leo", "greta"} <= {character.id for character in characters}
    for character in characters:
        assert character.greeting
        assert character.portrait.startswith("data:image/jpeg;base64,")
        assert len(character.portrait) < 40_000
    with pytest.raises(UnknownCharacter, match="iris"):
        real_source.controls_of("nobody")


def test_sentences_are_spoken_whole_and_named(real_source: ProfileSource) -> None:
    voice = real_source.voice_of("iris")
    assert voice is not None
    spoken = list(voice.stream("Good morning. How are you today?"))
    assert [sentence.text for sentence in spoken] == ["Good morning.", "How are you today?"]
    assert all(len(sentence.pcm_i16) > 12_000 for sentence in spoken)
    assert list(voice.stream("")) == []


@pytest.mark.slow
def test_a_real_face_speaks_in_step(real_source: ProfileSource) -> None:
    async def work() -> None:
        options = ServerOptions(port=0, drain_s=0.0)
        async with AvatarServer(real_source, options) as server:
            async with connect(server.websocket_url) as client:
                await client.open("iris", size_px=256, seed=3)
                await client.say("Mama met Bob by the moon.")
                sounds: list[Sound] = []
                pictures: dict[int, Picture] = {}
                async for item in client:
                    if isinstance(item, Sound):
                        sounds.append(item)
                    elif isinstance(item, Picture):
                        pictures[item.sequence] = item
                    elif isinstance(item, m.UtteranceEnded):
                        break
                voice = np.concatenate([s.pcm_i16 for s in sounds])
                expected = list(real_source.voice_of("iris").stream("Mama met Bob by the moon."))  # type: ignore[union-attr]
                assert len(voice) == len(expected[0].pcm_i16)
                mouths = []
                for sound in sounds:
                    picture = pictures.get(sound.sequence)
                    if picture is not None:
                        assert picture.sample == sound.sample
                        mouths.append(picture.decode()[140:215, 85:171].astype(np.float32))
                assert len(mouths) > 0.5 * len(sounds)
                moved = [np.abs(b - a).mean() for a, b in zip(mouths, mouths[1:], strict=False)]
                assert np.median(moved) > 0.5, "the mouth should move with the voice"
                stats = await client.stats()
                assert stats.held_frames == 0
                assert stats.speech_samples_in == stats.speech_samples_out == len(voice)

    asyncio.run(asyncio.wait_for(work(), 120))


@pytest.mark.slow
def test_the_example_writes_its_film(tmp_path: Path) -> None:
    film = tmp_path / "said.mp4"
    command = [sys.executable, str(ROOT / "examples" / "websocket_client.py"), "--out", str(film)]
    command += ["--url", "ws://127.0.0.1:9/ws", "--text", "Hello there. This is a test."]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert "Hello there." in done.stdout
    with av.open(str(film)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height) == (512, 512)
        assert abs(float(video.duration * video.time_base - audio.duration * audio.time_base)) < 0.1


@pytest.mark.slow
def test_the_served_program_stops_cleanly(tmp_path: Path) -> None:
    import signal
    import time

    from websockets.sync.client import connect as connect_now

    code = (
        "from vasa_server import ServerOptions, run_server; import functools;"
        "run_server(ServerOptions(port=0), tell=functools.partial(print, flush=True))"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert program.stdout is not None
        line = program.stdout.readline()
        url = line.split()[-1].replace("http", "ws") + "ws"
        with connect_now(url, proxy=None) as socket:
            assert '"welcome"' in str(socket.recv())
            time.sleep(0.2)
            program.send_signal(signal.SIGTERM)
            last = ""
            for message in socket:
                last = str(message)
            assert '"closed"' in last
            assert socket.close_code == 1001
        assert program.wait(60) == 0
    finally:
        program.kill()
        _, problems = program.communicate()
    assert "Traceback" not in problems
