"""What every part of the bake works on: picture, head, mesh and atlas under construction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.baking.head import HeadFit
from vasa_avatar.appearance.baking.mesh_builder import AtlasBuilder, MeshBuilder
from vasa_avatar.appearance.layers import Layers
from vasa_avatar.appearance.picture import Canvas
from vasa_avatar.datatypes import F32, Floats
from vasa_avatar.geometry import camera


@dataclass(frozen=True, slots=True, eq=False)
class CanvasPart:
    """A rectangle of the canvas."""

    rgb: F32
    """(h, w, 3) 0..255"""
    first: NDArray[np.int64]
    """(2,) x, y of its first texel on the canvas"""


@dataclass(frozen=True, slots=True, eq=False)
class Workbench:
    """Tools of a bake."""

    canvas: Canvas
    layers: Layers
    fit: HeadFit
    landmarks_px: F32
    """(478, 3) design pixels"""
    basis: F32
    """(52, 468, 3) of the skin, camera axes"""
    mesh: MeshBuilder
    atlas: AtlasBuilder
    glasses: F32 | None = None
    """(C, C) 0..1 where a frame of glasses is, on the canvas; None without glasses"""
    shading_strength: float = 1.0
    """how far the portrait shades its skin: 0 a flat drawing .. 1 a photograph"""
    is_drawn: bool = False
    """baked as an animator draws: no folds, no guessed cheek"""
    turned_beyond: float = 0.0
    """how far the head is turned aside beyond what looks good, 0..1"""
    has_teeth: bool = True

    def texels(self, design_xy: Floats) -> F32:
        """Design pixels to atlas texels of the canvas."""
        return self.canvas.to_texels(np.asarray(design_xy, np.float32)[..., :2])

    def points(self, design_xy: Floats, depth: Floats) -> F32:
        """Design pixels and depth (face widths) to vertices."""
        made = camera.unproject(design_xy, depth, self.fit.pivot_px, self.fit.width_px)
        return np.asarray(made, np.float32)

    def window(self, low: Floats, high: Floats) -> CanvasPart:
        """The canvas between two design points."""
        first = np.floor(self.texels(low)).astype(int)
        last = np.ceil(self.texels(high)).astype(int) + 1
        first = np.clip(first, 0, None)
        part = self.canvas.rgb[first[1] : last[1], first[0] : last[0]]
        return CanvasPart(part, first)
