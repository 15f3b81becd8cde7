"""Fills a strip of a picture with patches from its known part (PatchMatch, Barnes et al. 2009).

From coarse to fine: every unknown pixel looks for the known patch that is most like what is there
so far, then all patches vote for the colours (Wexler et al. 2007). On the finest level the patches
found one level below are copied at full resolution.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32, I32, U8
from vasa_avatar.kernel_cache import kernel

_HALF = 3
"""patches are 7 x 7"""
_COARSEST_PX = 48
"""seven patches side by side: less has no structure left"""
_FEWEST_PATCHES = 150
"""levels with less to copy from are skipped: they would repeat the same few places"""
_ROUNDS = 4
"""of search and vote per level; the field converges in 4 to 5 (Barnes et al. 2009, section 3.2)"""
_MATCH_SIDE_PX = 400
"""patches are searched in pictures up to this size; larger ones take over what was found"""


def fill_with_patches(
    image: F32, known: NDArray[np.bool_], strip: NDArray[np.bool_], start: F32
) -> F32:
    """Fill `strip` so that it looks like the known part goes on.

    Args:
        image: (H, W, 3) 0..255
        known: (H, W) where the picture may be copied from.
        strip: (H, W) what to fill.
        start: (H, W, 3) a first, smooth guess.

    Returns:
        (H, W, 3); pixels outside the strip are those of `start`.
    """
    height, width = known.shape
    top = min(1.0, _MATCH_SIDE_PX / max(height, width))
    steps = max(1, int(np.ceil(np.log2(max(height, width) * top / _COARSEST_PX))) + 1)
    field: I32 | None = None
    filled = start
    for step in range(steps):
        factor = top * 0.5 ** (steps - 1 - step)
        size = (max(16, round(width * factor)), max(16, round(height * factor)))
        level_known = (
            cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.99
        )
        level_strip = cv2.resize(strip.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
        level_strip &= ~level_known
        source = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)
        guess = np.asarray(cv2.resize(filled, size, interpolation=cv2.INTER_AREA), np.float32)
        found = _fill_level(source, guess, level_known, level_strip, field, seed=step)
        if found is None:
            continue
        small, field = found
        filled = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))
    if field is None:
        return start
    return _copy_fine(image, known, strip, start, field)


def _fill_level(
    source: F32,
    guess: F32,
    known: NDArray[np.bool_],
    strip: NDArray[np.bool_],
    coarse_field: I32 | None,
    seed: int,
) -> tuple[F32, I32] | None:
    """One resolution: the filled picture, and for every pixel the centre (y, x) of its patch."""
    usable = _whole_patches(known)
    if usable.sum() < _FEWEST_PATCHES:
        return None
    working = np.where(known[..., None], source, guess).astype(np.float32)
    field = _start_field(usable, coarse_field, seed)
    targets = np.argwhere(cv2.dilate(strip.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0)
    targets = targets.astype(np.int32)
    for round_ in range(_ROUNDS):
        _search(working, source, usable, field, targets, seed * 101 + round_)
        working = _vote(working, source, strip, field, 1)
    return working, field


def _whole_patches(known: NDArray[np.bool_]) -> U8:
    """1 where a whole patch is known."""
    side = 2 * _HALF + 1
    whole = cv2.erode(
        known.astype(np.uint8), np.ones((side, side), np.uint8), borderValue=0,
        borderType=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    return np.asarray(whole, np.uint8)


def _start_field(usable: U8, coarse: I32 | None, seed: int) -> I32:
    """A known patch for every pixel: from the level below, or at random."""
    places = np.argwhere(usable > 0).astype(np.int32)
    random = np.random.default_rng(seed)
    field = places[random.integers(0, len(places), usable.shape)]
    if coarse is None:
        return field
    height, width = usable.shape
    rows, columns = np.mgrid[:height, :width]
    low_h, low_w = coarse.shape[:2]
    y = np.minimum(rows * low_h // height, low_h - 1)
    x = np.minimum(columns * low_w // width, low_w - 1)
    offset = coarse[y, x] - np.stack([y, x], -1)
    moved = np.rint(offset * (height / low_h, width / low_w)).astype(np.int32)
    taken = np.stack([rows, columns], -1).astype(np.int32) + moved
    taken = np.clip(taken, 0, (height - 1, width - 1)).astype(np.int32)
    fits = usable[taken[..., 0], taken[..., 1]] > 0
    return np.where(fits[..., None], taken, field).astype(np.int32)


@kernel
def _distance(
    working: F32, source: F32, y: int, x: int, sy: int, sx: int, worst: float
) -> float:  # pragma: no cover - compiled
    """Sum of squared colour differences of two patches, cut short above `worst`."""
    height, width = working.shape[0], working.shape[1]
    total = 0.0
    for dy in range(-3, 4):
        row = min(max(y + dy, 0), height - 1)
        for dx in range(-3, 4):
            column = min(max(x + dx, 0), width - 1)
            for channel in range(3):
                d = working[row, column, channel] - source[sy + dy, sx + dx, channel]
                total += d * d
        if total > worst:
            return total
    return total


@kernel
def _next_random(state: np.uint32) -> np.uint32:  # pragma: no cover - compiled
    """One step of a 32-bit xorshift (Marsaglia 2003): the same numbers on every machine."""
    state = np.uint32(state ^ np.uint32(state << np.uint32(13)))
    state = np.uint32(state ^ np.uint32(state >> np.uint32(17)))
    return np.uint32(state ^ np.uint32(state << np.uint32(5)))


@kernel
def _search(
    working: F32, source: F32, usable: U8, field: I32, targets: I32, seed: int
) -> None:  # pragma: no cover - compiled
    """Improve the field by its neighbours' finds and by random looks (Barnes et al., 3.2)."""
    height, width = usable.shape
    state = np.uint32(seed * 2654435761 % 4294967296 | 1)
    for sweep in range(3):
        step = 1 if sweep % 2 == 0 else -1
        for k in range(len(targets)):
            t = k if step == 1 else len(targets) - 1 - k
            y, x = targets[t, 0], targets[t, 1]
            by, bx = field[y, x, 0], field[y, x, 1]
            best = _distance(working, source, y, x, by, bx, 1e18)
            for axis in range(2):
                ny, nx = (y - step, x) if axis == 0 else (y, x - step)
                if ny < 0 or nx < 0 or ny >= height or nx >= width:
                    continue
                cy, cx = field[ny, nx, 0] + (y - ny), field[ny, nx, 1] + (x - nx)
                if cy < 0 or cx < 0 or cy >= height or cx >= width or usable[cy, cx] == 0:
                    continue
                d = _distance(working, source, y, x, cy, cx, best)
                if d < best:
                    best, by, bx = d, cy, cx
            radius = max(height, width) // 2
            while radius >= 1:
                state = _next_random(state)
                cy = by + int(state >> np.uint32(9)) % (2 * radius + 1) - radius
                state = _next_random(state)
                cx = bx + int(state >> np.uint32(9)) % (2 * radius + 1) - radius
                radius //= 2
                if cy < 0 or cx < 0 or cy >= height or cx >= width or usable[cy, cx] == 0:
                    continue
                d = _distance(working, source, y, x, cy, cx, best)
                if d < best:
                    best, by, bx = d, cy, cx
            field[y, x, 0], field[y, x, 1] = by, bx


@kernel(makes_arrays=True)
def _vote(
    working: F32, source: F32, strip: NDArray[np.bool_], field: I32, reach: int
) -> F32:  # pragma: no cover - compiled
    """Every patch within `reach` of a pixel votes for its colour; the middle counts most."""
    height, width = strip.shape
    out = working.copy()
    for y in range(height):
        for x in range(width):
            if not strip[y, x]:
                continue
            total = 0.0
            r = g = b = 0.0
            for dy in range(-reach, reach + 1):
                for dx in range(-reach, reach + 1):
                    py, px = y + dy, x + dx
                    if py < 0 or px < 0 or py >= height or px >= width:
                        continue
                    sy, sx = field[py, px, 0] - dy, field[py, px, 1] - dx
                    if sy < 0 or sx < 0 or sy >= height or sx >= width:
                        continue
                    weight = 1.0 / (1.0 + dy * dy + dx * dx)
                    total += weight
                    r += weight * source[sy, sx, 0]
                    g += weight * source[sy, sx, 1]
                    b += weight * source[sy, sx, 2]
            if total > 0:
                out[y, x, 0], out[y, x, 1], out[y, x, 2] = r / total, g / total, b / total
    return out


def _copy_fine(
    image: F32, known: NDArray[np.bool_], strip: NDArray[np.bool_], start: F32, field: I32
) -> F32:
    """Copy the patches that were found at full resolution."""
    height, width = known.shape
    usable = _whole_patches(known)
    fine = _start_field(usable, field, seed=0)
    return np.asarray(_vote(start.astype(np.float32), image, strip, fine, 1), np.float32)
