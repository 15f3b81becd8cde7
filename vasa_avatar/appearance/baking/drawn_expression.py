"""The learned expressions in a drawn face's own proportions.

A photographed face's movements are too small for large drawn eyes and brows and too large for a
short chin: each landmark moves in proportion to how large the mesh around it is drawn.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.baking import lids
from vasa_avatar.appearance.baking.drawn_eyes import lay_drawn_shut_line
from vasa_avatar.appearance.baking.expression import Expression
from vasa_avatar.appearance.baking.face_model import FaceModel
from vasa_avatar.appearance.baking.head import HeadFit
from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64, K
from vasa_avatar.geometry import face_topology as topo

SCALE_RANGE = (0.55, 1.4)
"""least and most of the learned movement; a tiny mouth still opens so that it is seen"""
BROW_GAIN, HELD_BROW = 1.5, 0.25
"""brows of a drawing say more than a face's, those under hair less"""
PUCKER_GAIN = 0.55
"""a small drawn mouth that is drawn together keeps a shape"""
EARLY_OPENING = 1.7
"""power by which a drawn mouth opens ahead of a photographed one"""
LAUGH = (0.6, 1.0)
"""cheeks raised so far let laughing eyes begin to shut, and shut them; a happy face of 1 raises
them by .6"""
SQUASH = 0.3, 0.3
"""share of a lowered brow and of a raised cheek that go with a blink: what is around it shortens"""
SPOKEN = 0.5
"""tongueOut up to which speech uses it; beyond, it squeezes the eyes shut (drawn_squeeze.py)"""
PARTING = ("mouthClose", "mouthFunnel", "mouthUpperUp", "mouthLowerDown")
"""movements of the mouth that part the lips"""
ROOM = 0.7
"""most of a jaw's drop, over the distance of the mouth's line from the chin"""
SMOOTHINGS = 12
AROUND_BLINK = 0.15
"""share of the basis's blink that the skin around a drawn eye keeps"""
SQUINT = 0.35
"""most that a squint takes from the opening, of its height"""
WIDE = 0.12
"""most that wide eyes add to it"""
SHUT_GAP = 1e-3
"""between lids that are drawn shut, face widths, at most"""


def drawn_curves(steps: int) -> F32:
    """(52, steps) amounts at equal steps of command: mouths open early and clearly, eyes shut in
    laughter only where much is laughed, and squeeze only where no speech asks for a tongue."""
    straight = np.linspace(0.0, 1.0, steps, dtype=np.float32)
    curves = np.tile(straight, (K, 1))
    for name in ("jawOpen", "mouthClose"):
        curves[ARKIT_INDEX[name]] = 1.0 - (1.0 - straight) ** EARLY_OPENING
    for name in ("cheekSquintRight", "cheekSquintLeft"):
        curves[ARKIT_INDEX[name]] = texture.smoothstep(*LAUGH, straight)
    curves[ARKIT_INDEX["tongueOut"]] = np.clip((straight - SPOKEN) / (1.0 - SPOKEN), 0.0, 1.0)
    return curves


def fit_drawn_expression(
    model: FaceModel, fit: HeadFit, brows_seen: tuple[float, float], covered: F32
) -> Expression:
    """Give a drawn head the model's expressions, in its own proportions.

    Args:
        model: the learned face.
        fit: the head.
        brows_seen: 0..1 right and left brow; hair that covers one goes with the skin, so that it
            is held.
        covered: (468,) 0..1 how far a landmark lies under what stays when the brows move.
    """
    scale = _with_one_jaw(model, fit, _local_scale(model, fit.vertices))
    turned = np.einsum("ij,knj->kni", fit.rotation, model.displacement[:, : topo.N_MESH])
    skin = np.ascontiguousarray(turned * scale[None, :, None], np.float32)
    mouth = float(scale[list(topo.LIP_INNER_LOWER)].mean())
    jaw = (model.incisor_displacement @ fit.rotation.T * mouth).astype(np.float32)
    for moves in (skin, jaw):
        moves[ARKIT_INDEX["tongueOut"]] = 0.0
    aside = texture.smoothstep(-0.05, 0.05, model.mean_shape[: topo.N_MESH, 0])
    right, left = (HELD_BROW + (BROW_GAIN - HELD_BROW) * seen for seen in brows_seen)
    brows = ((right + aside * (left - right)) * (1.0 - covered)).astype(np.float32)
    for name, unit in ARKIT_INDEX.items():
        if name.startswith("brow"):
            skin[unit] *= brows[:, None]
        elif name in ("mouthPucker", "mouthFunnel"):
            skin[unit] *= PUCKER_GAIN
        elif name.startswith("mouth") and not name.startswith(PARTING):
            _join_lips(skin[unit])
    for side, eye in (("Right", lids.RIGHT_EYE), ("Left", lids.LEFT_EYE)):
        _fit_eye(skin, fit, side, eye)
    return Expression(skin, jaw)


def _join_lips(moves: F32) -> None:
    """Both inner lips move as one: a stroke stays a stroke."""
    upper, lower = list(topo.LIP_INNER_UPPER), list(topo.LIP_INNER_LOWER)
    moves[upper] = moves[lower] = (moves[upper] + moves[lower]) / 2


def _fit_eye(skin: F32, fit: HeadFit, side: str, eye: lids.EyeContours) -> None:
    """Lids that the renderer slides; squint and wide within the eye's own height; a cheek that
    comes up shuts the eye from below, so that its lash line is the arch of a laughing eye. An eye
    that is drawn shut stays as it is."""
    upper, lower = list(eye.upper), list(eye.lower)
    contour = list({*upper, *lower})
    if np.abs((fit.vertices[lower] - fit.vertices[upper])[:, :2]).max() < SHUT_GAP:
        for name in ("eyeBlink", "eyeWide", "eyeSquint", "cheekSquint"):
            skin[ARKIT_INDEX[f"{name}{side}"]] = 0.0
        return
    blink = skin[ARKIT_INDEX[f"eyeBlink{side}"]]
    blink *= AROUND_BLINK
    lay_drawn_shut_line(blink, fit.vertices, eye, fit.rotation[:, 1])
    laugh = skin[ARKIT_INDEX[f"cheekSquint{side}"]]
    squash = SQUASH[0] * skin[ARKIT_INDEX[f"browDown{side}"]] + SQUASH[1] * laugh
    squash[contour] = 0.0
    blink += squash
    laugh[contour] = 0.0
    laugh[lower] = fit.vertices[upper] - fit.vertices[lower]
    opening = float(((fit.vertices[lower] - fit.vertices[upper]) @ fit.rotation[:, 1]).max())
    for name, share in (("eyeWide", WIDE), ("eyeSquint", SQUINT)):
        moves = skin[ARKIT_INDEX[f"{name}{side}"]]
        gap = float(np.abs((moves[lower] - moves[upper]) @ fit.rotation[:, 1]).max())
        moves[contour] *= min(1.0, share * opening / max(gap, 1e-6))


def _with_one_jaw(model: FaceModel, fit: HeadFit, scale: F64) -> F64:
    """(468,) the same scale from the lips down, so that no lip overtakes the chin.

    A wide open mouth keeps within ROOM of the way from its line to the chin, or opens as far as it
    was drawn open.
    """
    upper, lower = list(topo.LIP_INNER_UPPER[3:8]), list(topo.LIP_INNER_LOWER[3:8])
    down = fit.rotation[:, 1]
    room = float((fit.vertices[topo.CHIN] - fit.vertices[upper].mean(0)) @ down)
    drawn = float(((fit.vertices[lower] - fit.vertices[upper]) @ down).mean())
    drop = float(model.displacement[ARKIT_INDEX["jawOpen"], lower, 1].mean())
    lips = min(float(scale[lower].mean()), max(ROOM * room, drawn) / max(drop, 1e-6))
    height = model.mean_shape[: topo.N_MESH, 1]
    lip_line, nose = float(height[upper].mean()), float(height[topo.NOSE_TIP])
    share = np.clip((height - nose) / (lip_line - nose), 0.0, 1.0)
    jaw: F64 = scale + share * (lips - scale)
    return jaw


def _local_scale(model: FaceModel, vertices: F32) -> F64:
    """(468,) how large the mesh around a landmark is drawn, over the mean face's."""
    triangles = model.canonical.triangles
    edges = np.unique(
        np.sort(
            np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), 1
        ),
        axis=0,
    )
    drawn, mean = vertices[:, :2].astype(np.float64), model.mean_shape[:, :2].astype(np.float64)
    sums = np.zeros((2, topo.N_MESH))
    for row, points in enumerate((drawn, mean)):
        lengths = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
        for end in (0, 1):
            np.add.at(sums[row], edges[:, end], lengths)
    counts = np.zeros(topo.N_MESH)
    for end in (0, 1):
        np.add.at(counts, edges[:, end], 1.0)
    for _ in range(SMOOTHINGS):
        spread = np.zeros_like(sums)
        for a, b in ((0, 1), (1, 0)):
            np.add.at(spread.T, edges[:, a], sums.T[edges[:, b]])
        sums = 0.5 * sums + 0.5 * spread / counts
    scale: F64 = np.clip(sums[0] / np.maximum(sums[1], 1e-9), *SCALE_RANGE)
    return scale
