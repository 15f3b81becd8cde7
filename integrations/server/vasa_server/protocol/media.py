"""The binary messages of the protocol: a fixed header and a payload, both ways; version 1.

All integers are little-endian. The server sends one sound or one picture a message, or the motion
of one frame or several, with the position on the session's clock: the index of the first sample it
belongs to. The client sends speech. Sound is mono signed 16-bit PCM.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vasa_avatar.browser import MOTION_BYTES
from vasa_avatar.datatypes import I16

SOUND = 1
PICTURE = 2

CODEC_PCM_S16LE = 0
CODEC_JPEG = 1
CODEC_H264 = 2
CODEC_MOTION = 3
"""no pixels: what moves, for a client that draws the face itself"""
CODEC_NUMBERS = {"jpeg": CODEC_JPEG, "h264": CODEC_H264, "motion": CODEC_MOTION}
_CODECS = (CODEC_PCM_S16LE, *CODEC_NUMBERS.values())

FLAG_SPEECH = 1
"""The frame is speech; idle pictures do not have it."""
FLAG_KEY = 2
"""The picture can be decoded without an earlier one; every JPEG has it."""
FLAG_FLUSH = 1
"""Client to server: the utterance ends with this message."""
FLAG_HEARD = 2
"""Client to server: what the user says; the face listens to it and does not speak it."""

_SERVER_HEADER = struct.Struct("<BBBBIQII")
_FLAGS = (0, FLAG_FLUSH, FLAG_HEARD)
_CLIENT_HEADER = struct.Struct("<BBBBI")
SERVER_HEADER_BYTES = _SERVER_HEADER.size  # 24
CLIENT_HEADER_BYTES = _CLIENT_HEADER.size  # 8
MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000


class BadMedia(ValueError):
    """A binary message that is not in the protocol."""


@dataclass(frozen=True, slots=True, eq=False)
class MediaPacket:
    """One sound or picture from the server."""

    kind: int
    """SOUND or PICTURE"""
    codec: int
    flags: int
    generation: int
    """grows by one with each interrupt"""
    sample: int
    """index of the first sample on the session's clock"""
    samples: int
    """how many samples the sound has, or the picture is shown for"""
    sequence: int
    """frame number; a sound and a picture of the same frame have the same"""
    payload: bytes

    @property
    def is_speech(self) -> bool:
        """Whether the frame belongs to speech."""
        return bool(self.flags & FLAG_SPEECH)

    @property
    def is_key(self) -> bool:
        """Whether a picture can be decoded alone."""
        return bool(self.flags & FLAG_KEY)


@dataclass(frozen=True, slots=True, eq=False)
class SpeechPacket:
    """Speech from a client."""

    pcm_i16: I16
    """(N,) mono"""
    sample_rate_hz: int
    is_flush: bool
    is_heard: bool = False
    """what the user says, for the face to listen to"""


def is_joined(first: MediaPacket, second: MediaPacket) -> bool:
    """Whether `second` goes on where `first` ends, in a codec that can be put together."""
    return (
        first.codec == second.codec
        and first.codec in (CODEC_PCM_S16LE, CODEC_MOTION)
        and first.flags == second.flags
        and first.generation == second.generation
        and first.sample + first.samples == second.sample
        and (first.kind == SOUND or abs(first.samples - second.samples) <= 1)
    )


def joined(packets: Sequence[MediaPacket]) -> MediaPacket:
    """Packets of which each `is_joined` to the one before, as one."""
    if len(packets) == 1:
        return packets[0]
    samples = sum(packet.samples for packet in packets)
    payload = b"".join(packet.payload for packet in packets)
    return replace(packets[0], samples=samples, payload=payload)


def frames_of(packet: MediaPacket) -> list[MediaPacket]:
    """The frames of a message of motion, each by itself; anything else as it is.

    Raises:
        BadMedia: the payload is no whole number of frames.
    """
    if packet.codec != CODEC_MOTION or len(packet.payload) == MOTION_BYTES:
        return [packet]
    n, rest = divmod(len(packet.payload), MOTION_BYTES)
    if rest or not n:
        raise BadMedia(f"motion has {len(packet.payload)} bytes; a frame has {MOTION_BYTES}")
    bounds = [packet.samples * k // n for k in range(n + 1)]
    return [
        replace(
            packet,
            sample=packet.sample + bounds[k],
            samples=bounds[k + 1] - bounds[k],
            sequence=packet.sequence + k,
            payload=packet.payload[MOTION_BYTES * k : MOTION_BYTES * (k + 1)],
        )
        for k in range(n)
    ]


def pack_media(packet: MediaPacket) -> bytes:
    """The bytes of one server message."""
    header = _SERVER_HEADER.pack(
        packet.kind,
        packet.flags,
        packet.codec,
        0,
        packet.generation & 0xFFFFFFFF,
        packet.sample,
        packet.samples,
        packet.sequence & 0xFFFFFFFF,
    )
    return header + packet.payload


def unpack_media(data: bytes) -> MediaPacket:
    """One server message.

    Raises:
        BadMedia: too short, or of an unknown kind or codec.
    """
    if len(data) < SERVER_HEADER_BYTES:
        raise BadMedia(f"{len(data)} bytes came; the header alone has {SERVER_HEADER_BYTES}")
    kind, flags, codec, _, generation, sample, samples, sequence = _SERVER_HEADER.unpack_from(data)
    if kind not in (SOUND, PICTURE) or codec not in _CODECS:
        raise BadMedia(f"kind {kind} with codec {codec}; this client knows kinds 1, 2, codecs 0-3")
    payload = data[SERVER_HEADER_BYTES:]
    return MediaPacket(kind, codec, flags, generation, sample, samples, sequence, payload)


def pack_speech(pcm_i16: I16, sample_rate_hz: int, is_flush: bool = False) -> bytes:
    """The bytes of one client message; `pcm_i16` is (N,) mono."""
    flags = FLAG_FLUSH if is_flush else 0
    header = _CLIENT_HEADER.pack(SOUND, flags, CODEC_PCM_S16LE, 0, sample_rate_hz)
    return header + np.ascontiguousarray(pcm_i16, "<i2").tobytes()


def pack_heard(pcm_i16: I16, sample_rate_hz: int) -> bytes:
    """The bytes of one client message with what the user says; `pcm_i16` is (N,) mono."""
    header = _CLIENT_HEADER.pack(SOUND, FLAG_HEARD, CODEC_PCM_S16LE, 0, sample_rate_hz)
    return header + np.ascontiguousarray(pcm_i16, "<i2").tobytes()


def unpack_speech(data: bytes) -> SpeechPacket:
    """One client message.

    Raises:
        BadMedia: wrong length, kind, codec or rate.
    """
    if len(data) < CLIENT_HEADER_BYTES:
        raise BadMedia(f"{len(data)} bytes came; the header alone has {CLIENT_HEADER_BYTES}")
    kind, flags, codec, reserved, rate = _CLIENT_HEADER.unpack_from(data)
    if kind != SOUND or codec != CODEC_PCM_S16LE or reserved != 0 or flags not in _FLAGS:
        raise BadMedia(
            f"kind {kind}, flags {flags}, codec {codec}, reserved {reserved} came; speech is kind "
            "1, codec 0 (mono signed 16-bit PCM), reserved 0, flags 0, 1 or 2"
        )
    if not MIN_RATE_HZ <= rate <= MAX_RATE_HZ:
        raise BadMedia(f"sample rate is {rate} Hz; expected {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz")
    if (len(data) - CLIENT_HEADER_BYTES) % 2:
        raise BadMedia("an odd number of sound bytes came; a sample has two")
    pcm = np.frombuffer(data, "<i2", offset=CLIENT_HEADER_BYTES)
    return SpeechPacket(pcm, rate, flags == FLAG_FLUSH, flags == FLAG_HEARD)
