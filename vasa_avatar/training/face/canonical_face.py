"""MediaPipe's face_landmarker.task to weights/canonical_face.npz: mesh, uv, rigid points.

The geometry metadata inside the task file is one protobuf message; only the few wire types that
occur in it are read here. Coordinates as they come: x right, y up, z towards the viewer, in cm.

    python -m vasa_avatar.training.face.canonical_face --task face_landmarker.task \
        --out vasa_avatar/weights/canonical_face.npz
"""

from __future__ import annotations

import argparse
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

METADATA = "geometry_pipeline_metadata_landmarks.binarypb"


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalFace:
    """The canonical face of MediaPipe."""

    vertices: NDArray[np.float32]
    """(468, 3) cm, y up"""
    uv: NDArray[np.float32]
    """(468, 2) 0..1, v down"""
    triangles: NDArray[np.int64]
    """(898, 3)"""
    rigid_ids: NDArray[np.int32]
    """(33,) vertices that MediaPipe fits the head's pose to"""
    rigid_weights: NDArray[np.float32]
    """(33,)"""


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _fields(data: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    at = 0
    value: int | float | bytes
    while at < len(data):
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == 0:
            value, at = _varint(data, at)
        elif wire == 5:
            value = struct.unpack("<f", data[at : at + 4])[0]
            at += 4
        elif wire == 2:
            length, at = _varint(data, at)
            value = data[at : at + length]
            at += length
        else:
            raise ValueError(f"wire type {wire} in the geometry metadata; expected 0, 2 or 5")
        yield tag >> 3, value


def read_canonical_face(task: Path) -> CanonicalFace:
    """Read the canonical mesh out of a face_landmarker.task file."""
    with zipfile.ZipFile(task) as archive:
        metadata = archive.read(METADATA)
    mesh = next(value for number, value in _fields(metadata) if number == 1)
    assert isinstance(mesh, bytes)
    floats = [value for number, value in _fields(mesh) if number == 3]
    indices = [value for number, value in _fields(mesh) if number == 4]
    vertices = np.array(floats, np.float32).reshape(-1, 5)
    triangles = np.array(indices, np.int64).reshape(-1, 3)
    basis = [dict(_fields(value)) for number, value in _fields(metadata)
             if number == 2 and isinstance(value, bytes)]  # fmt: skip
    ids = np.array([pair[1] for pair in basis], np.int32)
    weights = np.array([pair[2] for pair in basis], np.float32)
    return CanonicalFace(vertices[:, :3].copy(), vertices[:, 3:].copy(), triangles, ids, weights)


def main() -> None:
    """Write the canonical face as .npz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    face = read_canonical_face(args.task)
    np.savez_compressed(
        args.out,
        vertices=face.vertices,
        uv=face.uv,
        triangles=face.triangles.astype(np.int32),
        rigid_ids=face.rigid_ids,
        rigid_weights=face.rigid_weights,
    )


if __name__ == "__main__":
    main()
