"""Pictures of people who do not exist, each with several expressions, for learn_shading.

A MobileStyleGAN in OpenVINO form (mapping and synthesis network) draws random faces; ridge
regression of the face landmarker's coefficients on the style vectors gives directions; people with
a calm, frontal base are then edited along random directions. No real person appears.

    python -m vasa_avatar.training.face.generate_faces --generator DIR --task face_landmarker.task \
        --out generated/

DIR holds MappingNetwork.{xml,bin} and SynthesisNetwork.{xml,bin}. Needs openvino and mediapipe.
About .6 s a picture on one core.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import mediapipe
import numpy as np
import openvino
from mediapipe.tasks.python import BaseOptions, vision
from numpy.typing import NDArray

from vasa_avatar.datatypes import F64

STYLE = 512
SEED_RANDOM, SEED_EDITS = 11, 5
RANDOM_FACES, PEOPLE, EDITS = 700, 120, 7
PICTURE_PX = 512
RIDGE = 600.0
CALM = {"yaw": 0.0, "pitch": 0.0, "smile": -1.4, "jaw": -0.6, "squint": -0.5, "upper": -0.7}
"""Where a base face is brought, in standard deviations of each direction."""

DIRECTIONS: dict[str, tuple[str, ...]] = {
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
    "jaw": ("jawOpen",),
    "brow_in": ("browInnerUp",),
    "brow_out": ("browOuterUpLeft", "browOuterUpRight"),
    "brow_down": ("browDownLeft", "browDownRight"),
    "blink": ("eyeBlinkLeft", "eyeBlinkRight"),
    "squint": ("eyeSquintLeft", "eyeSquintRight"),
    "pucker": ("mouthPucker",),
    "funnel": ("mouthFunnel",),
    "upper": ("mouthUpperUpLeft", "mouthUpperUpRight"),
    "lower": ("mouthLowerDownLeft", "mouthLowerDownRight"),
    "press": ("mouthPressLeft", "mouthPressRight"),
    "stretch": ("mouthStretchLeft", "mouthStretchRight"),
    "shrug": ("mouthShrugLower", "mouthShrugUpper"),
    "dimple": ("mouthDimpleLeft", "mouthDimpleRight"),
    "frown": ("mouthFrownLeft", "mouthFrownRight"),
    "roll": ("mouthRollLower", "mouthRollUpper"),
}
CHANCE = {"smile": 3.0, "brow_in": 2.0, "brow_out": 2.0, "brow_down": 2.0, "squint": 2.0,
          "jaw": 2.0, "pucker": 1.5, "dimple": 0.7, "frown": 0.7}  # fmt: skip
"""How often an edit takes a direction, relative to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """What the landmarker found in a picture."""

    landmarks: NDArray[np.float32]
    """(478, 3) normalised"""
    coefficients: NDArray[np.float32]
    """(52,)"""
    matrix: F64
    """(4, 4)"""


class Generator:
    """Style vectors to pictures."""

    def __init__(self, folder: Path) -> None:
        core, one_thread = openvino.Core(), {"INFERENCE_NUM_THREADS": 1}
        mapping = core.read_model(folder / "MappingNetwork.xml")
        mapping.reshape([1, STYLE])
        self._mapping = core.compile_model(mapping, "CPU", one_thread)
        synthesis = core.read_model(folder / "SynthesisNetwork.xml")
        self._synthesis = core.compile_model(synthesis, "CPU", one_thread)

    def random_styles(self, count: int, seed: int) -> F64:
        """(count, 512) style vectors."""
        rng = np.random.default_rng(seed)
        noise = rng.standard_normal((count, 1, STYLE)).astype(np.float32)
        return np.concatenate([self._mapping([one])[0] for one in noise]).astype(np.float64)

    def picture(self, style: F64) -> NDArray[np.uint8]:
        """(1024, 1024, 3) RGB."""
        drawn = self._synthesis([style.reshape(1, -1).astype(np.float32)])["img"][0]
        levels = (np.clip(drawn, -1, 1) + 1) * 127.5 + 0.5
        picture: NDArray[np.uint8] = np.clip(levels, 0, 255).astype(np.uint8).transpose(1, 2, 0)
        return picture


class Landmarker:
    """MediaPipe's face landmarker on single pictures."""

    def __init__(self, task: Path) -> None:
        self._net = vision.FaceLandmarker.create_from_options(
            vision.FaceLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=str(task)),
                output_face_blendshapes=True,
                output_facial_transformation_matrixes=True,
            )
        )
        self.names: tuple[str, ...] = ()

    def find(self, rgb: NDArray[np.uint8]) -> Face | None:
        """The face, or None."""
        image = mediapipe.Image(
            image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(rgb)
        )
        found = self._net.detect(image)
        if not found.face_landmarks:
            return None
        self.names = tuple(c.category_name for c in found.face_blendshapes[0])
        return Face(
            np.array([[p.x, p.y, p.z] for p in found.face_landmarks[0]], np.float32),
            np.array([c.score for c in found.face_blendshapes[0]], np.float32),
            found.facial_transformation_matrixes[0],
        )

    def close(self) -> None:
        """Release the net."""
        self._net.close()


def head_angles(matrix: F64) -> tuple[float, float]:
    """Yaw and pitch of the landmarker's head matrix, radians."""
    yaw = np.arctan2(matrix[0, 2], matrix[2, 2])
    pitch = np.arctan2(-matrix[1, 2], np.hypot(matrix[1, 0], matrix[1, 1]))
    return float(yaw), float(pitch)


@dataclass(frozen=True, slots=True, eq=False)
class StyleDirections:
    """Linear readings of a style vector, and the steps that change one reading."""

    names: tuple[str, ...]
    mean: F64
    deviation: F64
    readers: F64
    """(D, 512) on standardised styles"""
    steps: F64
    """(D, 512) style change for one standard deviation of the reading"""

    def read(self, style: F64) -> F64:
        """(D,) standard deviations."""
        return self.readers @ ((style - self.mean) / self.deviation)


def learn_directions(
    styles: F64, faces: list[Face], unit_names: tuple[str, ...]
) -> StyleDirections:
    """Ridge regression of expression and pose on style vectors."""
    values = np.array([face.coefficients for face in faces])
    columns = {
        key: values[:, [unit_names.index(u) for u in units]].mean(1)
        for key, units in DIRECTIONS.items()
    }
    angles = np.array([head_angles(face.matrix) for face in faces])
    columns |= {"yaw": angles[:, 0], "pitch": angles[:, 1]}
    mean, deviation = styles.mean(0), styles.std(0)
    z = (styles - mean) / deviation
    targets = np.stack(list(columns.values()), 1)
    targets = (targets - targets.mean(0)) / (targets.std(0) + 1e-9)
    readers = np.linalg.solve(z.T @ z + RIDGE * np.eye(STYLE), z.T @ targets).T
    overlap = readers @ readers.T
    steps = np.linalg.solve(overlap + 0.15 * np.diag(np.diag(overlap)), readers) * deviation
    return StyleDirections(tuple(columns), mean, deviation, readers, steps)


def calm_base(style: F64, directions: StyleDirections) -> F64:
    """The style turned to the front, with a calm face."""
    now = directions.read(style)
    for name, target in CALM.items():
        row = directions.names.index(name)
        style = style + 0.9 * (target - now[row]) * directions.steps[row]
    return style


def edits_of(style: F64, directions: StyleDirections, rng: np.random.Generator) -> list[F64]:
    """The base and its edits; the last two change two things at once."""
    names = list(DIRECTIONS)
    chance = np.array([CHANCE.get(name, 1.0) for name in names])
    out = [style]
    for number in range(EDITS):
        picked = rng.choice(
            names, size=1 if number < EDITS - 2 else 2, replace=False, p=chance / chance.sum()
        )
        edited = style
        for name in picked:
            edited = edited + directions.steps[directions.names.index(name)] * rng.uniform(2, 5)
        out.append(edited)
    return out


def main() -> None:
    """Draw, label and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--task", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--people", type=int, default=PEOPLE)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    generator, landmarker = Generator(args.generator), Landmarker(args.task)
    raw = generator.random_styles(2000, SEED_RANDOM)
    truncation = 0.55 + 0.25 * (np.arange(RANDOM_FACES) % 3) / 2
    styles = raw.mean(0) + truncation[:, None] * (raw[:RANDOM_FACES] - raw.mean(0))
    found = [(style, landmarker.find(generator.picture(style))) for style in styles]
    kept = np.array([style for style, face in found if face is not None])
    faces = [face for _, face in found if face is not None]
    directions = learn_directions(kept, faces, landmarker.names)
    rng, rows = np.random.default_rng(SEED_EDITS), []
    for person in range(args.people):
        random = kept[(person * 5 + 3) % len(kept)]
        spread = 0.9 if person % 3 else 1.15
        base = calm_base(directions.mean + spread * (random - directions.mean), directions)
        for number, style in enumerate(edits_of(base, directions, rng)):
            picture = generator.picture(style)
            face = landmarker.find(picture)
            if face is None:
                continue
            small = cv2.resize(picture, (PICTURE_PX, PICTURE_PX), interpolation=cv2.INTER_AREA)
            name = f"{person:03d}_{number}.jpg"
            cv2.imwrite(str(args.out / name), small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
            rows.append((name, person, face))
        print(person + 1, "of", args.people, flush=True)
    landmarker.close()
    labels: dict[str, Any] = {
        "picture": [name for name, _, _ in rows],
        "person": [person for _, person, _ in rows],
        "landmarks": [face.landmarks for _, _, face in rows],
        "blendshapes": [face.coefficients for _, _, face in rows],
        "head_matrix": [face.matrix for _, _, face in rows],
        "blendshape_names": landmarker.names,
    }
    arrays: dict[str, Any] = {key: np.array(value) for key, value in labels.items()}
    np.savez(args.out / "labels.npz", **arrays)


if __name__ == "__main__":
    main()
