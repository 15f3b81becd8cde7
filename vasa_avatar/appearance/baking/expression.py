"""The learned expressions to this face's own: turned with its head, fitted to lids and mouth.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.baking import lids
from vasa_avatar.appearance.baking.face_model import FaceModel
from vasa_avatar.appearance.baking.filmed_lips import with_filmed_lips
from vasa_avatar.appearance.baking.head import HeadFit
from vasa_avatar.appearance.picture import Canvas, texture
from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64
from vasa_avatar.geometry import face_topology as topo

BLINK_AROUND = (0.25, 0.9)
"""share of the basis's blink that crease and brow keep: under a low brow, with room above"""
LID_ROOM = (0.25, 0.75)
"""height of the skin between crease and brow over the eye's opening: a low brow, room above"""
NARROW_MOUTH = (0.55, 1.0)
"""least and most of a pucker that a mouth of another width makes"""
TONGUE_OPENS = 0.2
"""share of an open jaw that a tongue coming out brings with it"""
GLASSES_REACH_PX = 15.0
"""design pixels around a frame of glasses in which the skin is held"""
WIDE_PER_OPENING = 0.30
"""most that wide eyes add to the opening, over the opening at rest"""
SQUINT_PER_OPENING = 0.50
"""most that a squint takes from it"""


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """How this face moves per unit of a coefficient, camera axes, face widths."""

    skin: F32
    """(52, 468, 3)"""
    jaw: F32
    """(52, 3) how the jaw carries the lower incisors"""


def fit_expression(model: FaceModel, fit: HeadFit) -> Expression:
    """Give a head the model's expressions.

    Args:
        model: the learned face.
        fit: the head.
    """
    skin = _turned_basis(model, fit)
    jaw = model.incisor_displacement @ fit.rotation.T
    for moves in (skin, jaw):
        moves[ARKIT_INDEX["tongueOut"]] = TONGUE_OPENS * moves[ARKIT_INDEX["jawOpen"]]
    skin = _fit_lids(np.ascontiguousarray(skin, np.float32), fit)
    _fit_mouth(skin, fit, model.mean_shape)
    return Expression(skin, jaw)


def fit_moves(model: FaceModel, fit: HeadFit) -> F32:
    """(52, 468, 3) the basis that filmed landmarks show: in proportion, but the lids as learned."""
    skin = _turned_basis(model, fit)
    _fit_mouth(skin, fit, model.mean_shape)
    return skin


def _turned_basis(model: FaceModel, fit: HeadFit) -> F32:
    moves = with_filmed_lips(model.displacement[:, : topo.N_MESH], model.mean_shape)
    skin: F32 = np.einsum("ij,knj->kni", fit.rotation, moves)
    return skin


def _fit_lids(basis: F32, fit: HeadFit) -> F32:
    """Lids that the renderer slides keep of the basis's blink only the way to a shut eye's line.

    Wide and squinting eyes stay within reason.
    """
    for side, eye in (("Right", lids.RIGHT_EYE), ("Left", lids.LEFT_EYE)):
        upper, lower = list(eye.upper), list(eye.lower)
        contour = list({*upper, *lower})
        blink = basis[ARKIT_INDEX[f"eyeBlink{side}"]]
        blink *= _lid_room(fit.vertices, eye)
        blink[contour] = 0.0
        lids.lay_shut_line(blink, fit.vertices, eye.upper, eye.lower, fit.rotation[:, 1])
        opening = float(np.abs(fit.vertices[upper[4]] - fit.vertices[lower[4]])[:2].max())
        for name, share in (("eyeWide", WIDE_PER_OPENING), ("eyeSquint", SQUINT_PER_OPENING)):
            unit_basis = basis[ARKIT_INDEX[f"{name}{side}"]]
            gap = np.abs(unit_basis[lower] - unit_basis[upper])[:, 1].max()
            unit_basis[contour] *= min(1.0, share * opening / max(float(gap), 1e-6))
    return basis


def _lid_room(vertices: F32, eye: lids.EyeContours) -> float:
    """How much of a blink the crease follows: less where the brow sits right above the lid."""
    opening = float(np.linalg.norm(vertices[eye.upper[4]] - vertices[eye.lower[4]]))
    above = float(np.linalg.norm(vertices[eye.crease[4]] - vertices[eye.under_brow[4]]))
    low, high = LID_ROOM
    room = np.clip((above / max(opening, 1e-4) - low) / (high - low), 0.0, 1.0)
    return BLINK_AROUND[0] + (BLINK_AROUND[1] - BLINK_AROUND[0]) * float(room)


def _fit_mouth(basis: F32, fit: HeadFit, mean_shape: F32) -> None:
    """Lips that draw together do so in proportion: a narrow mouth is not pinched to a point."""
    corners = list(topo.LIP_OUTER_UPPER[:: len(topo.LIP_OUTER_UPPER) - 1])
    own, usual = (float(np.linalg.norm(np.diff(p[corners], axis=0))) for p in
                  (fit.vertices, mean_shape))  # fmt: skip
    share = float(np.clip(own / usual, *NARROW_MOUTH))
    for name in ("mouthPucker", "mouthFunnel"):
        basis[ARKIT_INDEX[name]] *= share


def hold_glasses(basis: F32, glasses: F32, canvas: Canvas, landmarks_px: F32) -> F32:
    """The basis with skin under a frame of glasses held still, so that the frame does not bend.

    Args:
        basis: (52, 468, 3)
        glasses: (C, C) 0..1 where the frame is, on the canvas.
        canvas: the picture.
        landmarks_px: (478, 3) design pixels.
    """
    # Wide enough to hold all corners of the triangles that the frame crosses.
    width = 2 * int(GLASSES_REACH_PX * canvas.texels_per_px) + 1
    reach = cv2.dilate((glasses > 0.5).astype(np.float32), np.ones((width, width)))
    near = np.asarray(cv2.GaussianBlur(reach, (0, 0), 0.3 * width), np.float32)
    skin_px = landmarks_px[: topo.N_MESH, :2]
    held: F64 = np.clip(1.7 * texture.sample(near, canvas.to_texels(skin_px)), 0.0, 1.0)
    held = held.reshape(-1)
    # Rims that were not found lie between the eyes' creases and the brows, or over the bags.
    rims = [*topo.RIGHT_EYE_CREASE, *topo.RIGHT_EYE_UNDER_BROW, *topo.RIGHT_EYE_BAG,
            *topo.LEFT_EYE_CREASE, *topo.LEFT_EYE_UNDER_BROW, *topo.LEFT_EYE_BAG]  # fmt: skip
    held[rims] = 1.0
    held[list({*topo.RIGHT_EYE_HOLE, *topo.LEFT_EYE_HOLE})] = 0.0
    held[skin_px[:, 1] > skin_px[topo.LIP_OUTER_UPPER[5], 1]] = 0.0
    return np.asarray(basis * (1.0 - held)[None, :, None], np.float32)
