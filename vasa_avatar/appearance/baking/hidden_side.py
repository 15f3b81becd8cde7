"""The cheek that a portrait turned aside hides: taken from the other one, mirrored.

In a portrait that looks aside, the far edge of the face is a few pixels wide. Turned back towards
the viewer those pixels would be drawn out into streaks. So the skin there gets a second layer with
the near cheek's picture, in the far cheek's own colours; it fades in as the head turns back, and is
not there at rest.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits, turned up to 25 degrees.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.baking import far_side
from vasa_avatar.appearance.baking.mesh_builder import Copies
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import mean_of_known, membrane, texture
from vasa_avatar.datatypes import F32, F64, I32
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import assets, kernels

MIN_TURN = 0.08
"""sine of the portrait's own turn below which both cheeks are seen well enough"""
SEEN = (0.3, 0.75)
"""a triangle's area over its mirror's: below it is not to be trusted, above it is as good"""
MIDDLE = (0.3, 0.5)
"""how far from the face's middle the second layer begins, over half its width"""
EDGE = (0.0, 0.09)
"""how far inside the near cheek's outline the second layer begins and is whole, face widths"""
SMOOTH_SHARE = 0.06
"""reach of colours that both cheeks have in common, over the width of the face"""


def add_hidden_side(bench: Workbench, canonical: F64, triangles: I32) -> Copies:
    """Add the second layer of the far cheek, where there is one.

    Args:
        bench: the bake's tools; its first 468 vertices are the landmarks.
        canonical: (468, 3) the canonical face, symmetric in x.
        triangles: (m, 3) skin of the face.

    Returns:
        The layer's vertices go with the landmarks.
    """
    nose_x = bench.fit.nose_x
    if abs(nose_x) < MIN_TURN or bench.glasses is not None or bench.is_drawn:
        return Copies.none()
    mirror = topo.mirror_index(canonical)
    lateral = canonical[:, 0] * np.sign(nose_x) / np.abs(canonical[:, 0]).max()
    texels = bench.texels(bench.landmarks_px[:468])
    hidden = _hidden(texels, triangles, mirror, lateral)
    chosen = triangles[(hidden[triangles] > 0.01).any(1)]
    if not len(chosen):
        return Copies.none()
    used = np.unique(chosen)
    # The near cheek's own outline, hair and ear's shadow, stays where it is.
    canvas_rgb = bench.atlas.canvas_rgb()
    inset = far_side.turn_shift(bench.landmarks_px[:468, :2], texels, canvas_rgb, -nose_x)
    near = (texels + inset.shift)[mirror[:468]]
    patch, uv = _patch(canvas_rgb, texels, near, chosen, hidden)
    x, y = bench.atlas.place(patch)
    added = bench.mesh.add(bench.mesh.points()[used], uv[used] + [x, y], bench.basis[:, used])
    place = np.full(468, -1)
    place[used] = added
    bench.mesh.add_triangles(place[chosen], assets.LAYER_FAR_SIDE, kernels.BLEND)
    pairs = np.column_stack([added, used]).astype(np.int32)
    return Copies(pairs, np.zeros((len(added), 3), np.float32))


def _hidden(texels: F32, triangles: I32, mirror: NDArray[np.int64], lateral: F64) -> F64:
    """(468,) how much of each landmark's skin should come from the other cheek, 0..1."""

    def areas(corners: NDArray[np.integer]) -> F32:
        a, b, c = (texels[corners[:, k]] for k in range(3))
        return np.asarray((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])

    own, other = areas(triangles), areas(mirror[triangles])
    # A mirrored triangle runs the other way round; one that faces away is not seen at all.
    seen = np.clip(-own / np.where(np.abs(other) < 1e-3, 1e-3, other), 0.0, 1.5)
    total, count = np.zeros(468), np.zeros(468)
    for k in range(3):
        np.add.at(total, triangles[:, k], seen)
        np.add.at(count, triangles[:, k], 1.0)
    share = total / np.maximum(count, 1.0)
    away = texture.smoothstep(*MIDDLE, lateral)
    hull = cv2.convexHull(texels.astype(np.float32))
    near = texels[mirror[:468]]
    inside = [cv2.pointPolygonTest(hull, (float(x), float(y)), True) for x, y in near]
    inner = texture.smoothstep(*EDGE, np.array(inside) / float(np.ptp(texels[:, 0])))
    return np.asarray((1.0 - texture.smoothstep(*SEEN, share)) * away * inner)


def _patch(canvas_rgb: F32, texels: F32, near: F32, chosen: I32, hidden: F64) -> tuple[F32, F32]:
    """The near cheek with the far one's colours, (h, w, 4), and (468, 2) places in it."""
    used = np.unique(chosen)
    low = np.floor(near[used].min(0)).astype(int) - 2
    high = np.ceil(near[used].max(0)).astype(int) + 3
    low = np.maximum(low, 0)
    rgb = canvas_rgb[low[1] : high[1], low[0] : high[0]]
    places = near - low
    rows, columns = rgb.shape[:2]
    far_at = texture.rasterise(places, chosen, texels, rows, columns)
    covered = far_at[..., 0] >= 0
    weight = texture.rasterise(places, chosen, hidden[:, None], rows, columns)[..., 0]
    weight = np.where(covered, np.clip(weight, 0.0, 1.0), 0.0).astype(np.float32)
    far_rgb = texture.sample(canvas_rgb, far_at.reshape(-1, 2)).reshape(rgb.shape)
    width = float(np.ptp(texels[:, 0]))
    trusted = covered & (weight < 0.25)
    if trusted.any():
        step = mean_of_known(far_rgb - rgb, trusted, SMOOTH_SHARE * width)
        rgb = np.clip(rgb + membrane(step, trusted), 0.0, 255.0)
    alpha = np.asarray(cv2.dilate(weight, np.ones((3, 3), np.uint8)), np.float32)
    return texture.rgba(rgb.astype(np.float32), alpha), places.astype(np.float32)
