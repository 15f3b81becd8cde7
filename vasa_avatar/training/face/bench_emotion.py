"""How well emotions read: `vasa-avatar bench emotion PORTRAIT …`, with more by --help.

Each portrait shows each emotion in several strengths; the landmark net, which no mask was fitted
to, reads 52 coefficients off each picture. A picture is told by the nearest mean of the same
strength over the other portraits: what is left is how alike the emotions look, and how unlike one
another the faces are (`from_rest`: less what each face reads at rest, as whoever has seen a face
before judges it).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vasa_avatar.appearance import cached_avatar
from vasa_avatar.appearance.reading import FaceLandmarker
from vasa_avatar.datatypes import ARKIT_INDEX, EMOTIONS, F32, U8, Emotion, FaceMotion, Feeling
from vasa_avatar.motion import feeling_motion
from vasa_avatar.nets import ModelStore
from vasa_avatar.render import MeshRenderer

STRENGTHS = (0.3, 0.5, 0.8, 1.0)
_SIZE_PX = 512
_INNER_LIPS, _MOUTH_CORNERS = (13, 14), (61, 291)
_TOLD = (
    "mouthSmileLeft", "mouthFrownLeft", "mouthPressLeft", "jawOpen", "mouthShrugLower",
    "browInnerUp", "browOuterUpLeft", "browDownLeft", "eyeWideLeft", "eyeSquintLeft",
    "noseSneerLeft", "mouthUpperUpLeft", "mouthStretchLeft", "eyeBlinkLeft",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What the net reads."""

    coefficients: F32
    """(P, S, 8, 52): portraits, STRENGTHS, EMOTIONS"""
    opening: F32
    """(P, S, 8) between the inner lips, in widths of the mouth"""


def emotion_motion(name: str, strength: float) -> FaceMotion:
    """An emotion as a face at rest shows it."""
    return feeling_motion(Feeling((Emotion(name, strength),)))


def read_faces(portraits: Sequence[Path], landmarker: FaceLandmarker) -> Readings:
    """Draw and read every emotion of every portrait.

    Raises:
        RuntimeError: a picture in which the net finds no face.
    """
    shape = (len(portraits), len(STRENGTHS), len(EMOTIONS))
    coefficients = np.zeros((*shape, len(ARKIT_INDEX)), np.float32)
    opening = np.zeros(shape, np.float32)
    for p, portrait in enumerate(portraits):
        renderer = MeshRenderer(cached_avatar(portrait), _SIZE_PX)
        for s, strength in enumerate(STRENGTHS):
            for e, name in enumerate(EMOTIONS):
                picture: U8 = renderer.render(emotion_motion(name, strength))
                faces = landmarker.detect(np.ascontiguousarray(picture))
                if not faces:
                    raise RuntimeError(f"{portrait.name}: no face at {name}:{strength:g}")
                coefficients[p, s, e] = faces[0].blendshapes
                points = faces[0].points_px[:, :2]
                gap, width = (
                    float(np.linalg.norm(points[a] - points[b]))
                    for a, b in (_INNER_LIPS, _MOUTH_CORNERS)
                )
                opening[p, s, e] = gap / width
    return Readings(coefficients, opening)


def told_apart(coefficients: F32) -> tuple[float, F32]:
    """Nearest mean, one portrait left out at a time.

    Args:
        coefficients: (P, 8, 52) at one strength.

    Returns:
        The share that is right, and (8, 8) what each was taken for, in shares.
    """
    n_portraits, n_emotions = coefficients.shape[:2]
    taken_for = np.zeros((n_emotions, n_emotions), np.float32)
    for p in range(n_portraits):
        means = np.delete(coefficients, p, axis=0).mean(axis=0)
        distance = np.linalg.norm(coefficients[p][:, None] - means[None], axis=-1)
        for e in range(n_emotions):
            taken_for[e, int(distance[e].argmin())] += 1.0 / n_portraits
    return float(np.trace(taken_for)) / n_emotions, taken_for


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="vasa-avatar bench emotion", description=__doc__)
    parser.add_argument("portraits", nargs="+", type=Path, help="pictures, three at least")
    parser.add_argument("--json", action="store_true", help="one flat JSON object")
    arguments = parser.parse_args(words)
    if len(arguments.portraits) < 3:
        parser.error("a mean needs three portraits at least")
    landmarker = FaceLandmarker(ModelStore().path("face_landmarker"))
    readings = read_faces(arguments.portraits, landmarker)
    figures = figures_of(readings)
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:28s} {value:7.3f}")
    _print_tables(readings)


def figures_of(readings: Readings) -> dict[str, float]:
    """The shares told apart, and what single emotions are read as at full strength."""
    figures = {
        f"told_apart_at_{strength:g}": told_apart(readings.coefficients[:, s])[0]
        for s, strength in enumerate(STRENGTHS)
    }
    at_rest = readings.coefficients[:, :, :1]
    for s, strength in enumerate(STRENGTHS):
        moved = (readings.coefficients - at_rest)[:, s]
        figures[f"told_apart_from_rest_at_{strength:g}"] = told_apart(moved)[0]
    full = readings.coefficients[:, -1]
    for emotion, unit in (
        ("happy", "mouthSmileLeft"), ("angry", "browDownLeft"), ("angry", "mouthPressLeft"),
        ("surprised", "browInnerUp"), ("surprised", "jawOpen"), ("sad", "browInnerUp"),
        ("sad", "mouthFrownLeft"), ("disgusted", "noseSneerLeft"),
    ):  # fmt: skip
        read = full[:, EMOTIONS.index(emotion), ARKIT_INDEX[unit]]
        figures[f"{emotion}_{unit}_mean"] = float(read.mean())
        figures[f"{emotion}_{unit}_least"] = float(read.min())
    happy = readings.opening[:, -1, EMOTIONS.index("happy")]
    figures["happy_lips_open_least"] = float(happy.min())
    return figures


def _print_tables(readings: Readings) -> None:
    for s, strength in enumerate(STRENGTHS):
        if strength not in (0.5, 0.8):
            continue
        print(f"\nat {strength:g}: shown (row), taken for (column), %")
        print(" " * 11 + "".join(f"{name[:8]:>9s}" for name in EMOTIONS))
        for name, row in zip(EMOTIONS, told_apart(readings.coefficients[:, s])[1], strict=True):
            print(f"{name:11s}" + "".join(f"{100 * share:9.0f}" for share in row))
    print("\nread at full strength, mean over portraits")
    print(" " * 11 + "".join(f"{name[:8]:>9s}" for name in _TOLD))
    units = [ARKIT_INDEX[name] for name in _TOLD]
    for name, row in zip(EMOTIONS, readings.coefficients[:, -1].mean(axis=0), strict=True):
        print(f"{name:11s}" + "".join(f"{value:9.2f}" for value in row[units]))
