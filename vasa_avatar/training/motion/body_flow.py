"""Filmed clips to how the body below the chin moves with the head: points tracked on the torso.

Over short windows, corners on the body (inside a matte) are tracked from frame to frame; in bands
of height below the chin they give a similarity (shift, roll, scale), to be compared with what the
head's pivot did in the same window. Heights are in face heights (brow-to-chin oval, landmarks 10
to 152), lengths in face widths.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F64
from vasa_avatar.geometry.rotation import euler_angles
from vasa_avatar.training.face.face_tracks import fit_similarity
from vasa_avatar.training.face.landmark_sets import RIGID

BANDS = ((0.05, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.85), (0.85, 1.2))
FACE_PX = 110.0
WINDOW_S = 0.4
STEP_S = 0.2
REACH = 1.3
"""Points lie at most this many face widths to either side of the chin."""
PIVOT_BELOW_EARS = 0.12

Matte = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class HeadTrack:
    """Head of one clip in the pixels of the (shrunk) pictures."""

    rotation: F64
    """(T, 3) pitch, yaw, roll of datatypes.py, radians"""
    pivot_px: F64
    """(T, 2)"""
    width_px: F64
    """(T,)"""
    chin_px: F64
    """(T, 2)"""
    height_px: F64
    """(T,)"""
    frame_index: NDArray[np.int64]
    fps: float


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Motion over short windows; NaN where a band had too few points."""

    head: F64
    """(W, 6) pitch, yaw, roll (rad), x, y (face widths), log scale"""
    body: F64
    """(W, bands, 4) x, y (face widths, at the band's middle), roll (rad), log scale"""


def head_track(path: Path, mean_shape: F64, shrink: float) -> HeadTrack:
    """Fit the mean face to every frame of a track."""
    with np.load(path) as data:
        landmarks = data["landmarks_px"].astype(np.float64) * np.array([1, 1, -1]) * shrink
        index, fps = data["frame_index"], float(data["fps"])
    rigid = list(RIGID)
    ears = mean_shape[[234, 454]].mean(0) + np.array([0, PIVOT_BELOW_EARS, 0])
    rows = []
    for points in landmarks:
        scale, rotation, shift = fit_similarity(mean_shape[rigid], points[rigid])
        pivot = (scale * rotation @ ears + shift)[:2]
        chin, top = (scale * mean_shape[[152, 10]] @ rotation.T + shift)[:, :2]
        rows.append(
            np.concatenate(
                [euler_angles(rotation), pivot, [scale], chin, [np.linalg.norm(chin - top)]]
            )
        )
    table = np.array(rows)
    return HeadTrack(
        table[:, :3], table[:, 3:5], table[:, 5], table[:, 6:8], table[:, 8], index, fps
    )


def _corners(gray: NDArray[np.uint8], matte: NDArray[np.float32], head: HeadTrack, t: int) -> Any:
    """(N, 2) trackable points on the body."""
    chin, width, height = head.chin_px[t], head.width_px[t], head.height_px[t]
    mask = (cv2.erode(matte, np.ones((7, 7))) > 0.9).astype(np.uint8) * 255
    top = int(np.clip(chin[1] + BANDS[0][0] * height, 0, len(gray)))
    mask[:top] = 0
    left, right = int(chin[0] - REACH * width), int(chin[0] + REACH * width)
    mask[:, : max(left, 0)] = 0
    mask[:, max(right, 0) :] = 0
    points = cv2.goodFeaturesToTrack(gray, 260, 0.004, 3.0, mask=mask, blockSize=5)
    return None if points is None else points.reshape(-1, 2)


def _follow(grays: list[NDArray[np.uint8]], points: NDArray[np.float32]) -> Any:
    """Track points through pictures and back; (N, 2) ends and (N,) which came back."""
    flow: Any = cv2.calcOpticalFlowPyrLK  # its types lack the None that asks for new points
    options = {"winSize": (15, 15), "maxLevel": 2}
    at, good = points.copy(), np.ones(len(points), bool)
    for a, b in zip(grays[:-1], grays[1:], strict=True):
        at, status, _ = flow(a, b, at, None, **options)
        good &= status.ravel() > 0
    back = at.copy()
    for a, b in zip(grays[:0:-1], grays[-2::-1], strict=True):
        back, status, _ = flow(a, b, back, None, **options)
        good &= status.ravel() > 0
    return at, good & (np.linalg.norm(back - points, axis=1) < 1.0)


def _band_motion(a: NDArray[Any], b: NDArray[Any], middle: NDArray[Any], width: float) -> F64:
    """(4,) x, y (face widths), roll, log scale of a similarity from a to b about `middle`."""
    model, inliers = cv2.estimateAffinePartial2D(a, b, ransacReprojThreshold=1.5)
    if model is None or inliers.sum() < 8:
        return np.full(4, np.nan)
    moved = model[:, :2] @ middle + model[:, 2] - middle
    roll = np.arctan2(model[1, 0], model[0, 0])
    scale = np.log(np.hypot(model[0, 0], model[1, 0]))
    return np.array([*moved / width, roll, scale])


def clip_windows(film: Path, track: Path, mean_shape: F64, matte: Matte) -> Windows:
    """Measure one clip."""
    with np.load(track) as data:
        width = float(
            np.median(
                np.linalg.norm(
                    data["landmarks_px"][:, 454, :2] - data["landmarks_px"][:, 234, :2], axis=1
                )
            )
        )
    shrink = min(1.0, FACE_PX / width)
    head = head_track(track, mean_shape, shrink)
    reader = cv2.VideoCapture(str(film))
    frames: list[Any] = []
    while True:
        is_good, frame = reader.read()
        if not is_good:
            break
        frames.append(cv2.resize(frame, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA))
    reader.release()
    grays: list[Any] = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames]
    place = {int(f): i for i, f in enumerate(head.frame_index)}
    span, step = round(WINDOW_S * head.fps), max(1, round(STEP_S * head.fps))
    alpha, heads, bodies = None, [], []
    for count, first in enumerate(range(0, len(frames) - span, step)):
        if first not in place or first + span not in place:
            continue
        if alpha is None or count % 12 == 0:
            alpha = matte(frames[first])
        i, j = place[first], place[first + span]
        body = _window(grays[first : first + span + 1], alpha, head, i)
        change = np.concatenate(
            [
                head.rotation[j] - head.rotation[i],
                (head.pivot_px[j] - head.pivot_px[i]) / head.width_px[i],
                [np.log(head.width_px[j] / head.width_px[i])],
            ]
        )
        heads.append(change)
        bodies.append(body)
    return Windows(np.array(heads).reshape(-1, 6), np.array(bodies).reshape(-1, len(BANDS), 4))


def _window(
    grays: list[NDArray[np.uint8]], alpha: NDArray[np.float32], head: HeadTrack, t: int
) -> F64:
    out = np.full((len(BANDS), 4), np.nan)
    points = _corners(grays[0], alpha, head, t)
    if points is None or len(points) < 12:
        return out
    ends, good = _follow(grays, points)
    below = (points[:, 1] - head.chin_px[t, 1]) / head.height_px[t]
    for band, (low, high) in enumerate(BANDS):
        inside = good & (below >= low) & (below < high)
        if inside.sum() < 10:
            continue
        middle = head.chin_px[t] + np.array([0, 0.5 * (low + high) * head.height_px[t]])
        out[band] = _band_motion(points[inside], ends[inside], middle, head.width_px[t])
    return out
