"""Where a drawing's eyes and mouth lie on the canvas, as masks, and its palette.

The nets see eyes and mouth in 64 x 64 cells; a guided filter carries their classes to the edges
that were drawn.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.baking.drawn_whites import rest_of_white
from vasa_avatar.appearance.picture import (
    MARGIN_PX,
    Canvas,
    grown,
    guided_filter,
    membrane,
    texture,
)
from vasa_avatar.appearance.reading import DrawnFace, PartReading
from vasa_avatar.datatypes import F32, F64
from vasa_avatar.geometry.drawn_layout import (
    BOTTOM,
    LEFT_BROW,
    LEFT_EYE,
    MOUTH,
    RIGHT_BROW,
    RIGHT_EYE,
    TOP,
)
from vasa_avatar.render.assets import DESIGN_PX

EYE_CLASSES = ("other", "white", "iris", "lash", "cover")
MOUTH_CLASSES = ("other", "inside", "line", "teeth", "tongue", "cover")
EDGE_VARIANCE = 2e-3
"""of the guide, 0..1 colours, below which an area counts as flat"""
SKIN_SPREAD = 32.0
"""colour distance, 0..255, over which a texel stops being skin"""
LIKE_SKIN, LIKE_SKIN_SHARE = 30.0, 0.2
"""colour distance within which a texel is the face's plain skin; share of those around that must
be, for them to say what colour a lid has"""
NOT_SKIN = (45.0, 80.0)
"""colour distance from skin of what must be something else"""
HAIR_SPREAD = (45.0, 75.0)
"""colour distance from the hair beside an eye of what is no strand of it"""
BROW_SEEN = (0.45, 0.8)
"""how sure the net is that a brow is uncovered: under a fringe, and free"""
STRAND_RADIUS = 0.1
"""of a disc that fits into hair but not into a brow or a lash, over the eye's height"""
LINE_RADIUS = 0.025
"""likewise of one that fits into the thinnest strand"""
SURE = 0.5
MIN_RING_TEXELS = 30
FLAT, FLAT_SHARE = 10.0, 0.32
"""colour distance from plain skin of what is flat; a face of which less is may be shaded"""
LIT_SHARE, LIT_SPREAD = 0.8, 0.15
"""share of a shaded face that is skin in more or less light; between the lights of its quarters,
over the usual light"""
LIGHTS = (0.6, 1.15)
"""of skin in shade and in light, over the plain skin's"""
MIN_SKIN, LEAST_SKIN = 0.25, 0.005
"""what counts less as skin does not count at all; how much the plain skin counts everywhere"""
LEAST_LINE = 0.25
"""what is so surely a line of an eye or a mouth is painted over"""
CLEAR_TEXELS = 4
"""around a drawn line that are painted over with it"""


@dataclass(frozen=True, slots=True, eq=False)
class PartOnCanvas:
    """An eye or the mouth of a drawing."""

    first: tuple[int, int]
    """x, y of the window's first texel on the canvas"""
    rgb: F32
    """(h, w, 3) the canvas there, 0..255"""
    classes: dict[str, F32]
    """(h, w) 0..1 each"""
    points_px: F32
    """(n, 2) design pixels, in the order of drawn_layout"""
    points_texels: F32
    """(n, 2) the same, texels of the window"""
    state: float
    """0..1 the eye is closed, or the mouth open"""
    is_dot: bool = False
    """an eye that is a plain dark shape, see drawn_dots"""

    @property
    def eye_height(self) -> float:
        """Of an eye, from the top of its contour to the bottom, texels; 1 at least."""
        return max(float(np.linalg.norm(self.points_texels[TOP] - self.points_texels[BOTTOM])), 1.0)

    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the window on the canvas."""
        height, width = self.rgb.shape[:2]
        x, y = self.first
        return slice(y, y + height), slice(x, x + width)


@dataclass(frozen=True, slots=True, eq=False)
class DrawnParts:
    """What a bake must know of a drawn face."""

    right_eye: PartOnCanvas
    left_eye: PartOnCanvas
    mouth: PartOnCanvas
    skin_rgb: F32
    """(3,) the face's plain skin"""
    brows_seen: tuple[float, float] = (1.0, 1.0)
    """0..1 right and left brow: how far no fringe covers it"""
    is_shaded: bool = False
    """light and shade run all over the skin, as on a rendered figure; else it is flat"""


def parts_on(canvas: Canvas, face: DrawnFace) -> DrawnParts:
    """Bring a reading onto the canvas."""
    right, left = face.eyes
    points = face.points_px
    skin, is_shaded = _skin_colour(canvas, face)
    eyes = [
        _with_white_and_strands(
            _on_canvas(canvas, part, EYE_CLASSES, points[where], float(face.closed[i])), skin
        )
        for i, (part, where) in enumerate(((right, RIGHT_EYE), (left, LEFT_EYE)))
    ]
    mouth = _on_canvas(canvas, face.mouth, MOUTH_CLASSES, points[MOUTH], face.mouth_open)
    eyes = [_without_mouth(eye, mouth) for eye in eyes]
    right_seen, left_seen = (
        float(texture.smoothstep(*BROW_SEEN, face.seen[brow].mean()))
        for brow in (RIGHT_BROW, LEFT_BROW)
    )
    return DrawnParts(eyes[0], eyes[1], mouth, skin, (right_seen, left_seen), is_shaded)


def _without_mouth(eye: PartOnCanvas, mouth: PartOnCanvas) -> PartOnCanvas:
    """An eye before which no hair is what is the mouth, which large eyes' windows reach."""
    c = mouth.classes
    seen = c["inside"] + c["line"] + c["teeth"] + c["tongue"] > LEAST_LINE
    wide = grown(seen, CLEAR_TEXELS)
    shift = np.subtract(mouth.first, eye.first).astype(np.float32)
    to_eye = np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]], np.float32)
    there = cv2.warpAffine(wide, to_eye, eye.rgb.shape[1::-1])
    cover = np.asarray(eye.classes["cover"] * (1.0 - there), np.float32)
    return dataclasses.replace(eye, classes=eye.classes | {"cover": cover})


def _with_white_and_strands(part: PartOnCanvas, skin_rgb: F32) -> PartOnCanvas:
    """An eye with all of its white, before and beside which hair is whatever is neither eye nor
    skin nor a thin line."""
    c, contour = part.classes, part.points_texels[:8]
    shape = part.rgb.shape[:2]
    height = part.eye_height
    other = texture.smoothstep(*NOT_SKIN, np.linalg.norm(part.rgb - skin_rgb, axis=2))
    other = other * (1.0 - np.clip(c["white"] + c["iris"] + c["lash"], 0.0, 1.0))
    eye = texture.polygon_mask(shape, contour)
    apart = distance_to(np.concatenate([contour, contour[:1]]), shape) / max(height, 1.0)
    inside = eye * texture.smoothstep(0.05, 0.12, apart)
    radius = max(2, round(STRAND_RADIUS * height))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    outside = np.asarray(other * (1.0 - eye), np.float32)
    wide = cv2.dilate(cv2.morphologyEx(outside, cv2.MORPH_OPEN, disc), disc)
    beside = np.minimum(outside, wide)
    around = np.maximum(c["cover"], beside)
    white = rest_of_white(part.rgb, c, contour, skin_rgb, around)
    hair = part.rgb[around > SURE]
    if len(hair) >= MIN_RING_TEXELS:
        off = np.linalg.norm(part.rgb - np.median(hair, 0), axis=2)
        inside = inside * (1.0 - texture.smoothstep(*HAIR_SPREAD, off))
    else:
        inside = np.zeros_like(inside)
    strands = np.maximum(other * inside, beside)
    own_cover = c["cover"] * (1.0 - eye * _like_iris(part) * (1.0 - inside))
    hair_too = np.maximum(own_cover, strands) * (1.0 - white)
    cover = _without_lines(hair_too.astype(np.float32), height)
    own = {
        "cover": cover,
        "white": np.maximum(c["white"], white),
        "other": c["other"] * (1 - white),
    }
    return dataclasses.replace(part, classes=c | own)


def _without_lines(cover: F32, height: float) -> F32:
    """(h, w) hair, not the lines of an eye's edge: they go with its lash."""
    radius = max(1, round(LINE_RADIUS * height))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    wide = cv2.dilate(cv2.morphologyEx(cover, cv2.MORPH_OPEN, disc), np.ones((3, 3), np.uint8))
    return np.asarray(np.minimum(cover, wide), np.float32)


def _like_iris(part: PartOnCanvas) -> F32:
    """(h, w) 0..1 what has the colour of the iris."""
    iris = part.rgb[part.classes["iris"] > SURE]
    if len(iris) < MIN_RING_TEXELS:
        return np.zeros(part.rgb.shape[:2], np.float32)
    off = np.linalg.norm(part.rgb - np.median(iris, 0), axis=2)
    return np.asarray(1.0 - texture.smoothstep(*HAIR_SPREAD, off), np.float32)


def _on_canvas(
    canvas: Canvas, part: PartReading, names: tuple[str, ...], points_px: F32, state: float
) -> PartOnCanvas:
    ends = part.square.to_picture(np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32))
    texels = canvas.to_texels(canvas.to_design(ends))
    size = len(canvas.rgb)
    low = np.clip(np.floor(texels.min(0)).astype(int), 0, size - 2)
    high = np.clip(np.ceil(texels.max(0)).astype(int) + 1, low + 2, size)
    rgb = canvas.rgb[low[1] : high[1], low[0] : high[0]]
    shape = rgb.shape[:2]
    classes = {
        name: _refined(rgb, _cells_to_texels(canvas, part, plane, low, shape))
        for name, plane in zip(names, part.classes, strict=True)
    }
    design = canvas.to_design(points_px)
    inside = canvas.to_texels(design) - low.astype(np.float32)
    return PartOnCanvas((int(low[0]), int(low[1])), rgb, classes, design, inside, state)


def _cells_to_texels(
    canvas: Canvas, part: PartReading, plane: F32, low: F64, shape_hw: tuple[int, int]
) -> F32:
    """One class on the window's texels."""
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    design = (corners * 100 + low + 0.5) / canvas.texels_per_px - MARGIN_PX
    picture = design * (canvas.frame.side_px / DESIGN_PX) + canvas.frame.corner_px
    cells = part.square.to_unit(picture.astype(np.float32)) * plane.shape[0] - 0.5
    to_cells = np.column_stack([(cells[1:] - cells[0]).T / 100.0, cells[0]])
    warped = cv2.warpAffine(
        plane, to_cells, shape_hw[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.asarray(warped, np.float32)


def _refined(rgb: F32, mask: F32) -> F32:
    """A mask whose edge lies on the picture's own."""
    radius = max(2, round(min(mask.shape) / 40))
    filtered = guided_filter(rgb / 255.0, mask, radius, EDGE_VARIANCE)
    return np.asarray(texture.smoothstep(0.2, 0.8, filtered), np.float32)


def _skin_colour(canvas: Canvas, face: DrawnFace) -> tuple[F32, bool]:
    """(3,) the most usual colour between eyes and mouth; whether most is it in other light."""
    points = canvas.to_design(face.points_px)
    right, left, mouth = (points[p].mean(0) for p in (RIGHT_EYE, LEFT_EYE, MOUTH))
    shares = np.linspace(0.15, 0.85, 15)
    rows = [mouth + share * (eye - mouth) for eye in (right, left) for share in shares]
    rows += [mouth + share * ((right + left) / 2 - mouth) for share in shares]
    colours = texture.sample(canvas.rgb, canvas.to_texels(np.stack(rows)))
    middle = np.median(colours, 0)
    near = np.linalg.norm(colours - middle, axis=1)
    usual = np.asarray(np.median(colours[near <= np.median(near)], 0), np.float32)
    return usual, _is_shaded(colours, usual)


def _is_shaded(colours: F32, usual: F32) -> bool:
    """Whether a face's colours (n, 3) are its usual one in less and more light, few the plain one;
    blush and hair are other colours."""
    is_flat = np.linalg.norm(colours - usual, axis=1) < FLAT
    is_lit = _off_in_light(colours, usual) < SKIN_SPREAD
    least, most = np.quantile(colours @ usual / float(usual @ usual), (0.25, 0.75))
    spread = float(most - least)
    return bool(is_flat.mean() < FLAT_SHARE and is_lit.mean() > LIT_SHARE and spread > LIT_SPREAD)


def paint_with_skin(
    part: PartOnCanvas, window_rgb: F32, remove: F32, skin_rgb: F32, is_shaded: bool
) -> F32:
    """A part's window with some of it painted over in the skin that lies around it.

    Args:
        part: the eye or mouth.
        window_rgb: (h, w, 3) what is painted on.
        remove: (h, w) 0..1
        skin_rgb: (3,) the face's plain skin, where none is near.
        is_shaded: skin is also what is its colour in other light, and runs on softly.
    """
    plain = part.classes["other"] * (1.0 - remove)
    around = grown(remove, round(0.12 * len(remove))) > 0.5
    ring = around & (plain > 0.8)
    local = _skin_of(window_rgb[ring], skin_rgb)
    off = np.minimum(
        np.linalg.norm(window_rgb - skin_rgb, axis=2), np.linalg.norm(window_rgb - local, axis=2)
    )
    if is_shaded:
        off = np.minimum(off, _off_in_light(window_rgb, skin_rgb, LIGHTS))
    is_skin = np.exp(-((off / SKIN_SPREAD) ** 2)) * plain
    if is_shaded and (is_skin > SURE).any():
        filled = membrane(window_rgb, is_skin > SURE)
    else:
        filled = _filled_flat(window_rgb, is_skin, local)
    soft = cv2.GaussianBlur(remove, (0, 0), 1.0)[..., None]
    return np.asarray(window_rgb * (1.0 - soft) + filled * soft, np.float32)


def _filled_flat(window_rgb: F32, is_skin: F32, local_rgb: F32) -> F32:
    """(h, w, 3) skin carried on into what is none, all of it a little of the local colour."""
    is_skin = np.where(is_skin > MIN_SKIN, is_skin, np.float32(0.0))
    weight = (is_skin + LEAST_SKIN)[..., None]
    colour = (window_rgb * is_skin[..., None] + local_rgb * LEAST_SKIN) / weight
    known = np.clip(weight[..., 0], 0.0, 1.0).astype(np.float32)
    return texture.fill(colour.astype(np.float32), known)


def _off_in_light(rgb: F32, skin_rgb: F32, lights: tuple[float, float] = (0.0, np.inf)) -> F32:
    """(...) colour distance of colours (..., 3) from skin in some of these lights."""
    light = np.clip(rgb @ skin_rgb / float(skin_rgb @ skin_rgb), *lights)
    return np.asarray(np.linalg.norm(rgb - light[..., None] * skin_rgb, axis=-1), np.float32)


def _skin_of(ring_rgb: F32, skin_rgb: F32) -> F32:
    """(3,) the skin around: the usual colour (n, 3) of what is near the face's plain skin, not of
    blush and hair; where little is, as in a shadow, the usual colour of all."""
    if len(ring_rgb) <= MIN_RING_TEXELS:
        return skin_rgb
    alike = np.linalg.norm(ring_rgb - skin_rgb, axis=1) < LIKE_SKIN
    own = ring_rgb[alike] if alike.mean() > LIKE_SKIN_SHARE else ring_rgb
    return np.asarray(np.median(own, 0), np.float32)


def distance_to(line: F32, shape_hw: tuple[int, ...]) -> F32:
    """(h, w) texels from a line (n, 2) of texels."""
    plane = np.full(shape_hw, 255, np.uint8)
    cv2.polylines(plane, [np.rint(line).astype(np.int32)], False, 0, 1)
    return np.asarray(cv2.distanceTransform(plane, cv2.DIST_L2, 5), np.float32)
