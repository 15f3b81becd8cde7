"""Polygons and strokes in picture pixels to an RGB picture and a map of what lies where.

Everything is drawn at twice the size and brought down at the end. Colours are RGB, 0..255.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import U8

SUPERSAMPLING = 2
_SHIFT_BITS = 4
Points = NDArray[Any]
"""(N, 2) or (2,) pixels or units of the plan, or (N,) numbers along a line; floats"""
Colour = NDArray[Any]
"""(3,) RGB, 0..255"""


class Part(IntEnum):
    """What a pixel of the picture shows."""

    GROUND = 0
    SKIN = 1
    HAIR_BEHIND = 2
    HAIR_BEFORE = 3
    WHITE = 4
    IRIS = 5
    LASH = 6
    BROW = 7
    MOUTH_INSIDE = 8
    MOUTH_LINE = 9
    TEETH = 10
    TONGUE = 11
    BODY = 12
    COVER = 13
    """Hands, hats, glasses' frames and whatever else lies before a face."""
    LENS = 14


@dataclass(frozen=True, slots=True, eq=False)
class Gradient:
    """A colour that changes along a line."""

    start_px: Points
    """(2,) where `first` is"""
    end_px: Points
    """(2,) where `second` is"""
    first: Colour
    second: Colour


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Coverage of a part of the paper, in supersampled pixels."""

    left: int
    top: int
    cover: U8
    """(h, w) 0..255"""


class Paper:
    """One picture while it is drawn.

    Args:
        width_px: of the finished picture.
        height_px: of the finished picture.
        colour: what the paper is at first.
    """

    def __init__(self, width_px: int, height_px: int, colour: Colour) -> None:
        size = (height_px * SUPERSAMPLING, width_px * SUPERSAMPLING)
        self.width_px, self.height_px = width_px, height_px
        self.rgb: U8 = np.empty((*size, 3), np.uint8)
        self.rgb[:] = np.clip(colour, 0, 255).astype(np.uint8)
        self.labels: U8 = np.zeros(size, np.uint8)
        self.owners: U8 = np.zeros(size, np.uint8)
        self.owner = 0

    def mask(self, points_px: Points) -> Mask | None:
        """Coverage of a polygon (N, 2); None where it misses the paper."""
        points = np.asarray(points_px, np.float64) * SUPERSAMPLING
        left, top = np.maximum(np.floor(points.min(0)).astype(int) - 1, 0)
        right, bottom = np.minimum(
            np.ceil(points.max(0)).astype(int) + 2, (self.rgb.shape[1], self.rgb.shape[0])
        )
        if left >= right or top >= bottom:
            return None
        cover = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillPoly(cover, [_fixed(points - [left, top])], 255, cv2.LINE_AA, _SHIFT_BITS)
        return Mask(int(left), int(top), cover)

    def fill(
        self,
        points_px: Points,
        colour: Colour | Gradient,
        part: Part | None = None,
        alpha: float = 1.0,
        clip: Mask | None = None,
    ) -> None:
        """Fill a polygon; `part` enters the map where more than half of a pixel is covered."""
        mask = self.mask(points_px)
        if mask is not None:
            self.lay(mask, colour, part, alpha, clip)

    def soft(
        self,
        points_px: Points,
        colour: Colour | Gradient,
        blur_px: float,
        alpha: float,
        clip: Mask | None = None,
    ) -> None:
        """Fill a polygon with a blurred edge; the map stays."""
        points = np.asarray(points_px, np.float64)
        margin = 2.0 * blur_px
        box = np.array([points.min(0) - margin, points.max(0) + margin])
        frame = self.mask(
            np.array([box[0], [box[1, 0], box[0, 1]], box[1], [box[0, 0], box[1, 1]]])
        )
        if frame is None:
            return
        frame.cover[:] = 0
        local = points * SUPERSAMPLING - [frame.left, frame.top]
        cv2.fillPoly(frame.cover, [_fixed(local)], 255, cv2.LINE_8, _SHIFT_BITS)
        width = max(1, round(blur_px * SUPERSAMPLING))
        for _ in range(2):
            cv2.blur(frame.cover, (width, width), dst=frame.cover)
        self.lay(frame, colour, None, alpha, clip)

    def lay(
        self,
        mask: Mask,
        colour: Colour | Gradient,
        part: Part | None = None,
        alpha: float = 1.0,
        clip: Mask | None = None,
    ) -> None:
        """Blend a colour in where the mask covers."""
        if clip is not None:
            met = _meet(mask, clip)
            if met is None:
                return
            mask = met
        height, width = mask.cover.shape
        rows = slice(mask.top, mask.top + height)
        columns = slice(mask.left, mask.left + width)
        region = self.rgb[rows, columns]
        weight = mask.cover.astype(np.float32)[..., None] * np.float32(alpha / 255.0)
        wanted = _paint(colour, mask)
        old = region.astype(np.float32)
        region[:] = np.clip(old + (wanted - old) * weight + 0.5, 0, 255).astype(np.uint8)
        if part is not None:
            covered = mask.cover > 127
            self.labels[rows, columns][covered] = part
            self.owners[rows, columns][covered] = self.owner

    def stroke(
        self,
        points_px: Points,
        widths_px: float | Points,
        colour: Colour,
        part: Part | None = None,
        alpha: float = 1.0,
        clip: Mask | None = None,
    ) -> None:
        """Draw a line whose width may change along it.

        Args:
            points_px: (N, 2)
            widths_px: one width or (N,); below half a pixel the line fades instead.
            colour: of the line.
            part: enters the map when given.
            alpha: how opaque.
            clip: where the line may show.
        """
        points = np.asarray(points_px, np.float64)
        widths = np.broadcast_to(np.asarray(widths_px, np.float64), (len(points),))
        if len(points) < 2 or widths.max() <= 0.02:
            return
        thin = float(min(1.0, widths.max() / 0.6))
        reach = float(widths.max()) + 1.0
        frame = self.mask(_frame(points, reach))
        if frame is None:
            return
        frame.cover[:] = 0
        local = points * SUPERSAMPLING - [frame.left, frame.top]
        half = np.maximum(widths * SUPERSAMPLING / 2, 0.35)
        _ribbon(frame.cover, local, half)
        self.lay(frame, colour, part, alpha * thin, clip)

    def finish(self) -> U8:
        """(H, W, 3) the picture at its own size."""
        size = (self.width_px, self.height_px)
        return cv2.resize(self.rgb, size, interpolation=cv2.INTER_AREA).astype(np.uint8)

    def part_at(self, points_px: Points) -> tuple[U8, U8]:
        """(N,) labels and (N,) owners at points; GROUND and 255 outside the paper."""
        at = np.floor(np.asarray(points_px) * SUPERSAMPLING).astype(int)
        inside = (at >= 0).all(1) & (at < [self.rgb.shape[1], self.rgb.shape[0]]).all(1)
        labels = np.zeros(len(at), np.uint8)
        owners = np.full(len(at), 255, np.uint8)
        labels[inside] = self.labels[at[inside, 1], at[inside, 0]]
        owners[inside] = self.owners[at[inside, 1], at[inside, 0]]
        return labels, owners


def ellipse(
    centre: Points, radii: tuple[float, float], angle_rad: float = 0.0, n: int = 28
) -> Points:
    """(n, 2) points of an ellipse."""
    phase = np.linspace(0, 2 * np.pi, n, endpoint=False)
    points = np.stack([np.cos(phase) * radii[0], np.sin(phase) * radii[1]], 1)
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    turned: Points = points @ np.array([[c, s], [-s, c]]) + np.asarray(centre)
    return turned.astype(np.float32)


def curve(points: Points, n: int = 24) -> Points:
    """(n, 2) a smooth line through a few points (Catmull-Rom)."""
    points = np.asarray(points, np.float64)
    line: Points
    if len(points) < 3:
        steps = np.linspace(0, 1, n)[:, None]
        line = points[0] * (1 - steps) + points[-1] * steps
        return line.astype(np.float32)
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    along = np.linspace(0, len(points) - 1 - 1e-9, n)
    i = along.astype(int)
    t = (along - i)[:, None]
    a, b, c, d = padded[i], padded[i + 1], padded[i + 2], padded[i + 3]
    line = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return line.astype(np.float32)


def _fixed(points: Points) -> NDArray[np.int32]:
    limited = np.clip(points, -8000, 8000)
    return np.round((limited - 0.5) * (1 << _SHIFT_BITS)).astype(np.int32)


def _frame(points: Points, reach: float) -> Points:
    low, high = points.min(0) - reach, points.max(0) + reach
    return np.array([low, [high[0], low[1]], high, [low[0], high[1]]], np.float32)


def _ribbon(out: U8, points: Points, half: Points) -> None:
    """Quads along a line and discs at its joints, written into a mask."""
    steps = np.diff(points, axis=0)
    lengths = np.maximum(np.hypot(*steps.T), 1e-6)
    normals = np.stack([-steps[:, 1], steps[:, 0]], 1) / lengths[:, None]
    a, b = points[:-1], points[1:]
    h0, h1 = half[:-1, None] * normals, half[1:, None] * normals
    quads = _fixed(np.stack([a + h0, b + h1, b - h1, a - h0], 1).reshape(-1, 2)).reshape(-1, 4, 2)
    for quad in quads:
        cv2.fillConvexPoly(out, quad, 255, cv2.LINE_AA, _SHIFT_BITS)
    for centre, radius in zip(_fixed(points), half, strict=True):
        if radius > 1.0:
            size = int(round(radius * (1 << _SHIFT_BITS)))
            cv2.circle(
                out, (int(centre[0]), int(centre[1])), size, 255, -1, cv2.LINE_AA, _SHIFT_BITS
            )


def _paint(colour: Colour | Gradient, mask: Mask) -> Points:
    if not isinstance(colour, Gradient):
        return np.asarray(colour, np.float32)
    axis = (colour.end_px - colour.start_px) * SUPERSAMPLING
    length = max(float(axis @ axis), 1e-6)
    height, width = mask.cover.shape
    x = np.arange(width, dtype=np.float32) + (mask.left - colour.start_px[0] * SUPERSAMPLING)
    y = np.arange(height, dtype=np.float32) + (mask.top - colour.start_px[1] * SUPERSAMPLING)
    along = (x[None] * np.float32(axis[0]) + y[:, None] * np.float32(axis[1])) / np.float32(length)
    share = np.clip(along, 0, 1)[..., None]
    painted: Points = colour.first * (1 - share) + colour.second * share
    return painted.astype(np.float32)


def _meet(mask: Mask, clip: Mask) -> Mask | None:
    left, top = max(mask.left, clip.left), max(mask.top, clip.top)
    right = min(mask.left + mask.cover.shape[1], clip.left + clip.cover.shape[1])
    bottom = min(mask.top + mask.cover.shape[0], clip.top + clip.cover.shape[0])
    if left >= right or top >= bottom:
        return None
    first = mask.cover[top - mask.top : bottom - mask.top, left - mask.left : right - mask.left]
    second = clip.cover[top - clip.top : bottom - clip.top, left - clip.left : right - clip.left]
    return Mask(left, top, cv2.multiply(first, second, scale=1 / 255.0).astype(np.uint8))
