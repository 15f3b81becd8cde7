"""Inside of the mouth: cavity, tongue, two rows of teeth, and the portrait's own closed lips.

Upper teeth belong to the skull, lower teeth and tongue ride on the jaw. All are drawn before the
skin, so that the lips cover them.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.baking.closed_mouth import ClosedMouth
from vasa_avatar.appearance.baking.face_model import MouthInterior
from vasa_avatar.appearance.baking.mesh_builder import Copies, grid_triangles
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import MARGIN_PX, texture
from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64, I32, U8, K
from vasa_avatar.geometry import camera
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import assets, kernels

JAW_SHARE_TEETH = 0.94
"""how far the lower teeth ride on the jaw's incisors: their row reaches back towards the hinge"""
TONGUE_JAW_SHARES = (0.66, 0.86)
"""how far back and tip of the tongue ride on the jaw"""
TONGUE_COLUMNS = 7
"""of vertices"""
TONGUE_LENGTH = 0.40
"""how far the tip comes down at tongueOut 1, mouth widths"""
TONGUE_OUT_ROWS = (
    (0.0, 0.25, 0.62), (0.2, 0.27, 0.95), (0.4, 0.275, 1.18), (0.6, 0.27, 1.25),
    (0.78, 0.25, 1.22), (0.91, 0.20, 1.12), (1.0, 0.10, 0.98),
)  # fmt: skip
"""of a tongue that is out: share of its length, half width over the mouth's, light"""
TEETH_COLUMNS = 11
"""of vertices"""
FUNNEL_HIDES = 0.034
"""how far protruding lips leave the teeth behind them in the dark, face widths"""
UPPER_EDGE, LOWER_EDGE = 0.030, 0.012
"""edges of the teeth below the line of the closed lips, face widths"""
MIN_TEETH_TEXELS = 80
"""fewer bright texels are a glint on the lips, not teeth"""


def _premultiplied(picture: U8, width: int, height: int) -> F32:
    whole = picture.astype(np.float32)
    small = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    return texture.rgba(small[..., :3], small[..., 3] / 255.0)


def add_mouth(
    bench: Workbench,
    interior: MouthInterior,
    jaw: F32,
    mouth_triangles: I32,
    shut: ClosedMouth,
) -> Copies:
    """Add the mouth's inside.

    Args:
        bench: the bake's tools; its mesh already holds the 468 skin vertices.
        interior: teeth and tongue.
        jaw: (52, 3) how the jaw carries the lower incisors, camera axes.
        mouth_triangles: the closed mesh's triangles over the mouth.
        shut: how the portrait's mouth was closed.

    Returns:
        The cavity's rim goes with the lips.
    """
    rim = _add_cavity(bench)
    frame = _mouth_frame(bench)
    _add_tongue(bench, interior, frame, jaw)
    _add_tongue_out(bench, interior, frame, jaw)
    _add_teeth(bench, interior.lower_teeth_rgba, frame, LOWER_EDGE, jaw)
    own = find_teeth(bench) if shut.was_open else None
    edge = UPPER_EDGE if own is None else _edge_of(bench, frame, own)
    _add_teeth(bench, interior.upper_teeth_rgba, frame, edge, None, own)
    if not shut.was_open:
        bench.mesh.add_triangles(mouth_triangles, assets.LAYER_MOUTH_REST, kernels.BLEND)
    return rim


@dataclass(frozen=True, slots=True, eq=False)
class MouthFrame:
    """Where the lips meet at rest: axes of the mouth in space, and its sizes in face widths."""

    centre: F32
    """(3,)"""
    right: F32
    """(3,) unit, to the viewer's right"""
    down: F32
    """(3,) unit"""
    forward: F32
    """(3,) unit, towards the viewer"""
    width: float


def _mouth_frame(bench: Workbench) -> MouthFrame:
    points = bench.mesh.points()
    inner = points[[*topo.LIP_INNER_UPPER[3:8], *topo.LIP_INNER_LOWER[3:8]]]
    corners = points[[61, 291]]
    # The line where lips meet follows the corners, the height follows the lips' middle.
    rotation = bench.fit.rotation
    centre = inner.mean(0)
    width = float(np.linalg.norm(corners[1] - corners[0]))
    return MouthFrame(
        centre.astype(np.float32), rotation[:, 0], rotation[:, 1], rotation[:, 2], width
    )


def _jaw_basis(jaw: F32, n: int, share: float) -> F32:
    """(52, n, 3): every point follows the jaw."""
    return np.repeat(share * jaw[:, None, :], n, axis=1).astype(np.float32)


def _add_cavity(bench: Workbench) -> Copies:
    ring = list(topo.MOUTH_HOLE)
    points = bench.mesh.points()[ring]
    n = len(ring)
    lips = texture.sample(bench.canvas.rgb, bench.texels(bench.landmarks_px[ring])).mean(0)
    size = 40
    patch = _cavity_patch(size, lips)
    x, y = bench.atlas.place(patch)
    angle = np.pi - np.arange(n) / n * 2 * np.pi
    radius = 0.5 * size - 2.0
    rim = np.column_stack([np.cos(angle), -np.sin(angle)]) * radius + 0.5 * size + [x, y]
    vertices = bench.mesh.add(points, rim, bench.basis[:, ring])
    middle = bench.mesh.add(
        points.mean(0, keepdims=True), np.array([[x, y]]) + 0.5 * size,
        bench.basis[:, ring].mean(1, keepdims=True),
    )  # fmt: skip
    fan = [[middle[0], vertices[i], vertices[(i + 1) % n]] for i in range(n)]
    bench.mesh.add_triangles(np.asarray(fan), assets.LAYER_CAVITY, kernels.OPAQUE)
    copies = np.column_stack([vertices, ring]).astype(np.int32)
    return Copies(copies, np.zeros((n, 3), np.float32))


def _cavity_patch(size: int, lips_rgb: F32) -> F32:
    """Dark red that falls to near black inside; lighter at the lower lip than at the upper."""
    ys, xs = np.mgrid[:size, :size].astype(np.float32)
    r = np.hypot(xs - size / 2, ys - size / 2) / (size / 2)
    depth = texture.smoothstep(0.55, 1.05, r)[..., None]
    wall = np.array([0.40, 0.19, 0.17]) * np.clip(lips_rgb.mean(), 60, 200) * 0.80
    lower = texture.smoothstep(0.45, 1.0, ys / size)[..., None]
    inside = wall * (0.70 + 0.40 * lower)
    rim = wall * (1.05 + 0.45 * lower)
    return texture.rgba((inside + (rim - inside) * depth).astype(np.float32), np.ones_like(r))


def _arch(frame: MouthFrame, across: F64, down: float, back: float) -> F32:
    """Points of a dental arch: `across` in -1..1, heights in face widths below the lips' line."""
    half = 0.47 * frame.width
    x = across * half
    z = back - 0.55 * half * across**2
    return (
        frame.centre + x[:, None] * frame.right + down * frame.down + z[:, None] * frame.forward
    ).astype(np.float32)


def _add_teeth(
    bench: Workbench, picture: U8, frame: MouthFrame, edge: float, jaw: F32 | None,
    own: F32 | None = None,
) -> None:  # fmt: skip
    """One row of teeth: upper (no jaw; the portrait's own where seen) or lower."""
    is_upper = jaw is None
    half = 0.47 * frame.width
    aspect = picture.shape[0] / picture.shape[1]
    height = 2 * half * aspect
    texels = bench.canvas.texels_per_px * bench.fit.width_px
    width_px = int(np.clip(2 * half * texels, 48, 400))
    rows_px = max(12, int(width_px * aspect))
    patch = _premultiplied(picture, width_px, rows_px)
    across = np.linspace(-1, 1, TEETH_COLUMNS)
    top = edge - height if is_upper else edge
    back = -0.035 if is_upper else -0.05
    if own is not None:
        place = np.stack(
            [_arch(frame, np.linspace(-1, 1, width_px), top + share * height, back)
             for share in np.linspace(0, 1, rows_px)]
        )  # fmt: skip
        patch = _with_own_teeth(bench, patch, place, own)
    x, y = bench.atlas.place(patch)
    moves = np.zeros((K, 3), np.float32) if jaw is None else jaw
    basis = _jaw_basis(moves, TEETH_COLUMNS, JAW_SHARE_TEETH)
    basis[ARKIT_INDEX["mouthFunnel"]] += FUNNEL_HIDES * (-1 if is_upper else 1) * frame.down
    fade = 1.0 - 0.55 * np.abs(across) ** 1.6
    rows = []
    # Lower gums reach on below the picture, for a jaw that drops far.
    levels = (0.0, 0.5, 1.0) if is_upper else (0.0, 0.5, 1.0, 1.7)
    lights = (0.72, 0.92, 0.98) if is_upper else (0.90, 0.84, 0.66, 0.44)
    for share, lit in zip(levels, lights, strict=True):
        points = _arch(frame, across, top + share * height, back)
        v = min(share, 1.0) * (rows_px - 1)
        uv = np.column_stack([(across + 1) / 2 * (width_px - 1), np.full(TEETH_COLUMNS, v)])
        rows.append(bench.mesh.add(points, uv + [x, y], basis, light=256.0 * fade * lit))
    layer = assets.LAYER_UPPER_TEETH if is_upper else assets.LAYER_LOWER_TEETH
    bench.mesh.add_triangles(grid_triangles(np.stack(rows)), layer, kernels.LIT_BLEND)


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


def _with_own_teeth(bench: Workbench, patch: F32, place: F32, teeth: F32) -> F32:
    """Generic teeth in the colour of the portrait's, which replace them where they are seen."""
    rows, columns = patch.shape[:2]
    flat = camera.project(place.reshape(-1, 3), bench.fit.pivot_px, bench.fit.width_px)
    at = bench.texels(flat)
    own = texture.sample(bench.canvas.rgb, at).reshape(rows, columns, 3)
    share = texture.sample(teeth, at).reshape(rows, columns, 1)
    enamel = (patch[..., 3] > 250) & (patch[..., :3].min(2) > 0.6 * patch[..., :3].max(2))
    seen = share[..., 0] > 0.7
    if enamel.any() and seen.any():
        gain = np.median(own[seen], 0) / np.maximum(np.median(patch[enamel][:, :3], 0), 1.0)
        patch = patch.copy()
        patch[..., :3] *= np.clip(gain, 0.5, 1.15)
    solid = np.concatenate([own, np.full((rows, columns, 1), 255.0, np.float32)], -1)
    return np.asarray(patch * (1.0 - share) + solid * share, np.float32)


def _add_tongue(bench: Workbench, interior: MouthInterior, frame: MouthFrame, jaw: F32) -> None:
    """The tongue at rest behind the lower teeth: a mound whose back stays up as the jaw drops."""
    patch = _tongue_patch(bench, interior, frame)
    x, y = bench.atlas.place(patch)
    across = np.linspace(-1, 1, TONGUE_COLUMNS)
    rows = []
    for share in (0.0, 0.33, 0.67, 1.0):
        down = -0.012 + share * 0.115 + 0.02 * across**2
        points = _tongue_points(frame, 0.34 * across, down, -0.10 + 0.05 * share)
        follow = TONGUE_JAW_SHARES[0] + share * (TONGUE_JAW_SHARES[1] - TONGUE_JAW_SHARES[0])
        basis = _jaw_basis(jaw, TONGUE_COLUMNS, follow)
        lift = -0.05 * frame.down * (1 - 0.5 * share) + 0.04 * frame.forward
        basis[ARKIT_INDEX["tongueOut"]] += lift
        uv = _patch_uv(patch, across, share) + [x, y]
        light = 256.0 * (0.62 + 0.4 * share) * (1 - 0.25 * np.abs(across))
        rows.append(bench.mesh.add(points, uv, basis, light=light))
    bench.mesh.add_triangles(grid_triangles(np.stack(rows)), assets.LAYER_TONGUE, kernels.LIT_BLEND)


def _add_tongue_out(bench: Workbench, interior: MouthInterior, frame: MouthFrame, jaw: F32) -> None:
    """The tongue that comes out over the lower lip, drawn over the skin; folded up at rest."""
    patch = _tongue_patch(bench, interior, frame)[::-1].copy()  # its round end is the tip
    root = np.linspace(0.0, 1.0, len(patch))[:, None, None]
    patch *= texture.smoothstep(0.0, 0.16, root)
    x, y = bench.atlas.place(patch)
    across = np.linspace(-1, 1, TONGUE_COLUMNS)
    rows = []
    for share, half, lit in TONGUE_OUT_ROWS:
        points = _tongue_points(frame, half * across, np.full_like(across, -0.016), -0.01)
        basis = _jaw_basis(jaw, TONGUE_COLUMNS, JAW_SHARE_TEETH)
        along = share + 0.10 * share * (1.0 - across[:, None] ** 2)
        out = TONGUE_LENGTH * frame.width * along * frame.down
        basis[ARKIT_INDEX["tongueOut"]] += out + 0.055 * np.sqrt(share) * frame.forward
        uv = _patch_uv(patch, across, share) + [x, y]
        light = 256.0 * lit * (1 - 0.16 * across**2)
        rows.append(bench.mesh.add(points, uv, basis, light=light))
    bench.mesh.add_triangles(
        grid_triangles(np.stack(rows)), assets.LAYER_TONGUE_OUT, kernels.LIT_BLEND
    )


def _tongue_patch(bench: Workbench, interior: MouthInterior, frame: MouthFrame) -> F32:
    size = 0.6 * frame.width * bench.canvas.texels_per_px * bench.fit.width_px
    width = int(np.clip(size, 32, 240))
    return _premultiplied(interior.tongue_rgba, width, int(width * 0.6))


def _tongue_points(frame: MouthFrame, across: F64, down: F64, forward: float) -> F32:
    """Points of one row: `across` in mouth widths, the rest in face widths from the lips' line."""
    points = frame.centre + (across * frame.width)[:, None] * frame.right
    points = points + down[:, None] * frame.down + forward * frame.forward
    return np.asarray(points, np.float32)


def _patch_uv(patch: F32, across: F64, share: float) -> F64:
    """Texels of one row of a patch, `across` in -1..1, `share` from its top to its foot."""
    columns = (across + 1) / 2 * (patch.shape[1] - 1)
    return np.column_stack([columns, np.full(len(across), share * (patch.shape[0] - 1))])
