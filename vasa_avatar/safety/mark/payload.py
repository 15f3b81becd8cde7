"""What the mark says: 48 bits, and how they become chips and bits again.

Program, flags, three bytes of issuer, and one that makes the exclusive or of all six zero: it mends
one byte that was read wrong, and two where it is known that the mark is ours. Each byte becomes 128
chips of the Reed-Muller code of first order (any two codewords differ in at least 64).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import xor

import numpy as np

from vasa_avatar.datatypes import F64
from vasa_avatar.safety.mark.layout import N_SYMBOLS, SYMBOL_CHIPS

PROGRAM = 0x56
"""the number of this program"""
MOST_ISSUER = 2**24 - 1
LIVE, FILM, NO_LABEL = 1, 2, 4
"""flags: a live stream; a film or picture file; the visible label was switched off"""
MOST_FLAGS = LIVE | FILM | NO_LABEL
"""the other five bits are zero: what must be so need not be tried by a reader"""
N_PAYLOADS = (MOST_FLAGS + 1) * (MOST_ISSUER + 1)


@dataclass(frozen=True, slots=True)
class MarkPayload:
    """Who made a picture, and how."""

    issuer: int = 0
    """24 bits: who runs the program; 0 = not told"""
    flags: int = 0
    """LIVE, FILM, NO_LABEL"""

    def __post_init__(self) -> None:
        if not 0 <= self.issuer <= MOST_ISSUER:
            raise ValueError(f"issuer is {self.issuer}; expected 0 to {MOST_ISSUER}")
        if not 0 <= self.flags <= MOST_FLAGS:
            raise ValueError(f"flags are {self.flags}; expected 0 to {MOST_FLAGS}")

    def to_bytes(self) -> bytes:
        """The six bytes: program, flags, issuer (big-endian), check."""
        said = bytes([PROGRAM, self.flags]) + self.issuer.to_bytes(3, "big")
        return said + bytes([reduce(xor, said)])


def issuer_number(name: str) -> int:
    """The 24 bits that stand for an issuer's name: the first of its SHA-256; 0 for no name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:3], "big") if name else 0


def payload_of(data: bytes) -> MarkPayload | None:
    """What six bytes say; None when they are no mark of this program."""
    if len(data) != N_SYMBOLS or data[0] != PROGRAM or data[1] > MOST_FLAGS or reduce(xor, data):
        return None
    return MarkPayload(int.from_bytes(data[2:5], "big"), data[1])


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
    """The six bytes that fit real-valued chips (768,) best, and the sum of chips on their side.

    Where their exclusive or is not zero, the byte that loses least by it is changed.
    """
    fits = _fits(chips)
    data = [int(byte) for byte in fits.argmax(1)]
    if wrong := reduce(xor, data):
        mended = [byte ^ wrong for byte in data]
        losses = [
            fit[byte] - fit[other] for fit, byte, other in zip(fits, data, mended, strict=True)
        ]
        least = int(np.argmin(losses))
        data[least] = mended[least]
    return bytes(data), float(fits[np.arange(N_SYMBOLS), data].sum())


def most_likely_of_ours(chips: F64) -> tuple[bytes, float] | None:
    """The mark of this program that fits best, where none of another program fits much better.

    It mends what was read wrong in two bytes: number, flags and check of a mark of ours are not
    free. States are the exclusive or of the bytes so far (Viterbi's algorithm).
    """
    fits = _fits(chips)
    sums = np.full(256, -np.inf)
    for flags in range(MOST_FLAGS + 1):
        sums[PROGRAM ^ flags] = fits[0, PROGRAM] + fits[1, flags]
    before = np.arange(256)[:, None] ^ np.arange(256)[None]  # [state, byte]: the state before it
    chosen = []
    for symbol in range(2, N_SYMBOLS - 1):
        ways = sums[before] + fits[symbol][None]
        chosen.append(ways.argmax(1))
        sums = ways.max(1)
    state = int((sums + fits[-1]).argmax())
    fit = float(sums[state] + fits[-1, state])
    if most_likely(chips)[1] - fit > fit / (2 * N_SYMBOLS):  # by half a byte
        return None
    data = [state]
    for byte_of in reversed(chosen):
        data.insert(0, int(byte_of[state]))
        state ^= data[0]
    return bytes([PROGRAM, state ^ PROGRAM, *data]), fit


def _fits(chips: F64) -> F64:
    """(6, 256) how well each byte fits at each place; the upper bit turns a codeword round."""
    half = chips.reshape(N_SYMBOLS, SYMBOL_CHIPS) @ _codewords().T
    return np.concatenate([half, -half], 1)
