"""Nothing of the service holds the event loop up: computing time of every callback."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from callback_times import CallbackTimes, callback_times
from pipecat.frames.frames import InterruptionFrame, TTSAudioRawFrame, TTSStartedFrame
from pipecat.processors.frameworks.rtvi import RTVIClientMessageFrame
from pipecat_rig import Rig, running, staircase
from pipecat_vasa import VasaUpdateSettingsFrame, VasaVideoSettings

pytestmark = pytest.mark.realtime

LIMIT_S = 0.010


MINUTE = np.repeat(staircase(60.0, 48_000), 2).tobytes()
REPLY = staircase(2.0)


async def do_everything(rig: Rig) -> None:
    """A minute of stereo in one frame, bursts, interruptions, settings, messages."""
    await rig.send(TTSStartedFrame(), TTSAudioRawFrame(MINUTE, 48_000, 2))
    await asyncio.sleep(1.0)
    await rig.send(InterruptionFrame())
    for number in range(3):
        stops = rig.bot_stops()
        await rig.speak(REPLY, context=str(number))
        for yaw in range(20):
            await rig.send(
                VasaUpdateSettingsFrame(delta=VasaVideoSettings(gaze_yaw_deg=float(yaw))),
                RTVIClientMessageFrame(str(yaw), "avatar.get"),
            )
        if number == 1:
            await rig.send(InterruptionFrame())
        await rig.until(lambda before=stops: rig.bot_stops() > before)


def test_no_callback_computes_for_ten_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        async with running() as rig:
            await rig.until(lambda: len(rig.record.seen) > 20)
            await rig.speak(staircase(0.4), context="first")  # imports and compiles
            await rig.until(lambda: rig.bot_stops() == 1)
            taken.clear()
            await do_everything(rig)
            measured.extend(taken)

    measured: CallbackTimes = []
    with callback_times(monkeypatch) as taken:
        asyncio.run(go())
    assert len(measured) > 1000
    took_s, what = max(measured)
    assert took_s < LIMIT_S, f"{took_s * 1e3:.1f} ms in {what}"
