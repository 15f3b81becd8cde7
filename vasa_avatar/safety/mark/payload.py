"""What the mark says: 48 bits, and how they become chips and bits again.

Eight bits at a time become 128 chips of the Reed-Muller code of first order (any two codewords
differ in at least 64), read back from real numbers by a Walsh-Hadamard transform.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vasa_avatar.datatypes import F64
from vasa_avatar.safety.mark.layout import N_SYMBOLS, SYMBOL_CHIPS

PROGRAM = 0x56
"""the number of this program"""
MOST_ISSUER = 2**32 - 1
LIVE, FILM, NO_LABEL = 1, 2, 4
"""flags: a live stream; a film or picture file; the visible label was switched off"""


@dataclass(frozen=True, slots=True)
class MarkPayload:
    """Who made a picture, and how."""

    issuer: int = 0
    """32 bits: who runs the program; 0 = not told"""
    flags: int = 0
    """8 bits: LIVE, FILM, NO_LABEL"""

    def __post_init__(self) -> None:
        if not 0 <= self.issuer <= MOST_ISSUER:
            raise ValueError(f"issuer is {self.issuer}; expected 0 to {MOST_ISSUER}")
        if not 0 <= self.flags <= 0xFF:
            raise ValueError(f"flags are {self.flags}; expected 0 to 255")

    def to_bytes(self) -> bytes:
        """The six bytes: program, flags, issuer (big-endian)."""
        return bytes([PROGRAM, self.flags]) + self.issuer.to_bytes(4, "big")


def issuer_number(name: str) -> int:
    """The 32 bits that stand for an issuer's name: the first of its SHA-256; 0 for no name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") if name else 0


def payload_of(data: bytes) -> MarkPayload | None:
    """What six bytes say; None when they are no mark of this program."""
    if len(data) != N_SYMBOLS or data[0] != PROGRAM:
        return None
    return MarkPayload(int.from_bytes(data[2:], "big"), data[1])


@lru_cache(maxsize=1)
def _codewords() -> F64:
    """(128, 128) of +1 and -1, a Hadamard matrix; the other 128 codewords are their negatives."""
    code = np.ones((1, 1))
    while len(code) < SYMBOL_CHIPS:  # Sylvester's construction
        code = np.block([[code, code], [code, -code]])
    return code


def chips_of(data: bytes) -> F64:
    """(768,) +1 and -1 for six bytes."""
    code = _codewords()
    return np.concatenate([code[byte & 0x7F] * (-1.0 if byte & 0x80 else 1.0) for byte in data])


def most_likely(chips: F64) -> tuple[bytes, float]:
    """The six bytes that fit real-valued chips (768,) best, and the sum of chips on their side."""
    fits = chips.reshape(N_SYMBOLS, SYMBOL_CHIPS) @ _codewords().T
    best = np.abs(fits).argmax(1)
    values = fits[np.arange(N_SYMBOLS), best]
    data = bytes(int(i) | (0x80 if value < 0 else 0) for i, value in zip(best, values, strict=True))
    return data, float(np.abs(values).sum())
