"""The clock of SmallWebRTC's pictures: mended where it is wrong, left alone elsewhere."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiortc.mediastreams import MediaStreamError
from pipecat.transports.smallwebrtc.transport import RawVideoTrack
from pipecat_vasa.playing.picture_clock import keep_real_time

pytestmark = pytest.mark.realtime


def transport_with(track: Any) -> Any:
    """Built as SmallWebRTC's output is."""
    return SimpleNamespace(_client=SimpleNamespace(_video_output_track=track))


def test_the_clock_follows_real_time_however_slow_the_pictures_are() -> None:
    async def go() -> tuple[list[float], list[float]]:
        track = RawVideoTrack(width=4, height=4)
        for _ in range(3):
            await track.next_timestamp()  # as it counts by itself
        assert keep_real_time(transport_with(track))
        given, at = [], []
        for _ in range(6):
            await asyncio.sleep(0.1)
            pts, base = await track.next_timestamp()
            given.append(float(pts * base))
            at.append(time.monotonic())
        assert keep_real_time(transport_with(track)), "a second time changes nothing"
        return given, at

    given, at = asyncio.run(go())
    assert given[0] >= 2 / 30, "it goes on from where the track was"
    assert given[-1] - given[0] == pytest.approx(at[-1] - at[0], abs=0.02)


def test_the_clock_never_stands_still_and_ends_with_the_track() -> None:
    async def go() -> list[int]:
        track = RawVideoTrack(width=4, height=4)
        keep_real_time(transport_with(track))
        given = [(await track.next_timestamp())[0] for _ in range(50)]
        track.stop()
        with pytest.raises(MediaStreamError):
            await track.next_timestamp()
        return given

    given = asyncio.run(go())
    assert all(later > earlier for earlier, later in zip(given, given[1:], strict=False))


@pytest.mark.parametrize("transport", [SimpleNamespace(), transport_with(None), transport_with(7)])
def test_other_transports_are_left_alone(transport: Any) -> None:
    assert not keep_real_time(transport)
