"""The four nets for drawn faces: pictures and squares of them in, boxes, points and classes out.

What they learned from stands in weights/drawn.md. All take pictures (N, 3, H, W) in 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import cv2
import numpy as np

from vasa_avatar.appearance.reading.drawn_crop import Square
from vasa_avatar.datatypes import F32, U8
from vasa_avatar.geometry.drawn_layout import MOUTH_MIRRORED, N_POINTS, mirror_order
from vasa_avatar.nets.onnx_model import OnnxModel

FINDER_SIDES_PX = (192, 384)
"""The picture's longer side, in turn."""
STRIDE_PX = 8
_MULTIPLE_PX = 32
POINTS_PX = 128
PART_PX = 64
MIN_HEAT = 0.3
MIN_OVERLAP = 0.35
OPEN_MOUTH = 0.5
"""of `mouth_open`, from which a mouth is taken for an open one"""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnBox:
    """Where a drawn face may be."""

    x: float
    """centre, pixels"""
    y: float
    width: float
    height: float
    angle_rad: float
    """clockwise"""
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class FacePoints:
    """A face's points as one look gives them."""

    points_px: F32
    """(40, 2) see drawn_layout"""
    peaks: F32
    """(40,) 0..1, how sharp each point's map is"""
    seen: F32
    """(40,) 0..1, whether a point is uncovered"""
    closed: F32
    """(2,) 0..1, right and left eye"""
    mouth_open: float
    face: float
    """0..1, whether this is a face"""


@dataclass(frozen=True, slots=True, eq=False)
class PartReading:
    """An eye or a mouth seen closely."""

    square: Square
    """what was looked at; mirrored where the left eye was shown as a right one"""
    points_px: F32
    """(9, 2) of an eye or (8, 2) of the mouth"""
    peaks: F32
    classes: F32
    """(C, 64, 64) shares over the square: other, white, iris, lash, cover for an eye; other,
    inside, line, teeth, tongue, cover for the mouth"""
    state: float
    """0..1, the eye is closed or the mouth open"""
    seen: float
    """0..1, the part is uncovered"""


class DrawnNets:
    """Loaded once and shared; without state."""

    def __init__(self, threads: int = 1) -> None:
        folder = files("vasa_avatar") / "weights"

        def load(name: str, side: int | None, outputs: list[str]) -> OnnxModel:
            content = (folder / f"drawn_{name}.onnx").read_bytes()
            return OnnxModel(content, {"pictures": (None, 3, side, side)}, outputs, threads)

        self._finder = load("finder", None, ["cells"])
        self._points = load("points", POINTS_PX, ["points", "peaks", "flags"])
        part_outputs = ["points", "peaks", "classes", "flags"]
        self._eye = load("eye", PART_PX, part_outputs)
        self._mouth = load("mouth", PART_PX, part_outputs)

    def find(self, image_rgb: U8) -> list[DrawnBox]:
        """Boxes in a picture (H, W, 3), best first."""
        boxes = [box for side in FINDER_SIDES_PX for box in self._find_at(image_rgb, side)]
        kept: list[DrawnBox] = []
        for box in sorted(boxes, key=lambda b: -b.score):
            if all(_overlap(box, other) < MIN_OVERLAP for other in kept):
                kept.append(box)
        return kept

    def _find_at(self, image_rgb: U8, side_px: int) -> list[DrawnBox]:
        height, width = image_rgb.shape[:2]
        scale = side_px / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cv2.resize(image_rgb, size, interpolation=method).astype(np.uint8)
        below, beside = (-size[1]) % _MULTIPLE_PX, (-size[0]) % _MULTIPLE_PX
        framed = cv2.copyMakeBorder(small, 0, below, 0, beside, cv2.BORDER_REPLICATE)
        (cells,) = self._finder.run(pictures=tensor(framed.astype(np.uint8))[None])
        return _boxes(cells[0].astype(np.float32), STRIDE_PX / scale)

    def points(self, image_rgb: U8, squares: list[Square]) -> list[FacePoints]:
        """Points of the faces in some squares, each seen plainly and in a mirror."""
        order = mirror_order()
        looks = [look for square in squares for look in (square, square.mirrored())]
        points, peaks, flags = self._points.run(
            pictures=np.stack([tensor(look.cut(image_rgb, POINTS_PX)) for look in looks])
        )
        found = []
        for i, square in enumerate(squares):
            plain, mirror = 2 * i, 2 * i + 1
            px = square.to_picture(points[plain])
            other = looks[mirror].to_picture(points[mirror])[order]
            flag, other_flag = flags[plain], flags[mirror]
            seen = (flag[:N_POINTS] + other_flag[:N_POINTS][order]) / 2
            closed = (flag[N_POINTS : N_POINTS + 2] + other_flag[N_POINTS : N_POINTS + 2][::-1]) / 2
            found.append(
                FacePoints(
                    (px + other) / 2,
                    (peaks[plain] + peaks[mirror][order]) / 2,
                    seen,
                    closed,
                    float(flag[N_POINTS + 2] + other_flag[N_POINTS + 2]) / 2,
                    float(flag[N_POINTS + 3] + other_flag[N_POINTS + 3]) / 2,
                )
            )
        return found

    def eye(self, image_rgb: U8, square: Square) -> PartReading:
        """An eye; a left one is to be given mirrored."""
        return self._part(self._eye, image_rgb, square)

    def mouth(self, image_rgb: U8, square: Square) -> PartReading:
        """The mouth, seen plainly and in a mirror."""
        plain = self._part(self._mouth, image_rgb, square)
        other = self._part(self._mouth, image_rgb, square.mirrored())
        return PartReading(
            square,
            (plain.points_px + other.points_px[MOUTH_MIRRORED]) / 2,
            (plain.peaks + other.peaks[MOUTH_MIRRORED]) / 2,
            np.asarray((plain.classes + other.classes[:, :, ::-1]) / 2, np.float32),
            (plain.state + other.state) / 2,
            (plain.seen + other.seen) / 2,
        )

    def _part(self, net: OnnxModel, image_rgb: U8, square: Square) -> PartReading:
        picture = tensor(square.cut(image_rgb, PART_PX))[None]
        points, peaks, classes, flags = net.run(pictures=picture)
        return PartReading(
            square, square.to_picture(points[0]), peaks[0], classes[0],
            float(flags[0, 0]), float(flags[0, 1]),
        )  # fmt: skip


@cache
def load_drawn_nets() -> DrawnNets:
    """The nets in the package, loaded at the first call."""
    return DrawnNets()


def tensor(image_rgb: U8) -> F32:
    """(H, W, 3) 0..255 to (3, H, W) 0..1."""
    return np.ascontiguousarray(image_rgb.transpose(2, 0, 1), np.float32) / np.float32(255)


def _boxes(cells: F32, cell_px: float) -> list[DrawnBox]:
    """Peaks of the heat with their boxes, in pixels of the picture."""
    heat = cells[0]
    highest = cv2.dilate(heat, np.ones((3, 3), np.uint8))
    boxes = []
    for row, column in zip(*np.nonzero((heat >= MIN_HEAT) & (heat >= highest)), strict=True):
        x, y, log_width, log_height, sine, cosine = (float(v) for v in cells[1:, row, column])
        boxes.append(
            DrawnBox(
                (column + x) * cell_px,
                (row + y) * cell_px,
                float(np.exp(min(log_width, 6.0))) * cell_px,
                float(np.exp(min(log_height, 6.0))) * cell_px,
                float(np.arctan2(sine, cosine)),
                float(heat[row, column]),
            )
        )
    return boxes


def _overlap(first: DrawnBox, second: DrawnBox) -> float:
    """Intersection over union, as if upright squares."""
    a, b = max(first.width, first.height), max(second.width, second.height)
    shared = 1.0
    for one, other in ((first.x, second.x), (first.y, second.y)):
        low, high = max(one - a / 2, other - b / 2), min(one + a / 2, other + b / 2)
        shared *= max(0.0, high - low)
    return shared / (a * a + b * b - shared)
