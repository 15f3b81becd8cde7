"""Inside of the mouth: cavity, tongue, teeth (teeth.py), the upper lip's shade (lip_shade.py), and
the portrait's own closed lips.

Upper teeth belong to the skull, lower teeth and tongue ride on the jaw. All are drawn before the
skin, so that the lips cover them.

Numbers that name no other source were set by eye, on contact sheets of the shipped and of generated
portraits.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.baking.closed_mouth import ClosedMouth
from vasa_avatar.appearance.baking.face_model import MouthInterior
from vasa_avatar.appearance.baking.lip_shade import add_lip_shade
from vasa_avatar.appearance.baking.mesh_builder import Copies, grid_triangles
from vasa_avatar.appearance.baking.mouth_frame import MouthFrame, mouth_frame
from vasa_avatar.appearance.baking.mouth_light import mouth_light
from vasa_avatar.appearance.baking.teeth import JAW_SHARE_TEETH, add_teeth
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64, I32
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import assets, kernels

TONGUE_JAW_SHARES = (0.66, 0.86)
"""how far back and tip of the tongue ride on the jaw"""
TUCK_IN = (0.1, 0.3)
"""how far inside the mouth's far corner teeth and tongue end in a head that is turned by 30 and by
45 degrees, over its distance from the middle of the lips"""
OUTLINE_NEAR = 0.03
"""above and below a row, what the outline of the face is read from, face widths"""
CHIN_TAPER = 4.0
"""how much earlier they end below the lips, per face width: a dropped chin is narrower"""
TONGUE_COLUMNS = 7
"""of vertices"""
TONGUE_LENGTH = 0.40
"""how far the tip comes down at tongueOut 1, mouth widths"""
TONGUE_OUT_ROWS = (
    (0.0, 0.25, 0.62), (0.2, 0.27, 0.95), (0.4, 0.275, 1.18), (0.6, 0.27, 1.25),
    (0.78, 0.25, 1.22), (0.91, 0.20, 1.12), (1.0, 0.10, 0.98),
)  # fmt: skip
"""of a tongue that is out: share of its length, half width over the mouth's, light"""
CAVITY_TEXELS = 48
"""edge of the square patch of what lies behind teeth and tongue"""
THROAT_RGB, CHEEK_RGB, GUM_RGB = (40, 17, 14), (92, 45, 39), (78, 36, 32)
"""in plain daylight, warmer and lighter towards the cheeks and below the lower lip"""


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
        The cavity's rim and the lip's shade go with the lips.
    """
    light = mouth_light(bench)
    rim = add_cavity(bench, light.on(_cavity_patch(CAVITY_TEXELS)))
    frame = mouth_frame(bench)
    inside = bench.mesh.n_vertices
    tongue = light.on(_tongue_patch(bench, interior, frame))
    _add_tongue(bench, tongue, frame, jaw)
    _add_tongue_out(bench, tongue, frame, jaw)
    if bench.has_teeth:
        add_teeth(bench, interior, frame, light, jaw, was_open=shut.was_open)
    if bench.turned_beyond > 0.0:
        _tuck_in(bench, inside, frame)
    if not shut.was_open:
        bench.mesh.add_triangles(mouth_triangles, assets.LAYER_MOUTH_REST, kernels.BLEND)
    return Copies.joined([rim, add_lip_shade(bench, frame, light)])


def _tuck_in(bench: Workbench, first: int, frame: MouthFrame) -> None:
    """Keep teeth and tongue behind the lips of a head that is turned far aside.

    Its far corner of the mouth is the outline of the face: what is wider would stick out of it,
    and what turns back there is behind what stands in front. Their far end goes inwards with the
    corner.

    Args:
        bench: the bake's tools.
        first: vertex from which on teeth and tongue were added, row by row.
        frame: where the mouth is.
    """
    side = -1 if bench.fit.nose_x < 0.0 else 1
    corner = topo.LIP_INNER_UPPER[0 if side < 0 else -1]
    skin = bench.mesh.points()[: topo.N_MESH]
    least, most = TUCK_IN
    inside = 1.0 - (least + (most - least) * min(1.0, bench.turned_beyond))
    centre = frame.centre.astype(float)
    for points, basis in bench.mesh.blocks(first):
        beside = skin[np.abs(skin[:, 1] - points[:, 1].mean()) < OUTLINE_NEAR]
        edge = min(side * skin[corner, 0], float((side * beside[:, 0]).max(initial=-np.inf)))
        below = max(0.0, float(points[:, 1].mean()) - centre[1])
        length = max(inside * (1.0 - CHIN_TAPER * below) * (edge - side * centre[0]), 0.01)
        out = side * (points[::side, 0] - centre[0])
        out = np.minimum(np.maximum.accumulate(out)[::side], length)
        points[:, 0] = centre[0] + side * out
        share = np.maximum(out / length, 0.0) ** 2
        inwards = np.minimum(side * (bench.basis[:, corner, 0][:, None] - basis[..., 0]), 0.0)
        basis[..., 0] += share * side * inwards


def _jaw_basis(jaw: F32, n: int, share: float) -> F32:
    """(52, n, 3): every point follows the jaw."""
    return np.repeat(share * jaw[:, None, :], n, axis=1).astype(np.float32)


def add_cavity(bench: Workbench, patch: F32) -> Copies:
    """A fan behind the lips; its middle shows the patch's middle.

    Args:
        bench: the bake's tools; its mesh already holds the 468 skin vertices.
        patch: (s, s, 4) premultiplied, opaque.

    Returns:
        The fan's rim goes with the lips.
    """
    ring = list(topo.MOUTH_HOLE)
    points = bench.mesh.points()[ring]
    n, size = len(ring), len(patch)
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


def _cavity_patch(size: int) -> F32:
    """The dark of the throat, and around it what is nearer: cheeks aside, the jaw's floor below."""
    ys, xs = np.mgrid[:size, :size].astype(np.float32)
    x, y = xs / (0.5 * size) - 1.0, ys / (0.5 * size) - 1.0
    throat, cheek, gum = (np.array(c, np.float32) for c in (THROAT_RGB, CHEEK_RGB, GUM_RGB))
    aside = (np.abs(x) * texture.smoothstep(0.0, 1.0, np.hypot(x, y)))[..., None]
    below = texture.smoothstep(0.1, 1.0, y)[..., None]
    colour = throat + (gum - throat) * below
    colour = colour + (cheek - colour) * aside
    return texture.rgba(colour.astype(np.float32), np.ones_like(xs))


def _add_tongue(bench: Workbench, patch: F32, frame: MouthFrame, jaw: F32) -> None:
    """The tongue at rest behind the lower teeth: a mound whose back stays up as the jaw drops."""
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


def _add_tongue_out(bench: Workbench, patch: F32, frame: MouthFrame, jaw: F32) -> None:
    """The tongue that comes out over the lower lip, drawn over the skin; folded up at rest."""
    patch = patch[::-1].copy()  # its round end is the tip
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
    return texture.resized(interior.tongue_rgba, width, int(width * 0.6))


def _tongue_points(frame: MouthFrame, across: F64, down: F64, forward: float) -> F32:
    """Points of one row: `across` in mouth widths, the rest in face widths from the lips' line."""
    points = frame.centre + (across * frame.width)[:, None] * frame.right
    points = points + down[:, None] * frame.down + forward * frame.forward
    return np.asarray(points, np.float32)


def _patch_uv(patch: F32, across: F64, share: float) -> F64:
    """Texels of one row of a patch, `across` in -1..1, `share` from its top to its foot."""
    columns = (across + 1) / 2 * (patch.shape[1] - 1)
    return np.column_stack([columns, np.full(len(across), share * (patch.shape[0] - 1))])
