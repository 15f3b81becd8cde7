"""The text chunks of a PNG: read, taken out, and put in, without decoding the picture.

A PNG is a signature and chunks: length, kind, data, checksum (PNG specification, section 5).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from vasa_avatar.errors import CardError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_TEXT_BYTES = 12 << 20
_MOST_CHUNKS = 60_000
_MOST_PIXELS = 110_000_000
_TEXT_KINDS = (b"tEXt", b"zTXt", b"iTXt")


@dataclass(frozen=True, slots=True, eq=False)
class PngText:
    """A PNG with its texts apart."""

    picture: bytes
    """the same PNG without the texts that were asked for"""
    texts: dict[str, bytes]
    """keyword to what it holds; the first of each"""


def split_texts(png: bytes, keywords: tuple[str, ...]) -> PngText:
    """Take the texts of some keywords (in any case) out of a PNG.

    Raises:
        CardError: damaged, or made to be too large.
    """
    if not png.startswith(SIGNATURE):
        raise CardError("the picture is no PNG")
    view = memoryview(png)
    position = len(SIGNATURE)
    kept: list[memoryview] = [view[:position]]
    texts: dict[str, bytes] = {}
    for number in range(_MOST_CHUNKS + 1):
        if number == _MOST_CHUNKS:
            raise CardError(f"the PNG has over {_MOST_CHUNKS} chunks")
        if position + 12 > len(png):
            if number == 0:
                raise CardError("the PNG ends after its signature")
            break  # cut off behind the last whole chunk: whoever decodes it will say so
        length, kind = struct.unpack_from(">I4s", png, position)
        end = position + 12 + length
        if end > len(png):
            raise CardError(
                f"the PNG's chunk {kind!r} should have {length} bytes and ends after "
                f"{len(png) - position - 8}"
            )
        data = view[position + 8 : end - 4]
        if number == 0:
            _check_header(kind, data)
        keyword = _keyword_of(kind, data)
        if keyword in keywords:
            texts.setdefault(keyword, _text_of(kind, data))
        else:
            kept.append(view[position:end])
        position = end
        if kind == b"IEND":
            break
    return PngText(b"".join(kept), texts)


def with_texts(png: bytes, texts: dict[str, bytes]) -> bytes:
    """A PNG with texts put before its end.

    Raises:
        CardError: it is no whole PNG.
    """
    at = png.rfind(b"IEND") - 4
    if not png.startswith(SIGNATURE) or at < len(SIGNATURE):
        raise CardError("the portrait is no whole PNG")
    chunks = [_chunk(b"tEXt", key.encode("latin-1") + b"\0" + text) for key, text in texts.items()]
    return b"".join((png[:at], *chunks, png[at:]))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _check_header(kind: bytes, data: memoryview) -> None:
    if kind != b"IHDR" or len(data) != 13:
        raise CardError(f"the PNG begins with {kind!r}; expected IHDR")
    width, height = struct.unpack_from(">II", data)
    if not 0 < width * height <= _MOST_PIXELS:
        raise CardError(f"the PNG says it has {width} x {height} pixels; expected 1 to 110 million")


def _keyword_of(kind: bytes, data: memoryview) -> str:
    if kind not in _TEXT_KINDS:
        return ""
    return bytes(data[:80]).partition(b"\0")[0].decode("latin-1").lower()


def _text_of(kind: bytes, data: memoryview) -> bytes:
    if len(data) > MOST_TEXT_BYTES:
        raise CardError(
            f"a text of the PNG has {len(data)} bytes; expected {MOST_TEXT_BYTES} at most"
        )
    rest = bytes(data).partition(b"\0")[2]
    if kind == b"tEXt":
        return rest
    if kind == b"zTXt":
        return _inflated(rest[1:])
    is_packed = rest[:1] == b"\1"
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    return _inflated(text) if is_packed else text


def _inflated(data: bytes) -> bytes:
    machine = zlib.decompressobj()
    try:
        text = machine.decompress(data, MOST_TEXT_BYTES)
    except zlib.error as problem:
        raise CardError(f"a packed text of the PNG is damaged ({problem})") from problem
    if machine.unconsumed_tail:
        raise CardError(f"a packed text of the PNG grows over {MOST_TEXT_BYTES} bytes")
    return text
