"""Inside of the mouth: cavity, tongue, two rows of teeth, and the portrait's own closed lips.

Upper teeth belong to the skull, lower teeth and tongue ride on the jaw. All are drawn before the
skin, so that the lips cover them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance import texture
from vasa_avatar.appearance.closed_mouth import ClosedMouth
from vasa_avatar.appearance.eyes import Bench
from vasa_avatar.appearance.mesh_builder import grid_triangles
from vasa_avatar.datatypes import ARKIT_INDEX, F32, U8, K
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import assets, kernels

JAW_SHARE_TEETH = 0.94
JAW_SHARE_TONGUE = 0.82
TEETH_COLUMNS = 11


@dataclass(frozen=True, slots=True, eq=False)
class MouthInterior:
    """Generic textures, straight alpha."""

    upper_teeth_rgba: U8
    lower_teeth_rgba: U8
    tongue_rgba: U8


def _premultiplied(picture: U8, width: int, height: int) -> F32:
    small: Any = cv2.resize(
        picture.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA
    )
    return texture.rgba(small[..., :3], small[..., 3] / 255.0)


def add_mouth(
    bench: Bench, interior: MouthInterior, mouth_triangles: NDArray[Any], shut: ClosedMouth
) -> Any:
    """Add the mouth's inside.

    Args:
        bench: the bake's tools; its mesh already holds the 468 skin vertices.
        interior: teeth and tongue.
        mouth_triangles: the closed mesh's triangles over the mouth.
        shut: how the portrait's mouth was closed.

    Returns:
        ((C, 2) copies, (C, 3) offsets, lower teeth vertices)
    """
    copies, offsets = _add_cavity(bench)
    frame = _mouth_frame(bench)
    _add_tongue(bench, interior, frame)
    lower = _add_teeth(bench, interior, frame, is_upper=False)
    _add_teeth(bench, interior, frame, is_upper=True)
    if not shut.was_open:
        bench.mesh.add_triangles(mouth_triangles, assets.LAYER_MOUTH_REST, kernels.BLEND)
    return copies, offsets, lower


@dataclass(frozen=True, slots=True, eq=False)
class MouthFrame:
    """Where the lips meet at rest: axes of the mouth in space, and its sizes in face widths."""

    centre: F32
    right: F32
    down: F32
    forward: F32
    width: float


def _mouth_frame(bench: Bench) -> MouthFrame:
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


def _jaw_basis(bench: Bench, n: int, share: float) -> F32:
    """(52, n, 3): every point follows the chin's jaw movement."""
    chin = bench.basis[:, [topo.CHIN, 175, 199]].mean(1)
    basis = np.zeros((K, n, 3), np.float32)
    for name in ("jawOpen", "jawForward", "jawLeft", "jawRight"):
        index = ARKIT_INDEX[name]
        basis[index] = share * chin[index]
    return basis


def _add_cavity(bench: Bench) -> tuple[NDArray[Any], F32]:
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
    return copies, np.zeros((n, 3), np.float32)


def _cavity_patch(size: int, lips_rgb: F32) -> F32:
    """Dark red that falls to near black inside; lighter at the lower lip than at the upper."""
    ys, xs = np.mgrid[:size, :size].astype(np.float32)
    r = np.hypot(xs - size / 2, ys - size / 2) / (size / 2)
    depth = texture.smoothstep(0.55, 1.05, r)[..., None]
    wall = np.array([0.36, 0.20, 0.19]) * np.clip(lips_rgb.mean(), 60, 200) * 0.66
    lower = texture.smoothstep(0.45, 1.0, ys / size)[..., None]
    inside = wall * (0.42 + 0.25 * lower)
    rim = wall * (0.75 + 0.35 * lower)
    return texture.rgba((inside + (rim - inside) * depth).astype(np.float32), np.ones_like(r))


def _arch(frame: MouthFrame, across: NDArray[Any], down: float, back: float) -> F32:
    """Points of a dental arch: `across` in -1..1, heights in face widths below the lips' line."""
    half = 0.47 * frame.width
    x = across * half
    z = back - 0.55 * half * across**2
    return (
        frame.centre + x[:, None] * frame.right + down * frame.down + z[:, None] * frame.forward
    ).astype(np.float32)


def _add_teeth(bench: Bench, interior: MouthInterior, frame: MouthFrame, is_upper: bool) -> Any:
    picture = interior.upper_teeth_rgba if is_upper else interior.lower_teeth_rgba
    half = 0.47 * frame.width
    aspect = picture.shape[0] / picture.shape[1]
    height = 2 * half * aspect
    texels = bench.canvas.texels_per_px * bench.fit.width_px
    width_px = int(np.clip(2 * half * texels, 48, 400))
    x, y = bench.atlas.place(_premultiplied(picture, width_px, max(12, int(width_px * aspect))))
    rows_px = max(12, int(width_px * aspect))
    across = np.linspace(-1, 1, TEETH_COLUMNS)
    edge = 0.030 if is_upper else 0.012
    top = edge - height if is_upper else edge
    back = -0.035 if is_upper else -0.05
    basis = None if is_upper else _jaw_basis(bench, TEETH_COLUMNS, JAW_SHARE_TEETH)
    fade = 1.0 - 0.55 * np.abs(across) ** 1.6
    rows = []
    # Lower gums reach on below the picture, for a jaw that drops far.
    levels = (0.0, 0.5, 1.0) if is_upper else (0.0, 0.5, 1.0, 1.7)
    lights = (0.72, 0.92, 0.98) if is_upper else (0.76, 0.70, 0.55, 0.40)
    for share, lit in zip(levels, lights, strict=True):
        points = _arch(frame, across, top + share * height, back)
        v = min(share, 1.0) * (rows_px - 1)
        uv = np.column_stack([(across + 1) / 2 * (width_px - 1), np.full(TEETH_COLUMNS, v)])
        rows.append(bench.mesh.add(points, uv + [x, y], basis, light=256.0 * fade * lit))
    table = np.stack(rows)
    layer = assets.LAYER_UPPER_TEETH if is_upper else assets.LAYER_LOWER_TEETH
    bench.mesh.add_triangles(grid_triangles(table), layer, kernels.LIT_BLEND)
    return table.ravel()


def _add_tongue(bench: Bench, interior: MouthInterior, frame: MouthFrame) -> None:
    size = int(
        np.clip(0.6 * frame.width * bench.canvas.texels_per_px * bench.fit.width_px, 32, 240)
    )
    rows_px = int(size * 0.6)
    x, y = bench.atlas.place(_premultiplied(interior.tongue_rgba, size, rows_px))
    across = np.linspace(-1, 1, 7)
    rows = []
    for share in (0.0, 0.33, 0.67, 1.0):
        half = 0.30 * frame.width
        down = -0.005 + share * 0.11 + 0.02 * across**2
        z = -0.10 + 0.05 * share
        points = (
            frame.centre
            + (across * half)[:, None] * frame.right
            + down[:, None] * frame.down
            + z * frame.forward
        )
        basis = _jaw_basis(bench, 7, JAW_SHARE_TONGUE)
        out = ARKIT_INDEX["tongueOut"]
        basis[out] = -0.085 * frame.down * (1 - 0.5 * share) + 0.05 * frame.forward
        uv = np.column_stack([(across + 1) / 2 * (size - 1), np.full(7, share * (rows_px - 1))])
        light = 256.0 * (0.55 + 0.4 * share) * (1 - 0.25 * np.abs(across))
        rows.append(bench.mesh.add(points, uv + [x, y], basis, light=light))
    bench.mesh.add_triangles(grid_triangles(np.stack(rows)), assets.LAYER_TONGUE, kernels.LIT_BLEND)
