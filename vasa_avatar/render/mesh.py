"""CPU renderer: FaceMotion and baked assets to an RGB frame, by drawing textured triangles."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import ARKIT_INDEX, F32, U8, FaceMotion, HeadPose
from vasa_avatar.geometry.camera import CAMERA_DISTANCE, settle
from vasa_avatar.geometry.rotation import euler_angles, rotation_matrix
from vasa_avatar.render import assets, folds, kernels, pose
from vasa_avatar.render.assets import DESIGN_PX, EyeTables, MeshAssets
from vasa_avatar.render.lid_follow import lid_follow

MIN_SIZE_PX, MAX_SIZE_PX = 64, 1024
TEXELS_PER_PIXEL = 1.5
"""texture density; below it a picture loses sharpness at half-pixel shifts, above it aliases"""

_BLINK = (ARKIT_INDEX["eyeBlinkRight"], ARKIT_INDEX["eyeBlinkLeft"])
_LOOKS = np.array([i for name, i in ARKIT_INDEX.items() if name.startswith("eyeLook")])
_TONGUE_OUT = ARKIT_INDEX["tongueOut"]
_N_BUCKETS = 512
FULL_EDGE_TURN = 0.1
"""sine of the turn from which on the face's outline shows its inner texture"""
FULL_BACK_TURN = 0.12
"""sine of the turn back towards the viewer at which the mirrored cheek covers the far one"""
LOWER_LID_FOLLOW = 0.35
"""share of the iris's vertical move that the lower lid makes"""
LATE_DROP = 0.37
"""how far a half shut eye's lower lid stays above the straight way to the shut line, over a quarter
of the eyeball's radius"""


TONGUE_OUT = (0.28, 0.45)
"""tongueOut from which, and at which, the tongue lies over teeth and lip; speech reaches .27"""


def prepare_texture(atlas_bgra: U8, scale: float) -> NDArray[np.uint32]:
    """(Ha, Wa, 4) premultiplied BGRA to (Hb, Wb) texels of the kernel, at another density."""
    if abs(scale - 1.0) > 1e-6:
        size = (int(round(atlas_bgra.shape[1] * scale)), int(round(atlas_bgra.shape[0] * scale)))
        mode = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
        atlas_bgra = np.asarray(cv2.resize(atlas_bgra, size, interpolation=mode), np.uint8)
    return np.asarray(np.ascontiguousarray(atlas_bgra).view(np.uint32)[..., 0])


class MeshRenderer:
    """Draws one avatar at one size; stateless between frames, but not for two threads at once.

    Args:
        avatar: a baked avatar (anything with `.assets`).
        size_px: edge of the square frame, 64..1024.
    """

    def __init__(self, avatar: Any, size_px: int = 512) -> None:
        if not MIN_SIZE_PX <= size_px <= MAX_SIZE_PX:
            raise ValueError(f"size is {size_px}; expected {MIN_SIZE_PX} to {MAX_SIZE_PX} pixels")
        made: MeshAssets = avatar.assets
        self._assets = made
        self._size_px = size_px
        wanted = TEXELS_PER_PIXEL * size_px / DESIGN_PX
        density = min(1.0, wanted / made.texels_per_px)
        self._texture = prepare_texture(made.atlas_bgra, density)
        # Texel centres at whole numbers: a resize moves centre c to (c + 0.5) * density - 0.5.
        # Kept inside the texture with room for the next texel: the kernel does not check.
        size_wh = np.array(self._texture.shape[::-1], np.float32)
        self._uv = ((made.uv + 0.5) * density - 0.5).clip(0.01, size_wh - 2.01).astype(np.float32)
        self._turning = np.flatnonzero(made.turn_side)
        self._slide = (
            self._turning, self._uv[self._turning].copy(), made.turn_uv[self._turning] * density,
            made.turn_side[self._turning],
        )  # fmt: skip
        plate = cv2.resize(
            made.plate_rgb, (size_px, size_px),
            interpolation=cv2.INTER_AREA if size_px < len(made.plate_rgb) else cv2.INTER_LINEAR,
        )  # fmt: skip
        self._plate = cv2.cvtColor(plate, cv2.COLOR_RGB2BGRA).view(np.uint32)[..., 0].copy()
        self._frame = self._plate.copy()
        u0, v0, cells = (float(x) for x in made.shade_frame)
        self._shading = kernels.Shading(
            np.full(made.shading.shape[1:], kernels.UNCHANGED, np.int32),
            (u0 + 0.5) * density - 0.5, (v0 + 0.5) * density - 0.5, cells / density,
        )  # fmt: skip
        weights = np.stack([made.head_weight, made.shift_weight, made.distance_weight], -1)
        hang = np.zeros(len(made.vertices), np.float32) if made.hang is None else made.hang
        self._body = pose.Body(made.vertices, np.ascontiguousarray(weights), made.breath_px, hang)
        self._camera = pose.Camera(
            made.pivot_px, made.face_width_px, CAMERA_DISTANCE, size_px / DESIGN_PX
        )
        self._eyes = [_eye_parts(tables) for tables in made.eyes]
        self._layer_bounds = np.searchsorted(made.triangle_layer, np.arange(assets.N_LAYERS + 1))
        skin = self._layer_bounds[assets.LAYER_SKIN : assets.LAYER_SKIN + 2]
        self._sheet = folds.Sheet(
            folds.shared_edges(made.triangles, *skin), folds.windings(made.triangles, made.uv)
        )
        self._rest_angles = euler_angles(made.rest_rotation)
        self._rest_nose_x = made.rest_rotation[0, 2]
        self._rest_inverse = rotation_matrix(self._rest_angles).T
        self._allocate()

    def _allocate(self) -> None:
        made = self._assets
        n, m = len(made.vertices), len(made.triangles)
        self._points = np.zeros((n, 3), np.float32)
        self._depth = np.zeros(n, np.float32)
        self._mesh = kernels.Mesh(
            triangles=made.triangles,
            kinds=made.triangle_kind.copy(),
            alphas=np.full(m, kernels.FULL_ALPHA, np.int32),
            xy=np.zeros((n, 2), np.float32),
            uv=self._uv,
            light=made.light,
        )
        self._order = np.arange(m, dtype=np.int32)
        self._buckets = np.zeros(_N_BUCKETS + 1, np.int32)
        self._log_gain = np.zeros(self._shading.gains.size, np.int32)
        self._turned = np.zeros((3, 3))
        self._shade_boxes = self._boxes_in_shading()

    def _boxes_in_shading(self) -> NDArray[np.int32]:
        """(M, 4) first column, first row, last column, last row of each triangle in the map."""
        shading = self._shading
        texels = self._uv[self._assets.triangles] - (shading.u0, shading.v0)
        cells = texels * shading.cells_per_texel
        last = np.array(shading.gains.shape[::-1]) - 1
        low = np.clip(np.floor(cells.min(1)), 0, last)
        high = np.clip(np.ceil(cells.max(1)), 0, last)
        return np.concatenate([low, high], 1).astype(np.int32)

    @property
    def size_px(self) -> int:
        """Edge of the square frame."""
        return self._size_px

    def render(self, motion: FaceMotion, out: U8 | None = None) -> U8:
        """Draw one frame; see `Renderer.render`."""
        self._pose(motion)
        frame, texture, mesh = self._frame, self._texture, self._mesh
        first_over = self._layer_bounds[assets.LAYER_OVER]
        np.copyto(frame, self._plate)
        kernels.draw_triangles(frame, texture, mesh, self._order[:first_over], self._shading)
        folds.draw_folds(frame, texture, mesh, self._sheet, self._depth)
        kernels.draw_triangles(frame, texture, mesh, self._order[first_over:], self._shading)
        bgra = self._frame.view(np.uint8).reshape(self._size_px, self._size_px, 4)
        if out is None:
            out = np.empty((self._size_px, self._size_px, 3), np.uint8)
        cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB, dst=out)
        return out

    def vertices_px(self, motion: FaceMotion) -> F32:
        """(N, 2) where the vertices land in the frame, in pixels; the first 468 are landmarks."""
        self._pose(motion)
        return self._mesh.xy.copy()

    def _pose(self, motion: FaceMotion) -> None:
        made = self._assets
        coefficients = self._drawn_coefficients(motion)
        pose.apply_basis(self._points, made.vertices, made.basis, coefficients)
        pose.separate_lips(self._points, made.lip_pairs, made.lip_rest_gap)
        rotation = self.head_rotation(motion.head.rotation_rad)
        gaze = made.gaze_gain * motion.gaze_rad
        self._pose_eyes(coefficients, gaze, rotation)
        self._show_edges(rotation)
        pose.apply_copies(self._points, made.copies, made.copy_offset)
        head = self._place(motion.head, rotation, motion.breath)
        trail = head
        if made.hang is not None and motion.trail is not None:
            late = self.head_rotation(motion.trail.rotation_rad)
            trail = self._place(motion.trail, late, motion.breath)
        pose.to_screen(
            self._points, self._body, (head, trail), self._camera, self._mesh.xy, self._depth
        )
        skin = self._layer_bounds[assets.LAYER_SKIN : assets.LAYER_SKIN + 2]
        pose.depth_order(made.triangles, *skin, self._depth, self._buckets, self._order)
        gains = self._shading.gains
        pose.sum_shading(made.shading, made.shading_units, coefficients, self._log_gain, gains)
        kernels.drop_idle_shading(self._mesh.kinds, made.triangle_kind, self._shade_boxes, gains)
        self._fade_mouth_rest()
        self._set_alpha(
            assets.LAYER_TONGUE_OUT, _ramp(float(coefficients[_TONGUE_OUT]), *TONGUE_OUT)
        )

    def _place(
        self, head: HeadPose, rotation: NDArray[np.float64], breath: float
    ) -> pose.HeadPlace:
        shift = head.translation
        distance = 1.0 + self._assets.distance_gain * float(shift[2])
        return pose.HeadPlace(
            rotation, shift[:2].astype(np.float64), distance, float(settle(distance)), float(breath)
        )

    def _show_edges(self, rotation: NDArray[np.float64]) -> None:
        """Texture of the face's outline, and the mirrored cheek, as far as the turn shows them."""
        pose.slide_texture(self._uv, *self._slide, float(rotation[0, 2]) / FULL_EDGE_TURN)
        back = -float(rotation[0, 2]) * math.copysign(1.0, float(self._rest_nose_x))
        self._set_alpha(assets.LAYER_FAR_SIDE, _ramp(back, 0.0, FULL_BACK_TURN))

    def head_rotation(self, commanded_rad: NDArray[Any]) -> NDArray[np.float64]:
        """Rotation from the portrait's pose to the commanded one, camera axes."""
        made = self._assets
        angles = self._rest_angles + made.pose_gain @ np.asarray(commanded_rad, np.float64)
        return np.asarray(rotation_matrix(angles) @ self._rest_inverse)

    def _drawn_coefficients(self, motion: FaceMotion) -> F32:
        drawn: F32 = pose.drawn_amounts(self._assets.unit_curve, motion.expression)
        drawn[_LOOKS] = 0.0
        return drawn

    def _pose_eyes(self, coefficients: F32, gaze: Any, rotation: NDArray[np.float64]) -> None:
        made = self._assets
        head_pitch = math.asin(max(-1.0, min(1.0, float(rotation[2, 1]))))
        eye_pitch = float(gaze[0]) - head_pitch - float(made.gaze_rest_rad[0])
        follow = lid_follow(eye_pitch)
        for side, tables in enumerate(made.eyes):
            blink = float(coefficients[_BLINK[side]])
            closure = blink + (1.0 - blink) * follow
            drop = -LOWER_LID_FOLLOW * tables.ball_radius * math.sin(eye_pitch) * (1.0 - blink)
            drop -= LATE_DROP * tables.ball_radius * blink * (1.0 - blink)
            lids, iris = self._eyes[side]
            pose.close_lids(self._points, lids, closure, drop, tables.meet)
            pose.turn_iris(self._points, iris, np.asarray(gaze, np.float64), rotation, self._turned)
            layer = (assets.LAYER_LID_RIGHT, assets.LAYER_LID_LEFT)[side]
            self._set_alpha(layer, _ramp(closure, 0.05, 0.45))
            lash = (assets.LAYER_LASH_RIGHT, assets.LAYER_LASH_LEFT)[side]
            self._set_alpha(lash, _ramp(closure, 0.02, 0.25))
            fringe = (assets.LAYER_FRINGE_RIGHT, assets.LAYER_FRINGE_LEFT)[side]
            self._set_alpha(fringe, _ramp(closure, 0.25, 0.95))

    def _fade_mouth_rest(self) -> None:
        made = self._assets
        opening = pose.lip_opening(self._points, made.lip_pairs, made.lip_rest_gap)
        opening *= made.face_width_px
        self._set_alpha(assets.LAYER_MOUTH_REST, 1.0 - _ramp(opening, 0.8, 3.5))

    def _set_alpha(self, layer: int, alpha: float) -> None:
        first, last = self._layer_bounds[layer : layer + 2]
        self._mesh.alphas[first:last] = int(kernels.FULL_ALPHA * alpha)


def _eye_parts(tables: EyeTables) -> tuple[pose.Lids, pose.Iris]:
    lids = pose.Lids(tables.upper, tables.lower, tables.sheet, tables.lash, tables.fringe)
    iris = pose.Iris(tables.iris, tables.iris_offset, tables.ball_centre, tables.ball_radius)
    return lids, iris


def _ramp(x: float, low: float, high: float) -> float:
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)
