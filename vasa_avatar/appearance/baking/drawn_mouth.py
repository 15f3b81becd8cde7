"""A drawn mouth: its lines on both lips' edges, a flat inside, a tongue, a band of teeth if drawn.

The drawn line is taken off the skin and laid along the upper and the lower edge: a mouth that is
one stroke stays one stroke and opens from it. Inside, colours are the picture's where it shows
them, else a darker skin.
"""

from __future__ import annotations

import cv2
import numpy as np

from vasa_avatar.appearance.baking.drawn_parts import (
    CLEAR_TEXELS,
    LEAST_LINE,
    NOT_SKIN,
    DrawnParts,
    PartOnCanvas,
    distance_to,
    paint_with_skin,
)
from vasa_avatar.appearance.baking.mesh_builder import Copies, grid_triangles
from vasa_avatar.appearance.baking.mouth import add_cavity
from vasa_avatar.appearance.baking.mouth_frame import MouthFrame, mouth_frame
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import grown, in_tone, texture, touching
from vasa_avatar.datatypes import F32, F64, K
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import assets, kernels

INSIDE_OF_SKIN = (0.60, 0.30, 0.32)
TONGUE_OF_SKIN = (0.90, 0.50, 0.50)
"""share of the skin's red, green and blue where the picture shows no inside"""
TONGUE_OF_INSIDE = 0.45
"""how far an unseen tongue is from the inside to skin's red"""
UNLIKE_SKIN = 0.7
"""share of an open mouth's inside that is nearer to skin: tongue, lights, teeth"""
MIN_TEXELS = 8
MIN_TEETH = 0.08
"""share of the mouth's inside that must be teeth for a band of them"""
TEETH_BAND = 0.05
"""height of that band, face widths"""
LINE_SHARE = 0.12
"""most of half a line's thickness, over the mouth's width"""
MIN_LINE_PX = 1.2
"""half the strip's height at least, design pixels"""
LINE_ENDS = ([-1.0, -0.8, 0.8, 1.0], [0.5, 1.0, 1.0, 0.5])
"""places along the lip, and how wide the strip is there"""
STROKE_SHARE, STROKE_TEXELS = 0.035, (12, 64)
"""most of half a stroke's thickness where the mouth was drawn open, over its width"""
LEAST_STROKE = 0.7
"""how opaque its upper edge is at least: it is the shut mouth's line"""
OPEN = 0.5
CLEAR_SHARE = 0.025, 0.045
"""around a shut mouth and one that was drawn open, over its window's height, that is painted over,
at least CLEAR_TEXELS: its ends, its rim and shade go too"""
OWN_TEXELS, FAR = 3, 3
"""around a mouth's lines and inside that are its own edge; how far beyond what is painted over a
line runs on that is none of the mouth's, over that distance"""
SOFT_PX = 1.3
"""over which skin gives way to an open mouth's inside, design pixels"""
MIN_INK = 40.0
"""least distance of the ink's colour from skin that a line is taken to have"""
TONGUE_SIZE = 0.30, 0.11
"""half its width and its height over the mouth's width"""
JAW_SHARE = 0.8


def paint_over_mouth(foreground_rgb: F32, parts: DrawnParts) -> F32:
    """(C, C, 3) the person without the mouth's lines and inside."""
    part = parts.mouth
    clean = foreground_rgb.copy()
    window = clean[part.slices()]
    inside = _inside(part)
    surely = (inside + part.classes["line"] > LEAST_LINE).astype(np.float32)
    share = CLEAR_SHARE[part.state > OPEN]
    clear = max(CLEAR_TEXELS, round(share * len(surely)))
    wide = grown(surely, clear)
    others = _runs_past(part, surely, clear, parts.skin_rgb)
    remove = np.asarray(wide * (1.0 - part.classes["cover"]) * (1.0 - others), np.float32)
    window[:] = paint_with_skin(part, window, remove, parts.skin_rgb, parts.is_shaded)
    return clean


def _runs_past(part: PartOnCanvas, mouth: F32, clear: int, skin_rgb: F32) -> F32:
    """(h, w) 0 or 1 what is drawn beside a mouth and runs on far beyond the `clear` texels around
    it: a chin's line, a collar, fingers."""
    off = np.linalg.norm(part.rgb - skin_rgb, axis=2)
    mouth = np.maximum(mouth, texture.polygon_mask(off.shape, part.points_texels))
    own, far = (grown(mouth, reach) > LEAST_LINE for reach in (OWN_TEXELS, FAR * clear))
    return touching((off > NOT_SKIN[0]) & ~own, ~far).astype(np.float32)


def add_drawn_mouth(bench: Workbench, parts: DrawnParts, jaw: F32) -> Copies:
    """Add inside, teeth, tongue and lines.

    Args:
        bench: the bake's tools; its mesh already holds the 468 skin vertices.
        parts: the drawing's masks and palette.
        jaw: (52, 3) how the jaw carries what is on it, camera axes.

    Returns:
        The cavity's rim, the teeth and the lines go with the lips.
    """
    inside, tongue = _palette(parts, bench.atlas.tone())
    patch = texture.rgba(np.broadcast_to(inside, (8, 8, 3)), np.ones((8, 8), np.float32))
    copies = [add_cavity(bench, patch)]
    _add_tongue(bench, mouth_frame(bench), tongue, jaw)
    if _has_teeth(parts.mouth):
        copies.append(_add_teeth(bench, parts.mouth))
    copies += [_add_soft_edge(bench, is_upper) for is_upper in (True, False)]
    copies += [_add_line(bench, parts.mouth, is_upper) for is_upper in (True, False)]
    return Copies.joined(copies)


def _inside(part: PartOnCanvas) -> F32:
    c = part.classes
    return np.asarray(np.clip(c["inside"] + c["teeth"] + c["tongue"], 0.0, 1.0), np.float32)


def _has_teeth(part: PartOnCanvas) -> bool:
    teeth, inside = (part.classes["teeth"] > 0.5).sum(), (_inside(part) > 0.5).sum()
    return part.state > 0.5 and teeth >= MIN_TEXELS and teeth > MIN_TEETH * inside


def _palette(parts: DrawnParts, tone: F32 | None) -> tuple[F32, F32]:
    """(3,) each: the inside and the tongue; of an open mouth, what differs most from skin, and
    what lies before it. What the picture does not show is in its tone, if it has just one."""
    part, skin = parts.mouth, parts.skin_rgb
    red = skin * np.array(TONGUE_OF_SKIN, np.float32)
    seen = _sure_texels(part, _inside(part) - part.classes["teeth"])
    if not len(seen):
        seen = _sure_texels(part, texture.polygon_mask(part.rgb.shape[:2], part.points_texels))
    if part.state <= OPEN or not len(seen):
        return _toned(skin * np.array(INSIDE_OF_SKIN, np.float32), tone), _toned(red, tone)
    off = np.linalg.norm(seen - skin, axis=1)
    inside = np.median(seen[off >= np.quantile(off, UNLIKE_SKIN)], 0)
    tongue = _colour_of(part, "tongue")
    if tongue is None:
        tongue = _toned(inside + TONGUE_OF_INSIDE * (red - inside), tone)
    return np.asarray(inside, np.float32), np.asarray(tongue, np.float32)


def _toned(colour: F32, tone: F32 | None) -> F32:
    if tone is None:
        return colour
    return in_tone(np.append(colour, np.float32(255.0))[None, None], tone)[0, 0, :3]


def _colour_of(part: PartOnCanvas, name: str) -> F32 | None:
    seen = _sure_texels(part, part.classes[name])
    return np.asarray(np.median(seen, 0), np.float32) if len(seen) else None


def _sure_texels(part: PartOnCanvas, mask: F32) -> F32:
    """(n, 3) the colours of a class, without its edge where enough is left; none of a few."""
    for sure in (cv2.erode(np.asarray(mask, np.float32), np.ones((3, 3), np.uint8)), mask):
        seen = part.rgb[sure > 0.6]
        if len(seen) >= MIN_TEXELS:
            return np.asarray(seen, np.float32)
    return np.zeros((0, 3), np.float32)


def _add_soft_edge(bench: Workbench, is_upper: bool) -> Copies:
    """Skin that fades out over a lip's edge, so that an opening without a line has no staircase."""
    lip = list(topo.LIP_INNER_UPPER if is_upper else topo.LIP_INNER_LOWER)
    xy = bench.landmarks_px[lip, :2]
    inward = _normals(xy) * (1.0 if is_upper else -1.0)
    at = bench.texels(xy - SOFT_PX * inward)
    skin = texture.sample(bench.layers.foreground_rgb, at.astype(np.float32))
    alpha = np.repeat(np.array([[1.0], [1.0], [0.0]], np.float32), len(lip), 1)
    x, y = bench.atlas.place(texture.rgba(np.stack([skin] * 3), alpha))
    rest = bench.mesh.points()[lip]
    rows, pairs, offsets = [], [], []
    for row, step in ((1, -0.4 * SOFT_PX), (2, SOFT_PX)):
        shift = np.zeros_like(rest)
        shift[:, :2] = step * inward / bench.fit.width_px
        uv = np.column_stack([np.arange(len(lip)), np.full(len(lip), row)]) + [x, y]
        added = bench.mesh.add(rest + shift, uv.astype(np.float32), bench.basis[:, lip])
        rows.append(added)
        pairs.append(np.column_stack([added, lip]))
        offsets.append(shift)
    bench.mesh.add_triangles(grid_triangles(np.stack(rows)), assets.LAYER_OVER, kernels.BLEND)
    return Copies(np.concatenate(pairs).astype(np.int32), np.concatenate(offsets))


def _add_line(bench: Workbench, part: PartOnCanvas, is_upper: bool) -> Copies:
    """The drawn line as a strip on one lip's edge; of a mouth that was drawn open, a plain stroke
    in its ink, so that it is one line when it shuts."""
    lip = list(topo.LIP_INNER_UPPER if is_upper else topo.LIP_INNER_LOWER)
    xy = bench.landmarks_px[lip, :2]
    alpha = _line_alpha(bench, part, is_upper)
    reach = _line_reach(bench, part, xy, alpha)
    n = len(lip)
    if part.state > OPEN:
        stroke = _stroke_patch(bench, part, alpha, is_upper)
        x, y = bench.atlas.place(stroke)
        reach = max(MIN_LINE_PX, min(reach, STROKE_SHARE * float(np.ptp(xy[:, 0]))))
        columns, last_row = np.linspace(0.5, stroke.shape[1] - 1.5, n), stroke.shape[0] - 1
        uv = [np.column_stack([columns, np.full(n, share * last_row)]) for share in (0, 0.5, 1)]
    else:
        colour = texture.fill(part.rgb, np.clip(alpha**4, 1e-5, 1.0))
        x, y = bench.atlas.place(texture.rgba(colour, alpha))
        last = np.array(part.rgb.shape[1::-1]) - 1
        shifts = [step * reach * _line_ends(n) * _normals(xy) for step in (-1.0, 0.0, 1.0)]
        uv = [np.clip(bench.texels(xy + shift) - part.first, 0, last) for shift in shifts]
    rest = bench.mesh.points()[lip]
    outward = _line_ends(n) * _normals(rest[:, :2]) * reach / bench.fit.width_px
    rows, pairs, offsets = [], [], []
    for step, places in zip((-1.0, 0.0, 1.0), uv, strict=True):
        shift = np.zeros((n, 3), np.float32)
        shift[:, :2] = step * outward
        added = bench.mesh.add(rest + shift, places + [x, y], bench.basis[:, lip])
        rows.append(added)
        pairs.append(np.column_stack([added, lip]))
        offsets.append(shift)
    bench.mesh.add_triangles(grid_triangles(np.stack(rows)), assets.LAYER_OVER, kernels.BLEND)
    return Copies(np.concatenate(pairs).astype(np.int32), np.concatenate(offsets))


def _line_ends(n: int) -> F64:
    """(n, 1) how wide the strip is along the lip."""
    ends: F64 = np.interp(np.linspace(-1.0, 1.0, n), *LINE_ENDS)[:, None]
    return ends


def _stroke_patch(bench: Workbench, part: PartOnCanvas, alpha: F32, is_upper: bool) -> F32:
    """A stroke with thin ends in the mouth's ink; the lower lip's only as far as it was drawn."""
    height, width = STROKE_TEXELS
    along = np.linspace(-1.0, 1.0, width)
    half = 0.45 + 0.55 * np.sqrt(1.0 - along**2)
    across = np.abs(np.linspace(-1.0, 1.0, height))[:, None]
    shape = 1.0 - texture.smoothstep(-0.35, 0.0, across - half[None])
    ink = part.rgb[part.classes["line"] > 0.6]
    inside = _colour_of(part, "inside")
    if len(ink) >= MIN_TEXELS:
        light = ink.mean(1)
        colour = ink[light <= np.quantile(light, 0.3)].mean(0)
    else:
        colour = 0.6 * (part.rgb.mean((0, 1)) if inside is None else inside)
    lip = list(topo.LIP_INNER_UPPER if is_upper else topo.LIP_INNER_LOWER)
    edge = bench.texels(bench.landmarks_px[lip[1:-1], :2]) - part.first
    reach = max(1, round(MIN_LINE_PX * bench.canvas.texels_per_px))
    near = grown(alpha, reach)
    drawn = float((texture.sample(np.asarray(near, np.float32), edge) > 0.3).mean())
    shown = max(drawn, LEAST_STROKE if is_upper else 0.0)
    rgb = np.broadcast_to(colour, (height, width, 3)).astype(np.float32)
    return texture.rgba(rgb, (shown * shape).astype(np.float32))


def _normals(line: F32) -> F64:
    """(n, 2) unit, across a line (n, 2)."""
    along = np.gradient(line.astype(np.float64), axis=0)
    normal = np.column_stack([-along[:, 1], along[:, 0]])
    unit: F64 = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    return unit


def _line_alpha(bench: Workbench, part: PartOnCanvas, is_upper: bool) -> F32:
    """(h, w) 0..1 the drawn line along this edge, not along the other one of an open mouth."""
    lines = [
        bench.texels(bench.landmarks_px[list(lip), :2]) - part.first
        for lip in (topo.LIP_INNER_UPPER, topo.LIP_INNER_LOWER)
    ]
    above, below = (distance_to(line, part.rgb.shape[:2]) for line in lines)
    own, other = (above, below) if is_upper else (below, above)
    thickness = max(2.0, LINE_SHARE * float(np.ptp(lines[0][:, 0])))
    near = 1.0 - texture.smoothstep(thickness, 1.6 * thickness, own)
    nearer = texture.smoothstep(-1.5, -0.2, other - own)
    return np.asarray(_line_cover(bench, part) * near * nearer, np.float32)


def _line_cover(bench: Workbench, part: PartOnCanvas) -> F32:
    """(h, w) 0..1 how far the picture is from skin to the line's ink, around the line."""
    line = part.classes["line"]
    ink = part.rgb[line > 0.6]
    if len(ink) < MIN_TEXELS:
        return line
    light = ink.mean(1)
    colour = ink[light <= np.quantile(light, 0.3)].mean(0)
    clean = bench.layers.foreground_rgb[part.slices()]
    off = np.linalg.norm(part.rgb - clean, axis=2)
    span = np.maximum(np.linalg.norm(colour - clean, axis=2), MIN_INK)
    around = cv2.GaussianBlur(grown(line, CLEAR_TEXELS - 1), (0, 0), 1.0)
    free = np.clip(1.0 - _inside(part) - part.classes["cover"], 0.0, 1.0)
    return np.asarray(np.clip(1.1 * off / span, 0.0, 1.0) * around * free, np.float32)


def _line_reach(bench: Workbench, part: PartOnCanvas, xy: F32, alpha: F32) -> float:
    """Half the strip's height in design pixels: all of the line."""
    apart = distance_to(bench.texels(xy) - part.first, alpha.shape)[alpha > 0.3]
    widest = float(np.quantile(apart, 0.97)) if len(apart) else 0.0
    return max(MIN_LINE_PX, widest / bench.canvas.texels_per_px + 1.0)


def _add_teeth(bench: Workbench, part: PartOnCanvas) -> Copies:
    """A band of plain white that hangs from the upper lip's edge."""
    lip = list(topo.LIP_INNER_UPPER)
    colour = _colour_of(part, "teeth")
    white = np.full(3, 245.0, np.float32) if colour is None else colour
    alpha = np.ones((8, 8), np.float32)
    alpha[-1] = 0.0  # a soft lower edge
    patch = texture.rgba(np.broadcast_to(white, (8, 8, 3)), alpha)
    x, y = bench.atlas.place(patch)
    rest = bench.mesh.points()[lip]
    down = bench.fit.rotation[:, 1]
    bow = np.sin(np.linspace(0.0, np.pi, len(lip))) ** 0.5
    rows, pairs, offsets = [], [], []
    for share in (0.0, 1.0):
        shift = (share * TEETH_BAND * bow[:, None] * down).astype(np.float32)
        uv = np.tile([x + 4.0, y + 1.0 + 6.0 * share], (len(lip), 1))
        added = bench.mesh.add(rest + shift, uv, bench.basis[:, lip])
        rows.append(added)
        pairs.append(np.column_stack([added, lip]))
        offsets.append(shift)
    bench.mesh.add_triangles(
        grid_triangles(np.stack(rows)), assets.LAYER_UPPER_TEETH, kernels.BLEND
    )
    return Copies(np.concatenate(pairs).astype(np.int32), np.concatenate(offsets))


def _add_tongue(bench: Workbench, frame: MouthFrame, colour: F32, jaw: F32) -> None:
    """A flat round shape that rides on the jaw and shows in a wide mouth."""
    size = 48
    ys, xs = np.mgrid[:size, :size] / (size - 1) * 2 - 1
    alpha = 1.0 - texture.smoothstep(0.9, 1.0, np.hypot(xs, ys))
    patch = texture.rgba(np.broadcast_to(colour, (size, size, 3)), alpha.astype(np.float32))
    x, y = bench.atlas.place(patch)
    ticks = np.linspace(-1.0, 1.0, 5)
    across, below = (grid.ravel() for grid in np.meshgrid(ticks, ticks))
    points = (
        frame.centre
        + TONGUE_SIZE[0] * frame.width * across[:, None] * frame.right
        + (0.015 + TONGUE_SIZE[1] * frame.width * (below + 1.0))[:, None] * frame.down
        - 0.02 * frame.forward
    )
    uv = np.column_stack([across + 1, below + 1]) / 2 * (size - 1) + [x, y]
    basis = np.repeat(JAW_SHARE * jaw[:, None, :], len(points), axis=1).astype(np.float32)
    assert len(basis) == K
    table = bench.mesh.add(points.astype(np.float32), uv, basis).reshape(5, 5)
    bench.mesh.add_triangles(grid_triangles(table), assets.LAYER_TONGUE, kernels.BLEND)
