"""The clocks of SmallWebRTC's tracks: mended where they are wrong, left alone elsewhere."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiortc.mediastreams import MediaStreamError
from pipecat.transports.smallwebrtc.transport import RawAudioTrack, RawVideoTrack
from pipecat_vasa.playing.picture_clock import keep_real_time

pytestmark = pytest.mark.realtime
RATE_HZ = 24_000


def transport_with(track: Any, sound: Any = None) -> Any:
    """Built as SmallWebRTC's output is."""
    return SimpleNamespace(
        _client=SimpleNamespace(_video_output_track=track, _audio_output_track=sound)
    )


async def pieces_in(track: RawAudioTrack, seconds: float) -> list[float]:
    """When pieces of 10 ms came, in seconds."""
    came, began_s = [], time.monotonic()
    while time.monotonic() < began_s + seconds:
        await track.recv()
        came.append(time.monotonic() - began_s)
    return came


def test_the_clock_follows_real_time_however_slow_the_pictures_are() -> None:
    async def go() -> list[tuple[float, float, float]]:
        track = RawVideoTrack(width=4, height=4)
        for _ in range(3):
            await track.next_timestamp()  # as it counts by itself
        assert keep_real_time(transport_with(track))
        given = []
        for _ in range(6):
            await asyncio.sleep(0.1)
            before_s = time.monotonic()
            pts, base = await track.next_timestamp()
            given.append((before_s, float(pts * base), time.monotonic()))
        assert keep_real_time(transport_with(track)), "a second time changes nothing"
        return given

    (asked_s, first_s, got_s), *_, (last_asked_s, last_s, last_got_s) = asyncio.run(go())
    assert first_s >= 2 / 30, "it goes on from where the track was"
    step_s = 1 / 90_000
    assert last_asked_s - got_s - step_s <= last_s - first_s <= last_got_s - asked_s + step_s


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


def test_what_held_up_a_calls_beginning_is_not_sent_in_a_burst() -> None:
    """The browser would keep the burst as delay of the voice."""

    async def go() -> list[float]:
        track = RawAudioTrack(sample_rate=RATE_HZ)
        assert not keep_real_time(transport_with(None, track)), "no pictures yet"
        await asyncio.sleep(0.15)
        came = await pieces_in(track, 0.1)
        time.sleep(0.12)  # noqa: ASYNC251  (the loop is held up)
        return came + [at + 1.0 for at in await pieces_in(track, 0.1)]

    came = asyncio.run(go())
    assert len([at for at in came if at < 1.0]) <= 12, "0.15 s late, not 25 pieces at once"
    assert len([at for at in came if at > 1.0]) <= 12


def test_once_the_call_has_settled_nothing_of_the_voice_is_put_off() -> None:
    async def go() -> tuple[bool, bool]:
        track = RawAudioTrack(sample_rate=RATE_HZ)
        keep_real_time(transport_with(None, track))
        while "recv" in vars(track):
            piece = await track.recv()
        assert float(piece.time) == pytest.approx(0.5)
        keep_real_time(transport_with(None, track))  # as at each start of the bot's speech
        start_s = track._start
        time.sleep(0.1)  # noqa: ASYNC251
        await pieces_in(track, 0.05)
        return track._start == start_s, "recv" in vars(track)

    assert asyncio.run(go()) == (True, False)


def test_tracks_of_a_caller_who_comes_later_are_mended_before_they_are_read() -> None:
    async def go() -> None:
        given: list[Any] = []
        connection = SimpleNamespace(
            replace_audio_track=given.append, replace_video_track=given.append
        )
        transport = transport_with(None)
        transport._client._webrtc_connection = connection
        for _ in range(2):  # a second time changes nothing
            assert not keep_real_time(transport)
        pictures, sound = RawVideoTrack(width=4, height=4), RawAudioTrack(sample_rate=RATE_HZ)
        connection.replace_audio_track(sound)
        connection.replace_video_track(pictures)
        assert given == [sound, pictures]
        assert "recv" in vars(sound) and "next_timestamp" in vars(pictures)

    asyncio.run(go())
