"""An avatar whose face is a black square and turns white with tongueOut: it can be read."""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance import Avatar
from vasa_avatar.datatypes import F32, K
from vasa_avatar.render import assets

_N = 9  # enough for the tables of an eye; the first four are the square's corners
_ATLAS_PX = 32


def flat_avatar() -> Avatar:
    """Everything that a renderer asks for, as small as it may be."""
    return Avatar(_assets())


def _assets() -> assets.MeshAssets:
    square = np.array([[-1, -1, 0], [1, -1, 0], [-1, 1, 0], [1, 1, 0]], np.float32)
    vertices = np.zeros((_N, 3), np.float32)
    vertices[:4] = square
    uv = np.full((_N, 2), _ATLAS_PX / 2, np.float32)
    white = np.full((_ATLAS_PX, _ATLAS_PX, 4), 255, np.uint8)
    eye = _eye()
    return assets.MeshAssets(
        atlas_bgra=white,
        texels_per_px=1.0,
        plate_rgb=np.zeros((64, 64, 3), np.uint8),
        vertices=vertices,
        uv=uv,
        turn_uv=_zeros(_N, 2),
        turn_side=_zeros(_N),
        basis=_zeros(K, _N, 3),
        head_weight=_zeros(_N),
        shift_weight=_zeros(_N),
        distance_weight=_zeros(_N),
        breath_px=_zeros(_N, 2),
        light=np.full(_N, 256, np.float32),
        triangles=np.array([[0, 1, 2], [1, 3, 2]], np.int32),
        triangle_layer=np.full(2, assets.LAYER_TONGUE_OUT, np.uint8),
        triangle_kind=np.ones(2, np.uint8),
        copies=np.zeros((0, 2), np.int32),
        copy_offset=_zeros(0, 3),
        lip_pairs=np.array([[4, 5]], np.int32),
        lip_rest_gap=_zeros(1),
        eyes=(eye, eye),
        shading=np.zeros((1, 2, 2), np.int8),
        shading_units=np.zeros(1, np.int32),
        shade_frame=np.array([0, 0, 1], np.float32),
        pivot_px=np.array([256, 256], np.float32),
        face_width_px=256.0,
        pose_gain=np.eye(3, dtype=np.float32),
        rest_rotation=np.eye(3, dtype=np.float32),
        distance_gain=1.0,
        gaze_rest_rad=_zeros(2),
        gaze_gain=np.ones(2, np.float32),
        unit_curve=np.tile(np.linspace(0, 1, 5, dtype=np.float32), (K, 1)),
    )


def _zeros(*shape: int) -> F32:
    return np.zeros(shape, np.float32)


def _eye() -> assets.EyeTables:
    still = np.full(9, _N - 1, np.int32)
    return assets.EyeTables(
        upper=still,
        lower=still,
        sheet=np.tile(still, (2, 1)),
        lash=np.tile(still, (2, 1)),
        fringe=np.tile(still, (2, 1)),
        iris=still[:1],
        iris_offset=_zeros(1, 2),
        ball_centre=_zeros(3),
        ball_radius=0.1,
        meet=1.0,
    )
