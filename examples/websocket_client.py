"""A program talks to the server: a character says a sentence, and you get a film of it.

    vasa-avatar serve                                  # in one terminal
    python examples/websocket_client.py                # in another

You should see a line for each sentence as it begins, the session's figures, and said.mp4 with
picture and voice in step. Without a running server the example starts its own.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from vasa_server import AvatarClient, AvatarServer, Picture, ServerOptions, Sound, connect
from vasa_server.protocol import messages as m
from vasa_server.show.profile_source import ProfileSource

from vasa_avatar import ControlSettings
from vasa_avatar.datatypes import I16, U8
from vasa_avatar.media import VideoFormat, open_sink

RATE_HZ, FPS, SIZE_PX = 24_000, 25, 512
FRAME_SAMPLES = RATE_HZ // FPS
TEXT = "Hello. Every picture came over a WebSocket, with the sound that belongs to it."


async def main(arguments: argparse.Namespace) -> None:
    """Ask for a sentence, collect it, write the film."""
    async with (
        server_at(arguments) as url,
        connect(url, arguments.token) as client,
    ):
        known = ", ".join(character.id for character in client.welcome.characters)
        print(f"{client.welcome.server} offers {known}")
        await client.open(arguments.character, sample_rate_hz=RATE_HZ, fps=FPS, size_px=SIZE_PX)
        await client.set_controls(ControlSettings(emotions={"happy": 0.4}))
        await client.say(arguments.text)
        pictures, voice = await collect(client)
        stats = await client.stats()
    write(arguments.out, pictures, voice)
    print(f"first picture after {stats.first_frame_ms} ms, {stats.render_ms_p50} ms to draw one")
    print(f"{arguments.out.resolve()}: {len(pictures)} pictures, {len(voice) / RATE_HZ:.1f} s")


async def collect(client: AvatarClient) -> tuple[dict[int, U8], I16]:
    """Pictures by the sample at which they are shown, and the voice, both from sample 0."""
    pictures: dict[int, U8] = {}
    sounds: list[Sound] = []
    end = None
    async for item in client:
        if isinstance(item, Picture):
            pictures[item.sample] = item.decode()
            if end is not None and item.sample >= end:
                break
        elif isinstance(item, Sound):
            sounds.append(item)
        elif isinstance(item, m.Sentence):
            print(f"{item.sample / RATE_HZ:6.2f} s  {item.text}")
        elif isinstance(item, m.UtteranceEnded):
            end = item.sample + RATE_HZ // 2  # half a second more: the mouth comes to rest
        elif isinstance(item, m.Error):
            raise SystemExit(f"the server says {item.code}: {item.message}")
    voice = np.zeros(max(pictures) + FRAME_SAMPLES, np.int16)
    for sound in sounds:
        voice[sound.sample : sound.sample + len(sound.pcm_i16)] = sound.pcm_i16
    return pictures, voice


def write(path: Path, pictures: dict[int, U8], voice: I16) -> None:
    """The film; where a picture was left out, the one before stays."""
    last = pictures[min(pictures)]
    with open_sink(path, VideoFormat(SIZE_PX, FPS, RATE_HZ)) as film:
        for first in range(0, len(voice), FRAME_SAMPLES):
            last = pictures.get(first, last)
            film.write(last, voice[first : first + FRAME_SAMPLES])


@asynccontextmanager
async def server_at(arguments: argparse.Namespace) -> AsyncIterator[str]:
    """The running server's address, or that of one of our own."""
    try:
        async with connect(arguments.url, arguments.token):
            pass
    except OSError:
        print("no server there: starting one")
        source = ProfileSource()
        await asyncio.to_thread(source.preload, arguments.character)
        async with AvatarServer(source, ServerOptions(port=0)) as server:
            yield server.websocket_url
        return
    yield arguments.url


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="ws://127.0.0.1:8765/ws")
    parser.add_argument("--token")
    parser.add_argument("--character", default="iris")
    parser.add_argument("--text", default=TEXT)
    parser.add_argument("--out", type=Path, default=Path("said.mp4"))
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(_arguments()))
