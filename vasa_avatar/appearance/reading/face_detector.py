"""RGB image to face boxes with eye points, by MediaPipe's short range detector (128 x 128, SSD).

Pictures that hold the face too large or too small for the net are looked at again, padded and in
tiles. Boxes and points are in pixels of the image that came in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32, U8
from vasa_avatar.nets.tflite_model import TfliteModel

SIDE_PX = 128
"""the net's input"""
N_ANCHORS = 896
MIN_SCORE, MIN_OVERLAP = 0.5, 0.3
"""score of a face, and overlap of two boxes of one face (MediaPipe's own)"""
COARSE_TILES = 4.0
"""tiles across an ordinary picture in which faces are looked for at last"""
_STRIDES_AND_COUNTS = ((8, 2), (16, 6))
"""Anchors per cell of the two grids (short range model of MediaPipe: strides 8, 16, 16, 16)."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One face as the detector sees it."""

    box_px: F32
    """(4,) left, top, right, bottom"""
    right_eye_px: F32
    """(2,) the character's right eye, on the viewer's left"""
    left_eye_px: F32
    """(2,)"""
    score: float

    @property
    def side_px(self) -> float:
        """The longer side of the box."""
        return float(max(self.box_px[2:] - self.box_px[:2]))


@dataclass(frozen=True, slots=True)
class _Window:
    """A square part of the image, perhaps reaching over its edge; pixels."""

    left: float
    top: float
    side: float


def anchor_centres() -> F32:
    """(896, 2) x, y of the anchors in 0..1, in the net's order."""
    centres = []
    for stride, count in _STRIDES_AND_COUNTS:
        cells = SIDE_PX // stride
        y, x = np.divmod(np.arange(cells * cells), cells)
        grid = (np.stack([x, y], -1) + 0.5) / cells
        centres.append(np.repeat(grid, count, axis=0))
    return np.concatenate(centres).astype(np.float32)


class FaceDetector:
    """Finds faces; without state.

    Args:
        content: bytes of face_detector.tflite.
        threads: threads per call.
    """

    def __init__(self, content: bytes, threads: int = 1) -> None:
        self._net = TfliteModel(
            "face_detector.tflite",
            content,
            (1, SIDE_PX, SIDE_PX, 3),
            [(1, N_ANCHORS, 16), (1, N_ANCHORS, 1)],
            threads,
        )
        self._anchors = anchor_centres()

    def detect(self, image_rgb: U8) -> list[Detection]:
        """Faces in the plain picture, best first (what MediaPipe finds)."""
        return self._look(image_rgb, _whole(image_rgb))

    def search(self, image_rgb: U8, finest_tiles: float = COARSE_TILES) -> list[Detection]:
        """Faces of any size: the plain picture, then padded, then in ever smaller tiles.

        Stops at the first look that finds something, so small faces beside a large one may stay
        unseen.

        Args:
            image_rgb: (H, W, 3)
            finest_tiles: the smallest tiles' share of the longer side, as its inverse.
        """
        for windows in _looks(image_rgb, finest_tiles):
            found = [d for window in windows for d in self._look(image_rgb, window)]
            if found:
                return _merge(found)
        return []

    def _look(self, image_rgb: U8, window: _Window) -> list[Detection]:
        """Faces in one window."""
        scale = SIDE_PX / window.side
        matrix = np.array(
            [[scale, 0, -window.left * scale], [0, scale, -window.top * scale]], np.float64
        )
        crop = cv2.warpAffine(image_rgb, matrix, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR)
        tensor = (crop.astype(np.float32) / 127.5 - 1.0)[None]
        regressors, logits = self._net.run(tensor)
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits[0, :, 0].astype(np.float64), -100.0, 100.0)))
        keep = scores >= MIN_SCORE
        points = regressors[0, keep].reshape(-1, 8, 2) / SIDE_PX
        points[:, [0, 2, 3, 4, 5, 6, 7]] += self._anchors[keep][:, None]
        half = points[:, 1:2] / 2
        corners = np.concatenate([points[:, :1] - half, points[:, :1] + half, points[:, 2:]], 1)
        corners_px = corners * window.side + [window.left, window.top]
        return _merge(
            [
                Detection(
                    p[:2].reshape(4).astype(np.float32),
                    p[2].astype(np.float32),
                    p[3].astype(np.float32),
                    float(s),
                )
                for p, s in zip(corners_px, scores[keep], strict=True)
            ]
        )


def _whole(image_rgb: U8, pad: float = 0.0) -> _Window:
    height, width = image_rgb.shape[:2]
    side = max(height, width) * (1.0 + 2.0 * pad)
    return _Window((width - side) / 2, (height - side) / 2, side)


def _looks(image_rgb: U8, finest_tiles: float) -> Iterator[list[_Window]]:
    """Windows to try, in order: whole, padded, half-overlapping tiles of falling size."""
    height, width = image_rgb.shape[:2]
    yield [_whole(image_rgb)]
    yield [_whole(image_rgb, 0.25), _whole(image_rgb, 0.6)]
    side = float(max(height, width))
    for parts in (1.6, 2.5, 4.0, 6.4):
        tile = side / parts
        if tile < SIDE_PX or parts > finest_tiles:
            return
        yield [
            _Window(left, top, tile)
            for top in _starts(height, tile)
            for left in _starts(width, tile)
        ]


def _starts(length: int, tile: float) -> NDArray[np.float64]:
    """Where tiles that overlap by half begin; one centred tile if it covers everything."""
    if length <= tile:
        return np.array([(length - tile) / 2])
    count = int(np.ceil((length - tile) / (tile / 2))) + 1
    return np.linspace(0.0, length - tile, count)


def _overlap(box: F32, boxes: F32) -> F32:
    """Intersection over union of one box with many."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), 1)
    area = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], 1)
    overlap: F32 = shared / np.maximum(area - shared, 1e-6)
    return overlap


def _merge(found: list[Detection]) -> list[Detection]:
    """Weighted non-maximum suppression (Bazarevsky et al., BlazeFace, 2019): overlapping boxes are
    averaged with their scores as weights."""
    merged: list[Detection] = []
    left = sorted(found, key=lambda d: -d.score)
    while left:
        boxes = np.stack([d.box_px for d in left])
        near = _overlap(boxes[0], boxes) > MIN_OVERLAP
        near[0] = True
        group = [d for d, is_near in zip(left, near, strict=True) if is_near]
        weights = np.array([d.score for d in group], np.float32)
        weights /= weights.sum()
        merged.append(
            Detection(
                weights @ np.stack([d.box_px for d in group]),
                weights @ np.stack([d.right_eye_px for d in group]),
                weights @ np.stack([d.left_eye_px for d in group]),
                group[0].score,
            )
        )
        left = [d for d, is_near in zip(left, near, strict=True) if not is_near]
    return merged
