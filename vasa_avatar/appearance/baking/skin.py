"""Skin and surroundings on the mesh: vertices, what they follow, which triangles are opaque."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.baking.far_side import turn_shift
from vasa_avatar.appearance.baking.surround import Surround
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.datatypes import F32, I32
from vasa_avatar.geometry import camera
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import assets, kernels
from vasa_avatar.render.assets import DESIGN_PX

OPAQUE_ALPHA = 0.996
"""least matte under a triangle that is drawn without blending: 254 of 255"""
FEATURE_REACH = 0.08
"""how far eyes and mouth move out of their place in the portrait, face widths"""
_FEATURES = (
    (*topo.LIP_OUTER_UPPER, *reversed(topo.LIP_OUTER_LOWER)),
    topo.RIGHT_EYE_HOLE,
    topo.LEFT_EYE_HOLE,
)
BREATH_PX = 2.2
"""lift of the shoulders at a full breath, design pixels, for a face 200 px wide; filmed people lift
them by .012 face widths (weights/body_follow.json)"""


def add_face(bench: Workbench, shift: F32) -> None:
    """Add the 468 landmarks, the first vertices of the mesh.

    Args:
        bench: the bake's tools; nothing is on its mesh yet.
        shift: (468, 3) from the portrait's vertices to the rest face's.
    """
    xy = bench.landmarks_px[: topo.N_MESH]
    skin = bench.mesh.add(bench.fit.vertices[: topo.N_MESH] + shift, bench.texels(xy), bench.basis)
    if bench.is_drawn:  # an outline that was drawn stays on the edge
        return
    turn = turn_shift(
        xy[:, :2], bench.texels(xy), bench.layers.foreground_rgb, bench.fit.nose_x, bench.glasses
    )
    bench.mesh.set_turn(skin, turn)


def add_surround(bench: Workbench, around: Surround, shift: F32) -> None:
    """Add what of the person lies outside the face's oval, and what drags it along."""
    oval = list(topo.FACE_OVAL)
    basis = np.einsum("no,koj->knj", around.spread, bench.basis[:, oval])
    points = around.points + around.spread @ shift[oval]
    added = bench.mesh.add(
        points, bench.texels(around.design_xy), basis.astype(np.float32), around.weights
    )
    body = 1.0 - around.weights[:, 0]
    lift = np.zeros((len(added), 2), np.float32)
    lift[:, 1] = -BREATH_PX * bench.fit.width_px / 200.0 * body
    bench.mesh.set_breath(added, lift)


def add_skin_triangles(bench: Workbench, face: I32, around: I32) -> None:
    """Add the skin's triangles: opaque where the matte is, shaded inside the face.

    Args:
        bench: the bake's tools.
        face: (m, 3) the face's triangles, without holes.
        around: (n, 3) those of its surroundings.
    """
    triangles = np.concatenate([face, around])
    solid = _is_solid(bench, triangles)
    is_face = np.arange(len(triangles)) < len(face)
    shaded = np.where(solid, kernels.SHADED, kernels.SHADED_BLEND)
    kinds = np.where(is_face, shaded, np.where(solid, kernels.OPAQUE, kernels.BLEND))
    behind = np.zeros(len(triangles), bool)
    if bench.turned_beyond > 0.0:
        points = bench.mesh.points()
        behind = np.concatenate([_faces_away(points, face), _over_features(bench, points, around)])
    # Drawn before all else: eyes and mouth open in front of it.
    bench.mesh.add_triangles(triangles[behind], assets.LAYER_EYE, kinds[behind])
    bench.mesh.add_triangles(triangles[~behind], assets.LAYER_SKIN, kinds[~behind])


def _faces_away(points: F32, face: I32) -> NDArray[np.bool_]:
    """(m,) whether a triangle shows its back, as those of a turned head's far cheek do."""
    a, b, c = (points[face[:, k], :2] for k in range(3))
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    return np.asarray(area * np.sign(np.median(area)) < 0.0)


def _over_features(bench: Workbench, points: F32, around: I32) -> NDArray[np.bool_]:
    """(n,) whether surroundings reach into eyes or mouth: a far cheek's oval runs through them."""
    side = int(DESIGN_PX)
    features = np.zeros((side, side), np.uint8)
    for contour in _FEATURES:
        outline = np.rint(bench.landmarks_px[list(contour), :2]).astype(np.int32)
        cv2.fillPoly(features, [outline], 1)
    reach = 2 * round(FEATURE_REACH * bench.fit.width_px) + 1
    features = np.asarray(cv2.dilate(features, np.ones((reach, reach), np.uint8)), np.uint8)
    xy = np.rint(camera.project(points, bench.fit.pivot_px, bench.fit.width_px)).astype(np.int32)
    over = np.zeros(len(around), bool)
    for i, corners in enumerate(xy[around]):
        under = np.zeros_like(features)
        cv2.fillConvexPoly(under, corners, 1)
        over[i] = bool((under & features).any())
    return over


def _is_solid(bench: Workbench, triangles: I32) -> NDArray[np.bool_]:
    """(m,) whether the matte is opaque under a whole triangle and a texel around it."""
    uv, alpha = bench.mesh.uv(), bench.layers.alpha
    solid = np.zeros(len(triangles), bool)
    for i, tri in enumerate(triangles):
        x0, y0 = np.floor(uv[tri].min(0)).astype(int) - 1
        x1, y1 = np.ceil(uv[tri].max(0)).astype(int) + 2
        window = alpha[max(y0, 0) : y1, max(x0, 0) : x1]
        solid[i] = window.size > 0 and float(window.min()) >= OPAQUE_ALPHA
    return solid
