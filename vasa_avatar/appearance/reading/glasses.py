"""Portrait and landmarks to a mask of glasses frames, by edges where bare skin has none.

A frame crosses the bridge of the nose and runs below the eyes, over skin that is smooth on a face
without glasses. Both places are looked at in an upright view of the eyes; only if both show a
continuous edge is there a mask. No net and no training data.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.picture import grown, touching
from vasa_avatar.appearance.reading.landmarks import FaceLandmarks
from vasa_avatar.datatypes import F32, F64, U8
from vasa_avatar.geometry.face_topology import LEFT_EYE_HOLE, RIGHT_EYE_HOLE

_EYES_PX = 200.0
"""the outer eye corners are this far apart in the view"""
_WIDTH_PX, _HEIGHT_PX = 380, 230
"""of the view"""
_MIDDLE = np.array([_WIDTH_PX / 2, 100.0])
"""where the middle between the eyes lies in it"""
BRIDGE_EDGE = 3.5
"""least edge over the bridge of the nose, percent of the brightness per pixel of the view; 40
generated faces without glasses show at most 2.6, seven with frames at least 6.6"""
RIM_EDGE = 2.2
"""least edge below the eyes, likewise; bags and lower lashes of ten bare faces reach 3.3, a frame
16.7, so this only rules out a bare face with a mark on its nose"""
_LASHES_PX = 6
"""around an eye's opening that belong to its lashes"""
_FRAME_PX = 21
"""structures up to this wide can be frames"""


@dataclass(frozen=True, slots=True, eq=False)
class _Evidence:
    """What speaks for glasses."""

    bridge: float
    """edge across the bridge of the nose, percent of the brightness per pixel"""
    rim: float
    """edge below the eyes; the weaker of the two sides"""

    @property
    def is_worn(self) -> bool:
        """Whether both places show a frame."""
        return self.bridge > BRIDGE_EDGE and self.rim > RIM_EDGE


@dataclass(frozen=True, slots=True, eq=False)
class _EyeBand:
    """Upright view of both eyes."""

    to_view: F64
    """(2, 3)"""
    grey: F32
    points: F64
    """(478, 2) landmarks in the view"""


def _eye_band(image_rgb: U8, landmarks: FaceLandmarks) -> _EyeBand:
    points = landmarks.points_px[:, :2].astype(np.float64) - 0.5
    a, b = points[33], points[263]
    axis = (b - a) / max(float((b - a) @ (b - a)), 1e-6) * _EYES_PX
    linear = np.array([[axis[0], axis[1]], [-axis[1], axis[0]]])
    to_view = np.column_stack([linear, _MIDDLE - linear @ ((a + b) / 2)])
    shrink = float(np.hypot(*linear[0]))
    source = image_rgb
    if shrink < 0.6:
        source = np.asarray(cv2.GaussianBlur(image_rgb, (0, 0), 0.45 / shrink), np.uint8)
    view = cv2.warpAffine(
        source, to_view, (_WIDTH_PX, _HEIGHT_PX), flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    grey = np.asarray(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), np.float32)
    return _EyeBand(to_view, grey, points @ linear.T + to_view[:, 2])


def _edge_rows(band: _EyeBand) -> F32:
    """|vertical change| of brightness over about 4 px, relative to the local brightness."""
    smooth = cv2.GaussianBlur(band.grey, (0, 0), 1.6)
    rise = np.abs(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3)) / 8.0
    return np.asarray(100.0 * rise / (cv2.GaussianBlur(band.grey, (0, 0), 12) + 20.0), np.float32)


def _evidence(band: _EyeBand) -> _Evidence:
    edges = _edge_rows(band)
    (x0, y0), (x1, y1) = _bridge_box(band)
    bridge = _strongest(edges, x0, x1, y0, y1)
    rims = []
    for outer, inner, lower in ((33, 133, 145), (263, 362, 374)):
        x0, x1 = sorted((band.points[outer, 0], band.points[inner, 0]))
        width = x1 - x0
        top = band.points[lower, 1] + 0.22 * width
        rims.append(
            _strongest(edges, x0 + 0.15 * width, x1 - 0.15 * width, top, top + 0.75 * width)
        )
    return _Evidence(bridge, float(min(rims)))


def _strongest(edges: F32, left: float, right: float, top: float, bottom: float) -> float:
    """Lower quartile over the columns of a box of the strongest edge in each."""
    x0, x1 = int(max(0, left)), int(min(_WIDTH_PX, right))
    y0, y1 = int(max(0, top)), int(min(_HEIGHT_PX, bottom))
    if x1 - x0 < 4 or y1 - y0 < 4:
        return 0.0
    return float(np.quantile(edges[y0:y1, x0:x1].max(0), 0.25))


def glasses_mask(image_rgb: U8, landmarks: FaceLandmarks) -> F32:
    """Where frames of glasses are; all 0 for a face without glasses or with rimless ones.

    Args:
        image_rgb: (H, W, 3)
        landmarks: the face.

    Returns:
        (H, W) 0..1
    """
    band = _eye_band(image_rgb, landmarks)
    if not _evidence(band).is_worn:
        return np.zeros(image_rgb.shape[:2], np.float32)
    mask = _frame_pixels(band)
    back = cv2.invertAffineTransform(band.to_view)
    size = (image_rgb.shape[1], image_rgb.shape[0])
    soft = cv2.GaussianBlur(mask, (0, 0), 1.2)
    return np.asarray(np.clip(cv2.warpAffine(soft, back, size), 0.0, 1.0), np.float32)


def _frame_pixels(band: _EyeBand) -> F32:
    """(H, W) 1 on the frame, in the view: thin structures that reach the bridge or the rims."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_FRAME_PX, _FRAME_PX))
    smooth = np.asarray(cv2.GaussianBlur(band.grey, (0, 0), 1.0), np.float32)
    dark = cv2.morphologyEx(smooth, cv2.MORPH_BLACKHAT, disc)
    light = cv2.morphologyEx(smooth, cv2.MORPH_TOPHAT, disc)
    bridge = np.zeros(band.grey.shape, np.uint8)
    (x0, y0), (x1, y1) = _bridge_box(band)
    bridge[y0:y1, x0:x1] = 1
    ridges = [np.asarray(r, np.float32) for r in (dark, light)]
    levels = [float(np.quantile(r[y0:y1, x0:x1].max(0), 0.5)) for r in ridges]
    ridge, level = (ridges[0], levels[0]) if levels[0] >= levels[1] else (ridges[1], levels[1])
    frame = (ridge > max(6.0, 0.35 * level)).astype(np.uint8)
    for opening in (RIGHT_EYE_HOLE, LEFT_EYE_HOLE):
        eye = np.zeros_like(frame)
        cv2.fillPoly(eye, [np.rint(band.points[list(opening)]).astype(np.int32)], 1)
        frame[grown(eye, _LASHES_PX) > 0] = 0
    frame[~_reach_of_frames(frame.shape)] = 0
    joined = cv2.morphologyEx(frame, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return grown(touching(joined > 0, bridge > 0), 1)


def _reach_of_frames(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Where frames can be: around the eyes, without ears, hair and cheeks."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    across = np.abs(x - _MIDDLE[0]) / (0.74 * _EYES_PX)
    down = (y - _MIDDLE[1] - 0.06 * _EYES_PX) / (0.33 * _EYES_PX)
    return np.asarray(across**4 + np.abs(down) ** 4 < 1.0)


def _bridge_box(band: _EyeBand) -> tuple[tuple[int, int], tuple[int, int]]:
    inner_right, inner_left = band.points[133], band.points[362]
    middle = (inner_right + inner_left) / 2
    half = 0.26 * float(inner_left[0] - inner_right[0])
    low = np.clip(np.rint(middle - (half, 26.0)), 0, (_WIDTH_PX - 2, _HEIGHT_PX - 2)).astype(int)
    high = np.clip(np.rint(middle + (half, 26.0)), low + 2, (_WIDTH_PX, _HEIGHT_PX)).astype(int)
    return (int(low[0]), int(low[1])), (int(high[0]), int(high[1]))
