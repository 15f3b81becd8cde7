"""Aligned clips to the expression basis: ridge towards a prior basis, left and right made mirrors.

The displacement of one landmark is linear in the coefficients. Every clip is centred (its own
neutral), split into a mirror-symmetric and an antisymmetric half, and fitted with the head's
rotation as a nuisance. The ridge pulls towards a prior basis (a rigged head) scaled per unit, so
units that filmed faces excite take the faces' shape and units they do not excite keep the rig's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import ARKIT_INDEX, ARKIT_NAMES, F64, K
from vasa_avatar.training.face.face_tracks import ClipTrack

SHIFTS = ("jawLeft", "mouthLeft")
"""Units whose left and right versions both move the whole mouth."""
SIDED = tuple(n for n in ARKIT_NAMES if n.endswith("Left") and n not in SHIFTS)
CENTRAL = tuple(n for n in ARKIT_NAMES if not n.endswith(("Left", "Right")))
EYE_UNITS = tuple(n for n in SIDED if n.startswith("eye"))
BROW_UNITS = ("browInnerUp", "browDownLeft", "browOuterUpLeft")

RIDGE = 15.0
FRAMES_PER_CLIP = 400.0
"""A longer clip counts as much as this many frames."""
NUISANCE_RIDGE = 0.1
MIDLINE_HALF_WIDTH = 0.13
"""A sided unit fades across the midline over this half width, in face widths."""
FLIP = np.array([-1.0, 1.0, 1.0])


def mirror_units() -> NDArray[np.int64]:
    """(52,) index of the unit on the other side."""
    swapped = [
        n[:-4] + "Right" if n.endswith("Left") else n[:-5] + "Left" if n.endswith("Right") else n
        for n in ARKIT_NAMES
    ]
    return np.array([ARKIT_INDEX[n] for n in swapped])


@dataclass(frozen=True, slots=True, eq=False)
class Half:
    """One clip's regressors and targets, weighted and centred."""

    units: F64
    """(T, U)"""
    nuisance: F64
    """(T, P)"""
    shape: F64
    """(T, 478 * 3)"""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A solved half."""

    units: F64
    """(U, 478, 3)"""
    nuisance: F64
    """(P, 478 * 3)"""
    prior_gain: F64
    """(U,) how far the prior's units were scaled"""


def _centred(clip: ClipTrack) -> tuple[F64, F64, F64]:
    pose = clip.pose
    nuisance = np.concatenate([pose, pose**2, pose[:, :1] * pose[:, 1:2]], axis=1)
    weight = np.sqrt(min(1.0, FRAMES_PER_CLIP / len(pose)))
    parts = (clip.coefficients, nuisance, clip.shape)
    x, n, y = (weight * (part - part.mean(0)) for part in parts)
    return x, n, y


def _columns(names: Sequence[str]) -> list[int]:
    return [ARKIT_INDEX[name] for name in names]


def symmetric_half(clip: ClipTrack, mirror: NDArray[np.int64]) -> Half:
    """What is the same on both sides: central units and the mean of left and right."""
    x, n, y = _centred(clip)
    both = (x + x[:, mirror_units()]) / 2
    units = np.concatenate([x[:, _columns(CENTRAL)], both[:, _columns(SIDED + SHIFTS)]], axis=1)
    shape = (y + y[:, mirror] * FLIP) / 2
    return Half(units, n[:, [0, 3, 4, 5]], shape.reshape(len(y), -1))


def antisymmetric_half(clip: ClipTrack, mirror: NDArray[np.int64]) -> Half:
    """What differs between the sides: left minus right."""
    x, n, y = _centred(clip)
    difference = (x - x[:, mirror_units()]) / 2
    shape = (y - y[:, mirror] * FLIP) / 2
    return Half(difference[:, _columns(SIDED + SHIFTS)], n[:, [1, 2, 6]], shape.reshape(len(y), -1))


def eye_half(clip: ClipTrack, mirror: NDArray[np.int64]) -> tuple[Half, Half]:
    """The left eye by its own units, and the right eye mirrored onto it."""
    x, n, y = _centred(clip)
    columns = _columns(EYE_UNITS + BROW_UNITS)
    turned = n * np.array([1, -1, -1, 1, 1, 1, -1])
    flipped = (y[:, mirror] * FLIP).reshape(len(y), -1)
    left = Half(x[:, columns], n, y.reshape(len(y), -1))
    return left, Half(x[:, mirror_units()][:, columns], turned, flipped)


def _prior_gain(prior: F64, gram: F64, cross: F64, ridge: float = 0.05) -> F64:
    """(U,) least-squares scale of each prior unit, pulled to 1, between .5 and 1.6."""
    normal = (prior @ prior.T) * gram
    right = (prior * cross).sum(1)
    energy = np.diag(normal)
    if not energy.any():
        return np.ones(len(prior))
    strength = ridge * float(np.median(energy[energy > 0])) + 1e-6
    gain = np.linalg.solve(normal + strength * np.eye(len(prior)), right + strength)
    silent = np.diag(gram) < 0.5
    clipped: F64 = np.where(silent, 1.0, np.clip(gain, 0.5, 1.6))
    return clipped


def solve(halves: Sequence[Half], prior: F64, ridge: float = RIDGE) -> Fit:
    """Ridge regression towards the scaled prior.

    Args:
        halves: one per clip.
        prior: (U, 478, 3) displacement per unit; zeros for none.
        ridge: strength, in units of summed squared coefficients.
    """
    units = np.concatenate([half.units for half in halves])
    regressors = np.concatenate([units, np.concatenate([h.nuisance for h in halves])], axis=1)
    shape = np.concatenate([half.shape for half in halves])
    count = units.shape[1]
    gram, cross = regressors.T @ regressors, regressors.T @ shape
    flat = prior.reshape(count, -1)
    gain = _prior_gain(flat, gram[:count, :count], cross[:count])
    start = np.zeros_like(cross)
    start[:count] = flat * gain[:, None]
    strength = np.full(len(gram), ridge)
    strength[count:] = NUISANCE_RIDGE
    solution = start + np.linalg.solve(gram + np.diag(strength), cross - gram @ start)
    return Fit(solution[:count].reshape(count, -1, 3), solution[count:], gain)


def symmetric_prior(prior: F64) -> F64:
    """(U, 478, 3) a (52, 478, 3) basis as the regressors of `symmetric_half` see it."""
    other = mirror_units()
    sided = [prior[i] + prior[other[i]] for i in _columns(SIDED + SHIFTS)]
    return np.stack([*prior[_columns(CENTRAL)], *sided])


def antisymmetric_prior(prior: F64) -> F64:
    """(U, 478, 3) a (52, 478, 3) basis as the regressors of `antisymmetric_half` see it."""
    other = mirror_units()
    return np.stack([prior[i] - prior[other[i]] for i in _columns(SIDED + SHIFTS)])


def smoothstep(x: F64, low: float, high: float) -> F64:
    """0 below low, 1 above high, smooth between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    smooth: F64 = t * t * (3 - 2 * t)
    return smooth


def learn(
    clips: Sequence[ClipTrack],
    prior: F64,
    mean_shape: F64,
    mirror: NDArray[np.int64],
) -> tuple[F64, F64]:
    """Regress the whole basis.

    Returns:
        (52, 478, 3) displacement per unit, (52,) how far the prior was scaled.
    """
    symmetric = solve([symmetric_half(c, mirror) for c in clips], symmetric_prior(prior))
    anti = solve([antisymmetric_half(c, mirror) for c in clips], antisymmetric_prior(prior))
    eye = solve(
        [half for c in clips for half in eye_half(c, mirror)],
        prior[_columns(EYE_UNITS + BROW_UNITS)],
    )
    side = smoothstep(mean_shape[:, 0], -MIDLINE_HALF_WIDTH, MIDLINE_HALF_WIDTH)[:, None]
    other = mirror_units()
    basis, gain = np.zeros((K, len(mean_shape), 3)), np.ones(K)
    for row, name in enumerate(CENTRAL + SIDED + SHIFTS):
        i, field = ARKIT_INDEX[name], symmetric.units[row]
        gain[i] = gain[other[i]] = symmetric.prior_gain[row]
        if name in CENTRAL:
            basis[i] = field
            continue
        if name in SHIFTS:
            field = (field + anti.units[row - len(CENTRAL)]) / 2
        else:
            field = side * (eye.units[EYE_UNITS.index(name)] if name in EYE_UNITS else field)
        basis[i], basis[other[i]] = field, field[mirror] * FLIP
    return basis, gain


def tracker_gain(clips: Sequence[ClipTrack], basis: F64, mirror: NDArray[np.int64]) -> F64:
    """(52,) what a tracker's reading must be multiplied with to be this basis's coefficient.

    Least squares over the clips, pulled to 1 and kept within .3 and 1.6; the same on both sides.
    """
    halves = [symmetric_half(c, mirror) for c in clips]
    units = np.concatenate([half.units for half in halves])
    shape = np.concatenate([half.shape for half in halves])
    nuisance = np.concatenate([half.nuisance for half in halves])
    shape = shape - nuisance @ np.linalg.lstsq(nuisance, shape, rcond=None)[0]
    flat = symmetric_prior(basis).reshape(units.shape[1], -1)
    gram = units.T @ units
    normal = (flat @ flat.T) * gram
    right = (flat * (units.T @ shape)).sum(1)
    energy = np.diag(normal)
    strength = 0.05 * float(np.median(energy[energy > 0])) + 1e-6
    solved = np.linalg.solve(normal + strength * np.eye(len(normal)), right + strength)
    solved = np.where(np.diag(gram) < 0.5, 1.0, np.clip(solved, 0.3, 1.6))
    gain, other = np.ones(K), mirror_units()
    for row, name in enumerate(CENTRAL + SIDED + SHIFTS):
        gain[ARKIT_INDEX[name]] = gain[other[ARKIT_INDEX[name]]] = solved[row]
    return gain


def held_out_r2(
    clips: Sequence[ClipTrack],
    prior: F64,
    mirror: NDArray[np.int64],
    regions: dict[str, list[int]],
) -> dict[str, float]:
    """Explained variance of x and y, symmetric half, each clip predicted from all the others."""
    halves = [symmetric_half(c, mirror) for c in clips]
    start = symmetric_prior(prior)
    error, total = dict.fromkeys(regions, 0.0), dict.fromkeys(regions, 0.0)
    for left_out, half in enumerate(halves):
        fit = solve([h for i, h in enumerate(halves) if i != left_out], start)
        moved = half.shape - half.nuisance @ fit.nuisance
        rest = moved - half.units @ fit.units.reshape(len(fit.units), -1)
        moved, rest = moved.reshape(len(moved), -1, 3), rest.reshape(len(rest), -1, 3)
        for region, points in regions.items():
            error[region] += float((rest[:, points, :2] ** 2).sum())
            total[region] += float((moved[:, points, :2] ** 2).sum())
    return {region: 1 - error[region] / total[region] for region in regions}
