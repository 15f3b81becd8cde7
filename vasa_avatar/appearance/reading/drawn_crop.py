"""A turned square of a picture to what a net sees, points back and forth; squares around faces.

Points are pixels of the picture with 0, 0 at its corner; inside a square they run 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32, U8, Floats
from vasa_avatar.geometry.drawn_layout import (
    IRIS,
    LEFT_BROW,
    LEFT_EYE,
    MOUTH,
    OUTLINE,
    RIGHT_BROW,
    RIGHT_EYE,
)

FACE_MARGIN = 1.7
"""Side of the square around a face, relative to the longer side of its box."""
PART_MARGIN = 2.1
MOUTH_MARGIN, CLOSE_MOUTH_MARGIN = 0.9, 0.32
"""The mouth's square is at least so large, relative to the eyes' distance: at first, and once it is
known where a small mouth lies."""
_FRAME_POINTS = np.r_[RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, OUTLINE]


@dataclass(frozen=True, slots=True)
class Square:
    """Part of a picture, perhaps over its edge."""

    x: float
    """centre, pixels"""
    y: float
    side: float
    """pixels"""
    angle_rad: float
    """clockwise"""
    is_mirrored: bool = False

    def cut(self, image: U8, side_px: int) -> U8:
        """(side_px, side_px, ...) what it shows; edges go on as they end."""
        shrink = self.side / side_px
        method = cv2.INTER_LINEAR
        if shrink > 1.5:
            image, scaled = _shrunk(image, 1.0 / shrink * 1.25), self._scaled(1.0 / shrink * 1.25)
            return scaled.cut_plain(image, side_px, method)
        return self.cut_plain(image, side_px, method)

    def cut_plain(self, image: U8, side_px: int, method: int) -> U8:
        """What it shows, each pixel read once, by a method of OpenCV."""
        matrix = self._to_unit() * side_px
        matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
        crop = cv2.warpAffine(
            image, matrix, (side_px, side_px), flags=method, borderMode=cv2.BORDER_REPLICATE
        )
        return crop.astype(np.uint8)

    def to_unit(self, points_px: F32) -> F32:
        """(N, 2) of the picture to 0..1 of the square."""
        matrix = self._to_unit()
        inside: NDArray[np.float64] = np.asarray(points_px) @ matrix[:, :2].T + matrix[:, 2]
        return inside.astype(np.float32)

    def to_picture(self, points: F32) -> F32:
        """(N, 2) 0..1 of the square to pixels of the picture."""
        matrix = self._to_unit()
        inverse = np.linalg.inv(matrix[:, :2])
        outside: NDArray[np.float64] = (np.asarray(points) - matrix[:, 2]) @ inverse.T
        return outside.astype(np.float32)

    def mirrored(self) -> Square:
        """The same part seen in a mirror."""
        return replace(self, is_mirrored=not self.is_mirrored)

    def _scaled(self, scale: float) -> Square:
        return replace(self, x=self.x * scale, y=self.y * scale, side=self.side * scale)

    def _to_unit(self) -> NDArray[np.float64]:
        c, s = np.cos(self.angle_rad) / self.side, np.sin(self.angle_rad) / self.side
        turn = np.array([[c, s], [-s, c]])
        if self.is_mirrored:
            turn[0] *= -1
        shift = 0.5 - turn @ [self.x, self.y]
        return np.column_stack([turn, shift])


def _shrunk(image: U8, scale: float) -> U8:
    height, width = image.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def eye_line_angle(points_px: Floats) -> float:
    """Clockwise roll of the line through both irises."""
    across = points_px[LEFT_EYE][IRIS] - points_px[RIGHT_EYE][IRIS]
    return float(np.arctan2(across[1], across[0]))


def face_square(points_px: F32) -> Square:
    """The square that the points net is to see."""
    angle = eye_line_angle(points_px)
    c, s = np.cos(angle), np.sin(angle)
    turned = points_px[_FRAME_POINTS] @ np.array([[c, -s], [s, c]])
    low, high = turned.min(0), turned.max(0)
    x, y = (low + high) / 2 @ np.array([[c, s], [-s, c]])
    return Square(float(x), float(y), float((high - low).max()) * FACE_MARGIN, angle)


def part_square(points_px: F32, angle_rad: float) -> Square:
    """The square around an eye's or a mouth's points (N, 2)."""
    low, high = points_px.min(0), points_px.max(0)
    x, y = (low + high) / 2
    return Square(float(x), float(y), float((high - low).max()) * PART_MARGIN, angle_rad)


def mouth_square(points_px: F32, angle_rad: float, least: float = MOUTH_MARGIN) -> Square:
    """The square around the mouth of all forty points: not smaller than a share of the eyes'
    distance."""
    square = part_square(points_px[MOUTH], angle_rad)
    across = points_px[LEFT_EYE][IRIS] - points_px[RIGHT_EYE][IRIS]
    return replace(square, side=max(square.side, least * float(np.linalg.norm(across))))
