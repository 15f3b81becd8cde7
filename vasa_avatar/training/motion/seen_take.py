"""Pictures of a face that speaks to what a viewer sees move: one reading for film and for frames.

Everything comes out at 25 frames a second: head rotation and place, gaze, a few coefficients of the
landmark net, and how loud and how high the voice is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vasa_avatar.appearance.reading import FaceLandmarker, measure_landmarks
from vasa_avatar.datatypes import ARKIT_INDEX, F64, I16, U8
from vasa_avatar.training.motion.measure_motion import FPS, resample, voice

FACE_WIDTH_CM = 15.3
"""width of the canonical face between landmarks 234 and 454"""
SHORT_SIDE_PX = 512
"""larger pictures are reduced to it: the landmark net sees 256 pixels anyway"""
COEFFICIENTS = {
    "brow_inner": ("browInnerUp",),
    "brow_outer": ("browOuterUpLeft", "browOuterUpRight"),
    "brow_down": ("browDownLeft", "browDownRight"),
    "lids": ("eyeBlinkLeft", "eyeBlinkRight"),
    "squint": ("eyeSquintLeft", "eyeSquintRight"),
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
}
"""signals that are means of the landmark net's coefficients"""


@dataclass(frozen=True, slots=True, eq=False)
class SeenTake:
    """What is seen of one speaker."""

    name: str
    rotation_deg: F64
    """(T, 3) pitch, yaw, roll"""
    place: F64
    """(T, 2) x, y of the head's middle, face widths"""
    gaze_deg: F64
    """(T, 2) pitch, yaw"""
    coefficients: dict[str, F64]
    """(T,) each, see COEFFICIENTS"""
    lips: F64
    """(T,) distance of the lips, face widths"""
    loudness_db: F64
    """(T,)"""
    pitch_log2: F64
    """(T,) log2 of F0 over the speaker's median, NaN where unvoiced"""

    def __len__(self) -> int:
        return len(self.rotation_deg)


def see(
    name: str, frames: Iterable[U8], fps: float, audio_16k: I16, landmarker: FaceLandmarker
) -> SeenTake:
    """Read a take off its pictures.

    Args:
        name: of the take.
        frames: (H, W, 3) RGB each; those without a face are filled in from their neighbours.
        fps: of the pictures.
        audio_16k: (N,) the voice from the first picture on.
        landmarker: the nets.

    Raises:
        ValueError: fewer than half of the pictures show a face.
    """
    stream = landmarker.stream()
    rows, at = [], []
    count = 0
    for count, frame in enumerate(frames, 1):
        picture = _reduced(frame)
        face = stream.track(picture)
        if face is not None:
            seen = measure_landmarks(picture, face)
            width_px = seen.scale_px * FACE_WIDTH_CM
            points = seen.landmarks.points_px
            lips = float(np.linalg.norm(points[13, :2] - points[14, :2])) / width_px
            place = np.asarray(seen.centre_px, np.float64)
            rows.append((seen.pose_rad, place, width_px, seen.gaze_rad, seen.coefficients, lips))
            at.append(count - 1)
    if len(rows) < max(count, 1) / 2:
        raise ValueError(f"{name}: {len(rows)} of {count} pictures show a face; expected most")
    pose, place, width, gaze, coefficients, lip_rows = (
        np.array([row[part] for row in rows], np.float64) for part in range(6)
    )
    length = int(count / fps * FPS)
    frames_at = np.array(at, np.int64)

    def even(values: F64) -> F64:
        return resample(values, frames_at, fps, length)

    loudness, pitch = voice(audio_16k, length)
    table = even(coefficients)
    columns = {
        signal: np.asarray(table[:, [ARKIT_INDEX[name] for name in names]].mean(1))
        for signal, names in COEFFICIENTS.items()
    }
    return SeenTake(
        name,
        np.rad2deg(even(pose)),
        even(place) / np.median(width),
        np.rad2deg(even(gaze)),
        columns,
        even(lip_rows),
        loudness,
        pitch,
    )


def save_take(take: SeenTake, path: Path) -> None:
    """Keep a take as npz."""
    arrays: dict[str, Any] = {f"c_{name}": values for name, values in take.coefficients.items()}
    np.savez_compressed(
        path, rotation_deg=take.rotation_deg, place=take.place, gaze_deg=take.gaze_deg,
        lips=take.lips, loudness_db=take.loudness_db, pitch_log2=take.pitch_log2, **arrays,
    )  # fmt: skip


def load_take(path: Path) -> SeenTake:
    """Read a kept take, its landmark noise smoothed as the tracker does."""
    with np.load(path) as data:
        coefficients = {name: smooth(data[f"c_{name}"]) for name in COEFFICIENTS}
        return SeenTake(
            path.stem,
            smooth(data["rotation_deg"]),
            smooth(data["place"]),
            smooth(data["gaze_deg"]),
            coefficients,
            smooth(data["lips"]),
            data["loudness_db"],
            data["pitch_log2"],
        )


def smooth(values: F64) -> F64:
    """(T, ...) over three frames, symmetric: half of the landmark noise goes, nothing lags."""
    padded = np.concatenate((values[:1], values, values[-1:]))
    out: F64 = 0.2 * padded[:-2] + 0.6 * padded[1:-1] + 0.2 * padded[2:]
    return out


def _reduced(frame: U8) -> U8:
    short = min(frame.shape[:2])
    if short <= SHORT_SIDE_PX:
        return frame
    scale = SHORT_SIDE_PX / short
    size = (round(frame.shape[1] * scale), round(frame.shape[0] * scale))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
