"""The upper lip's shade: a soft dark strip that hangs from the lip over teeth and tongue.

It moves with the lip, so it covers a narrow opening whole, the upper part of a wide one, and the
corners, where the lips are near each other, always. A jaw that drops lets light in: it grows short.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.baking.mesh_builder import Copies, grid_triangles
from vasa_avatar.appearance.baking.mouth_frame import MouthFrame
from vasa_avatar.appearance.baking.mouth_light import MouthLight
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import ARKIT_INDEX, F32
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import assets, kernels

# Held against six speakers of the GRID corpus (CC BY 4.0; 218 frames with an open mouth): the
# brightest place between the lips lies .58, .51 and .42 of the way down in narrow, middle and wide
# openings, and is by a quarter dimmer in narrow ones than in wide ones.
REACH = 0.042
"""how far below the lip it ends, face widths"""
JAW_LIGHTS = 0.035
"""how much of that an open jaw takes away, face widths"""
TAPER = 3.0
"""how late, towards the corners, the shade of a head that is turned far aside grows short"""
DARKNESS = (0.55, 0.60)
"""at the lip, in the middle and at the corners"""
SEEN_DARKNESS = 0.28
"""of the same shade in a portrait: pictures are taken with more light from the front"""
SHADE_RGB = (44, 18, 15)
"""in plain daylight; what little light comes has been on lips"""
TEXELS_HW = (24, 61)


def add_lip_shade(bench: Workbench, frame: MouthFrame, light: MouthLight) -> Copies:
    """Add the strip; call after the teeth.

    Args:
        bench: the bake's tools; its mesh already holds the skin.
        frame: where the mouth is.
        light: the portrait's.

    Returns:
        The strip's upper edge goes with the lip.
    """
    patch = light.on(_strip())
    x, y = bench.atlas.place(patch)
    lip = np.asarray(topo.LIP_INNER_UPPER)
    points, basis = bench.mesh.points()[lip], bench.basis[:, lip]
    u = np.linspace(0.0, TEXELS_HW[1] - 1.0, len(lip)) + x
    top = bench.mesh.add(points, np.column_stack([u, np.full(len(lip), y)]), basis)
    basis[ARKIT_INDEX["jawOpen"]] -= JAW_LIGHTS * frame.down
    foot_uv = np.column_stack([u, np.full(len(lip), y + TEXELS_HW[0] - 1.0)])
    reach = np.full((len(lip), 1), REACH)
    if bench.turned_beyond > 0.0:  # its far corner is the face's outline: nothing hangs over it
        reach *= 1.0 - np.abs(np.linspace(-1.0, 1.0, len(lip)))[:, None] ** TAPER
    foot = bench.mesh.add(points + reach * frame.down, foot_uv, basis)
    strip = grid_triangles(np.stack([top, foot]))
    bench.mesh.add_triangles(strip, assets.LAYER_UPPER_TEETH, kernels.BLEND)
    pairs = np.column_stack([top, lip]).astype(np.int32)
    return Copies(pairs, np.zeros((len(lip), 3), np.float32))


def out_of_shade(rgb: F32, below_lip: F32, light: MouthLight) -> F32:
    """What was photographed in the lip's shade, as it looks without it.

    Args:
        rgb: (..., 3) colours.
        below_lip: (..., 1) how far below the upper lip they were seen, face widths.
        light: the portrait's.
    """
    alpha = SEEN_DARKNESS * _fall(np.clip(below_lip / REACH, 0.0, 1.0))
    shade = light.on_colour(np.array(SHADE_RGB, np.float32))
    return np.asarray(np.clip((rgb - alpha * shade) / (1.0 - alpha), 0.0, 255.0), np.float32)


def _fall(below: F32) -> F32:
    """How dark it is, 1 at the lip, over the way down to the shade's end, 0..1."""
    return np.asarray(1.0 - texture.smoothstep(0.0, 1.0, below), np.float32)


def _strip() -> F32:
    """(h, w, 4) premultiplied, darkest at the top and at both ends."""
    height, width = TEXELS_HW
    down = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None]
    aside = np.abs(np.linspace(-1.0, 1.0, width, dtype=np.float32))[None]
    middle, corner = DARKNESS
    darkness = middle + (corner - middle) * texture.smoothstep(0.2, 0.9, aside)
    alpha = darkness * _fall(down)
    colour = np.broadcast_to(np.array(SHADE_RGB, np.float32), (height, width, 3))
    return texture.rgba(colour, alpha.astype(np.float32))
