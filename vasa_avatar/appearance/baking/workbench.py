"""What every part of the bake works on: picture, head, mesh and atlas under construction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.baking.head import HeadFit
from vasa_avatar.appearance.baking.mesh_builder import AtlasBuilder, MeshBuilder
from vasa_avatar.appearance.picture.canvas import Canvas
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry import camera


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """Tools of a bake."""

    canvas: Canvas
    fit: HeadFit
    landmarks_px: F32
    """(478, 3) design pixels"""
    basis: F32
    """(52, 468, 3) of the skin, camera axes"""
    mesh: MeshBuilder
    atlas: AtlasBuilder
    glasses: F32 | None = None
    """(C, C) 0..1 where a frame of glasses is, on the canvas; None without glasses"""
    relief: float = 1.0
    """how far the portrait shades its skin: 0 a flat drawing .. 1 a photograph"""

    def texels(self, design_xy: NDArray[Any]) -> F32:
        """Design pixels to atlas texels of the canvas."""
        return self.canvas.to_texels(np.asarray(design_xy, np.float32)[..., :2])

    def points(self, design_xy: NDArray[Any], depth: NDArray[Any]) -> F32:
        """Design pixels and depth (face widths) to vertices."""
        made = camera.unproject(design_xy, depth, self.fit.pivot_px, self.fit.width_px)
        return np.asarray(made, np.float32)

    def window(self, low: NDArray[Any], high: NDArray[Any]) -> tuple[F32, NDArray[Any]]:
        """Canvas part between two design points, and the texel position of its first texel."""
        first = np.floor(self.texels(low)).astype(int)
        last = np.ceil(self.texels(high)).astype(int) + 1
        first = np.clip(first, 0, None)
        return self.canvas.rgb[first[1] : last[1], first[0] : last[0]], first
