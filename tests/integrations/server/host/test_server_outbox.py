"""What waits for a slow reader: pictures go, sound and messages stay, in order."""

from __future__ import annotations

import asyncio

import pytest
from vasa_server.host.outbox import MAX_CONTROL_MESSAGES, Outbox, ReaderTooSlow
from vasa_server.protocol.media import (
    CODEC_H264,
    CODEC_JPEG,
    CODEC_MOTION,
    FLAG_KEY,
    PICTURE,
    SOUND,
    MediaPacket,
    frames_of,
    unpack_media,
)

from vasa_avatar.browser import MOTION_BYTES


def picture(number: int, codec: int = CODEC_JPEG, is_key: bool = True) -> MediaPacket:
    flags = FLAG_KEY if is_key else 0
    return MediaPacket(PICTURE, codec, flags, 0, number * 960, 960, number, b"p")


def sound(number: int) -> MediaPacket:
    return MediaPacket(SOUND, 0, 1, 0, number * 960, 960, number, b"s" * 1920)


async def drained(outbox: Outbox) -> list[str | tuple[int, int]]:
    taken: list[str | tuple[int, int]] = []
    while True:
        try:
            async with asyncio.timeout(0.01):
                message = await outbox.next_message()
        except TimeoutError:
            return taken
        if isinstance(message, str):
            taken.append(message)
        else:
            packet = unpack_media(message)
            taken.append((packet.kind, packet.sequence))


def test_everything_goes_out_in_order_when_nothing_is_dropped() -> None:
    async def work() -> None:
        outbox = Outbox()
        outbox.put_control("a")
        outbox.put_media(sound(0))
        outbox.put_media(picture(0))
        outbox.put_control("b")
        assert await drained(outbox) == ["a", (SOUND, 0), (PICTURE, 0), "b"]
        assert outbox.counters.pictures_sent == 1

    asyncio.run(work())


def test_the_oldest_pictures_go_and_no_sound() -> None:
    async def work() -> None:
        outbox = Outbox(max_pictures=3)
        for number in range(10):
            outbox.put_media(sound(number))
            outbox.put_media(picture(number))
        assert outbox.sound_samples == 9600
        taken = await drained(outbox)
        assert [n for kind, n in taken if kind == SOUND] == list(range(10))  # type: ignore[misc]
        assert [n for kind, n in taken if kind == PICTURE] == [7, 8, 9]  # type: ignore[misc]
        assert outbox.counters.pictures_dropped == 7
        assert outbox.sound_samples == 0

    asyncio.run(work())


def test_no_h264_picture_is_sent_that_cannot_be_decoded() -> None:
    async def work() -> None:
        outbox = Outbox(max_pictures=3)
        for number in range(5):
            outbox.put_media(picture(number, CODEC_H264, is_key=number == 0))
        assert outbox.needs_key
        outbox.put_media(picture(5, CODEC_H264, is_key=False))
        assert await drained(outbox) == []
        outbox.put_media(picture(6, CODEC_H264, is_key=True))
        outbox.put_media(picture(7, CODEC_H264, is_key=False))
        assert not outbox.needs_key
        assert await drained(outbox) == [(PICTURE, 6), (PICTURE, 7)]
        assert outbox.counters.pictures_dropped == 6

    asyncio.run(work())


def test_stale_media_goes_and_messages_stay() -> None:
    async def work() -> None:
        outbox = Outbox()
        outbox.put_media(sound(0))
        outbox.put_control("a")
        outbox.put_media(picture(0))
        outbox.drop_media(lambda packet: packet.generation < 1)
        assert (outbox.sound_samples, outbox.pictures) == (0, 0)
        assert await drained(outbox) == ["a"]

    asyncio.run(work())


def test_replies_that_nobody_reads_end_the_connection() -> None:
    outbox = Outbox()
    for _ in range(MAX_CONTROL_MESSAGES):
        outbox.put_control("x")
    with pytest.raises(ReaderTooSlow, match="none is read"):
        outbox.put_control("x")


def motion(number: int) -> MediaPacket:
    payload = bytes([number]) * MOTION_BYTES
    return MediaPacket(PICTURE, CODEC_MOTION, FLAG_KEY, 0, number * 960, 960, number, payload)


def test_what_waits_together_goes_together_where_the_viewer_draws() -> None:
    async def work() -> None:
        outbox = Outbox()
        outbox.begin_stream(25, frames_per_message=4)
        for number in range(6):
            outbox.put_media(sound(number))
            outbox.put_media(motion(number))
        outbox.put_control("end")
        outbox.put_media(motion(6))
        assert await drained(outbox) == [
            (SOUND, 0), (PICTURE, 0), (SOUND, 4), (PICTURE, 4), "end", (PICTURE, 6),
        ]  # fmt: skip
        assert outbox.counters.pictures_sent == 7
        assert (outbox.pictures, outbox.sound_samples) == (0, 0)

    asyncio.run(work())


def test_a_hole_in_time_parts_messages() -> None:
    async def work() -> None:
        outbox = Outbox()
        outbox.begin_stream(25, frames_per_message=4)
        for number in (0, 1, 3):
            outbox.put_media(motion(number))
        message = await outbox.next_message()
        assert isinstance(message, bytes)
        packet = unpack_media(message)
        assert (packet.sample, packet.samples) == (0, 1920)
        assert [(part.sample, part.samples, part.sequence, part.payload[0])
                for part in frames_of(packet)] == [(0, 960, 0, 0), (960, 960, 1, 1)]  # fmt: skip
        assert await drained(outbox) == [(PICTURE, 3)]

    asyncio.run(work())
