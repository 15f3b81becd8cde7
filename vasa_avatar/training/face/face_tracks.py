"""Corpus tracks (.npz of MediaPipe landmarks) to aligned face shapes and coefficients per clip.

Shapes come out in the canonical face frame: x right, y down, z towards the viewer, unit = the
distance between landmarks 234 and 454 of the canonical face, origin where that face has it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import ARKIT_INDEX, F64, K
from vasa_avatar.geometry import similarity
from vasa_avatar.training.face.landmark_sets import RIGID


@dataclass(frozen=True, slots=True, eq=False)
class ClipTrack:
    """One clip's aligned landmarks."""

    name: str
    shape: F64
    """(T, 478, 3) canonical face frame"""
    coefficients: F64
    """(T, 52) as MediaPipe reads them; tongueOut is 0"""
    pose: F64
    """(T, 3) rotation vector of the head, radians: about x, y, z"""
    fps: float


def fit_similarity(source: F64, target: F64) -> tuple[float, F64, F64]:
    """Least-squares similarity with target = scale * source @ rotation.T + shift (Umeyama 1991)."""
    fit = similarity.fit_similarity(source, target, np.ones(len(source)))
    return fit.scale, fit.rotation, fit.offset


def rotation_vector(rotation: F64) -> F64:
    """(3,) axis times angle of a rotation matrix, for angles below pi."""
    angle = np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))
    axis = np.array(
        [
            rotation[2, 1] - rotation[1, 2],
            rotation[0, 2] - rotation[2, 0],
            rotation[1, 0] - rotation[0, 1],
        ]
    )
    return axis * (0.5 if angle < 1e-6 else angle / (2 * np.sin(angle)))


def align_frames(landmarks: F64, reference: F64) -> tuple[F64, F64]:
    """Bring every frame onto the reference by its rigid points.

    Args:
        landmarks: (T, 478, 3).
        reference: (478, 3); only the rigid points are used.

    Returns:
        (T, 478, 3) aligned landmarks, (T, 3) rotation vectors that were taken out.
    """
    rigid = list(RIGID)
    target = reference[rigid]
    for _ in range(2):
        aligned, rotations = [], []
        for points in landmarks:
            scale, rotation, shift = fit_similarity(points[rigid], target)
            aligned.append(scale * points @ rotation.T + shift)
            rotations.append(rotation_vector(rotation.T))
        shape = np.array(aligned)
        # The second round aligns to the person's own mean, laid onto the reference.
        mean = np.median(shape, axis=0)
        scale, rotation, shift = fit_similarity(mean[rigid], reference[rigid])
        target = (scale * mean @ rotation.T + shift)[rigid]
    return shape, np.array(rotations)


def coefficients_from(names: NDArray[np.str_], values: F64) -> F64:
    """MediaPipe's columns (with _neutral) to (T, 52) in ARKit order."""
    out = np.zeros((len(values), K))
    for column, name in enumerate(names):
        index = ARKIT_INDEX.get(str(name))
        if index is not None:
            out[:, index] = values[:, column]
    return out


def load_clip(path: Path, reference: F64) -> ClipTrack:
    """Read one track and align it."""
    with np.load(path) as data:
        landmarks = data["landmarks_px"].astype(np.float64) * np.array([1, 1, -1])
        values = data["blendshapes"].astype(np.float64)
        names, fps = data["blendshape_names"], float(data["fps"])
    shape, pose = align_frames(landmarks, reference)
    return ClipTrack(path.stem, shape, coefficients_from(names, values), pose, fps)


def trainable_clips(corpus: Path, allowed: tuple[str, ...] = ("yes", "motion only")) -> list[Path]:
    """Tracks whose rights, by the corpus manifest, allow learning geometry and motion."""
    with (corpus / "MANIFEST.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [corpus / "tracks" / f"{row['name']}.npz" for row in rows if row["may_train"] in allowed]
