"""The mark of a live face, sent by SmallWebRTC in VP8, is read from what a caller receives: of a
photograph and of a drawing."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from pipecat.frames.frames import TTSAudioRawFrame, TTSStartedFrame, TTSStoppedFrame
from pipecat_vasa import VasaEngine
from sounds import speech_like
from webrtc_rig import RATE_HZ, Received, calling

from vasa_avatar.datatypes import F32
from vasa_avatar.safety import LIVE, read_mark

WINDOW = 50

pytestmark = [
    pytest.mark.slow,
    pytest.mark.realtime,
    pytest.mark.filterwarnings(
        # aiortc leaves generators and sockets to the garbage collector when a call ends
        "ignore::ResourceWarning",
        "ignore::pytest.PytestUnraisableExceptionWarning",
    ),
]


async def received_of_a_speaking_face(name: str) -> Received:
    engine = await asyncio.to_thread(VasaEngine.load, name)
    async with calling(engine, keeps_pictures=True) as call:
        before = len(call.received.lumas)
        sound = speech_like(4.0, RATE_HZ).tobytes()
        await call.send(
            TTSStartedFrame(context_id="speech"),
            TTSAudioRawFrame(sound, RATE_HZ, 1, context_id="speech"),
            TTSStoppedFrame(context_id="speech"),
        )
        await call.until(lambda: len(call.received.lumas) >= before + 2 * WINDOW)
    return call.received


@pytest.mark.parametrize("name", ["iris", "lina"])
def test_a_caller_reads_the_mark_from_the_pictures_of_the_call(name: str) -> None:
    lumas = asyncio.run(received_of_a_speaking_face(name)).lumas
    assert lumas[0].shape == (512, 512)
    starts = range(0, len(lumas) - WINDOW + 1, WINDOW)
    readings = [read_mark(mean(lumas[first : first + WINDOW])) for first in starts]
    assert len(readings) >= 2
    assert all(reading is not None and reading.payload.flags == LIVE for reading in readings)


def mean(lumas: list[np.ndarray]) -> F32:
    return np.mean(lumas, axis=0, dtype=np.float32)
