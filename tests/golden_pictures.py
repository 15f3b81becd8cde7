"""Golden pictures: a frame against a small PNG that somebody looked at.

A frame of 512 x 512 is kept as averages of 8 x 8 pixels: 64 x 64, some 8 kB. An edge that moves by
one pixel, or teeth that are a shade darker, change such an average by more than `WORST` levels.
Other processors round otherwise (fused multiplication, other vector widths, other thread counts);
what that changes stays below one level.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vasa_avatar.datatypes import U8

BLOCK = 8
"""pixels of the frame, along one edge, in a pixel of the golden picture"""
WORST = 3
"""levels of 255 by which any channel of any pixel may be off"""
MEAN = 0.3
"""levels by which the picture may be off on average"""
_GAIN, _ZOOM = 16, 5


@dataclass(frozen=True, slots=True)
class GoldenPictures:
    """A folder of golden pictures.

    Attributes:
        folder: where they are kept, NAME.png.
        differences: where NAME.png goes when a frame is not as expected.
        regenerate: keep what is drawn now instead of failing.
    """

    folder: Path
    differences: Path
    regenerate: bool

    def check(self, name: str, frame_rgb: U8) -> None:
        """Compare a frame (H, W, 3) with the picture of that name.

        Raises:
            AssertionError: it is another picture, or there is none yet.
        """
        drawn = _small(frame_rgb)
        path = self.folder / f"{name}.png"
        kept = _read(path)
        is_same = kept is not None and kept.shape == drawn.shape and _is_near(kept, drawn)
        if is_same:
            return
        if self.regenerate:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, drawn)
            return
        assert kept is not None, f"no golden picture {path}; {_HOW}"
        assert kept.shape == drawn.shape, f"{path} has shape {kept.shape}, drawn is {drawn.shape}"
        shown = self.differences / f"{name}.png"
        shown.parent.mkdir(parents=True, exist_ok=True)
        _write(shown, _side_by_side(kept, drawn))
        off = np.abs(kept.astype(int) - drawn)
        raise AssertionError(
            f"{name} is off by {off.max()} levels at worst and {off.mean():.2f} on average, "
            f"{WORST} and {MEAN} are allowed. Expected, drawn and {_GAIN} times the difference: "
            f"{shown}. If the new picture is right: {_HOW}"
        )


_HOW = "run pytest tests/golden --regenerate-golden, look at what changed, and commit it"


def _small(frame_rgb: U8) -> U8:
    """Averages of blocks, (H / 8, W / 8, 3)."""
    height, width = frame_rgb.shape[0] // BLOCK, frame_rgb.shape[1] // BLOCK
    blocks = frame_rgb[: height * BLOCK, : width * BLOCK].reshape(height, BLOCK, width, BLOCK, 3)
    return np.rint(blocks.mean((1, 3))).astype(np.uint8)


def _is_near(kept: U8, drawn: U8) -> bool:
    off = np.abs(kept.astype(int) - drawn)
    return bool(off.max() <= WORST and off.mean() <= MEAN)


def _side_by_side(kept: U8, drawn: U8) -> U8:
    difference = np.clip(128 + _GAIN * (drawn.astype(int) - kept), 0, 255).astype(np.uint8)
    row = np.concatenate([kept, drawn, difference], 1)
    return row.repeat(_ZOOM, 0).repeat(_ZOOM, 1)


def _read(path: Path) -> U8 | None:
    bgr = cv2.imread(str(path)) if path.is_file() else None
    return None if bgr is None else np.ascontiguousarray(bgr[..., ::-1]).astype(np.uint8)


def _write(path: Path, rgb: U8) -> None:
    best = [cv2.IMWRITE_PNG_COMPRESSION, 9]
    if not cv2.imwrite(str(path), np.ascontiguousarray(rgb[..., ::-1]), best):
        raise OSError(f"{path} could not be written")
