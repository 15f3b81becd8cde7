"""Where the mark stands: 1,024 chips on 512 frequencies of a tile that repeats 4 x 4 in a frame,
and 2 x 2 where the face is a drawing: a mark at twice the size.

A chip is +1 or -1 on the cosine or the sine of one frequency. The first 256 chips are known and
find the mark; the others carry six symbols of 128 chips each. Which chip stands where follows from
SHA-256, so that any program can make the same layout.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F64

TILE = 128
"""steps of a tile along one axis; frequencies are whole periods in a tile"""
TILES = 4
"""tiles along one edge of a frame"""
DRAWN_TILES = 2
"""of a drawing: on flat colour codecs keep little that is finer than their blocks of 16 pixels, and
there are no shades in which coarse waves would drown"""
N_SYMBOLS = 6
SYMBOL_CHIPS = 128
N_KNOWN = 256
N_CHIPS = N_KNOWN + N_SYMBOLS * SYMBOL_CHIPS
LOWEST = 5.0
"""periods in a tile: coarser waves drown in the face's own shades. The finest that is used has 19,
seven pixels of a 512 px frame: codecs throw finer ones away first. Against 7 and 9, films of 0.3
and 0.5 Mb/s were read as far above chance or farther"""
DRAWN_FALL = 1.5
"""a wave of twice the frequency is 2 ** 1.5 times weaker in a drawing: flat colour shows fine waves
first, and codecs throw them away first"""


@dataclass(frozen=True, slots=True, eq=False)
class MarkLayout:
    """The frequencies and the order of the chips on them."""

    periods: NDArray[np.int64]
    """(512, 2) periods along x and y; half a plane"""
    order: NDArray[np.int64]
    """(1024,) place among [512 cosines, 512 sines] of each chip"""
    signs: F64
    """(1024,) by which each chip is turned, +1 or -1; they are the known chips' values"""


@lru_cache(maxsize=1)
def mark_layout() -> MarkLayout:
    """The one layout of version 1."""
    reach = range(-TILE // 2, TILE // 2)
    half = [(x, y) for y in reach for x in reach if y > 0 or (y == 0 and x > 0)]
    band = sorted((x * x + y * y, y, x) for x, y in half if x * x + y * y >= LOWEST**2)
    periods = np.array([(x, y) for _, y, x in band[: N_CHIPS // 2]], np.int64)
    hashes = [hashlib.sha256(f"vasa mark 1 chip {i}".encode()).digest() for i in range(N_CHIPS)]
    order = np.array(sorted(range(N_CHIPS), key=lambda i: hashes[i]), np.int64)
    signs = np.array([1.0 if digest[-1] & 1 else -1.0 for digest in hashes])
    return MarkLayout(periods, order, signs)


@lru_cache(maxsize=2)
def falling(power: float) -> F64:
    """(512,) read-only: how strong each wave is where strength falls with frequency; 1 for the
    coarsest."""
    strength = np.asarray((np.hypot(*mark_layout().periods.T) / LOWEST) ** -power)
    strength.flags.writeable = False
    return strength
