"""The learned shading of folds and dimples to maps that lie on the portrait's own picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.baking.face_model import FaceModel
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import Canvas, texture
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry import face_topology as topo

CELL_PX = 2.7
"""design pixels per cell of the maps: some 105 across a face, where the learned maps have 128"""
GAIN = 0.8
"""of the learned maps (by eye)"""
BRIGHTER = 0.6
"""share that is left of what a map brightens (by eye)"""
FLAT_SKIN = (2.0, 9.0)
"""median spread of the skin's grey levels, 0..255, of a flat drawing and of a shaded one; those of
photographs and paintings are 11 to 70"""
BORDER_PX = 4.0
"""design pixels around the landmarks that the maps reach"""


@dataclass(frozen=True, slots=True)
class ShadingGrid:
    """Where the cells of the maps lie on the atlas."""

    u0: float
    """texels, of the first cell"""
    v0: float
    rows: int
    columns: int
    cells_per_texel: float


def shading_grid(bench: Workbench) -> ShadingGrid:
    """A grid over the face."""
    xy = bench.landmarks_px[: topo.N_MESH, :2]
    low, high = xy.min(0) - BORDER_PX, xy.max(0) + BORDER_PX
    cells_per_texel = 1.0 / (CELL_PX * bench.canvas.texels_per_px)
    u0, v0 = bench.texels(low[None])[0]
    columns, rows = np.ceil((high - low) / CELL_PX).astype(int) + 3
    return ShadingGrid(float(u0), float(v0), int(rows), int(columns), cells_per_texel)


def portrait_shading(bench: Workbench, model: FaceModel, grid: ShadingGrid) -> NDArray[np.int8]:
    """(U, rows, columns) the maps in steps of 1/128 log2, weaker on flatter portraits."""
    place = (bench.texels(bench.landmarks_px[: topo.N_MESH]) - [grid.u0, grid.v0]) * (
        grid.cells_per_texel
    )
    face = model.canonical
    lookup = texture.rasterise(place, face.triangles, face.uv, grid.rows, grid.columns)
    size = model.shading.shape[1]
    valid = lookup[..., 0] >= 0
    out = np.zeros((len(model.shading), grid.rows, grid.columns), np.int8)
    at = np.clip(lookup, 0, 1) * (size - 1)
    gain = GAIN * bench.shading_strength
    for i, plane in enumerate(model.shading):
        values = texture.sample(plane, at.reshape(-1, 2)).reshape(grid.rows, grid.columns)
        gained = gain * np.where(values > 0.0, BRIGHTER * values, values)
        out[i] = np.clip(np.rint(gained * valid * 128.0), -127, 127).astype(np.int8)
    return out


def shading_strength(canvas: Canvas, landmarks_px: F32) -> float:
    """How far the portrait shades its skin, 0..1: folds would look like dirt on a flat drawing."""
    features = {*topo.MOUTH_HOLE, *topo.RIGHT_EYE_HOLE, *topo.LEFT_EYE_HOLE, *topo.FACE_OVAL,
                *topo.LIP_OUTER_UPPER, *topo.LIP_OUTER_LOWER}  # fmt: skip
    skin = [i for i in range(topo.N_MESH) if i not in features]
    place = canvas.to_texels(landmarks_px[skin, :2])
    grey = texture.sample(canvas.rgb, place).mean(1)
    spread = float(np.median(np.abs(grey - np.median(grey))))
    return float(texture.smoothstep(*FLAT_SKIN, spread))
