"""Generated and filmed faces to weights/face_shading.npz: how skin brightness follows expression.

Three sources are summed per unit, each limited to the unit's region:

* learned: log2 brightness of one person's pictures in canonical uv, large scales taken out,
  regressed on the tracker's coefficients (pictures of generated people edited along expression
  directions, and filmed clips whose pixels may be learned from);
* geometric: the rigged head's change of Lambert light under the unit (see rig_landmarks);
* drawn: creases along landmark paths (expression_folds).

    python -m vasa_avatar.training.face.learn_shading --faces generated/ --corpus CORPUS \
        --rig rig.npz --out vasa_avatar/weights/face_shading.npz
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import ARKIT_INDEX, ARKIT_NAMES, F32, K
from vasa_avatar.training.face.basis_regression import CENTRAL, SIDED, mirror_units, smoothstep
from vasa_avatar.training.face.basis_shaping import family
from vasa_avatar.training.face.canonical_texture import CanonicalTexture, build_texture, soft_edges
from vasa_avatar.training.face.expression_folds import drawn_folds
from vasa_avatar.training.face.face_tracks import coefficients_from, trainable_clips
from vasa_avatar.training.face.landmark_sets import skin_triangles
from vasa_avatar.training.face.learn_basis import canonical

SIZE = 128
LARGE_SCALE = 18.0
"""Brightness changes wider than this (texels of 128) belong to the light, not to the skin."""
RIDGE = 3.0
FILMED_WEIGHT = 0.15
LIMIT = 0.45
"""Nothing gets more than this much darker or lighter, log2; approached softly."""
LUMA_BGR = np.array([0.114, 0.587, 0.299], np.float32)

SHARES: dict[str, tuple[str, float, float]] = {
    "mouthSmile": ("lower", 0.75, 0.0),
    "mouthUpperUp": ("lower", 0.9, 0.6),
    "mouthLowerDown": ("mouth", 0.4, 0.8),
    "mouthStretch": ("lower", 0.8, 0.5),
    "mouthDimple": ("lower", 0.4, 0.6),
    "mouthFrown": ("lower", 0.0, 1.0),
    "mouthPress": ("mouth", 0.6, 0.4),
    "mouthPucker": ("mouth", 0.8, 0.5),
    "mouthFunnel": ("mouth", 0.5, 0.6),
    "mouthRollLower": ("mouth", 0.4, 0.6),
    "mouthRollUpper": ("mouth", 0.5, 0.5),
    "mouthShrugLower": ("mouth", 0.7, 0.7),
    "mouthShrugUpper": ("mouth", 0.0, 0.8),
    "mouthLeft": ("lower", 0.0, 0.5),
    "mouthRight": ("lower", 0.0, 0.5),
    "jawOpen": ("lower", 0.8, 0.35),
    "jawForward": ("lower", 0.0, 0.6),
    "jaw": ("lower", 0.0, 0.5),
    "cheekPuff": ("lower", 0.0, 0.75),
    "cheekSquint": ("eye", 0.0, 0.7),
    "noseSneer": ("all", 0.0, 0.6),
    "eyeSquint": ("eye", 0.55, 0.3),
    "browInnerUp": ("upper", 1.0, 0.5),
    "browOuterUp": ("upper", 0.7, 0.5),
    "browDown": ("upper", 1.0, 0.3),
}
"""Per unit family: region, share of the learned map, share of the geometric one."""
NOSE_SHARE = 0.25
"""The nose keeps its shape in speech: that much of a learned map is kept on it, smiles apart."""
GEOMETRIC_LIMIT = 0.3
BROW_HAIR_SHARE = 0.25
"""Where hair grows, the landmarks follow the hair only roughly: that much of a map is kept."""


def without_large_scales(log2_brightness: F32, mask: F32) -> F32:
    """Subtract a wide blur inside the mask."""
    sigma = LARGE_SCALE * len(mask) / 128.0
    wide = cv2.GaussianBlur(log2_brightness * mask, (0, 0), sigma)
    share = np.maximum(cv2.GaussianBlur(mask, (0, 0), sigma), 1e-3)
    return ((log2_brightness - wide / share) * mask).astype(np.float32)


def skin_map(
    picture_bgr: NDArray[Any], landmarks_px: NDArray[Any], texture: CanonicalTexture
) -> F32:
    """(S, S) log2 brightness of one picture without large scales."""
    brightness = texture.unwrap(picture_bgr, landmarks_px) @ LUMA_BGR
    return without_large_scales(np.log2(brightness + 6.0).astype(np.float32), texture.mask)


def _centred(
    maps: list[F32], coefficients: NDArray[Any], pose: NDArray[Any], person: NDArray[Any]
) -> tuple[NDArray[Any], F32]:
    """Regressors and mirror-symmetric maps, each person around a neutral of their own."""
    stack = np.stack(maps)
    x = (coefficients + coefficients[:, mirror_units()]) / 2
    x = x[:, [ARKIT_INDEX[n] for n in CENTRAL + SIDED]]
    z = np.concatenate([x, pose[:, 1:2], pose**2], axis=1)
    for one in np.unique(person):
        rows = person == one
        stack[rows] -= np.median(stack[rows], axis=0)
        z[rows] -= z[rows].mean(0)
    stack = np.clip(stack, -0.8, 0.8)
    return z, ((stack + stack[:, :, ::-1]) / 2).astype(np.float32)


def generated_samples(faces: Path, texture: CanonicalTexture) -> tuple[NDArray[Any], F32]:
    """Pictures of generated people (see generate_faces)."""
    with np.load(faces / "labels.npz") as labels:
        names, landmarks = labels["picture"], labels["landmarks"]
        coefficients = coefficients_from(labels["blendshape_names"], labels["blendshapes"])
        matrix, person = labels["head_matrix"], labels["person"]
    maps = []
    for name, points in zip(names, landmarks, strict=True):
        read = cv2.imread(str(faces / str(name)))
        assert read is not None, name
        picture = cv2.GaussianBlur(read, (0, 0), 1.0)
        maps.append(skin_map(picture, points[:, :2] * picture.shape[1::-1], texture))
    yaw = np.arctan2(matrix[:, 0, 2], matrix[:, 2, 2])
    pitch = np.arctan2(-matrix[:, 1, 2], np.hypot(matrix[:, 1, 0], matrix[:, 1, 1]))
    return _centred(maps, coefficients, np.stack([yaw, pitch], 1), person)


def filmed_samples(corpus: Path, texture: CanonicalTexture) -> tuple[NDArray[Any], F32]:
    """Clips whose pixels may be learned from."""
    maps, coefficients, person = [], [], []
    for number, path in enumerate(trainable_clips(corpus, ("yes",))):
        film = next((corpus / "clips").glob(path.stem + ".*"))
        with np.load(path) as track:
            wanted = dict(zip(track["frame_index"].tolist(), track["landmarks_px"], strict=True))
            values = coefficients_from(track["blendshape_names"], track["blendshapes"])
        reader, index, used = cv2.VideoCapture(str(film)), 0, 0
        while True:
            is_good, frame = reader.read()
            if not is_good:
                break
            if index in wanted:
                maps.append(skin_map(frame, wanted[index], texture))
                used += 1
            index += 1
        reader.release()
        coefficients.append(values[:used])
        person += [number] * used
    return _centred(maps, np.concatenate(coefficients), np.zeros((len(maps), 2)), np.array(person))


def regress(samples: list[tuple[NDArray[Any], F32, float]]) -> F32:
    """(U, S, S) map per unit of CENTRAL + SIDED, both sides at once."""
    count = len(CENTRAL + SIDED)
    gram = sum(w * z.T @ z for z, _, w in samples)
    cross = sum(w * z.T @ y.reshape(len(y), -1) for z, y, w in samples)
    strength = np.full(len(gram), RIDGE)
    strength[count:] = 0.05
    solution = np.linalg.solve(gram + np.diag(strength), cross)[:count]
    size = samples[0][1].shape[1]
    return solution.reshape(count, size, size).astype(np.float32)


def regions(texture: CanonicalTexture) -> dict[str, F32]:
    """Soft weights (S, S) of the regions that units may darken or lighten."""
    uv, size = texture.uv, texture.size
    ys, xs = (np.mgrid[:size, :size] + 0.5) / size
    under_eye, nose, lid = uv[450, 1], uv[4, 1], uv[374, 1]
    mouth = np.array([0.5, (uv[13, 1] + uv[14, 1]) / 2])
    reach = np.hypot((xs - mouth[0]) / 0.75, (ys - mouth[1]) / 0.9)
    left, right = uv[[362, 263]].mean(0), uv[[133, 33]].mean(0)
    eye = np.minimum(np.hypot(xs - left[0], ys - left[1]), np.hypot(xs - right[0], ys - right[1]))
    tip = uv[[4, 2]].mean(0)
    nose_reach = np.hypot((xs - tip[0]) / 0.9, ys - tip[1])
    weights = {
        "nose": NOSE_SHARE + (1 - NOSE_SHARE) * smoothstep(nose_reach, 0.05, 0.11),
        "all": np.ones_like(xs),
        "lower": smoothstep(ys, lid, under_eye + 0.3 * (nose - under_eye)),
        "upper": 1 - smoothstep(ys, lid, 0.5 * (lid + nose)),
        "mouth": 1 - smoothstep(reach, 0.20, 0.34),
        "eye": 1 - smoothstep(eye, 0.13, 0.24),
    }
    return {name: weight.astype(np.float32) for name, weight in weights.items()}


def compose(learned: F32, geometric: F32, texture: CanonicalTexture) -> F32:
    """(52, S, S) final maps."""
    edges, areas = soft_edges(texture), regions(texture)
    hair = 1 - (1 - BROW_HAIR_SHARE) * edges["brow"]
    folds = drawn_folds(ARKIT_NAMES, texture.uv, texture.size)
    _, xs = (np.mgrid[: texture.size, : texture.size] + 0.5) / texture.size
    side = smoothstep(xs, 0.44, 0.56).astype(np.float32)
    order, maps = CENTRAL + SIDED, np.zeros((K, *edges["face"].shape), np.float32)
    for i, name in enumerate(ARKIT_NAMES):
        share = SHARES.get(family(name)) or SHARES.get(name) or SHARES.get(name[:3])
        if share is None or name.startswith("eyeLook"):
            continue
        area, by_data, by_rig = share
        left = name[:-5] + "Left" if name.endswith("Right") else name
        total = by_rig * cv2.GaussianBlur(
            np.clip(geometric[i], -GEOMETRIC_LIMIT, GEOMETRIC_LIMIT), (0, 0), texture.size / 128.0
        )
        if left in order and by_data:
            both = learned[order.index(left)]
            if left != name or name.endswith("Left"):
                both = both * (side if name.endswith("Left") else side[:, ::-1])
            nose = 1.0 if family(name) == "mouthSmile" else areas["nose"]
            total = total + by_data * both * nose
        total = without_large_scales(total, texture.mask) * areas[area] * hair
        maps[i] = LIMIT * np.tanh((total + folds[i]) / LIMIT) * edges["face"]
    return ((maps + maps[mirror_units()][:, :, ::-1]) / 2).astype(np.float32)


def main() -> None:
    """Learn and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--rig", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    face = canonical()
    texture = build_texture(face["uv"], skin_triangles(face["triangles"].astype(np.int64)), SIZE)
    with np.load(args.rig) as rig:
        geometric = rig["light"].astype(np.float32)
    generated, filmed = generated_samples(args.faces, texture), filmed_samples(args.corpus, texture)
    learned = regress([(*generated, 1.0), (*filmed, FILMED_WEIGHT)])
    maps = compose(learned, geometric, texture)
    used = np.flatnonzero(np.abs(maps).max((1, 2)) > 0.02)
    np.savez_compressed(
        args.out, log2_gain=maps[used].astype(np.float16), units=used.astype(np.int64)
    )


if __name__ == "__main__":
    main()
