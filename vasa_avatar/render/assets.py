"""What a bake leaves for the renderer: textures, vertices, triangles and tables of one avatar.

Design pixels: the frame is 512 x 512 of them whatever its real size; x right, y down, origin at the
frame's top left corner. Vertices are 3-D, in face widths, axes of datatypes.py (z towards the
viewer), relative to the head's pivot; `geometry.camera` projects them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32, I32, U8

DESIGN_PX = 512.0

# Layers, in the order in which they are drawn.
LAYER_EYE = 0
LAYER_IRIS = 1
LAYER_CAVITY = 2
LAYER_TONGUE = 3
LAYER_LOWER_TEETH = 4
LAYER_UPPER_TEETH = 5
LAYER_MOUTH_REST = 6
LAYER_SKIN = 7
LAYER_FAR_SIDE = 8
LAYER_LID_RIGHT = 9
LAYER_LID_LEFT = 10
LAYER_LASH_RIGHT = 11
LAYER_LASH_LEFT = 12
LAYER_FRINGE_RIGHT = 13
LAYER_FRINGE_LEFT = 14
LAYER_TONGUE_OUT = 15
LAYER_OVER = 16
"""lines of a drawing and strands of hair, before everything else"""
N_LAYERS = 17


@dataclass(frozen=True, slots=True, eq=False)
class EyeTables:
    """One eye: which vertices its lids and eyeball move, and how."""

    upper: I32
    """(9,) skin vertices of the upper lid's contour, outer corner first"""
    lower: I32
    """(9,)"""
    sheet: I32
    """(R, 9) closed-lid sheet: row 0 stays below the brow, the last one follows the contour"""
    lash: I32
    """(R, 9) lash strip: every row moves rigidly with the contour"""
    fringe: I32
    """(2, 9) lash fringe of a closing eye: row 0 at the contour, row 1 below it"""
    iris: I32
    """(J,) vertices of the iris"""
    iris_offset: F32
    """(J, 2) place on the iris plane in face widths"""
    ball_centre: F32
    """(3,) centre of the eyeball in face widths"""
    ball_radius: float
    """face widths"""
    meet: float
    """0..1 where a closing upper lid meets the lower one, from upper to lower"""


@dataclass(frozen=True, slots=True, eq=False)
class MeshAssets:
    """Everything that MeshRenderer needs; arrays are read-only."""

    atlas_bgra: U8
    """(Ha, Wa, 4) premultiplied by alpha"""
    texels_per_px: float
    """atlas texels per design pixel"""
    plate_rgb: U8
    """(Hp, Hp, 3) background behind the person, the frame's area"""
    vertices: F32
    """(N, 3) at rest"""
    uv: F32
    """(N, 2) atlas texels"""
    turn_uv: F32
    """(N, 2) shift of uv, atlas texels, where a turn of the head brings the face's edge forward"""
    turn_side: F32
    """(N,) the turn that brings it: +1 the nose to the viewer's right, -1 to the left"""
    basis: F32
    """(52, N, 3) displacement per unit coefficient, face widths"""
    head_weight: F32
    """(N,) how far a vertex follows the head's rotation"""
    shift_weight: F32
    """(N,) how far it follows the head's translation"""
    distance_weight: F32
    """(N,) how far it follows the head's distance"""
    breath_px: F32
    """(N, 2) shift at a full breath, design pixels"""
    light: F32
    """(N,) vertex light, 256 = unchanged"""
    triangles: I32
    """(M, 3)"""
    triangle_layer: U8
    """(M,)"""
    triangle_kind: U8
    """(M,) kernels.OPAQUE ... kernels.LIT_BLEND"""
    copies: I32
    """(C, 2) destination and source: destination takes the source's place plus copy_offset"""
    copy_offset: F32
    """(C, 3) face widths"""
    lip_pairs: I32
    """(P, 2) upper and lower inner lip vertices that must not cross"""
    lip_rest_gap: F32
    """(P,) their distance at rest, face widths"""
    eyes: tuple[EyeTables, EyeTables]
    """right, left"""
    shading: NDArray[np.int8]
    """(U, Hs, Ws) change of log2 brightness at coefficient 1, in steps of 1/128"""
    shading_units: I32
    """(U,) coefficient of each map"""
    shade_frame: F32
    """(3,) u0, v0 in atlas texels, cells per texel"""
    pivot_px: F32
    """(2,) design pixels"""
    face_width_px: float
    """design pixels"""
    pose_gain: F32
    """(3, 3) commanded to drawn rotation (pitch, yaw, roll), from calibration"""
    rest_rotation: F32
    """(3, 3) the portrait's own head rotation, canonical to camera"""
    distance_gain: float
    gaze_rest_rad: F32
    """(2,) where the portrait looks"""
    gaze_gain: F32
    """(2,) commanded to drawn gaze"""
    unit_curve: F32
    """(52, 5) drawn coefficient at commanded 0, .25, .5, .75, 1; rising"""
    hang: F32 | None = None
    """(N,) 0..1 how far a vertex is where the head was (`FaceMotion.trail`); None: nothing hangs"""
