"""MediaPipe's canonical face: the mesh that all landmarks are numbered after, in centimetres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from vasa_avatar.datatypes import F64, I32


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalFace:
    """The canonical face (Apache-2.0, see weights/canonical_face.npz), symmetric in x."""

    vertices: F64
    """(468, 3) cm; x right, y down, z towards the viewer"""
    uv: F64
    """(468, 2) 0..1, v down"""
    triangles: I32
    """(898, 3)"""
    rigid_ids: I32
    """(33,) vertices that say where the head is"""
    rigid_weights: F64
    """(33,)"""


@lru_cache(maxsize=1)
def canonical_face() -> CanonicalFace:
    """The canonical face, in this package's axes."""
    with (files("vasa_avatar") / "weights" / "canonical_face.npz").open("rb") as file:
        data = np.load(file, allow_pickle=False)
        arrays = {name: data[name] for name in data.files}
    return CanonicalFace(
        arrays["vertices"].astype(np.float64) * (1, -1, 1),
        arrays["uv"].astype(np.float64),
        arrays["triangles"].astype(np.int32),
        arrays["rigid_ids"],
        arrays["rigid_weights"].astype(np.float64),
    )
