"""Forty points of a drawn face to the 478 landmarks of the mesh.

Eyes, inner lips and outline lie where they were drawn; all other landmarks of the turned mean face
go along, bent as little as may be and drawn towards brows and nose.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.reading.drawn_crop import eye_line_angle
from vasa_avatar.appearance.reading.drawn_nets import OPEN_MOUTH
from vasa_avatar.appearance.reading.landmarks import FACE_WIDTH_CM, FaceLandmarks
from vasa_avatar.datatypes import F32, F64, K
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.geometry.drawn_layout import (
    CHIN,
    IRIS,
    LEFT_BROW,
    LEFT_EYE,
    MOUTH,
    NOSE,
    OUTLINE,
    RIGHT_BROW,
    RIGHT_EYE,
)
from vasa_avatar.geometry.rotation import rotation_matrix

RELIEF = 0.6
"""depth of a drawn head over the mean head's: hair that lies over the cheeks would smear"""
HEAD_DEPTH = 0.72
"""how far a drawn face stands out, relative to half its width"""
EDGE_SLOPE = 0.9
"""steepest fall of a drawn face from its eyes, brows and lips to its edge"""
MAX_YAW_RAD = 1.0
BROW_THICKNESS = 0.035
"""face widths"""
BROW_ROOM = 0.05
"""least distance of a brow's middle from the upper lid, face widths"""
PULL = 0.02
"""how strongly brows, nose and outer lips draw their landmarks, against the neighbours' 1"""
UNFOLDINGS = 40
"""most rounds in which folded landmarks are put among their neighbours"""
SURELY_SHUT = 0.2
MIN_OPENING = 0.25
"""a mouth lower than this share of its width, and not surely open, is one stroke"""
_OUTLINE_SHARES = np.array([0.0, 0.45, 0.8, 1.0])
"""heights of the outline's points from the eyes to the chin"""
_RIGHT_BROW_UPPER = (70, 63, 105, 66, 107)
_LEFT_BROW_UPPER = (300, 293, 334, 296, 336)
_UPPER_LID, _LOWER_LID = np.array([0, 1, 2, 3, 4]), np.array([0, 7, 6, 5, 4])
_DEPTH_GAIN = 1.15
"""what baking.head multiplies depths by"""


@cache
def _mean_face() -> F64:
    """(478, 3) face width 1, x right, y down, z towards the viewer."""
    with np.load(str(files("vasa_avatar") / "weights" / "face_basis.npz")) as data:
        mean: F64 = data["mean_shape"].astype(np.float64)
    return mean


def mesh_landmarks(points_px: F32, mouth_open: float) -> F32:
    """The mesh's landmarks.

    Args:
        points_px: (40, 2) see drawn_layout.
        mouth_open: 0..1, how surely the mouth is open.

    Returns:
        (478, 3) as in landmarks.FaceLandmarks.points_px.
    """
    points = points_px.astype(np.float64)
    roll = eye_line_angle(points)
    yaw, width = _yaw_and_width(points, roll)
    turned = _mean_face() @ rotation_matrix([0.0, yaw, 0.0]).T
    ids, places = _fixed(points, turned, roll, width, mouth_open)
    flat = np.empty((topo.N_LANDMARKS, 2))
    base = _aligned(turned, ids, places)
    flat[: topo.N_MESH] = _spread(base, ids, places, *_drawn_to(points, roll, width))
    for eye, iris in ((RIGHT_EYE, topo.RIGHT_IRIS), (LEFT_EYE, topo.LEFT_IRIS)):
        flat[list(iris)] = _iris(points[eye], roll)
    height = _with_gentle_edges(RELIEF * turned[:, 2] * width, flat)
    return np.column_stack([flat, -height / _DEPTH_GAIN]).astype(np.float32)


def _with_gentle_edges(height: F64, flat: F64) -> F64:
    """(478,) heights that fall away from eyes, brows and lips no steeper than EDGE_SLOPE, so that
    lines and hair at a far cheek are not drawn out where a turn brings them forward."""
    anchors = list({*topo.RIGHT_EYE_HOLE, *topo.LEFT_EYE_HOLE, *topo.LIP_OUTER_UPPER,
                    *topo.LIP_OUTER_LOWER, *_RIGHT_BROW_UPPER, *_LEFT_BROW_UPPER})  # fmt: skip
    apart = np.linalg.norm(flat[:, None] - flat[None, anchors], axis=2)
    least: F64 = (height[anchors] - EDGE_SLOPE * apart).max(1)
    return np.maximum(height, least)


def landmarks_of_drawing(points_px: F32, mouth_open: float, score: float) -> FaceLandmarks:
    """A drawn face's points as the landmark net would give them.

    Args:
        points_px: (40, 2)
        mouth_open: 0..1
        score: 0..1
    """
    points = points_px.astype(np.float64)
    _, width = _yaw_and_width(points, eye_line_angle(points))
    return FaceLandmarks(
        points_px=mesh_landmarks(points_px, mouth_open),
        blendshapes=np.zeros(K, np.float32),
        score=score,
        pose_rad=head_turn(points_px),
        scale_px=width / FACE_WIDTH_CM,
    )


def head_turn(points_px: F32) -> F32:
    """(3,) pitch, yaw, roll of a drawn head; the pitch of drawings is taken as none."""
    points = points_px.astype(np.float64)
    roll = eye_line_angle(points)
    return np.array([0.0, _yaw_and_width(points, roll)[0], roll], np.float32)


def _yaw_and_width(points: F64, roll: float) -> tuple[float, float]:
    """Yaw and the width between the ears, from how the midline parts the cheeks.

    A midline that stands out by HEAD_DEPTH moves by its sine; on the side that it moves to, the
    outline is where the face's roundness ends.
    """
    across = np.array([np.cos(roll), np.sin(roll)])
    right, left = points[OUTLINE][0] @ across, points[OUTLINE][-1] @ across
    inner = (points[RIGHT_EYE][4] + points[LEFT_EYE][4]) / 2
    middle = (2 * inner @ across + points[NOSE] @ across) / 3
    half = max((left - right) / 2, 1e-3)
    aside = float(np.clip((middle - (left + right) / 2) / half, -0.95, 0.95))
    turns = np.linspace(0.0, MAX_YAW_RAD, 201)
    near = np.cos(turns) + HEAD_DEPTH * np.sin(turns)
    far = np.hypot(np.cos(turns), HEAD_DEPTH * np.sin(turns)) - HEAD_DEPTH * np.sin(turns)
    yaw = float(np.interp(abs(aside), (near - far) / (near + far), turns))
    seen = float(np.interp(yaw, turns, near + far))
    return float(np.copysign(yaw, aside)), 4.0 * half / seen


def _fixed(
    points: F64, turned: F64, roll: float, width: float, mouth_open: float
) -> tuple[NDArray[np.int64], F64]:
    """Landmarks that are drawn as lines, and their places."""
    ids: list[int] = []
    places: list[F64] = []
    for eye, upper, lower in (
        (points[RIGHT_EYE], topo.RIGHT_EYE_UPPER, topo.RIGHT_EYE_LOWER),
        (points[LEFT_EYE], topo.LEFT_EYE_UPPER, topo.LEFT_EYE_LOWER),
    ):
        ids += [*upper, *lower[1:-1]]
        places += [_along(eye[_UPPER_LID], 9), _along(eye[_LOWER_LID], 9)[1:-1]]
    upper_lip, lower_lip = _lips(points[MOUTH], roll, mouth_open)
    ids += [*topo.LIP_INNER_UPPER, *topo.LIP_INNER_LOWER[1:-1], *topo.FACE_OVAL]
    places += [upper_lip, lower_lip[1:-1], _oval(points, turned, roll, width)]
    return np.array(ids), np.concatenate(places)


def _drawn_to(points: F64, roll: float, width: float) -> tuple[NDArray[np.int64], F64]:
    """Landmarks of brows, nose and outer lips, and where they belong; brows keep off the eyes."""
    ids: list[int] = [topo.NOSE_TIP]
    places = [points[[NOSE]]]
    down = np.array([-np.sin(roll), np.cos(roll)])
    rims = [*topo.LIP_OUTER_UPPER, *topo.LIP_OUTER_LOWER[1:-1]]
    ids += rims
    places.append(_outer_lips(points[MOUTH], rims))
    for brow, eye, above, below in (
        (points[RIGHT_BROW], points[RIGHT_EYE], _RIGHT_BROW_UPPER, topo.RIGHT_BROW_LOWER),
        (points[LEFT_BROW], points[LEFT_EYE], _LEFT_BROW_UPPER, topo.LEFT_BROW_LOWER),
    ):
        line, lid = _along(brow, 5), _along(eye[_UPPER_LID], 5)
        near = (line - lid) @ down + BROW_ROOM * width
        line = line - np.maximum(near, 0.0)[:, None] * down
        for landmarks, side in ((above, -0.5), (below, 0.5)):
            ids += landmarks
            places.append(line + side * BROW_THICKNESS * width * down)
    return np.array(ids), np.concatenate(places)


def _lips(mouth: F64, roll: float, mouth_open: float) -> tuple[F64, F64]:
    """(11, 2) each: the inner lips; both on one line where the mouth is one stroke."""
    upper, lower = _along(mouth[_UPPER_LID], 11), _along(mouth[_LOWER_LID], 11)
    down = np.array([-np.sin(roll), np.cos(roll)])
    opening = float(np.abs((lower - upper) @ down).max())
    is_flat = opening < MIN_OPENING * float(np.linalg.norm(mouth[4] - mouth[0]))
    if mouth_open < SURELY_SHUT or (mouth_open < OPEN_MOUTH and is_flat):
        middle = (upper + lower) / 2
        return middle, middle
    return upper, lower


def _outer_lips(mouth: F64, rims: list[int]) -> F64:
    """Around the drawn mouth as on the mean face, in proportion to its width."""
    mean = _mean_face()[:, :2]
    across, usual = mouth[4] - mouth[0], mean[308] - mean[78]
    scale = float(np.linalg.norm(across) / np.linalg.norm(usual))
    angle = float(np.arctan2(across[1], across[0]))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    inner = np.array([*topo.LIP_INNER_UPPER, *topo.LIP_INNER_LOWER[1:-1]])
    drawn = np.concatenate([_along(mouth[_UPPER_LID], 11), _along(mouth[_LOWER_LID], 11)[1:-1]])
    around: F64 = drawn + (mean[rims] - mean[inner]) @ turn.T
    return around


def _oval(points: F64, turned: F64, roll: float, width: float) -> F64:
    """(36, 2) the face's outline: as drawn below the eyes, as the mean face has it above them."""
    mean = _mean_face()[list(topo.FACE_OVAL)]
    seen = turned[list(topo.FACE_OVAL)]
    chin = float(_mean_face()[topo.CHIN, 1])
    right, left = points[OUTLINE][:4], points[OUTLINE][:2:-1]
    turn = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    level = (left[0] + right[0]) / 2
    middle = (seen[:, 0].max() + seen[:, 0].min()) / 2
    ends = seen[:, 0].min() - middle, seen[:, 0].max() - middle
    oval = np.empty((len(mean), 2))
    for i, (x, y, _) in enumerate(mean):
        side = left if x > 0 else right
        if y >= 0.0:
            oval[i] = _smooth_at(_OUTLINE_SHARES, side, min(y / chin, 1.0))
        else:
            aside = seen[i, 0] - middle
            side = left if aside > 0 else right
            reach = (side[0] - level) @ turn[0] / (ends[1] if aside > 0 else ends[0])
            oval[i] = level + aside * reach * turn[0] + y * width * turn[1]
    oval[list(topo.FACE_OVAL).index(topo.CHIN)] = points[CHIN]
    return oval


def _iris(eye: F64, roll: float) -> F64:
    """(5, 2) the iris' centre and four points of its rim, from the opening's size."""
    centre = eye[IRIS]
    radius = 0.5 * min(
        float(np.linalg.norm(eye[2] - eye[6])), float(np.linalg.norm(eye[0] - eye[4]))
    )
    across = radius * np.array([np.cos(roll), np.sin(roll)])
    up = np.array([across[1], -across[0]])
    return np.stack([centre, centre + across, centre + up, centre - across, centre - up])


def _along(line: F64, n: int) -> F64:
    """(n, 2) at even steps of the few points' own count, smooth between them."""
    own = np.linspace(0.0, 1.0, len(line))
    return np.stack([_smooth_at(own, line, at) for at in np.linspace(0.0, 1.0, n)])


def _smooth_at(own: F64, values: F64, at: float) -> F64:
    """Cubic between neighbours with slopes of central differences (Catmull and Rom, 1974)."""
    i = int(np.clip(np.searchsorted(own, at, side="right") - 1, 0, len(own) - 2))
    slopes = np.gradient(values, own, axis=0)
    step = own[i + 1] - own[i]
    t = (at - own[i]) / step
    value: F64 = (
        (2 * t**3 - 3 * t**2 + 1) * values[i]
        + (t**3 - 2 * t**2 + t) * step * slopes[i]
        + (3 * t**2 - 2 * t**3) * values[i + 1]
        + (t**3 - t**2) * step * slopes[i + 1]
    )
    return value


@cache
def _neighbour_weights() -> F64:
    """(468, 468) each row: a landmark as a mean of its neighbours (mean value coordinates: Floater,
    2003, with the angles of the mean face)."""
    with np.load(str(files("vasa_avatar") / "weights" / "face_basis.npz")) as data:
        triangles = data["triangles"]
    mean = _mean_face()
    weights = np.zeros((topo.N_MESH, topo.N_MESH))
    for triangle in triangles:
        for turn in range(3):
            at, one, other = np.roll(triangle, turn)
            a, b = mean[one] - mean[at], mean[other] - mean[at]
            far_a, far_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
            half = np.arccos(np.clip(a @ b / (far_a * far_b), -1.0, 1.0)) / 2
            weights[at, one] += np.tan(half) / far_a
            weights[at, other] += np.tan(half) / far_b
    means: F64 = weights / weights.sum(1, keepdims=True)
    return means


def _spread(
    base: F64, ids: NDArray[np.int64], places: F64, pulled: NDArray[np.int64], towards: F64
) -> F64:
    """(468, 2) `base` bent as little as may be so that some landmarks lie in their places.

    The bending is what a landmark's shift differs from the mean of its neighbours' shifts.
    """
    bend = np.eye(topo.N_MESH) - _neighbour_weights()
    system = bend.T @ bend
    right = np.zeros((topo.N_MESH, 2))
    system[pulled, pulled] += PULL
    right[pulled] = PULL * (towards - base[pulled])
    free = np.setdiff1d(np.arange(topo.N_MESH), ids)
    shift = np.empty((topo.N_MESH, 2))
    shift[ids] = places - base[ids]
    known = system[np.ix_(free, ids)] @ shift[ids]
    shift[free] = np.linalg.solve(system[np.ix_(free, free)], right[free] - known)
    return _unfolded(base + shift, free)


def _unfolded(flat: F64, free: NDArray[np.int64]) -> F64:
    """(468, 2) with landmarks of triangles that lie the wrong way round put among neighbours."""
    skin, weights = _skin_triangles(), _neighbour_weights()
    for _ in range(UNFOLDINGS):
        a, b, c = (flat[skin[:, k]] for k in range(3))
        area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
        wrong = area * np.sign(np.median(area)) <= 0.0
        moved = np.intersect1d(free, skin[wrong])
        if not len(moved):
            break
        flat[moved] = weights[moved] @ flat
    return flat


@cache
def _skin_triangles() -> NDArray[np.int64]:
    """(m, 3) of the mesh, without eyes and mouth."""
    with np.load(str(files("vasa_avatar") / "weights" / "face_basis.npz")) as data:
        skin, _ = topo.split_holes(data["triangles"])
    return skin.astype(np.int64)


def _aligned(turned: F64, ids: NDArray[np.int64], places: F64) -> F64:
    """(468, 2) the turned mean face under the affine map that fits best."""
    known = np.column_stack([turned[ids, :2], np.ones(len(ids))])
    matrix, *_ = np.linalg.lstsq(known, places, rcond=None)
    every = np.column_stack([turned[: topo.N_MESH, :2], np.ones(topo.N_MESH)])
    aligned: F64 = every @ matrix
    return aligned
