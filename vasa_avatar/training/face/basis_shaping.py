"""The regressed basis to the shipped one: regions, full-range sizes, closed contours, smoothness.

Regression says where a face moves when the tracker reads a unit. What it cannot say is put in
here: a unit moves only its own region, reaches ARKit's full range at 1, lids and lips meet exactly
where they must, closed lips do not pass through each other, and no field kinks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import ARKIT_INDEX, ARKIT_NAMES, F64
from vasa_avatar.training.face.basis_regression import FLIP, mirror_units, smoothstep
from vasa_avatar.training.face.landmark_sets import (
    BROW_LEFT,
    BROW_RIGHT,
    CHIN,
    IRIS_LEFT,
    IRIS_RIGHT,
    LID_LOWER_LEFT,
    LID_LOWER_RIGHT,
    LID_UPPER_LEFT,
    LID_UPPER_RIGHT,
    LIP_LOWER_BETWEEN,
    LIP_LOWER_INNER,
    LIP_LOWER_OUTER,
    LIP_UPPER_BETWEEN,
    LIP_UPPER_INNER,
    LIP_UPPER_OUTER,
    N_LANDMARKS,
    OVAL,
)

MIX: dict[str, tuple[float, float]] = {
    "jawOpen": (1.05, 0.0),
    "jawForward": (0.0, 1.0),
    "cheekPuff": (0.0, 1.25),
    "noseSneer": (0.0, 1.3),
    "cheekSquint": (0.0, 1.0),
    "mouthPucker": (1.1, 1.3),
    "mouthFunnel": (1.15, 0.0),
    "mouthFrown": (1.25, 0.0),
    "mouthDimple": (0.9, 0.45),
    "mouthShrugUpper": (0.55, 0.0),
    "mouthShrugLower": (0.8, 0.0),
    "mouthRollUpper": (1.2, 0.0),
    "mouthRollLower": (1.1, 0.0),
    "mouthStretch": (0.85, 0.0),
    "mouthLowerDown": (0.9, 0.0),
    "eyeWide": (0.75, 0.0),
}
"""Per unit (without its side): share of the regressed field, share of the prior."""
ROUNDING: dict[str, float] = {"mouthFunnel": 0.5}
"""Share of the finished pucker that a unit takes along."""

PUCKER_DEPTH = 0.75
"""The rig's pucker protrudes more than filmed ones; share of its z that is kept."""
CONTACT = 0.004
"""Closed lips may press this far into each other, in face widths."""
UPPER_LID_SHARE = 0.86
"""Share of the lid gap that the upper lid crosses in a blink."""
NEVER_CROSS = (
    "mouthPucker", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthPressLeft",
    "mouthSmileLeft", "mouthDimpleLeft", "mouthFrownLeft", "mouthStretchLeft",
)  # fmt: skip
LIP_UPPER_ROWS = (LIP_UPPER_INNER, *LIP_UPPER_BETWEEN[::-1], LIP_UPPER_OUTER)
LIP_LOWER_ROWS = (LIP_LOWER_INNER, *LIP_LOWER_BETWEEN[::-1], LIP_LOWER_OUTER)
LIPS = sorted({i for row in LIP_UPPER_ROWS + LIP_LOWER_ROWS for i in row})
LIDS = sorted(set(LID_UPPER_LEFT + LID_LOWER_LEFT + LID_UPPER_RIGHT + LID_LOWER_RIGHT))


def family(name: str) -> str:
    """Unit name without its side."""
    return name.removesuffix("Left").removesuffix("Right")


def graph_laplacian(triangles: NDArray[np.int64]) -> F64:
    """(478, 478) I - D^-1 A of the mesh edges; iris points have no edges."""
    adjacency = np.zeros((N_LANDMARKS, N_LANDMARKS))
    for a, b in ((0, 1), (1, 2), (2, 0)):
        adjacency[triangles[:, a], triangles[:, b]] = 1
        adjacency[triangles[:, b], triangles[:, a]] = 1
    degree = adjacency.sum(1)
    laplacian: F64 = np.diag((degree > 0) * 1.0) - adjacency / np.maximum(degree, 1)[:, None]
    return laplacian


def region_weights(mean_shape: F64) -> dict[str, F64]:
    """How much each landmark belongs to the brow, eye, mouth or whole region, (478,) each."""
    y = mean_shape[:, 1]
    lid = float(mean_shape[list(LID_LOWER_LEFT), 1].max())
    nose = float(mean_shape[4, 1])
    left = mean_shape[list(LID_UPPER_LEFT)].mean(0)
    right = mean_shape[list(LID_UPPER_RIGHT)].mean(0)
    reach = np.minimum(
        np.hypot(*(mean_shape - left)[:, :2].T), np.hypot(*(mean_shape - right)[:, :2].T)
    )
    return {
        "brow": 1 - smoothstep(y, lid - 0.02, lid + 0.10),
        "eye": 1 - smoothstep(reach, 0.15, 0.27),
        "mouth": smoothstep(y, lid - 0.005, lid + 0.6 * (nose - lid)),
        "whole": np.ones(len(mean_shape)),
    }


def region_of(name: str) -> str:
    """Region that a unit may move."""
    if name.startswith("brow"):
        return "brow"
    if name.startswith("eye"):
        return "eye"
    return "whole" if name.startswith(("cheek", "nose")) else "mouth"


def smoothed(fields: F64, laplacian: F64, strength: float = 1.5) -> F64:
    """Fields (U, 478, 3) without kinks; lips, lids, brows, chin and iris hold their places."""
    hold = np.full(N_LANDMARKS, 1.0)
    hold[LIPS + LIDS] = 40.0
    hold[list(BROW_LEFT + BROW_RIGHT + CHIN)] = 6.0
    hold[list(IRIS_LEFT + IRIS_RIGHT)] = 1e6
    normal = np.diag(hold) + strength * laplacian.T @ laplacian
    flat = fields.transpose(1, 0, 2).reshape(N_LANDMARKS, -1)
    solved = np.linalg.solve(normal, hold[:, None] * flat).astype(np.float64)
    return solved.reshape(N_LANDMARKS, len(fields), 3).transpose(1, 0, 2)


def spread(laplacian: F64, anchors: NDArray[np.int64], values: F64) -> F64:
    """(478, 3) field that takes given values at anchors and is biharmonic between."""
    hold = np.zeros(N_LANDMARKS)
    hold[anchors] = 1e4
    hold[list(IRIS_LEFT + IRIS_RIGHT)] = 1.0
    target = np.zeros((N_LANDMARKS, 3))
    target[anchors] = values
    normal = np.diag(hold) + laplacian.T @ laplacian + 1e-9 * np.eye(N_LANDMARKS)
    return np.linalg.solve(normal, hold[:, None] * target).astype(np.float64)


def closing_field(jaw_open: F64, mean_shape: F64, laplacian: F64) -> F64:
    """mouthClose: with the jaw open, both lips meet a quarter of the way down.

    Along the lips, upper and lower contours move rigidly together; chin, nose and the outer face
    stay with the open jaw.
    """
    upper, lower = list(LIP_UPPER_INNER), list(LIP_LOWER_INNER)
    gap = jaw_open[lower] - jaw_open[upper]
    anchors: dict[int, F64] = {}
    for row_upper, row_lower in zip(LIP_UPPER_ROWS, LIP_LOWER_ROWS, strict=True):
        for column in range(11):
            anchors[row_upper[column]] = 0.25 * gap[column]
            anchors[row_lower[column]] = -0.75 * gap[column]
    corner = -0.12 * gap[5] * np.array([0.0, 1.0, 0.5])
    for index in (61, 76, 62, 78, 291, 306, 292, 308):
        anchors[index] = corner
    still = mean_shape[:, 1] < mean_shape[2, 1]
    still[list(OVAL) + [175, 199, 171, 396]] = True
    still[LIPS] = False
    for index in map(int, np.flatnonzero(still[:468])):
        anchors[index] = np.zeros(3)
    indices = np.array(list(anchors))
    return spread(laplacian, indices, np.array(list(anchors.values())))


def without_crossing(field: F64) -> F64:
    """A unit whose closed lips would pass through each other, pushed apart to mere contact.

    The inner contours share the correction; it fades to nothing at the outer contours, which is
    what makes pressed and rolled lips look thin.
    """
    out = field.copy()
    for column in range(1, 10):
        upper, lower = LIP_UPPER_INNER[column], LIP_LOWER_INNER[column]
        overlap = float(field[upper, 1] - field[lower, 1]) - CONTACT
        if overlap <= 0:
            continue
        for step, (row_upper, row_lower) in enumerate(
            zip(LIP_UPPER_ROWS, LIP_LOWER_ROWS, strict=True)
        ):
            share = 0.5 * overlap * (1 - step / 3)
            out[row_upper[column], 1] -= share
            out[row_lower[column], 1] += share
    return out


def rounded(field: F64, mean_shape: F64) -> F64:
    """A unit that parts the lips, with the opening made an ellipse instead of a lens."""
    out = field.copy()
    widest = float(field[LIP_LOWER_INNER[5], 1] - field[LIP_UPPER_INNER[5], 1])
    half = abs(float(mean_shape[LIP_UPPER_INNER[0], 0]))
    for column in range(1, 10):
        upper, lower = LIP_UPPER_INNER[column], LIP_LOWER_INNER[column]
        across = float(mean_shape[upper, 0] + mean_shape[lower, 0]) / (2 * half)
        wanted = widest * max(1 - across**2, 0.0) ** 0.55
        missing = wanted - float(field[lower, 1] - field[upper, 1])
        for step, (row_upper, row_lower) in enumerate(
            zip(LIP_UPPER_ROWS, LIP_LOWER_ROWS, strict=True)
        ):
            share = 0.5 * missing * (1 - step / 4)
            out[row_upper[column], 1] -= share
            out[row_lower[column], 1] += share
    return out


def blink_field(mean_shape: F64, prior: F64) -> F64:
    """eyeBlinkLeft: the lids meet, the upper one doing most of the way; the rig's field around."""
    upper, lower = list(LID_UPPER_LEFT), list(LID_LOWER_LEFT)
    gap = mean_shape[lower] - mean_shape[upper]
    middle = len(upper) // 2
    scale = UPPER_LID_SHARE * gap[middle, 1] / max(float(prior[upper[middle], 1]), 1e-6)
    field: F64 = prior * scale
    field[upper] = UPPER_LID_SHARE * gap
    field[lower] = (UPPER_LID_SHARE - 1) * gap
    return field


JAW_BONE = (152, 148, 377, 176, 400, 175, 199, 171, 396, 149, 378)
"""Points that ride on the jaw bone."""


def incisor_motion(basis: F64, mean_shape: F64) -> tuple[F64, F64]:
    """Where the lower incisors are, and how the jaw bone carries them.

    Returns:
        (3,) edge of the lower incisors, a little below and behind the line between the lips;
        (52, 3) its displacement: the rigid motion of the chin under the jaw units, else 0.
    """
    incisor = (mean_shape[13] + mean_shape[14]) / 2 + np.array([0, 0.01, -0.05])
    bone = mean_shape[list(JAW_BONE)]
    motion = np.zeros((len(ARKIT_NAMES), 3))
    for i, name in enumerate(ARKIT_NAMES):
        if not name.startswith("jaw"):
            continue
        moved = bone + basis[i, list(JAW_BONE)]
        u, _, vt = np.linalg.svd((moved - moved.mean(0)).T @ (bone - bone.mean(0)))
        rotation = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
        motion[i] = rotation @ (incisor - bone.mean(0)) + moved.mean(0) - incisor
    return incisor, motion


def shape_basis(
    learned: F64,
    prior: F64,
    mean_shape: F64,
    triangles: NDArray[np.int64],
    mirror: NDArray[np.int64],
) -> F64:
    """Finish a basis.

    Args:
        learned: (52, 478, 3) regressed displacement per unit.
        prior: (52, 478, 3) the rig's.
        mean_shape: (478, 3) neutral face, symmetric.
        triangles: (F, 3) skin triangles, without the mouth and eye openings.
        mirror: (478,) mirror landmark.

    Returns:
        (52, 478, 3) displacement at coefficient 1.
    """
    laplacian = graph_laplacian(triangles)
    weights = region_weights(mean_shape)
    basis = np.zeros_like(learned)
    for i, name in enumerate(ARKIT_NAMES):
        data_share, prior_share = MIX.get(family(name), (1.0, 0.0))
        mixed = data_share * learned[i] + prior_share * prior[i]
        basis[i] = mixed * weights[region_of(name)][:, None]
    basis = smoothed(basis, laplacian)
    basis[ARKIT_INDEX["mouthPucker"], :, 2] *= PUCKER_DEPTH
    for name, share in ROUNDING.items():
        basis[ARKIT_INDEX[name]] += share * basis[ARKIT_INDEX["mouthPucker"]]
    funnel = ARKIT_INDEX["mouthFunnel"]
    basis[funnel] = rounded(basis[funnel], mean_shape)
    other = mirror_units()
    for name in NEVER_CROSS:
        i = ARKIT_INDEX[name]
        if i == other[i]:
            basis[i] = without_crossing(basis[i])
        else:
            both = basis[i] + basis[other[i]]
            ratio = without_crossing(both) - both
            side = smoothstep(mean_shape[:, 0], -0.13, 0.13)[:, None]
            basis[i] += side * ratio
    blink = ARKIT_INDEX["eyeBlinkLeft"]
    basis[blink] = blink_field(mean_shape, prior[blink])
    close = closing_field(basis[ARKIT_INDEX["jawOpen"]], mean_shape, laplacian)
    basis[ARKIT_INDEX["mouthClose"]] = close
    for i, name in enumerate(ARKIT_NAMES):
        if name.endswith("Left"):
            basis[other[i]] = basis[i][mirror] * FLIP
        elif not name.endswith("Right"):
            basis[i] = (basis[i] + basis[i][mirror] * FLIP) / 2
    return basis
