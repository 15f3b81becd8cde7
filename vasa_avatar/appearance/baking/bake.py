"""A face, its picture's layers and the learned face to the assets of an avatar, step by step.

Calibration (calibrate.py) then measures what a viewer sees.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from vasa_avatar.appearance.baking import (
    eyes,
    hidden_side,
    lids,
    mouth,
    shading,
    skin,
    skirt,
    surround,
)
from vasa_avatar.appearance.baking.closed_mouth import close_mouth
from vasa_avatar.appearance.baking.drawn_expression import drawn_curves, fit_drawn_expression
from vasa_avatar.appearance.baking.drawn_eyes import build_drawn_eye, paint_over_eyes
from vasa_avatar.appearance.baking.drawn_fringe import covered_landmarks
from vasa_avatar.appearance.baking.drawn_mouth import add_drawn_mouth, paint_over_mouth
from vasa_avatar.appearance.baking.drawn_parts import DrawnParts
from vasa_avatar.appearance.baking.expression import fit_expression, hold_glasses
from vasa_avatar.appearance.baking.face_model import FaceModel
from vasa_avatar.appearance.baking.hanging import hanging
from vasa_avatar.appearance.baking.head import fit_head
from vasa_avatar.appearance.baking.mesh_builder import AtlasBuilder, Copies, MeshBuilder
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.layers import Layers
from vasa_avatar.appearance.picture import Canvas, texture
from vasa_avatar.datatypes import F32, K
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render.assets import EyeTables, MeshAssets

HOLES = (topo.MOUTH_HOLE, topo.RIGHT_EYE_HOLE, topo.LEFT_EYE_HOLE)
CURVE_STEPS = 5
"""points of a coefficient's curve, see MeshAssets.unit_curve"""


DRAWN_TURN = (0.75, 0.7, 1.0)
"""how far a drawn head pitches, yaws and rolls for what is asked: behind its cheeks nothing is
drawn"""


@dataclass(frozen=True, slots=True, eq=False)
class FaceOnCanvas:
    """What a bake must know of the face."""

    landmarks_px: F32
    """(478, 3) design pixels"""
    gaze_rest_rad: F32
    """(2,) pitch, yaw of the portrait's own gaze"""
    glasses: F32 | None
    """(C, C) 0..1 where a frame of glasses is, on the canvas; None without glasses"""
    drawing: DrawnParts | None = None
    """eyes and mouth of a drawing, which are baked as they are drawn; None for all else"""
    turned_beyond: float = 0.0
    """how far the head is turned aside beyond what looks good, 0..1"""
    has_teeth: bool = True


def bake_assets(canvas: Canvas, face: FaceOnCanvas, layers: Layers, model: FaceModel) -> MeshAssets:
    """Make an avatar's assets, uncalibrated.

    Args:
        canvas: frame and margin.
        face: the face on it.
        layers: person and background.
        model: the learned face.
    """
    bench, jaw = _open_workbench(canvas, face, layers, model)
    shut = close_mouth(bench.fit.vertices, bench.basis, bench.fit.rotation[:, 1])
    skin.add_face(bench, shut.shift)
    skin_triangles, mouth_triangles = topo.split_holes(model.canonical.triangles)
    around = surround.build_surround(
        bench.fit, face.landmarks_px, layers.alpha, canvas.texels_per_px, surround.BodyFollow()
    )
    skin.add_surround(bench, around, shut.shift)
    skin.add_skin_triangles(bench, skin_triangles, around.triangles)
    if face.drawing is None:
        copies = [mouth.add_mouth(bench, model.interior, jaw, mouth_triangles, shut)]
    else:
        copies = [add_drawn_mouth(bench, face.drawing, jaw)]
    hidden = hidden_side.add_hidden_side(bench, model.canonical.vertices, skin_triangles)
    if face.drawing is None:  # the lines of a drawing lie over the holes' edges
        copies += [skirt.add_skirt(bench, hole) for hole in HOLES]
    copies.append(hidden)
    if face.drawing is None:
        right = eyes.build_eye(bench, lids.RIGHT_EYE, face.gaze_rest_rad)
        left = eyes.build_eye(bench, lids.LEFT_EYE, face.gaze_rest_rad)
    else:
        skin_rgb = face.drawing.skin_rgb
        right, one = build_drawn_eye(bench, lids.RIGHT_EYE, face.drawing.right_eye, skin_rgb)
        left, other = build_drawn_eye(bench, lids.LEFT_EYE, face.drawing.left_eye, skin_rgb)
        copies += [one, other]
    return _finish(bench, model, face.gaze_rest_rad, (right, left), Copies.joined(copies))


def _open_workbench(
    canvas: Canvas, face: FaceOnCanvas, layers: Layers, model: FaceModel
) -> tuple[Workbench, F32]:
    """The bake's tools, and (52, 3) how the jaw carries the lower incisors."""
    fit = fit_head(face.landmarks_px, model.mean_shape, model.rigid_weights)
    drawing = face.drawing
    if drawing is None:
        moves = fit_expression(model, fit)
    else:
        seen = drawing.brows_seen
        covered = covered_landmarks(canvas, face.landmarks_px, drawing.skin_rgb, seen)
        moves = fit_drawn_expression(model, fit, seen, covered)
        plain = paint_over_mouth(paint_over_eyes(layers.foreground_rgb, drawing), drawing)
        layers = dataclasses.replace(layers, foreground_rgb=plain)
    basis = moves.skin
    if face.glasses is not None:
        basis = hold_glasses(basis, face.glasses, canvas, face.landmarks_px)
    bench = Workbench(
        canvas=canvas,
        layers=layers,
        fit=fit,
        landmarks_px=face.landmarks_px,
        basis=basis,
        mesh=MeshBuilder(),
        atlas=AtlasBuilder(texture.rgba(layers.foreground_rgb, layers.alpha)),
        glasses=face.glasses,
        is_drawn=drawing is not None,
        shading_strength=(
            shading.shading_strength(canvas, face.landmarks_px) if drawing is None else 0.0
        ),
        turned_beyond=face.turned_beyond,
        has_teeth=face.has_teeth,
    )
    return bench, moves.jaw


def _finish(
    bench: Workbench, model: FaceModel, gaze_rest_rad: F32, both_eyes: tuple[EyeTables, EyeTables],
    copies: Copies,
) -> MeshAssets:  # fmt: skip
    mesh = bench.mesh.finish()
    grid = shading.shading_grid(bench)
    pairs = np.column_stack([topo.LIP_INNER_UPPER[1:-1], topo.LIP_INNER_LOWER[1:-1]])
    rest_gap = mesh.vertices[pairs[:, 1], 1] - mesh.vertices[pairs[:, 0], 1]
    atlas = bench.atlas.finish(bench.is_drawn)
    straight = np.tile(np.linspace(0.0, 1.0, CURVE_STEPS, dtype=np.float32), (K, 1))
    return MeshAssets(
        atlas_bgra=np.ascontiguousarray(atlas[..., [2, 1, 0, 3]]),
        texels_per_px=bench.canvas.texels_per_px,
        plate_rgb=bench.layers.plate_rgb,
        vertices=mesh.vertices,
        uv=mesh.uv,
        turn_uv=mesh.turn_uv,
        turn_side=mesh.turn_side,
        basis=mesh.basis,
        head_weight=mesh.head_weight,
        shift_weight=mesh.shift_weight,
        distance_weight=mesh.distance_weight,
        breath_px=mesh.breath_px,
        light=mesh.light,
        triangles=mesh.triangles,
        triangle_layer=mesh.triangle_layer,
        triangle_kind=mesh.triangle_kind,
        copies=copies.pairs,
        copy_offset=copies.offset,
        lip_pairs=pairs.astype(np.int32),
        lip_rest_gap=rest_gap.astype(np.float32),
        eyes=both_eyes,
        shading=shading.portrait_shading(bench, model, grid),
        shading_units=model.shading_units,
        shade_frame=np.array([grid.u0, grid.v0, grid.cells_per_texel], np.float32),
        pivot_px=bench.fit.pivot_px,
        face_width_px=bench.fit.width_px,
        pose_gain=np.diag(np.array(DRAWN_TURN if bench.is_drawn else (1, 1, 1), np.float32)),
        rest_rotation=bench.fit.rotation,
        distance_gain=1.0,
        gaze_rest_rad=np.asarray(gaze_rest_rad, np.float32),
        gaze_gain=np.ones(2, np.float32),
        unit_curve=drawn_curves(CURVE_STEPS) if bench.is_drawn else straight,
        hang=hanging(mesh.vertices) if bench.is_drawn else None,
    )
