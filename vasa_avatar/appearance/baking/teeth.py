"""Two rows of teeth on arches: drawn ones, or the portrait's own where its open mouth shows them.

Front teeth are sized by the mouth at rest. What lies behind the canines is seen from the side, so
its width in the picture is free: it reaches as far as the person's broadest smile opens.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits beside filmed smiles.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.baking.face_model import MouthInterior
from vasa_avatar.appearance.baking.lip_shade import out_of_shade
from vasa_avatar.appearance.baking.mesh_builder import grid_triangles
from vasa_avatar.appearance.baking.mouth_frame import MouthFrame
from vasa_avatar.appearance.baking.mouth_light import MouthLight
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import MARGIN_PX, texture
from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64, U8, Floats, K
from vasa_avatar.geometry import camera
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import assets, kernels

JAW_SHARE_TEETH = 0.94
"""how far the lower teeth ride on the jaw's incisors: their row reaches back towards the hinge"""
TEETH_COLUMNS = 17
"""of vertices"""
MM_PER_MOUTH = 50.0
"""width of a mouth at rest; all mm here are shares of it"""
ROW_MM = 60.0
"""width of the drawn rows, see weights/mouth_interior.md"""
ROW_HALF_MM = 28.5
"""where a drawn row has faded"""
FRONT_HALF_MM = 18.0
"""canines end here"""
SMILE_FILLED = 0.97
"""share of a full smile's half width that a row fills"""
HALF_LIMITS_MM = (26.0, 35.0)
"""of a row, whatever the smile"""
ARCH_BEND = (0.0234, 9e-6)
"""mm that the arch recedes: a square and a fourth power of the mm from its middle"""
ARCH_RISE_MM = 2.2
"""how much higher than the incisors a row ends; so it follows the lower lip of a smile"""
UPPER_BACK, LOWER_BACK = -0.035, -0.05
"""how far the incisors stand behind the lips, face widths"""
FUNNEL_HIDES = 0.034
"""how far protruding lips leave the teeth behind them in the dark, face widths"""
UPPER_EDGE, LOWER_EDGE = 0.030, 0.012
"""edges of the teeth below the line of the closed lips, face widths"""
UPPER_ROWS = ((0.0, 0.72), (0.5, 0.92), (1.0, 0.98))
"""share of a row's height from its top, and light"""
LOWER_ROWS = ((0.0, 0.90), (0.5, 0.84), (1.0, 0.66), (1.7, 0.44))
"""the gums reach on below the picture, for a jaw that drops far"""
OWN_GAIN = (0.4, 1.3)
"""limits of what the portrait's own teeth change of the drawn ones' colour"""
MIN_TEETH_TEXELS = 80
"""fewer bright texels are a glint on the lips, not teeth"""


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """Places of one row of teeth."""

    frame: MouthFrame
    half_mm: float
    """where it ends"""
    top: float
    """below the lips' line, face widths"""
    height: float
    """face widths"""
    back: float
    """face widths"""

    def points(self, drawn_mm: Floats, share: float) -> F32:
        """(n, 3) at columns of the drawing, mm from its middle, and a share of the row's height."""
        beyond = np.maximum(np.abs(drawn_mm) - FRONT_HALF_MM, 0.0)
        stretch = (self.half_mm - FRONT_HALF_MM) / (ROW_HALF_MM - FRONT_HALF_MM)
        mm = np.sign(drawn_mm) * (np.abs(drawn_mm) + beyond * (stretch - 1.0))
        per_mm = self.frame.width / MM_PER_MOUTH
        rise = ARCH_RISE_MM * (mm / self.half_mm) ** 2
        down = self.top + share * self.height - rise * per_mm
        recede = ARCH_BEND[0] * mm**2 + ARCH_BEND[1] * mm**4
        forward = self.back - recede * per_mm
        return np.asarray(
            self.frame.centre
            + (mm * per_mm)[:, None] * self.frame.right
            + down[:, None] * self.frame.down
            + forward[:, None] * self.frame.forward,
            np.float32,
        )


def add_teeth(
    bench: Workbench, interior: MouthInterior, frame: MouthFrame, light: MouthLight, jaw: F32,
    *, was_open: bool,
) -> None:  # fmt: skip
    """Add both rows; the lower one rides on the jaw.

    Args:
        bench: the bake's tools.
        interior: drawn teeth.
        frame: where the mouth is.
        light: the portrait's.
        jaw: (52, 3) how the jaw carries the lower incisors, camera axes.
        was_open: whether the portrait may show teeth of its own.
    """
    own = find_teeth(bench) if was_open else None
    edge = UPPER_EDGE if own is None else _edge_of(bench, frame, own)
    upper = _row(frame, interior.upper_teeth_rgba, edge, is_upper=True)
    lower = _row(frame, interior.lower_teeth_rgba, LOWER_EDGE, is_upper=False)
    upper_patch = light.on(_patch(bench, frame, interior.upper_teeth_rgba))
    lower_patch = light.on(_patch(bench, frame, interior.lower_teeth_rgba))
    if own is not None:
        seen = _see_own_teeth(bench, upper, upper_patch.shape[:2], own, light)
        gain = seen.gain_over(upper_patch)
        upper_patch, lower_patch = seen.over(upper_patch * gain), lower_patch * gain
    _add_row(bench, lower, lower_patch, jaw)
    _add_row(bench, upper, upper_patch, None)


def _row(frame: MouthFrame, picture: U8, edge: float, *, is_upper: bool) -> _Row:
    per_mm = frame.width / MM_PER_MOUTH
    height = ROW_MM * per_mm * picture.shape[0] / picture.shape[1]
    half_mm = float(np.clip(SMILE_FILLED * frame.smile_half / per_mm, *HALF_LIMITS_MM))
    top = edge - height if is_upper else edge
    return _Row(frame, half_mm, top, height, UPPER_BACK if is_upper else LOWER_BACK)


def _patch(bench: Workbench, frame: MouthFrame, picture: U8) -> F32:
    """A drawn row at the canvas's density, premultiplied."""
    texels = bench.canvas.texels_per_px * bench.fit.width_px
    width = int(np.clip(ROW_MM / MM_PER_MOUTH * frame.width * texels, 60, 512))
    return texture.resized(picture, width, max(12, width * picture.shape[0] // picture.shape[1]))


def _columns_mm(n: int) -> F64:
    return np.linspace(-0.5 * ROW_MM, 0.5 * ROW_MM, n)


def _add_row(bench: Workbench, row: _Row, patch: F32, jaw: F32 | None) -> None:
    is_upper = jaw is None
    x, y = bench.atlas.place(patch)
    moves = np.zeros((K, 3), np.float32) if jaw is None else JAW_SHARE_TEETH * jaw
    basis = np.repeat(moves[:, None, :], TEETH_COLUMNS, axis=1).astype(np.float32)
    hides = FUNNEL_HIDES * row.frame.down
    basis[ARKIT_INDEX["mouthFunnel"]] += -hides if is_upper else hides
    u = np.linspace(0.0, patch.shape[1] - 1, TEETH_COLUMNS)
    vertices = []
    for share, lit in UPPER_ROWS if is_upper else LOWER_ROWS:
        points = row.points(_columns_mm(TEETH_COLUMNS), share)
        v = min(share, 1.0) * (patch.shape[0] - 1)
        uv = np.column_stack([u, np.full(TEETH_COLUMNS, v)]) + [x, y]
        light = np.full(TEETH_COLUMNS, 256.0 * lit)
        vertices.append(bench.mesh.add(points, uv, basis, light=light))
    layer = assets.LAYER_UPPER_TEETH if is_upper else assets.LAYER_LOWER_TEETH
    bench.mesh.add_triangles(grid_triangles(np.stack(vertices)), layer, kernels.LIT_BLEND)


def find_teeth(bench: Workbench) -> F32 | None:
    """(C, C) 0..1 on the canvas: the portrait's upper teeth between open lips; None if unseen."""
    hole = bench.texels(bench.landmarks_px[list(topo.MOUTH_HOLE)])
    mask = texture.polygon_mask(bench.canvas.rgb.shape[:2], hole)
    inside = cv2.erode(mask, np.ones((3, 3)), iterations=2) > 0.5
    if inside.sum() < MIN_TEETH_TEXELS:
        return None
    rgb = bench.canvas.rgb
    bright, least = rgb.max(2), rgb.min(2)
    skin = float(
        np.median(texture.sample(rgb, bench.texels(bench.landmarks_px[[205, 425]])).max(1))
    )
    teeth = inside & (bright > 0.55 * skin) & ((bright - least) < 0.42 * bright)
    rows = np.flatnonzero(inside.any(1))
    teeth[rows[0] + int(0.62 * len(rows)) :] = False  # what stands lower belongs to the lower row
    if teeth.sum() < MIN_TEETH_TEXELS:
        return None
    solid = cv2.morphologyEx(teeth.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5)))
    soft = cv2.GaussianBlur(solid.astype(np.float32) * inside, (0, 0), 1.0)
    return np.asarray(soft, np.float32)


def _edge_of(bench: Workbench, frame: MouthFrame, teeth: F32) -> float:
    """Height of the incisors' edge below the closed lips' line, face widths."""
    ys, xs = np.nonzero(teeth > 0.5)
    middle = np.abs(xs - np.median(xs)) < 0.25 * np.ptp(xs)
    low = np.quantile(ys[middle], 0.92) / bench.canvas.texels_per_px - MARGIN_PX
    lips = bench.fit.pivot_px[1] + frame.centre[1] * bench.fit.width_px
    return float(np.clip((low - lips) / bench.fit.width_px, 0.012, 0.07))


@dataclass(frozen=True, slots=True, eq=False)
class _OwnTeeth:
    """What the portrait shows at the texels of a drawn row."""

    rgb: F32
    """(h, w, 3)"""
    share: F32
    """(h, w, 1) 0..1 where it shows teeth"""

    def gain_over(self, patch: F32) -> F32:
        """(4,) factors that give drawn teeth the colour of those that are seen beside them."""
        enamel = (patch[..., 3] > 250) & (patch[..., :3].min(2) > 0.6 * patch[..., :3].max(2))
        both = enamel & (self.share[..., 0] > 0.7)
        gain = np.ones(4, np.float32)
        if both.any():
            drawn = np.maximum(np.median(patch[both][:, :3], 0), 1.0)
            gain[:3] = np.clip(np.median(self.rgb[both], 0) / drawn, *OWN_GAIN)
        return gain

    def over(self, patch: F32) -> F32:
        """The row with these teeth in their places."""
        solid = np.concatenate([self.rgb, np.full_like(self.share, 255.0)], -1)
        return np.asarray(patch * (1.0 - self.share) + solid * self.share, np.float32)


def _see_own_teeth(
    bench: Workbench, row: _Row, shape: tuple[int, int], teeth: F32, light: MouthLight
) -> _OwnTeeth:
    """Look up each texel of a row's patch in the portrait, out of its lip's shade."""
    columns = _columns_mm(shape[1])
    place = np.concatenate([row.points(columns, share) for share in np.linspace(0, 1, shape[0])])
    design = camera.project(place, bench.fit.pivot_px, bench.fit.width_px)
    at = bench.texels(design)
    lip = bench.landmarks_px[list(topo.LIP_INNER_UPPER)]
    below_lip = (design[:, 1] - np.interp(design[:, 0], lip[:, 0], lip[:, 1])) / bench.fit.width_px
    seen = texture.sample(bench.canvas.rgb, at).reshape(*shape, 3)
    return _OwnTeeth(
        out_of_shade(seen, below_lip.reshape(*shape, 1).astype(np.float32), light),
        texture.sample(teeth, at).reshape(*shape, 1),
    )
