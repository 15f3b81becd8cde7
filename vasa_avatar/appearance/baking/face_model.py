"""The learned face that ships in weights/: its shape, how it moves and shades, its mouth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from vasa_avatar.datatypes import F32, F64, I32, U8
from vasa_avatar.geometry.canonical_face import CanonicalFace, canonical_face


@dataclass(frozen=True, slots=True, eq=False)
class MouthInterior:
    """Pictures of a mouth's inside that fit anybody, with straight alpha."""

    upper_teeth_rgba: U8
    """(h, w, 4)"""
    lower_teeth_rgba: U8
    """(h, w, 4)"""
    tongue_rgba: U8
    """(h, w, 4) its root above, its tip below"""


@dataclass(frozen=True, slots=True, eq=False)
class FaceModel:
    """The learned face; lengths in face widths, axes of datatypes.py."""

    mean_shape: F32
    """(478, 3)"""
    rigid_weights: F64
    """(478,) weight of each landmark where the head's place is fitted; 0 for moving ones"""
    displacement: F32
    """(52, 478, 3) how each landmark moves per unit of a coefficient"""
    incisor_displacement: F32
    """(52, 3) how the jaw carries the lower incisors"""
    tracker_gain: F32
    """(52,) amount of the basis per reading of the coefficient net"""
    canonical: CanonicalFace
    shading: F32
    """(U, S, S) change of log2 brightness per unit of a coefficient, in canonical uv"""
    shading_units: I32
    """(U,) coefficient of each map"""
    interior: MouthInterior


@lru_cache(maxsize=1)
def load_face_model() -> FaceModel:
    """The face model of this version; read once."""
    home = resources.files("vasa_avatar") / "weights"
    with (home / "face_basis.npz").open("rb") as file, np.load(file) as basis:
        mean, displacement, rigid = basis["mean_shape"], basis["displacement"], basis["rigid"]
        incisor, tracker_gain = basis["lower_incisor_displacement"], basis["tracker_gain"]
    rigid_weights = np.zeros(len(mean))
    rigid_weights[rigid] = 1.0
    with (home / "face_shading.npz").open("rb") as file, np.load(file) as maps:
        shading, units = maps["log2_gain"].astype(np.float32), maps["units"].astype(np.int32)
    with (home / "mouth_interior.npz").open("rb") as file, np.load(file) as pictures:
        interior = MouthInterior(
            pictures["upper_teeth_rgba"], pictures["lower_teeth_rgba"], pictures["tongue_rgba"]
        )
    return FaceModel(
        mean_shape=mean,
        rigid_weights=rigid_weights,
        displacement=displacement,
        incisor_displacement=incisor,
        tracker_gain=np.asarray(tracker_gain, np.float32),
        canonical=canonical_face(),
        shading=shading,
        shading_units=units,
        interior=interior,
    )
