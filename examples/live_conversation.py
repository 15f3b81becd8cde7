"""A live face in asyncio: it speaks, is interrupted, listens, and answers. You get a film of it.

    python examples/live_conversation.py conversation.mp4

It takes as long as the conversation does, some ten seconds. What you should see: Iris looks at you
and begins to talk; somebody who is not heard cuts in, she falls silent at once, listens, nods, and
then says something else. A program with a screen would show and play what goes into the film here.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np

from vasa_avatar import Attention, AvatarStream, HibariVoice, LiveStream, load_character
from vasa_avatar.media import VideoFormat, open_sink
from vasa_avatar.session import LiveFrame

FPS, SIZE_PX = 25, 512
STORY = "Let me tell you the long story of how one picture and a voice became somebody like me."
ANSWER = "Oh, of course. Please go on."


async def main(path: str) -> None:
    """Write the conversation into a film."""
    iris = await asyncio.to_thread(load_character, "iris")
    voice = await asyncio.to_thread(HibariVoice, iris.profile.voice.style())
    rate_hz = voice.sample_rate_hz
    stream = AvatarStream(
        iris.avatar, rate_hz, fps=FPS, size_px=SIZE_PX, controls=iris.profile.controls()
    )
    with open_sink(path, VideoFormat(SIZE_PX, FPS, rate_hz)) as film:
        async with LiveStream(stream) as live:
            conversation = asyncio.create_task(converse(live, voice))
            async for frame in in_step(live, rate_hz // FPS):
                await asyncio.to_thread(film.write, frame.frame_rgb, frame.audio)
                if conversation.done() and frame.is_last:
                    break
            await conversation


async def in_step(live: LiveStream, frame_samples: int) -> AsyncIterator[LiveFrame]:
    """Frames for a film: silence where there is no speech, and frames that were missed again.

    A reader that is too slow misses frames without speech; `frame.sample` tells how many.
    """
    n_samples = 0
    async for frame in live:
        while n_samples + frame_samples <= frame.sample:
            n_samples += frame_samples
            yield replace(frame, audio=np.zeros(frame_samples, np.int16), is_last=False)
        n_samples += frame_samples
        yield replace(frame, audio=np.pad(frame.audio, (0, frame_samples - len(frame.audio))))


async def converse(live: LiveStream, voice: HibariVoice) -> None:
    """What a voice agent does: speak, notice the user, listen, answer."""
    await asyncio.sleep(1.0)
    speaking = asyncio.create_task(say(live, voice, STORY))
    await asyncio.sleep(3.0)
    speaking.cancel()  # the user has begun to speak
    live.interrupt()
    live.attend(Attention.LISTENING)
    await asyncio.sleep(1.0)
    live.nod()
    await asyncio.sleep(1.0)
    live.attend(Attention.IDLE)
    await say(live, voice, ANSWER)


async def say(live: LiveStream, voice: HibariVoice, text: str) -> None:
    """Push a text's sound sentence by sentence, as a TTS gives it."""
    sentences = voice.stream(text)
    while (sound := await asyncio.to_thread(next, sentences, None)) is not None:
        await live.push(sound)
    live.flush()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/live_conversation.py FILM.mp4")
    asyncio.run(main(sys.argv[1]))
    print(f"{sys.argv[1]} is ready")
