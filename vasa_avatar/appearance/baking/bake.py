"""Portrait to Avatar: the steps of a bake, in order.

Landmarks, matte and background come in; a mesh with textures, expression basis, eyes, mouth and
shading goes out. Calibration (calibrate.py) then measures what a viewer sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.baking import eyes, far_side, hidden_side, lids, mouth, skirt, surround
from vasa_avatar.appearance.baking.closed_mouth import close_mouth
from vasa_avatar.appearance.baking.head import HeadFit, fit_head
from vasa_avatar.appearance.baking.mesh_builder import AtlasBuilder, MeshBuilder
from vasa_avatar.appearance.baking.workbench import Bench
from vasa_avatar.appearance.picture import texture
from vasa_avatar.appearance.picture.canvas import Canvas
from vasa_avatar.datatypes import ARKIT_INDEX, F32, U8, K
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import assets, kernels
from vasa_avatar.render.assets import MeshAssets

SHADE_CELL_PX = 2.7
"""design pixels per cell of the shading maps"""
OPAQUE_ALPHA = 0.996
BLINK_AROUND = (0.25, 0.9)
"""share of the basis's blink that crease and brow keep: under a low brow, with room above"""
NARROW_MOUTH = (0.55, 1.0)
"""least and most of a pucker that a mouth of another width makes"""
TONGUE_OPENS = 0.2
"""share of an open jaw that a tongue coming out brings with it"""
SHADING_GAIN = 0.8
FLAT_SKIN = (2.0, 9.0)
"""median spread of the skin's grey levels, 0..255, of a flat drawing and of a shaded one; those of
photographs and paintings are 11 to 70"""
GLASSES_REACH_PX = 15.0
"""design pixels around a frame of glasses in which the skin is held"""
WIDE_PER_OPENING = 0.30
"""most that wide eyes add to the opening, over the opening at rest"""
SQUINT_PER_OPENING = 0.50
"""most that a squint takes from it"""
BREATH_PX = 2.2
"""lift of the shoulders at a full breath, design pixels, for a face 200 px wide"""


@dataclass(frozen=True, slots=True, eq=False)
class FaceModel:
    """The learned face: mean shape, expression basis, shading, mouth interior."""

    mean_shape: F32
    rigid_weights: NDArray[np.float64]
    displacement: F32
    triangles: NDArray[np.int32]
    canonical_uv: F32
    canonical: F32
    """(468, 3) MediaPipe's canonical face, symmetric in x"""
    shading: F32
    """(U, S, S) log2 brightness in canonical uv"""
    shading_units: NDArray[np.int32]
    interior: mouth.MouthInterior
    incisor_displacement: F32
    """(52, 3) how the jaw carries the lower incisors"""


@lru_cache(maxsize=1)
def load_face_model() -> FaceModel:
    """The face model that ships in weights/."""
    home = resources.files("vasa_avatar") / "weights"
    with np.load(str(home / "face_basis.npz")) as basis:
        mean, displacement, rigid = (
            basis["mean_shape"], basis["displacement"], basis["rigid"],
        )  # fmt: skip
        incisor = basis["lower_incisor_displacement"]
    weights = np.zeros(len(mean))
    weights[rigid] = 1.0
    with np.load(str(home / "canonical_face.npz")) as canonical:
        triangles, uv = canonical["triangles"].astype(np.int32), canonical["uv"]
        canonical_face = canonical["vertices"].astype(np.float32)
    with np.load(str(home / "face_shading.npz")) as shade:
        shading, units = shade["log2_gain"].astype(np.float32), shade["units"].astype(np.int32)
    with np.load(str(home / "mouth_interior.npz")) as teeth:
        interior = mouth.MouthInterior(
            teeth["upper_teeth_rgba"], teeth["lower_teeth_rgba"], teeth["tongue_rgba"]
        )
    return FaceModel(
        mean,
        weights,
        displacement,
        triangles,
        uv,
        canonical_face,
        shading,
        units,
        interior,
        incisor,
    )


def bake(
    canvas: Canvas,
    landmarks_px: F32,
    alpha: F32,
    foreground_rgb: F32,
    plate_rgb: U8,
    gaze_rest_rad: NDArray[Any],
    model: FaceModel,
    glasses: F32 | None = None,
) -> MeshAssets:
    """Make an avatar's assets, uncalibrated.

    Args:
        canvas: frame and margin.
        landmarks_px: (478, 3) design pixels.
        alpha: (C, C) matte on the canvas, 0..1.
        foreground_rgb: (C, C, 3) the person's colour without background, 0..255.
        plate_rgb: (P, P, 3) clean background of the frame.
        gaze_rest_rad: (2,) pitch, yaw.
        model: the learned face.
        glasses: (C, C) 0..1 where a frame of glasses is, on the canvas; None without glasses.
    """
    fit = fit_head(landmarks_px, model.mean_shape, model.rigid_weights)
    skin_basis = np.einsum("ij,knj->kni", fit.rotation, model.displacement[:, :468])
    jaw = model.incisor_displacement @ fit.rotation.T
    for moves in (skin_basis, jaw):
        moves[ARKIT_INDEX["tongueOut"]] = TONGUE_OPENS * moves[ARKIT_INDEX["jawOpen"]]
    skin_basis = _fit_lids(np.ascontiguousarray(skin_basis, np.float32), fit)
    fit_mouth(skin_basis, fit, model.mean_shape)
    if glasses is not None:
        skin_basis = _hold_glasses(skin_basis, glasses, canvas, landmarks_px)
    tools = Bench(
        canvas, fit, landmarks_px, skin_basis, MeshBuilder(),
        AtlasBuilder(texture.rgba(foreground_rgb, alpha)), glasses,
        _relief(canvas, landmarks_px),
    )  # fmt: skip
    shut = close_mouth(fit.vertices, skin_basis, fit.rotation[:, 1])
    rest = fit.vertices[:468] + shut.shift
    skin = tools.mesh.add(rest, tools.texels(landmarks_px[:468]), skin_basis)
    tools.mesh.set_turn(
        skin,
        *far_side.turn_shift(
            landmarks_px[:468, :2],
            tools.texels(landmarks_px[:468]),
            foreground_rgb,
            float(fit.rotation[0, 2]),
            glasses,
        ),
    )
    skin_triangles, mouth_triangles = topo.split_holes(model.triangles)
    around = surround.build_surround(
        fit, landmarks_px, alpha, canvas.texels_per_px, surround.BodyFollow()
    )
    _add_surround(tools, around, skin_basis, shut.shift)
    shade_box = _shade_box(tools)
    _add_skin(tools, np.concatenate([skin_triangles, around.triangles]), alpha, len(skin_triangles))
    copies, offsets = mouth.add_mouth(tools, model.interior, jaw, mouth_triangles, shut)
    hidden = hidden_side.add_hidden_side(
        tools, model.canonical, skin_triangles, float(fit.rotation[0, 2])
    )
    rims = [skirt.add_skirt(tools, hole) for hole in
            (topo.MOUTH_HOLE, topo.RIGHT_EYE_HOLE, topo.LEFT_EYE_HOLE)]  # fmt: skip
    right = eyes.build_eye(tools, lids.RIGHT_EYE, gaze_rest_rad)
    left = eyes.build_eye(tools, lids.LEFT_EYE, gaze_rest_rad)
    return _finish(
        tools, model, plate_rgb, gaze_rest_rad, shade_box, (right, left),
        np.concatenate([copies, *(r[0] for r in rims), hidden[0]]),
        np.concatenate([offsets, *(r[1] for r in rims), hidden[1]]),
    )  # fmt: skip


def _fit_lids(basis: F32, fit: HeadFit) -> F32:
    """Lids that the renderer slides keep of the basis's blink only the way to a shut eye's line.

    Wide and squinting eyes stay within reason.
    """
    for side, upper, lower in (
        ("Right", topo.RIGHT_EYE_UPPER, topo.RIGHT_EYE_LOWER),
        ("Left", topo.LEFT_EYE_UPPER, topo.LEFT_EYE_LOWER),
    ):
        contour = list({*upper, *lower})
        blink = basis[ARKIT_INDEX[f"eyeBlink{side}"]]
        blink *= _lid_room(fit.vertices, side)
        blink[contour] = 0.0
        lids.lay_shut_line(blink, fit.vertices, upper, lower, fit.rotation[:, 1])
        opening = float(np.abs(fit.vertices[upper[4]] - fit.vertices[lower[4]])[:2].max())
        for name, share in (("eyeWide", WIDE_PER_OPENING), ("eyeSquint", SQUINT_PER_OPENING)):
            unit_basis = basis[ARKIT_INDEX[f"{name}{side}"]]
            gap = np.abs(unit_basis[list(lower)] - unit_basis[list(upper)])[:, 1].max()
            unit_basis[contour] *= min(1.0, share * opening / max(float(gap), 1e-6))
    return basis


def fit_mouth(basis: NDArray[Any], fit: HeadFit, mean_shape: F32) -> None:
    """Lips that draw together do so in proportion: a narrow mouth is not pinched to a point."""
    corners = list(topo.LIP_OUTER_UPPER[:: len(topo.LIP_OUTER_UPPER) - 1])
    own, usual = (float(np.linalg.norm(np.diff(p[corners], axis=0))) for p in
                  (fit.vertices, mean_shape))  # fmt: skip
    share = float(np.clip(own / usual, *NARROW_MOUTH))
    for name in ("mouthPucker", "mouthFunnel"):
        basis[ARKIT_INDEX[name]] *= share


def _hold_glasses(basis: F32, glasses: F32, canvas: Canvas, landmarks_px: F32) -> F32:
    """Skin under a frame of glasses does not move, so that the frame does not bend."""
    # Wide enough to hold all corners of the triangles that the frame crosses.
    width = 2 * int(GLASSES_REACH_PX * canvas.texels_per_px) + 1
    reach = cv2.dilate((glasses > 0.5).astype(np.float32), np.ones((width, width)))
    near = cv2.GaussianBlur(reach, (0, 0), 0.3 * width)
    held = np.clip(1.7 * texture.sample(near, canvas.to_texels(landmarks_px[:468, :2])), 0.0, 1.0)
    lids_of_eyes = list({*topo.RIGHT_EYE_HOLE, *topo.LEFT_EYE_HOLE})
    lower_face = landmarks_px[:468, 1] > landmarks_px[topo.LIP_OUTER_UPPER[5], 1]
    held = held.reshape(-1)
    # Rims that were not found lie between the eyes' creases and the brows, or over the bags.
    rims = [*topo.RIGHT_EYE_CREASE, *topo.RIGHT_EYE_UNDER_BROW, *topo.RIGHT_EYE_BAG,
            *topo.LEFT_EYE_CREASE, *topo.LEFT_EYE_UNDER_BROW, *topo.LEFT_EYE_BAG]  # fmt: skip
    held[rims] = 1.0
    held[lids_of_eyes] = 0.0
    held[lower_face] = 0.0
    return np.asarray(basis * (1.0 - held)[None, :, None], np.float32)


def _lid_room(vertices: F32, side: str) -> float:
    """How much of a blink the crease follows: less where the brow sits right above the lid."""
    eye = lids.RIGHT_EYE if side == "Right" else lids.LEFT_EYE
    opening = float(np.linalg.norm(vertices[eye.upper[4]] - vertices[eye.lower[4]]))
    above = float(np.linalg.norm(vertices[eye.crease[4]] - vertices[eye.under_brow[4]]))
    room = np.clip((above / max(opening, 1e-4) - 0.25) / 0.5, 0.0, 1.0)
    return BLINK_AROUND[0] + (BLINK_AROUND[1] - BLINK_AROUND[0]) * float(room)


def _add_surround(tools: Bench, around: surround.Surround, skin_basis: F32, shift: F32) -> None:
    oval = list(topo.FACE_OVAL)
    basis = np.einsum("no,koj->knj", around.spread, skin_basis[:, oval])
    points = around.points + around.spread @ shift[oval]
    added = tools.mesh.add(
        points, tools.texels(around.design_xy), basis.astype(np.float32), around.weights
    )
    body = 1.0 - around.weights[:, 0]
    lift = np.zeros((len(added), 2), np.float32)
    lift[:, 1] = -BREATH_PX * tools.fit.width_px / 200.0 * body
    tools.mesh.set_breath(added, lift)


def _add_skin(tools: Bench, triangles: NDArray[Any], alpha: F32, n_face: int) -> None:
    """Skin triangles with their kinds: opaque where the matte is, shaded inside the face."""
    uv = np.concatenate(tools.mesh._uv)
    kinds = np.empty(len(triangles), np.uint8)
    for i, tri in enumerate(triangles):
        x0, y0 = np.floor(uv[tri].min(0)).astype(int) - 1
        x1, y1 = np.ceil(uv[tri].max(0)).astype(int) + 2
        window = alpha[max(y0, 0) : y1, max(x0, 0) : x1]
        solid = window.size > 0 and float(window.min()) >= OPAQUE_ALPHA
        if i < n_face:
            kinds[i] = kernels.SHADED if solid else kernels.SHADED_BLEND
        else:
            kinds[i] = kernels.OPAQUE if solid else kernels.BLEND
    tools.mesh.add_triangles(triangles, assets.LAYER_SKIN, kinds)


def _shade_box(tools: Bench) -> tuple[float, float, int, int, float]:
    """u0, v0 (texels), rows, columns, cells per texel of the shading maps."""
    xy = tools.landmarks_px[:468, :2]
    low, high = xy.min(0) - 4.0, xy.max(0) + 4.0
    cells_per_texel = 1.0 / (SHADE_CELL_PX * tools.canvas.texels_per_px)
    u0, v0 = tools.texels(low[None])[0]
    columns, rows = np.ceil((high - low) / SHADE_CELL_PX).astype(int) + 3
    return float(u0), float(v0), int(rows), int(columns), cells_per_texel


def _portrait_shading(tools: Bench, model: FaceModel, box: Any) -> NDArray[np.int8]:
    """Shading maps from canonical uv to the portrait's own picture space."""
    u0, v0, rows, columns, cells = box
    uv = tools.texels(tools.landmarks_px[:468])
    place = (uv - [u0, v0]) * cells
    lookup = texture.rasterise(place, model.triangles, model.canonical_uv, rows, columns)
    size = model.shading.shape[1]
    valid = lookup[..., 0] >= 0
    out = np.zeros((len(model.shading), rows, columns), np.int8)
    at = np.clip(lookup, 0, 1) * (size - 1)
    gain = SHADING_GAIN * tools.relief
    for i, plane in enumerate(model.shading):
        values = texture.sample(plane, at.reshape(-1, 2)).reshape(rows, columns)
        gained = gain * np.where(values > 0.0, 0.6 * values, values)
        out[i] = np.clip(np.rint(gained * valid * 128.0), -127, 127).astype(np.int8)
    return out


def _relief(canvas: Canvas, landmarks_px: F32) -> float:
    """How far the portrait shades its skin, 0..1: folds would look like dirt on a flat drawing."""
    features = {*topo.MOUTH_HOLE, *topo.RIGHT_EYE_HOLE, *topo.LEFT_EYE_HOLE, *topo.FACE_OVAL,
                *topo.LIP_OUTER_UPPER, *topo.LIP_OUTER_LOWER}  # fmt: skip
    skin = [i for i in range(topo.N_MESH) if i not in features]
    place = canvas.to_texels(landmarks_px[skin, :2])
    grey = texture.sample(canvas.rgb, place).mean(1)
    spread = float(np.median(np.abs(grey - np.median(grey))))
    return float(texture.smoothstep(*FLAT_SKIN, spread))


def _finish(
    tools: Bench, model: FaceModel, plate_rgb: U8, gaze_rest: Any, box: Any, pair: Any,
    copies: Any, offsets: Any,
) -> MeshAssets:  # fmt: skip
    arrays = tools.mesh.arrays()
    order = np.argsort(arrays["triangle_layer"], kind="stable")
    for name in ("triangles", "triangle_layer", "triangle_kind"):
        arrays[name] = np.ascontiguousarray(arrays[name][order])
    vertices = arrays["vertices"]
    pairs = np.column_stack([topo.LIP_INNER_UPPER[1:-1], topo.LIP_INNER_LOWER[1:-1]])
    atlas = tools.atlas.finish()
    return MeshAssets(
        atlas_bgra=np.ascontiguousarray(atlas[..., [2, 1, 0, 3]]),
        texels_per_px=tools.canvas.texels_per_px,
        plate_rgb=plate_rgb,
        copies=copies.astype(np.int32),
        copy_offset=offsets.astype(np.float32),
        lip_pairs=pairs.astype(np.int32),
        lip_rest_gap=(vertices[pairs[:, 1], 1] - vertices[pairs[:, 0], 1]).astype(np.float32),
        eyes=pair,
        shading=_portrait_shading(tools, model, box),
        shading_units=model.shading_units,
        shade_frame=np.array([box[0], box[1], box[4]], np.float32),
        pivot_px=tools.fit.pivot_px,
        face_width_px=tools.fit.width_px,
        pose_gain=np.eye(3, dtype=np.float32),
        rest_rotation=tools.fit.rotation,
        distance_gain=1.0,
        gaze_rest_rad=np.asarray(gaze_rest, np.float32),
        gaze_gain=np.ones(2, np.float32),
        unit_curve=np.tile(np.linspace(0.0, 1.0, 5, dtype=np.float32), (K, 1)),
        **arrays,
    )
