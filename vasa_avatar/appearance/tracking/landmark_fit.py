"""Filmed landmarks to the renderer's own motion: coefficients, place and distance, frame by frame.

The model is the one that a bake makes of the reference frame and that render/pose.py draws:

    Y = R (rest + sum of c_k * basis_k),   seen = Y_xy / (distance - Y_z / camera) + shift,

in face widths around the head's pivot. R comes from the measured head angles, so that what is
rendered measures like what was filmed; the other unknowns solve a bounded ridge regression whose
prior is what the coefficient net read. Lids are left to their own measure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vasa_avatar.appearance.avatar import Avatar
from vasa_avatar.appearance.baking import (
    MOUTH_OPENERS,
    close_mouth,
    fit_head,
    fit_moves,
    load_face_model,
)
from vasa_avatar.appearance.reading import FaceLandmarks
from vasa_avatar.appearance.tracking.descent import descend
from vasa_avatar.datatypes import ARKIT_INDEX, ARKIT_NAMES, F32, F64, Floats, K
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.geometry.camera import CAMERA_DISTANCE, settle
from vasa_avatar.geometry.rotation import euler_angles, rotation_matrix

RIDGE = 0.02
"""weight of the prior, squared face widths summed over the landmarks: a coefficient that is 1 off
the prior costs what fifty landmarks cost that are .02 off"""
UNSEEN_RIDGE = 0.2
"""for units that the coefficient net never reads"""
_UNSEEN = ("jawForward", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft",
           "noseSneerRight", "tongueOut")  # fmt: skip
_FIXED = [i for i, name in enumerate(ARKIT_NAMES) if name.startswith(("eyeLook", "eyeBlink"))]
_UNKNOWNS = K + 3
_FREE = np.array([k for k in range(_UNKNOWNS) if k not in _FIXED])
_N = topo.N_MESH
_ROUNDS = 3
"""of Gauss-Newton; on a filmed face 200 px wide the third moves no landmark by .004 px"""
_CHUNK = 48
"""frames at a time: their Jacobian takes 20 MB"""
_LIDS = sorted(
    {*topo.RIGHT_EYE_UPPER, *topo.RIGHT_EYE_LOWER, *topo.LEFT_EYE_UPPER, *topo.LEFT_EYE_LOWER}
    - {33, 133, 362, 263}
)


@dataclass(frozen=True, slots=True, eq=False)
class DrawnGains:
    """What an avatar draws for a command: its calibration (see calibrate.py)."""

    pose: F64 = field(default_factory=lambda: np.diag([0.84, 0.84, 1.0]))
    """(3, 3) drawn angles per commanded pitch, yaw, roll; here a typical value (23 portraits: .82,
    .80, 1.00): the landmark net reads turned meshes as turned further than they are"""
    distance: float = 0.95
    """drawn distance per commanded one, less 1 each; typical (23 portraits: .94)"""
    units: F64 = field(default_factory=lambda: np.tile(np.linspace(0.0, 1.0, 5), (K, 1)))
    """(52, S) amounts of the basis at commanded coefficients in equal steps from 0 to 1; rising"""

    def commands(self, amounts: Floats) -> F32:
        """(T, 52) commanded coefficients, 0..1, for amounts of the basis."""
        steps = np.linspace(0.0, 1.0, self.units.shape[1])
        columns = [np.interp(amounts[:, u], self.units[u], steps) for u in range(K)]
        return np.stack(columns, 1).astype(np.float32)

    @staticmethod
    def of(avatar: Avatar) -> DrawnGains:
        """The gains of one avatar."""
        made = avatar.assets
        return DrawnGains(
            np.asarray(made.pose_gain, np.float64),
            float(made.distance_gain),
            np.asarray(made.unit_curve, np.float64),
        )


@dataclass(frozen=True, slots=True, eq=False)
class FittedFrames:
    """The motion of T frames."""

    coefficients: F32
    """(T, 52) amounts of the basis; blinks as they came in"""
    translation: F32
    """(T, 3) x, y in face widths, distance - 1"""
    residual: F32
    """(T,) mean distance of fitted and filmed landmarks / distance of the outer eye corners"""


@dataclass(frozen=True, slots=True, eq=False)
class RestFace:
    """The face that a bake makes of the reference frame."""

    rest: F64
    """(468, 3) face widths around the pivot, mouth closed"""
    basis: F64
    """(52, 468, 3) in the reference's camera axes"""
    angles_rad: F64
    """(3,) of the reference's head in space"""
    pivot_px: F64
    width_px: float
    was_open: bool
    """the reference's mouth was open and has been closed"""
    gains: DrawnGains

    @staticmethod
    def of(reference: FaceLandmarks, gains: DrawnGains | None = None) -> RestFace:
        """Model of one frame's face, and of the avatar that is made of it."""
        model = load_face_model()
        fit = fit_head(reference.points_px, model.mean_shape, model.rigid_weights)
        basis = fit_moves(model, fit)
        closed = close_mouth(fit.vertices, basis, fit.rotation[:, 1])
        return RestFace(
            fit.vertices[:_N].astype(np.float64) + closed.shift,
            basis.astype(np.float64),
            euler_angles(fit.rotation),
            fit.pivot_px.astype(np.float64),
            fit.width_px,
            closed.was_open,
            gains or DrawnGains(),
        )

    def rotation(self, turn_rad: Floats) -> F64:
        """(..., 3, 3) rotation that the renderer applies for angles relative to the reference."""
        drawn = self.angles_rad + np.asarray(turn_rad) @ self.gains.pose.T
        return rotation_matrix(drawn) @ rotation_matrix(self.angles_rad).T

    def seen(self, rotation: F64, coefficients: Floats, translation: Floats) -> F64:
        """(T, 468, 2) where the landmarks are drawn, in face widths from the pivot."""
        lower = settle(1.0 + np.asarray(translation)[:, None, 2:]) * (0.0, 1.0)
        return np.asarray(self.unsettled(rotation, coefficients, translation) + lower)

    def unsettled(self, rotation: F64, coefficients: Floats, translation: Floats) -> F64:
        """As `seen`, by a camera in which a head farther away keeps its height."""
        points = self.rest + np.einsum("tk,knj->tnj", coefficients, self.basis)
        turned = np.einsum("tij,tnj->tni", rotation, points)
        depth = 1.0 + translation[:, None, 2] - turned[..., 2] / CAMERA_DISTANCE
        return np.asarray(turned[..., :2] / depth[..., None] + translation[:, None, :2])


def fit_frames(
    face: RestFace, points_px: F32, turn_rad: Floats, prior: F32, blinks: F32
) -> FittedFrames:
    """Fit every frame.

    Args:
        face: the reference.
        points_px: (T, 478, 3) landmarks.
        turn_rad: (T, 3) head angles relative to the reference.
        prior: (T, 52) expected coefficients.
        blinks: (T, 2) right and left lid closure, taken as given.
    """
    target = (points_px[:, :_N, :2] - face.pivot_px) / face.width_px
    parts = [
        _fit_chunk(face, target[s], turn_rad[s], prior[s], blinks[s])
        for s in (slice(i, i + _CHUNK) for i in range(0, len(points_px), _CHUNK))
    ]
    translation = np.concatenate([part.translation for part in parts])
    translation[:, 1] -= settle(1.0 + translation[:, 2])
    translation[:, 2] /= face.gains.distance
    amounts = np.concatenate([part.coefficients for part in parts])
    residual = np.concatenate([part.residual for part in parts])
    return FittedFrames(face.gains.commands(amounts), translation, residual)


def expected_coefficients(face: RestFace, blendshapes: F32, reference: F32, gain: Floats) -> F32:
    """(T, 52) what the coefficient net's readings say, relative to the reference's own.

    Args:
        face: the reference.
        blendshapes: (T, 52) readings.
        reference: (52,) readings of the reference frame.
        gain: (52,) amount of the basis per reading.
    """
    base = reference.copy()
    if face.was_open:
        base[[ARKIT_INDEX[name] for name in MOUTH_OPENERS]] = 0.0
    return np.asarray(np.clip(gain * (blendshapes - base), 0.0, 1.0), np.float32)


def _point_weights() -> F64:
    """(468,) how far each landmark can be trusted to be the same spot of skin."""
    weights = np.ones(_N)
    weights[list(topo.FACE_OVAL)] = 0.3
    for lips in (topo.LIP_OUTER_UPPER, topo.LIP_OUTER_LOWER, topo.MOUTH_HOLE):
        weights[list(lips)] = 2.0
    weights[_LIDS] = 0.0
    return weights


def _fit_chunk(
    face: RestFace, target: F64, turn_rad: Floats, prior: F32, blinks: F32
) -> FittedFrames:
    """Amounts of the basis and the camera's own translation of some frames."""
    rotation = face.rotation(turn_rad)
    goal = _goal(prior, blinks)
    coefficients, translation = goal.copy(), np.zeros((len(target), 3))
    translation[:, :2] = (target - face.unsettled(rotation, coefficients, translation)).mean(1)
    ridge = np.full(_UNKNOWNS, RIDGE)
    ridge[[ARKIT_INDEX[name] for name in _UNSEEN]] = UNSEEN_RIDGE
    ridge[K:] = 0.0
    weights = _point_weights()
    root = np.sqrt(weights)[:, None]
    turned_basis = np.matmul(face.basis[None], rotation.transpose(0, 2, 1)[:, None])
    for _ in range(_ROUNDS):
        jacobian = _jacobian(face, rotation, turned_basis, coefficients, translation)
        residual = (target - face.unsettled(rotation, coefficients, translation)) * root
        rows = (jacobian * root).reshape(len(target), _UNKNOWNS, -1)
        matrix = np.matmul(rows, rows.transpose(0, 2, 1))
        values = np.concatenate([coefficients, translation], 1)
        slope = np.matmul(rows, residual.reshape(len(target), -1, 1))[..., 0]
        slope += np.matmul(matrix, values[..., None])[..., 0]
        slope += ridge * np.concatenate([goal, np.zeros_like(translation)], 1)
        matrix[:, np.arange(_UNKNOWNS), np.arange(_UNKNOWNS)] += ridge + 1e-9
        descend(matrix, slope, values, _FREE, K)
        coefficients, translation = values[:, :K], values[:, K:]
    error = np.linalg.norm(target - face.unsettled(rotation, coefficients, translation), axis=-1)
    eyes = np.linalg.norm(target[:, 263] - target[:, 33], axis=-1)
    residual = error[:, weights > 0].mean(1) / eyes
    return FittedFrames(*(a.astype(np.float32) for a in (coefficients, translation, residual)))


def _goal(prior: F32, blinks: F32) -> F64:
    """(T, 52) the prior, with the blinks as they came and nothing that the gaze does."""
    goal = prior.astype(np.float64)
    goal[:, _FIXED] = 0.0
    goal[:, ARKIT_INDEX["eyeBlinkRight"]] = blinks[:, 0]
    goal[:, ARKIT_INDEX["eyeBlinkLeft"]] = blinks[:, 1]
    return goal


def _jacobian(
    face: RestFace, rotation: F64, turned_basis: F64, coefficients: F64, translation: F64
) -> F64:
    """(T, 55, 468, 2) how the seen landmarks move with each unknown."""
    points = face.rest + np.einsum("tk,knj->tnj", coefficients, face.basis)
    turned = np.matmul(points, rotation.transpose(0, 2, 1))
    near = 1.0 / (1.0 + translation[:, None, 2] - turned[..., 2] / CAMERA_DISTANCE)
    flat = turned[..., :2] * near[..., None]
    jacobian = np.empty((len(points), _UNKNOWNS, _N, 2))
    # A point that comes nearer is also drawn larger.
    jacobian[:, :K] = near[:, None, :, None] * (
        turned_basis[..., :2] + flat[:, None] * turned_basis[..., 2:] / CAMERA_DISTANCE
    )
    jacobian[:, K : K + 2] = np.eye(2)[:, None, :]
    jacobian[:, K + 2] = -flat * near[..., None]
    return jacobian
