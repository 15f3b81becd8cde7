"""What in a drawn eye's window is what: the eye, its lines, its lash, the hair before it.

Masks are (h, w), 0..1, on the texels of the part's window.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.baking.drawn_parts import (
    CLEAR_TEXELS,
    LEAST_LINE,
    SURE,
    PartOnCanvas,
    distance_to,
)
from vasa_avatar.appearance.picture import grown, texture, touching
from vasa_avatar.datatypes import F32

DOT_HALO = 0.12
"""around a dot that its edge may darken, over its width"""
DRAWN_ALONG = (0.14, 0.5)
"""how far around an eye, and around a dot, a closing lid draws the skin along, over its size"""
INKED = (0.15, 0.4)
"""of the way from the hair's colour to the ink's: what is a lash line's, not hair's"""
LASH_TEXELS, LINE_HEIGHT, OUTLINE = 2, 0.16, 0.03
"""around a lash line that are its own edge, not hair; how far a thick line goes on, and half of
what is an outline of hair beside it, over the eye's height"""
THICK_INK = (90.0, 130.0)
"""distance of the ink's colour from the hair's at which a thick line is told from strands"""
SMOOTH, MIN_SMOOTH_TEXELS = 0.035, 1.5
"""spread over which the edge of hair beside an eye is made smooth, over the eye's height; at
least"""
MIN_WHITE_TEXELS = 20
DARK_REACH, DARKER = 0.18, (35.0, 80.0)
"""how far above the eye its line may reach, over the eye's height; levels darker than skin"""
BELOW_REACH, MARKED = 0.2, (25.0, 50.0)
"""how far below the eye what is drawn goes with the lower lid, over the eye's height; distance of
its colour from skin"""
HANGS_ON = 0.08
"""how near the lid such a mark begins, likewise: a blush or a tear further down stays"""
FREE_TEXELS, LONG, JOINED = 1, 0.3, 0.4
"""around a fold or a brow above an eye that are its own edge; its width at least, over the eye's;
share of its width over which it may touch the eye's line or hair"""
MIN_INK = 60.0
"""least distance of the ink's colour from skin that a line is taken to have"""
INK_DARKER, INK_OF_SKIN = 20.0, 0.35
"""levels by which ink is darker than skin at least; share of skin's light that ink has otherwise"""
STRANDS_REACH = ((0.3, 0.5), (0.7, 0.85))
"""from the eye, and from a dot, over its size, where strands that stay give way to those that go
with the skin"""
STRANDS_COVER = 1.6
"""their coverage over how sure it is that they are strands"""


@dataclass(frozen=True, slots=True, eq=False)
class EyeMasks:
    """What several steps of a bake ask of one eye."""

    inside: F32
    """(h, w) within the eye's contour"""
    above: F32
    """(h, w) nearer to its upper edge than to its lower one, between its corners"""
    hair: F32
    """(h, w) what lies before it, less what its lash line darkens"""
    below: F32
    """(h, w) what is drawn right below it: the lower lid's line, lashes, strokes"""
    ink_rgb: F32
    """(3,) the darkest colour of the lash line, or of the iris where there is none"""


def read_masks(part: PartOnCanvas, skin_rgb: F32) -> EyeMasks:
    """An eye's masks, on a face whose plain skin is given."""
    inside = texture.polygon_mask(part.rgb.shape[:2], part.points_texels[:8])
    above = _above(part)
    ink = _dark_ink(_ink_colour(part, above), skin_rgb)
    hair = _hair(part, ink, inside, above)
    return EyeMasks(inside, above, hair, _marks_below(part, skin_rgb, inside, above, hair), ink)


def moving(part: PartOnCanvas, masks: EyeMasks, skin_rgb: F32) -> F32:
    """(h, w) 0..1 what must not stay on the skin: white, iris, upper lash line, strands."""
    own = _lines(part, masks.above)
    free = _free_lines(part, masks, own, skin_rgb)
    lines = np.maximum(own, _dark_above(part, masks, skin_rgb))
    surely = (lines > LEAST_LINE).astype(np.float32)
    wide = grown(surely, CLEAR_TEXELS)
    if part.is_dot:
        halo = 2 * round(DOT_HALO * float(np.ptp(part.points_texels[:8, 0]))) + 1
        wide = np.maximum(wide, cv2.dilate(own, np.ones((halo, halo), np.uint8)))
    hidden = part.classes["cover"] * _zone(part, masks.inside, own)
    own = np.maximum(np.maximum(wide, masks.inside), hidden)
    own = np.maximum(own, masks.below)
    return np.asarray(own * (1.0 - free), np.float32)


def _free_lines(part: PartOnCanvas, masks: EyeMasks, lines: F32, skin_rgb: F32) -> F32:
    """(h, w) 0 or 1 what is drawn above the eye and hardly touches its `lines` or hair: a lid's
    fold, a brow. It stays when the lid comes down."""
    if part.is_dot:
        return np.zeros(lines.shape, np.float32)
    others = np.maximum(np.maximum(lines, masks.inside), part.classes["cover"]) > SURE
    own, beside = (grown(others, reach) > 0 for reach in (FREE_TEXELS, FREE_TEXELS + 1))
    drawn = (np.linalg.norm(part.rgb - skin_rgb, axis=2) > MARKED[0]) & ~own
    _, labels, stats, _ = cv2.connectedComponentsWithStats(drawn.astype(np.uint8))
    width = stats[:, cv2.CC_STAT_WIDTH]
    free = np.zeros(drawn.shape, bool)
    for i in 1 + np.flatnonzero(width[1:] > LONG * float(np.ptp(part.points_texels[:8, 0]))):
        touching = ((labels == i) & beside).any(0).sum()
        free |= (labels == i) & (touching < JOINED * width[i])
    free &= masks.above > SURE
    return np.asarray((grown(free, FREE_TEXELS) > 0) & ~own, np.float32)


def _marks_below(part: PartOnCanvas, skin_rgb: F32, inside: F32, above: F32, hair: F32) -> F32:
    contour = part.points_texels
    shape = part.rgb.shape[:2]
    if part.is_dot:
        return np.zeros(shape, np.float32)
    height = part.eye_height
    near = distance_to(contour[[0, 7, 6, 5, 4]], shape)
    close = 1.0 - texture.smoothstep(BELOW_REACH * height, 1.5 * BELOW_REACH * height, near)
    outside = (1.0 - above) * (1.0 - inside) * (1.0 - hair)
    off = np.linalg.norm(part.rgb - skin_rgb, axis=2)
    marked = texture.smoothstep(*MARKED, off).astype(np.float32)
    marked = _hanging_on(marked * outside * (close > 0.0), near / height)
    wide = grown(marked, CLEAR_TEXELS)
    return np.asarray(wide * close * outside, np.float32)


def _hanging_on(marked: F32, apart: F32) -> F32:
    """(h, w) the marks (h, w) that begin near the lid; `apart` is over the eye's height."""
    return np.asarray(marked * grown(touching(marked > SURE, apart < HANGS_ON), 1), np.float32)


def _lines(part: PartOnCanvas, above: F32) -> F32:
    """(h, w) 0..1 white, iris and upper lash line."""
    lash = part.classes["lash"] * above
    seen = part.classes["white"] + part.classes["iris"] + lash
    return np.asarray(np.clip(seen, 0.0, 1.0), np.float32)


def _zone(part: PartOnCanvas, inside: F32, lines: F32) -> F32:
    """(h, w) 0 or 1 the eye, its lines, and what a closing lid draws along around them."""
    size = float(np.ptp(part.points_texels[:8], axis=0).max())
    reach = max(CLEAR_TEXELS + 2, round(DRAWN_ALONG[part.is_dot] * size))
    own = (np.maximum(inside, lines) > LEAST_LINE).astype(np.float32)
    return grown(own, reach)


def _hair(part: PartOnCanvas, ink_rgb: F32, inside: F32, above: F32) -> F32:
    if part.is_dot:
        return part.classes["cover"]
    cover = part.classes["cover"]
    seen = part.rgb[cover > 0.8]
    if len(seen) < MIN_WHITE_TEXELS:
        return cover
    usual = np.median(seen, 0)
    way = ink_rgb - usual
    inked = np.asarray((part.rgb - usual) @ way / max(float(way @ way), MIN_INK**2), np.float32)
    apart = float(texture.smoothstep(*THICK_INK, np.linalg.norm(way)))
    line = texture.smoothstep(*INKED, inked) * _near_line(
        part, inked, np.asarray(apart * above, np.float32)
    )
    own = np.asarray(cover * (1.0 - line), np.float32)
    return _reaching_out(own, inside)


def _near_line(part: PartOnCanvas, inked: F32, thick: F32) -> F32:
    """(h, w) 0..1 around the lash line, and on as far as a thick one goes, where it may be."""
    lash = part.classes["lash"]
    height = part.eye_height
    reach = max(LASH_TEXELS, round(LINE_HEIGHT * height))
    wide = grown(lash, reach)
    radius = max(1, round(OUTLINE * height))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    line = ((wide > SURE) & (inked > INKED[1])).astype(np.uint8)
    joined = touching(cv2.morphologyEx(line, cv2.MORPH_OPEN, disc) > 0, lash > SURE)
    return np.asarray(np.maximum(grown(lash, LASH_TEXELS), thick * joined), np.float32)


def _reaching_out(cover: F32, eye: F32) -> F32:
    """(h, w) without what begins and ends within the eye: lights and shadows are no strands."""
    allowed = grown(touching(cover > SURE, eye < SURE), 2) > 0
    return np.where(allowed | (eye < SURE), cover, np.float32(0.0))


def _dark_above(part: PartOnCanvas, masks: EyeMasks, skin_rgb: F32) -> F32:
    """(h, w) 0..1 what is much darker than skin right above the eye: its line, whatever the net
    took it for."""
    contour = part.points_texels
    height = part.eye_height
    near = distance_to(contour[[0, 1, 2, 3, 4]], part.rgb.shape[:2])
    close = 1.0 - texture.smoothstep(DARK_REACH * height, 1.4 * DARK_REACH * height, near)
    darker = texture.smoothstep(*DARKER, skin_rgb.mean() - part.rgb.mean(2))
    free = 1.0 - masks.hair
    return np.asarray(darker * close * free * masks.above, np.float32)


def _above(part: PartOnCanvas) -> F32:
    contour = part.points_texels
    height, width = part.rgb.shape[:2]
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    chord = contour[4] - contour[0]
    length = max(float(np.linalg.norm(chord)), 1e-6)
    along = ((xs - contour[0, 0]) * chord[0] + (ys - contour[0, 1]) * chord[1]) / length**2
    between = texture.smoothstep(-0.06, 0.02, along) * (1.0 - texture.smoothstep(0.98, 1.06, along))
    near_upper = distance_to(contour[[0, 1, 2, 3, 4]], (height, width))
    near_lower = distance_to(contour[[0, 7, 6, 5, 4]], (height, width))
    return np.asarray(between * texture.smoothstep(-1.5, 1.5, near_lower - near_upper), np.float32)


def strands(part: PartOnCanvas, masks: EyeMasks) -> F32:
    """(h, w) 0..1 hair and the like before and near the eye, with a soft way out."""
    torn = masks.above * (1.0 - masks.inside) * (1.0 - smooth_hair(part, masks))
    hair = masks.hair * (1.0 - torn)
    return np.asarray(np.clip(STRANDS_COVER * hair, 0.0, 1.0) * _way_out(part, masks), np.float32)


def strands_under(part: PartOnCanvas, masks: EyeMasks) -> F32:
    """(h, w) 0..1 hair that the lash line hides: without it, the edge of what is left where a lid
    comes down would be torn."""
    more = smooth_hair(part, masks) * (1.0 - masks.inside)
    return np.asarray(more * _way_out(part, masks), np.float32)


def smooth_hair(part: PartOnCanvas, masks: EyeMasks) -> F32:
    """(h, w) 0..1 the hair with a smooth edge."""
    spread = max(MIN_SMOOTH_TEXELS, SMOOTH * part.eye_height)
    blurred = cv2.GaussianBlur(masks.hair, (0, 0), spread)
    return np.asarray(texture.smoothstep(0.3, 0.7, blurred), np.float32)


def _way_out(part: PartOnCanvas, masks: EyeMasks) -> F32:
    """(h, w) 1 near the eye, where strands stay, to 0 where they go with the skin."""
    contour = part.points_texels[:8]
    size = float((contour.max(0) - contour.min(0)).max())
    outside = distance_to(np.concatenate([contour, contour[:1]]), part.rgb.shape[:2])
    outside = outside * (1.0 - masks.inside)
    low, high = STRANDS_REACH[part.is_dot]
    return np.asarray(1.0 - texture.smoothstep(low * size, high * size, outside), np.float32)


def _dark_ink(ink_rgb: F32, skin_rgb: F32) -> F32:
    """(3,) the ink, or a dark shade of skin where it is hardly darker than that."""
    if ink_rgb.mean() < skin_rgb.mean() - INK_DARKER:
        return ink_rgb
    return np.asarray(INK_OF_SKIN * skin_rgb, np.float32)


def _ink_colour(part: PartOnCanvas, above: F32) -> F32:
    lash = part.rgb[part.classes["lash"] * above > 0.6]
    seen = lash if len(lash) >= MIN_WHITE_TEXELS else part.rgb[part.classes["iris"] > 0.6]
    if len(seen) < MIN_WHITE_TEXELS:
        return np.full(3, 50.0, np.float32)
    light = seen.mean(1)
    return np.asarray(seen[light <= np.quantile(light, 0.25)].mean(0), np.float32)
