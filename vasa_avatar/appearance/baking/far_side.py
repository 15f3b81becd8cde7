"""What a turning head shows at the edge of its cheek: skin, not the hair or wall next to it.

Landmarks along the outline of a face often lie a little outside it, more so on the far side of a
turned head, where they guess. At rest that does not matter: the picture shows what it showed. When
the head turns and that edge comes forward, the few texels there are spread over many pixels. So
each vertex near the outline gets a shift of its texture place inwards, to where the cheek's own
colour begins; the renderer applies it as the edge comes into view.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.baking.mesh_builder import TurnShift
from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import F32, F64, Floats
from vasa_avatar.geometry import face_topology as topo

EDGE_SHARE = 0.09
"""vertices this near to the outline are moved, over the width of the face"""
SEARCH_SHARE = 0.06
"""how far inwards the cheek's own colour is looked for, over the width of the face"""
PATH_SHARE = 0.12
"""how much of the cheek is looked at for it"""
RUN_SHARE = 0.02
"""how much of it must have that colour"""
FEATURE_SHARE = 0.7
"""furthest shift towards eyes, brows and lips, over their distance"""
SKIN_DELTA = 16.0
"""CIE76 difference of two places on one cheek, at most"""
FRONTAL_STRENGTH = 0.35
"""share of the shift for a portrait that looks straight ahead: its outline is found well"""
TURNED = (0.08, 0.25)
"""sines of the portrait's own turn between which the far side comes to need all of it"""
SMOOTH_SHARE = 0.05
"""shifts are smoothed over this distance, over the width of the face"""
_STEPS = 40
"""samples along the path"""


def turn_shift(
    landmarks_xy: F32,
    texels: F32,
    foreground_rgb: F32,
    nose_x: float,
    glasses: F32 | None = None,
) -> TurnShift:
    """Texture shifts of the face's vertices for a turned head.

    Args:
        landmarks_xy: (468, 2) design pixels.
        texels: (468, 2) their places in the canvas.
        foreground_rgb: (C, C, 3) canvas, 0..255.
        nose_x: sine of the portrait's own turn, + the nose to the viewer's right.
        glasses: (C, C) 0..1 where a frame of glasses is; None without glasses.
    """
    density = _density(landmarks_xy, texels)
    hull = cv2.convexHull(landmarks_xy.astype(np.float32))
    depth = np.array([cv2.pointPolygonTest(hull, (float(x), float(y)), True)
                      for x, y in landmarks_xy])  # fmt: skip
    width = float(np.ptp(landmarks_xy[:, 0]))
    inwards = landmarks_xy.mean(0) - landmarks_xy
    inwards[:, 1] *= 0.3
    inwards /= np.linalg.norm(inwards, axis=1, keepdims=True) + 1e-6
    is_near = depth < EDGE_SHARE * width
    is_near[_MOVING] = False
    near = np.flatnonzero(is_near)
    reach = np.linspace(0.0, PATH_SHARE * width, _STEPS)
    paths = texels[near, None] + inwards[near, None] * (reach * density)[None, :, None]
    colours = texture.sample(foreground_rgb, paths.reshape(-1, 2)).reshape(len(near), _STEPS, 3)
    own = reach[_first_skin(colours)]
    around = _smooth(landmarks_xy[near], own, SMOOTH_SHARE * width)
    apart = _to_features(landmarks_xy, texels, near, glasses)
    inset = np.minimum(np.maximum(own, around), FEATURE_SHARE * apart)
    fade = 1.0 - texture.smoothstep(0.4 * EDGE_SHARE * width, EDGE_SHARE * width, depth[near])
    side = np.zeros(len(landmarks_xy), np.float32)
    side[near] = np.sign(inwards[near, 0]) * texture.smoothstep(0.2, 0.7, np.abs(inwards[near, 0]))
    hidden = texture.smoothstep(*TURNED, -nose_x * np.sign(side[near]))
    strength = FRONTAL_STRENGTH + (1.0 - FRONTAL_STRENGTH) * hidden
    shift = np.zeros((len(landmarks_xy), 2), np.float32)
    shift[near] = (inset * fade * strength * density)[:, None] * inwards[near]
    return TurnShift(shift, side)


_MOVING = sorted(
    {*topo.RIGHT_EYE_HOLE, *topo.LEFT_EYE_HOLE, *topo.LIP_INNER_UPPER, *topo.LIP_INNER_LOWER}
)
# Without their tails, which lie beyond the outline of a turned head.
_BROWS = (53, 52, 65, 55, 63, 105, 66, 107, 283, 282, 295, 285, 293, 334, 296, 336)
_FEATURES = [*_MOVING, *_BROWS, *topo.LIP_OUTER_UPPER, *topo.LIP_OUTER_LOWER]


def _density(landmarks_xy: F32, texels: F32) -> float:
    return float(np.ptp(texels[:, 0]) / np.ptp(landmarks_xy[:, 0]))


def _to_features(
    landmarks_xy: F32, texels: F32, near: NDArray[np.intp], glasses: F32 | None
) -> Floats:
    """(n,) distance of the vertices `near` from what may not be drawn out, design pixels."""
    features = landmarks_xy[_FEATURES]
    apart: Floats = np.linalg.norm(landmarks_xy[near, None] - features[None], axis=2).min(1)
    if glasses is None:
        return apart
    far = cv2.distanceTransform((glasses < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    clear = np.asarray(far, np.float32) / _density(landmarks_xy, texels)
    return np.minimum(apart, texture.sample(clear, texels[near]).reshape(-1))


def _first_skin(colours: F32) -> NDArray[np.intp]:
    """(n,) the first step of each (n, S, 3) path that has the cheek's colour.

    A path that never settles (a beard, hair over the cheek) stays where it is.
    """
    levels = np.clip(colours / 255.0, 0.0, 1.0).astype(np.float32)
    lab = cv2.cvtColor(np.ascontiguousarray(levels), cv2.COLOR_RGB2Lab)
    own = np.median(lab[:, _STEPS // 4 :], axis=1, keepdims=True)
    is_skin = np.linalg.norm(lab - own, axis=2) < SKIN_DELTA
    run = max(2, int(_STEPS * RUN_SHARE / PATH_SHARE))
    looked_at = int(_STEPS * SEARCH_SHARE / PATH_SHARE)
    settled = np.stack([is_skin[:, s : s + run].all(1) for s in range(looked_at)], 1)
    return np.where(settled.any(1), settled.argmax(1), 0)


def _smooth(places: Floats, values: Floats, radius: float) -> F64:
    """Mean of the neighbours' values, the larger ones counting more."""
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    kernel = np.exp(-0.5 * (apart / radius) ** 2) * (0.2 + values[None])
    return np.asarray((kernel * values[None]).sum(1) / kernel.sum(1))
