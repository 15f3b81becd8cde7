"""Draws noses' neighbour: mouths from a dot to a grin, with what shows inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.head import Head
from vasa_avatar.training.drawing.paper import Colour, Mask, Paper, Part, Points, curve, ellipse
from vasa_avatar.training.drawing.style import Style, grey, mix

CLOSED_FORMS = ("line", "smile", "frown", "wave", "cat", "dot", "gap", "lips")
OPEN_FORMS = ("bowl", "oval", "triangle", "grin", "box", "small")


@dataclass(frozen=True, slots=True, eq=False)
class MouthLook:
    """A mouth; units of the plan."""

    form: str
    half_width: float
    height: float
    """of the opening"""
    bend: float
    """how far the corners lie above the middle; negative: a frown"""
    lean: float
    """one corner higher than the other"""
    shift: float
    """to the viewer's right"""
    line: float
    inside: Colour
    tongue: Colour
    has_tongue: bool
    teeth: float
    """share of the opening that an upper band of white takes"""
    lower_teeth: float
    is_outlined: bool
    upper_ink: float
    """how much of its line an upper edge shows, 0 to 1"""
    gap: tuple[int, int]
    """where a broken line stops and goes on, of its 17 points"""
    under_shadow: bool
    turn_rad: float = 0.0
    """of the whole mouth about its middle, clockwise"""
    ink: float = 1.0
    """how opaque its lines are"""
    faded: tuple[float, float] = (1.0, 1.0)
    """how much of a closed line's ink is left at the right and the left end"""
    tips: tuple[float, float] = (0.45, 0.45)
    """how wide a closed line is at the right and the left end, over its widest"""
    tint: Colour | None = None
    """of a closed line; the style's ink when None"""
    haze: float = 0.0
    """how far an open mouth's edge is blurred, over its half width"""
    roof: Colour | None = None
    """of a shadow under the upper edge"""
    fangs: tuple[int, ...] = ()
    """sides on which one tooth shows, -1 the character's right"""

    @property
    def is_open(self) -> bool:
        """True where the inside shows."""
        return self.form in OPEN_FORMS


def draw_mouth_look(rng: np.random.Generator, style: Style) -> MouthLook:
    """Sample a mouth."""
    if chance(rng, 0.5):
        form = pick(rng, CLOSED_FORMS, [0.14, 0.32, 0.1, 0.06, 0.08, 0.06, 0.14, 0.1])
    else:
        form = pick(rng, OPEN_FORMS, [0.34, 0.14, 0.1, 0.14, 0.1, 0.18])
    if style.kind == "chibi" and chance(rng, 0.3):
        form = pick(rng, ["cat", "dot", "bowl", "triangle"])
    small = form in ("dot", "small")
    half = between(rng, 0.025, 0.07) if small else between(rng, 0.08, 0.24)
    if form in ("grin", "bowl") and chance(rng, 0.4):
        half = between(rng, 0.2, 0.48)
    if style.kind in ("sober", "cartoon") and not small:
        half = max(half, between(rng, 0.14, 0.4))
    flat = between(rng, 0.0, 0.06) if form in ("line", "gap", "lips") else between(rng, 0.02, 0.09)
    inside, is_outlined = _draw_inside(rng, style), chance(rng, 0.7)
    return MouthLook(
        form=form,
        half_width=half,
        height=_draw_height(rng, form, half),
        bend={"frown": -1.0, "wave": 0.1, "line": pick(rng, [-0.15, 0.15])}.get(form, 1.0)
        * flat
        * half
        / 0.15,
        lean=float(rng.normal(0, 0.02 if chance(rng, 0.8) else 0.12)) * half,
        shift=float(rng.normal(0, 0.015 if chance(rng, 0.85) else 0.08)),
        line=max(style.line * between(rng, 0.6, 1.2), 0.012)
        if chance(rng, 0.85)
        else between(rng, 0.03, 0.06),
        inside=inside,
        tongue=np.clip(
            mix(inside, np.array([240, 130, 130], np.float32), between(rng, 0.35, 0.9)) + 12, 0, 255
        ),
        has_tongue=chance(rng, 0.6),
        teeth=between(rng, 0.12, 0.35) if chance(rng, 0.4) else 0.0,
        lower_teeth=between(rng, 0.1, 0.2) if chance(rng, 0.08) else 0.0,
        is_outlined=is_outlined,
        upper_ink=1.0 if is_outlined or chance(rng, 0.6) else between(rng, 0.0, 0.8),
        gap=(int(rng.integers(2, 9)), int(rng.integers(10, 16))),
        under_shadow=chance(rng, 0.35),
    )


def _draw_inside(rng: np.random.Generator, style: Style) -> Colour:
    """Dark, red, pale as the skin's own shade, or grey on grey skin."""
    if float(style.skin.max() - style.skin.min()) < 6 and chance(rng, 0.6):
        return grey(pick(rng, [between(rng, 5, 60), between(rng, 150, 205)]))
    tone = pick(rng, ["dark", "red", "pale"], [0.32, 0.4, 0.28])
    if tone == "dark":
        return mix(np.array([150, 40, 45], np.float32), grey(between(rng, 20, 60)), 0.6)
    if tone == "red":
        rest = between(rng, 70, 140)
        return np.array([between(rng, 180, 240), rest, rest * between(rng, 0.85, 1.1)], np.float32)
    rest = between(rng, 0.68, 0.92)
    pale = np.array([between(rng, 0.92, 1.0), rest, rest * between(rng, 0.94, 1.06)], np.float32)
    return np.clip(style.skin * pale, 0, 255)


def _draw_height(rng: np.random.Generator, form: str, half: float) -> float:
    share = {"bowl": (0.5, 1.6), "oval": (0.8, 2.2), "triangle": (0.7, 1.7), "grin": (0.25, 0.6),
             "box": (0.4, 1.1), "small": (0.6, 1.6)}.get(form, (0, 0))  # fmt: skip
    return half * between(rng, *share) if share[1] else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class DrawnMouth:
    """A mouth as it was drawn."""

    points_px: Points
    """(8, 2) in the order of drawn_layout"""
    is_open: bool


def draw_mouth(paper: Paper, head: Head, style: Style, look: MouthLook) -> DrawnMouth:
    """Draw the mouth where the plan has it."""
    plan = head.plan
    middle = np.array([look.shift, plan.mouth_y], np.float32)
    height = min(look.height, max(0.03, (plan.chin_y - plan.mouth_y) * 0.78))
    upper, lower = _edges(look, height)
    c, s = np.cos(look.turn_rad), np.sin(look.turn_rad)
    turn = np.array([[c, s], [-s, c]], np.float32)

    def to_px(line: Points) -> Points:
        return head.surface(line @ turn + middle)

    if look.is_open:
        _draw_open(paper, head, style, look, to_px(upper), to_px(lower))
    else:
        _draw_shut(paper, head, style, look, to_px(upper))
    if look.under_shadow:
        low = to_px(curve(np.array([[-0.05, 0], [0, 0.012], [0.05, 0]]) + lower[8] + [0, 0.07], 8))
        paper.stroke(
            low,
            head.length_px(0.016) * np.sin(np.linspace(0.3, 2.9, 8)),
            mix(style.skin, style.skin_shade * 0.8, 0.8),
            None,
            0.7,
        )
    quarter = np.array([0, 4, 8, 12, 16])
    points = np.concatenate([upper[quarter], lower[quarter[3:0:-1]]])
    return DrawnMouth(to_px(points), look.is_open)


def _edges(look: MouthLook, height: float) -> tuple[Points, Points]:
    """(17, 2) each: the upper and lower edge, the character's right corner first."""
    along = np.linspace(-1, 1, 17)
    bow = 1 - along**2
    base = look.lean * along
    x = along * look.half_width
    corner = -look.bend / 2
    if look.form in ("bowl", "grin", "box", "triangle"):
        upper = base + corner + look.bend * bow * 0.8
        power = {"bowl": 2.4, "grin": 2.6, "box": 6.0, "triangle": 1.15}[look.form]
        lower = upper + height * (1 - np.abs(along) ** power)
    elif look.form in ("oval", "small"):
        swell = np.sqrt(np.clip(bow, 0, 1))
        upper, lower = base - height / 2 * swell, base + height / 2 * swell
    elif look.form == "cat":
        wave = np.abs(np.sin(along * np.pi)) * look.half_width * 0.3
        upper = lower = base + wave - look.half_width * 0.1
    elif look.form == "wave":
        upper = lower = base + np.sin(along * np.pi * 2) * look.half_width * 0.15
    else:
        upper = lower = base + corner + look.bend * bow
    return np.stack([x, upper], -1).astype(np.float32), np.stack([x, lower], -1).astype(np.float32)


def _draw_open(
    paper: Paper, head: Head, style: Style, look: MouthLook, upper: Points, lower: Points
) -> None:
    edge = np.concatenate([upper, lower[::-1]])
    cavity = paper.mask(edge)
    if cavity is None:
        return
    paper.lay(cavity, look.inside, Part.MOUTH_INSIDE)
    drop = lower - upper
    if look.roof is not None:
        paper.fill(np.concatenate([upper, (upper + drop * 0.3)[::-1]]), look.roof, None, 1, cavity)
    if look.has_tongue:
        _draw_tongue(paper, look, upper, lower, cavity)
    share = 0.97 if look.form == "grin" and look.teeth > 0.12 else look.teeth
    if share > 0:
        band = np.concatenate([upper, (upper + drop * share)[::-1]])
        paper.fill(band, mix(grey(255), style.skin, 0.08), Part.TEETH, 1.0, cavity)
        if look.form == "grin" and share > 0.9:
            middle = (upper + drop * 0.5)[2:15]
            paper.stroke(
                middle, head.length_px(0.008), mix(style.ink, style.skin, 0.4), None, 0.7, cavity
            )
            if look.has_tongue:
                for k in range(3, 15, 2):
                    paper.stroke(
                        np.stack([upper[k], lower[k]]),
                        head.length_px(0.006),
                        mix(style.ink, style.skin, 0.5),
                        None,
                        0.6,
                        cavity,
                    )
    if look.lower_teeth > 0:
        band = np.concatenate([lower, (lower - drop * look.lower_teeth)[::-1]])
        paper.fill(band, mix(grey(255), style.skin, 0.1), Part.TEETH, 1.0, cavity)
    for side in look.fangs:
        _draw_fang(paper, style, upper, lower, cavity, side)
    colour = style.line_colour(mix(style.skin, look.inside, 0.5))
    width, alpha = head.length_px(look.line), style.line_alpha * look.ink
    if look.haze > 0:
        _blur_edge(paper, style, look, edge)
    if look.is_outlined:
        paper.stroke(np.concatenate([edge, edge[:1]]), width, colour, Part.MOUTH_LINE, alpha)
    paper.stroke(
        upper,
        width * np.interp(np.linspace(-1, 1, 17), [-1, 0, 1], [1.2, 0.7, 1.2]),
        colour,
        Part.MOUTH_LINE if look.upper_ink > 0.3 else None,
        alpha * look.upper_ink,
    )


def _draw_fang(
    paper: Paper, style: Style, upper: Points, lower: Points, cavity: Mask, side: int
) -> None:
    """One pointed tooth that hangs from the upper edge."""
    at = 8 + 4 * side
    root = upper[[at - 1, at + 1]]
    tip = upper[at] + 0.45 * (lower[8] - upper[8])
    paper.fill(np.stack([root[0], tip, root[1]]), mix(grey(255), style.skin, 0.08), Part.TEETH,
               1.0, cavity)  # fmt: skip


def _blur_edge(paper: Paper, style: Style, look: MouthLook, edge: Points) -> None:
    """The edge melts into the skin, as painted mouths do that have no line."""
    size = float(np.ptp(edge[:, 0])) / 2 * look.haze
    rim = np.concatenate([edge, edge[:1]])
    paper.stroke(rim, size, mix(look.inside, style.skin, 0.5), None, 0.5)
    paper.stroke(rim, size * 0.5, mix(look.inside, style.skin, 0.5), None, 0.5)


def _draw_tongue(paper: Paper, look: MouthLook, upper: Points, lower: Points, cavity: Mask) -> None:
    middle = upper[8] * 0.25 + lower[8] * 0.75
    across = np.linalg.norm(upper[16] - upper[0]) * 0.34
    down = np.linalg.norm(lower[8] - upper[8]) * 0.42
    angle = float(np.arctan2(*(upper[16] - upper[0])[::-1]))
    shape = ellipse(middle + (lower[8] - upper[8]) * 0.12, (float(across), float(down)), angle)
    paper.fill(shape, look.tongue, Part.TONGUE, 1.0, cavity)


def _draw_shut(paper: Paper, head: Head, style: Style, look: MouthLook, line: Points) -> None:
    colour = style.line_colour(style.skin) if look.tint is None else look.tint
    width = head.length_px(look.line)
    alpha = max(style.line_alpha, 0.6) * look.ink
    if look.form == "lips":
        _draw_lips(paper, head, style, look, line)
    if look.form == "dot":
        width = max(width, head.length_px(look.half_width * 0.7))
    along = np.linspace(-1, 1, len(line))
    tip = np.where(along < 0, *look.tips)
    taper = tip + (1 - tip) * np.sqrt(np.clip(1.05 - along**2, 0, 1))
    if look.form == "gap":
        end, start = look.gap
        paper.stroke(line[: end + 1], width * taper[: end + 1], colour, Part.MOUTH_LINE, alpha)
        paper.stroke(line[start:], width * taper[start:], colour, Part.MOUTH_LINE, alpha)
        return
    if look.faded == (1.0, 1.0):
        paper.stroke(line, width * taper, colour, Part.MOUTH_LINE, alpha)
        return
    for first in range(0, 16, 2):
        left = float(np.interp(first, [0, 8, 14], [look.faded[0], 1.0, look.faded[1]]))
        piece = slice(first, first + 3)
        paper.stroke(line[piece], width * taper[piece], colour, Part.MOUTH_LINE, alpha * left)


def _draw_lips(paper: Paper, head: Head, style: Style, look: MouthLook, line: Points) -> None:
    """Painted lips around the line."""
    along = np.linspace(-1, 1, len(line))
    size = head.length_px(look.half_width)
    down = head.project(np.array([[0, 0, 0], [0, 1, 0]]))
    down = (down[1] - down[0]) / max(float(np.linalg.norm(down[1] - down[0])), 1e-6)
    red = mix(style.skin, np.array([200, 60, 80], np.float32), 0.5)
    up = (1 - along**2) * size * (0.22 - 0.1 * np.exp(-((along / 0.15) ** 2)))
    low = (1 - along**2) * size * 0.34
    paper.fill(
        np.concatenate([line - up[:, None] * down, (line)[::-1]]), red * 0.92, Part.MOUTH_LINE
    )
    paper.fill(np.concatenate([line, (line + low[:, None] * down)[::-1]]), red, Part.MOUTH_LINE)
