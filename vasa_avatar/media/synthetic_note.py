"""What says that a picture or film was made, and by whom: a comment inside the file."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

SYNTHETIC_NOTE = "Synthetic media: a talking face made by vasa_avatar, not a recording of a person."
_HEADER_BYTES = 33
"""of a PNG: its signature and IHDR; other chunks come behind them"""


def _text_chunk(keyword: str, text: str) -> bytes:
    """A PNG's tEXt chunk (PNG specification, 11.3.4.3)."""
    body = b"tEXt" + keyword.encode("latin-1") + b"\0" + text.encode("latin-1")
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


_CHUNK = _text_chunk("Comment", SYNTHETIC_NOTE)


def with_note(png: bytes) -> bytes:
    """The same PNG with the comment in it."""
    return png[:_HEADER_BYTES] + _CHUNK + png[_HEADER_BYTES:]


def has_note(path: Path) -> bool:
    """Whether a file is a PNG that `with_note` gave."""
    with path.open("rb") as file:
        return file.read(_HEADER_BYTES + len(_CHUNK)).endswith(_CHUNK)
