"""aiortc's sound is encoded on the loop; pictures and everything else keep their threads."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest
from aiortc.codecs.opus import OpusEncoder
from av import AudioFrame
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.smallwebrtc.transport import SmallWebRTCOutputTransport
from pipecat_vasa.playing.sound_in_place import encode_sound_in_place


class Encoder(OpusEncoder):
    """Of another kind: not known to be quick."""


def sound(n: int) -> AudioFrame:
    rows = (3000 * np.sin(np.arange(n)[None] / 9)).astype(np.int16)
    frame = AudioFrame.from_ndarray(rows, format="s16", layout="mono")
    frame.sample_rate, frame.pts = 24_000, 0
    return frame


def transport(kind: type[BaseOutputTransport]) -> BaseOutputTransport:
    return kind.__new__(kind)


def test_opus_is_encoded_at_once_and_gives_what_a_thread_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def go() -> tuple[list[bytes], list[bytes]]:
        loop = asyncio.get_running_loop()
        threaded = await loop.run_in_executor(None, OpusEncoder().encode, sound(480), False)
        assert encode_sound_in_place(transport(SmallWebRTCOutputTransport))
        assert encode_sound_in_place(transport(SmallWebRTCOutputTransport)), "once is enough"
        encoder, other = OpusEncoder(), OpusEncoder()
        now_s = [loop.time()]  # a clock of the test's own: a busy machine's may leave out any time
        monkeypatch.setattr(loop, "time", lambda: now_s[0])
        first = await loop.run_in_executor(None, encoder.encode, sound(480), False)
        now_s[0] += 0.01
        asked = loop.run_in_executor(None, encoder.encode, sound(480), False)
        assert asked.done(), "no thread has it"
        now_s[0] += 0.001
        hurried = loop.run_in_executor(None, encoder.encode, sound(480), False)
        assert not hurried.done(), "it makes up for lost time, and the loop goes on meanwhile"
        await hurried
        again = [other.encode(sound(480))[0] for _ in range(2)]
        assert (await asked)[0] == again[1]
        return threaded[0], first[0]

    threaded, at_once = asyncio.run(go())
    assert threaded == at_once


def test_its_errors_are_those_of_a_thread_and_all_else_stays_in_threads() -> None:
    async def go() -> None:
        loop = asyncio.get_running_loop()
        encode_sound_in_place(transport(SmallWebRTCOutputTransport))
        encoder = OpusEncoder()
        for _ in range(2):
            with pytest.raises(AssertionError):
                await loop.run_in_executor(None, encoder.encode, "no sound", False)
            await asyncio.sleep(0.01)  # at least: this one may take longer
        thread = await loop.run_in_executor(None, threading.current_thread)
        assert thread is not threading.main_thread()
        assert not loop.run_in_executor(None, Encoder().encode, sound(480), False).done()

    asyncio.run(go())


def test_other_transports_are_left_alone() -> None:
    async def go() -> None:
        loop = asyncio.get_running_loop()
        before = loop.run_in_executor
        assert not encode_sound_in_place(transport(BaseOutputTransport))
        assert not encode_sound_in_place(None)
        assert loop.run_in_executor == before

    asyncio.run(go())
