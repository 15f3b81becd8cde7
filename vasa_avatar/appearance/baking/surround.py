"""Everything of the person outside the face oval: hair, ears, neck, shoulders, as a mesh.

Vertices on a grid over the matte, triangulated against the oval; each gets a depth, weights that
say how far it follows the head, and an extension of the face's expression (a dropping jaw drags
the skin below it).

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.baking.head import HeadFit
from vasa_avatar.appearance.picture import MARGIN_PX
from vasa_avatar.datatypes import F32, F64, I32, Floats
from vasa_avatar.geometry import camera
from vasa_avatar.geometry.face_topology import CHIN, FACE_OVAL, FOREHEAD_TOP
from vasa_avatar.render.assets import DESIGN_PX

GRID_PX = 24.0
"""spacing of the grid in design pixels"""
HEAD_REACH = 0.4
"""face widths around the oval that keep the head's own size"""
FOREGROUND_ALPHA = 0.02
"""what is less opaque than this is not worth a triangle"""
NECK_FALLOFF = 0.42
"""face heights below the chin over which the head's rotation fades to the body's"""
DEPTH_SLOPE = 2.0
"""steepest depth per sideways distance; steeper than 2.2 folds over at 12 degrees of yaw"""


@dataclass(frozen=True, slots=True, eq=False)
class Surround:
    """Mesh outside the oval; triangle indices count the 468 landmarks first."""

    points: F32
    """(n, 3) face widths"""
    design_xy: F32
    """(n, 2)"""
    weights: F32
    """(n, 3) head, shift, distance"""
    triangles: I32
    """(m, 3)"""
    spread: F32
    """(n, 36) how the oval's displacements extend to these vertices"""


@dataclass(frozen=True, slots=True)
class BodyFollow:
    """How the body below the neck follows the head (ratios; see weights/body_follow.json)."""

    shift: float = 0.6
    rotation: float = 0.02


def _outside_points(oval_xy: F64, alpha: F32, density: float) -> F64:
    low, high = -MARGIN_PX, DESIGN_PX + MARGIN_PX - 1.0
    ticks = np.linspace(low, high, int(round((high - low) / GRID_PX)) + 1)
    grid = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    # Denser rings around the oval, where expression fades out.
    centre = oval_xy.mean(0)
    normals = oval_xy - centre
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    rings = [oval_xy + normals * r for r in (9.0, 22.0)]
    spread = alpha > FOREGROUND_ALPHA
    steps = int(GRID_PX * 1.6 * density)
    reach = cv2.dilate(spread.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=steps)
    ring_clear = 14.0
    distance = _distance_to_polygon(grid, oval_xy)
    grid = grid[distance > 22.0 + ring_clear]
    points = np.concatenate([*rings, grid])
    inside = (points >= low).all(1) & (points <= high).all(1)
    points = points[inside]
    return np.asarray(points[_values_at(reach, points, density) > 0])


def _values_at(picture: NDArray[np.number], points: F64, density: float) -> Floats:
    """Nearest texel of a canvas picture at each (n, 2) design position."""
    texel = np.clip((points + MARGIN_PX) * density, 0, len(picture) - 1).astype(int)
    values: Floats = np.asarray(picture, np.float32)[texel[:, 1], texel[:, 0]]
    return values


def _distance_to_polygon(points: F64, polygon: Floats) -> F64:
    """Signed distance, positive outside."""
    contour = polygon.astype(np.float32).reshape(-1, 1, 2)
    return np.array([-cv2.pointPolygonTest(contour, (float(x), float(y)), True) for x, y in points])


def _clear_of_edges(points: F64, oval_xy: F64) -> F64:
    """Drop points inside an oval edge's circle, so that Delaunay keeps every oval edge."""
    nxt = np.roll(oval_xy, -1, 0)
    middle, radius = 0.5 * (oval_xy + nxt), 0.5 * np.linalg.norm(nxt - oval_xy, axis=1)
    apart = np.linalg.norm(points[:, None] - middle[None], axis=2)
    clear: F64 = points[(apart > radius * 1.02).all(1)]
    return clear


def _delaunay(points: F64) -> I32:
    offset = MARGIN_PX + 40.0
    size = int(DESIGN_PX + 2 * offset)
    subdiv = cv2.Subdiv2D((0, 0, size, size))
    index: dict[tuple[float, float], int] = {}
    for i, (x, y) in enumerate(points + offset):
        px, py = float(np.float32(x)), float(np.float32(y))
        subdiv.insert((px, py))
        index[(px, py)] = i
    triangles = []
    for row in subdiv.getTriangleList():
        corners = [index.get((float(row[2 * j]), float(row[2 * j + 1]))) for j in range(3)]
        if all(c is not None for c in corners):
            triangles.append(corners)
    return np.asarray(triangles, np.int32)


def build_surround(
    fit: HeadFit, landmarks_px: F32, alpha: F32, density: float, follow: BodyFollow
) -> Surround:
    """Mesh the person around the face.

    Args:
        fit: the head.
        landmarks_px: (478, 3) design pixels.
        alpha: (C, C) matte on the canvas, 0..1.
        density: canvas texels per design pixel.
        follow: how the body follows.
    """
    oval = np.asarray(FACE_OVAL)
    oval_xy = landmarks_px[oval, :2].astype(np.float64)
    points = _clear_of_edges(_outside_points(oval_xy, alpha, density), oval_xy)
    triangles = _delaunay(np.concatenate([oval_xy, points]))
    centroid = np.concatenate([oval_xy, points])[triangles].mean(1)
    inside_oval = (_distance_to_polygon(centroid, oval_xy) < 0.0) & (triangles < 36).all(1)
    triangles = triangles[~inside_oval]
    triangles = _over_foreground(triangles, np.concatenate([oval_xy, points]), alpha, density)
    numbering = np.concatenate([oval, 468 + np.arange(len(points))]).astype(np.int32)
    depth = _depth(points, fit, landmarks_px, alpha, density)
    return Surround(
        camera.unproject(points, depth, fit.pivot_px, fit.width_px).astype(np.float32),
        points.astype(np.float32),
        follow_weights(points, landmarks_px, alpha, density, follow).astype(np.float32),
        numbering[triangles],
        _spread(points, oval_xy, fit, landmarks_px),
    )


def _over_foreground(triangles: I32, xy: F64, alpha: F32, density: float) -> I32:
    """Keep triangles with any foreground under them."""
    keep = []
    for tri in triangles:
        corners = (xy[tri] + MARGIN_PX) * density
        x0, y0 = np.floor(corners.min(0)).astype(int)
        x1, y1 = np.ceil(corners.max(0)).astype(int) + 1
        window = alpha[max(0, y0) : y1, max(0, x0) : x1]
        keep.append(window.size > 0 and float(window.max()) > FOREGROUND_ALPHA)
    kept: I32 = triangles[np.asarray(keep)]
    return kept


def _depth(points: F64, fit: HeadFit, landmarks_px: F32, alpha: F32, density: float) -> F64:
    """Depth in face widths: the oval's, falling to the pivot's at the silhouette."""
    oval = np.asarray(FACE_OVAL)
    oval_xy, oval_z = landmarks_px[oval, :2], fit.vertices[oval, 2]
    apart = np.linalg.norm(points[:, None] - oval_xy[None], axis=2)
    near = np.exp(-((apart / (apart.min(1, keepdims=True) + 12.0)) ** 2) * 2.0)
    z_near = (near * oval_z).sum(1) / near.sum(1)
    d = apart.min(1)
    inside = (alpha > 0.5).astype(np.uint8)
    edge = cv2.distanceTransform(inside, cv2.DIST_L2, 3) / density
    to_edge = _values_at(edge, points, density)
    hair = z_near * to_edge / (to_edge + d + 1e-6)
    steep = np.maximum(z_near - DEPTH_SLOPE * d / fit.width_px, 0.02)
    chin_y = landmarks_px[CHIN, 1]
    brow_y = landmarks_px[FOREHEAD_TOP, 1]
    below = np.clip(
        (points[:, 1] - (0.65 * chin_y + 0.35 * brow_y)) / (0.35 * (chin_y - brow_y)), 0, 1
    )
    depth: F64 = (1 - below) * hair + below * np.minimum(steep, np.maximum(z_near, 0.02))
    return depth


def follow_weights(
    points: F64, landmarks_px: F32, alpha: F32, density: float, follow: BodyFollow
) -> F64:
    """(n, 3) head, shift and distance weights by height below the chin, along the head's axis."""
    top, chin = landmarks_px[FOREHEAD_TOP, :2], landmarks_px[CHIN, :2]
    height = float(np.linalg.norm(chin - top))
    below = (points[:, 1] - chin[1]) / height
    fade = np.clip(below / NECK_FALLOFF, 0.0, 1.0)
    smooth = fade * fade * (3.0 - 2.0 * fade)
    head = 1.0 - (1.0 - follow.rotation) * smooth
    shift = 1.0 - (1.0 - follow.shift) * smooth
    return np.column_stack([head, shift, _distance_weight(points, landmarks_px, alpha, density)])


def _distance_weight(points: F64, landmarks_px: F32, alpha: F32, density: float) -> F64:
    """1 at the face, 0 where the person is cut off by the frame: a lean, not a smaller picture."""
    beyond = alpha > 0.5
    first = int(round(MARGIN_PX * density))
    beyond[first:-first, first:-first] = False
    # Hair that ends within the margin may move; what the canvas still cuts off stays in place.
    beyond[:first] = False
    _, pieces = cv2.connectedComponents(beyond.astype(np.uint8))
    beyond &= np.isin(pieces, np.concatenate([pieces[-1], pieces[:, 0], pieces[:, -1]]))
    if not beyond.any():
        return np.ones(len(points))
    apart = cv2.distanceTransform((~beyond).astype(np.uint8), cv2.DIST_L2, 5) / density
    to_border = 1e-3 + _values_at(apart, points, density)
    below_chin = np.maximum(0.0, points[:, 1] - landmarks_px[CHIN, 1])
    oval_xy = landmarks_px[list(FACE_OVAL), :2]
    head_px = HEAD_REACH * float(np.ptp(oval_xy[:, 0]))
    beside_head = np.maximum(0.0, _distance_to_polygon(points, oval_xy) - head_px)
    away = np.maximum(below_chin, beside_head)
    return np.asarray(to_border / (to_border + 0.5 * away + 1e-6))


def _spread(points: F64, oval_xy: F64, fit: HeadFit, landmarks_px: F32) -> F32:
    """(n, 36) weights that carry the oval's displacements outwards and let them fade."""
    apart = np.linalg.norm(points[:, None] - oval_xy[None], axis=2)
    nearest = apart.min(1, keepdims=True)
    kernel = np.exp(-((apart / (nearest + 8.0)) ** 2) * 3.0)
    kernel /= kernel.sum(1, keepdims=True)
    below = points[:, 1] > landmarks_px[CHIN, 1] - 0.15 * fit.width_px
    reach = np.where(below, 0.42, 0.16) * fit.width_px
    field: F32 = (kernel * np.exp(-((nearest / reach[:, None]) ** 2))).astype(np.float32)
    return field
