"""What few artists draw: dashes for mouths, faint and bare ones, fangs, and marks beside them.

Each figure of a scene gets them from dice of its own; the calm portraits do without.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.head import Head
from vasa_avatar.training.drawing.mouth import MouthLook
from vasa_avatar.training.drawing.paper import Colour, Mask, Paper, ellipse
from vasa_avatar.training.drawing.style import Style, grey, hsv, mix

MAX_TURN_RAD = 1.1
KINDS = ("plain", "dash", "faint", "bare", "white", "fangs")
_KIND_WEIGHTS = (0.44, 0.1, 0.14, 0.18, 0.07, 0.07)
_HARD_KIND_WEIGHTS = (0.2, 0.3, 0.26, 0.16, 0.04, 0.04)


def rare_style(style: Style, rng: np.random.Generator) -> Style:
    """Perhaps another skin: dark, or of no human colour."""
    tone = pick(rng, ["own", "dark", "odd"], [0.86, 0.07, 0.07])
    if tone == "own":
        return style
    if tone == "dark":
        skin = hsv(between(rng, 0.02, 0.09), between(rng, 0.3, 0.7), between(rng, 0.2, 0.65))
    else:
        skin = hsv(rng.random(), between(rng, 0.05, 0.6), between(rng, 0.3, 1.0))
    shade = skin * np.array([0.82, 0.76, 0.8], np.float32)
    return replace(style, skin=skin, skin_shade=shade.astype(np.float32))


def rare_mouth(
    look: MouthLook, style: Style, rng: np.random.Generator, is_hard: bool = False
) -> MouthLook:
    """The same mouth, or one of a rarer kind; `is_hard` makes most small, faint or broken."""
    kind = pick(rng, KINDS, _HARD_KIND_WEIGHTS if is_hard else _KIND_WEIGHTS)
    if kind == "dash":
        look = _dash(look, rng, 0.012 if is_hard else 0.02)
    elif kind == "faint":
        look = _faint(look, rng, 0.0 if is_hard else 0.1)
    elif kind == "bare":
        look = _bare(look, style, rng)
    elif kind == "white":
        look = _white(look, style, rng)
    elif kind == "fangs" and look.is_open:
        sides = pick(rng, [(-1,), (1,), (-1, 1)])
        look = replace(look, fangs=sides, teeth=0.0, lower_teeth=0.0)
    if chance(rng, 0.25):
        turn = float(np.clip(look.turn_rad + rng.normal(0, 0.25), -MAX_TURN_RAD, MAX_TURN_RAD))
        look = replace(look, turn_rad=turn)
    if chance(rng, 0.12):
        look = replace(look, shift=look.shift + float(rng.normal(0, 0.12)))
    return _pen(look, style, rng) if is_hard else look


def _pen(look: MouthLook, style: Style, rng: np.random.Generator) -> MouthLook:
    """A closed mouth's stroke as pens and brushes leave it: pointed or thick at an end, and
    perhaps brown, red or only a darker skin."""
    tips = between(rng, 0.05, 1.0), between(rng, 0.05, 1.0)
    tint = pick(rng, ["ink", "warm", "skin"], [0.5, 0.25, 0.25])
    if tint == "warm":
        warm = hsv(between(rng, -0.06, 0.08), between(rng, 0.3, 0.9), between(rng, 0.3, 0.9))
        return replace(look, tips=tips, tint=warm)
    if tint == "skin":
        deep = np.array([between(rng, 0.6, 0.95), *rng.uniform(0.4, 0.85, 2)], np.float32)
        return replace(look, tips=tips, tint=(style.skin * deep).astype(np.float32))
    return replace(look, tips=tips)


def _dash(look: MouthLook, rng: np.random.Generator, least: float) -> MouthLook:
    """A short stroke, often aslant; half its width is `least` or more."""
    half = between(rng, least, 0.07)
    return replace(
        look, form="line", half_width=half, height=0.0, bend=between(rng, -0.2, 0.4) * half,
        lean=0.0, line=between(rng, 0.012, 0.03), turn_rad=float(rng.normal(0, 0.5)),
        under_shadow=False,
    )  # fmt: skip


def _faint(look: MouthLook, rng: np.random.Generator, least: float) -> MouthLook:
    """Hardly any ink, and less towards an end: `least` of it or more."""
    ends = between(rng, least, 1.0), between(rng, least, 1.0)
    if look.is_open or look.form == "dot":
        return replace(look, ink=between(rng, 0.3, 0.7))
    form = "smile" if look.form == "gap" and chance(rng, 0.5) else look.form
    return replace(look, form=form, ink=between(rng, 0.22, 0.7), faded=ends)


def _bare(look: MouthLook, style: Style, rng: np.random.Generator) -> MouthLook:
    """A small open mouth without a line around it, its colour near the skin's."""
    rest = between(rng, 0.5, 0.9)
    tint = np.array([between(rng, 0.88, 1.0), rest, rest * between(rng, 0.92, 1.08)], np.float32)
    inside = np.clip(style.skin * tint, 0, 255).astype(np.float32)
    half = between(rng, 0.03, 0.16)
    return replace(
        look, form=pick(rng, ["small", "oval", "bowl", "triangle"]), half_width=half,
        height=half * between(rng, 0.6, 1.7), bend=between(rng, -0.3, 0.6) * half, inside=inside,
        tongue=mix(inside, style.skin, between(rng, 0.2, 0.8)), teeth=0.0, lower_teeth=0.0,
        is_outlined=chance(rng, 0.25), ink=between(rng, 0.2, 0.8),
        upper_ink=between(rng, 0.0, 1.0), haze=between(rng, 0.05, 0.3) if chance(rng, 0.6) else 0.0,
        roof=inside * np.float32(between(rng, 0.5, 0.9)) if chance(rng, 0.5) else None,
        under_shadow=False,
    )  # fmt: skip


def _white(look: MouthLook, style: Style, rng: np.random.Generator) -> MouthLook:
    """Nothing but paper inside, perhaps with a dark roof."""
    roof: Colour | None = None
    if chance(rng, 0.5):
        red = np.array([between(rng, 110, 220), 60, 60], np.float32)
        roof = mix(red, style.ink, between(rng, 0, 0.5))
    form = look.form if look.is_open else pick(rng, ["bowl", "oval", "grin", "box"])
    half = max(look.half_width, 0.08)
    height = look.height if look.is_open else half * between(rng, 0.5, 1.3)
    return replace(
        look, form=form, half_width=half, height=height, inside=mix(grey(255), style.skin, 0.05),
        has_tongue=False, teeth=0.0, lower_teeth=0.0, is_outlined=chance(rng, 0.7), upper_ink=1.0,
        roof=roof,
    )  # fmt: skip


def draw_flush(
    paper: Paper, head: Head, style: Style, face: Mask, rng: np.random.Generator
) -> None:
    """Perhaps a large blush that reaches the mouth, with light or strokes in it."""
    if not chance(rng, 0.35):
        return
    y = head.plan.mouth_y - between(rng, 0.0, 0.35)
    colour = mix(style.skin, np.array([235, 90, 90], np.float32), between(rng, 0.2, 0.6))
    has_light, strokes = chance(rng, 0.4), int(rng.integers(0, 5))
    for side in (-1.0, 1.0):
        at = np.array([side * between(rng, 0.2, 0.6), y], np.float32)
        radii = between(rng, 0.15, 0.4), between(rng, 0.08, 0.25)
        paper.soft(head.surface(ellipse(at, radii)), colour, head.length_px(0.1), 0.8, face)
        if has_light:
            spot = head.surface(ellipse(at, (0.05, 0.04), n=10))
            paper.fill(spot, mix(colour, grey(255), 0.7), None, 0.8, face)
        for k in range(strokes):
            foot = at + [0.06 * k - 0.1, 0.04]
            dash = head.surface(np.stack([foot, foot + [0.03 * side, -0.09]]).astype(np.float32))
            paper.stroke(dash, head.length_px(0.015), colour * 0.8, None, 0.8, face)


def draw_marks(
    paper: Paper, head: Head, style: Style, face: Mask, rng: np.random.Generator
) -> None:
    """What lies on the lower face beside a mouth: moles, freckles, plasters, drops, light."""
    plan = head.plan
    if chance(rng, 0.2):
        spots = 1 if chance(rng, 0.6) else int(rng.integers(3, 12))
        colour = mix(style.skin, style.ink, between(rng, 0.3, 0.9))
        for _ in range(spots):
            side = pick(rng, [-1.0, 1.0])
            at = np.array([side * between(rng, 0.2, 0.7), plan.mouth_y - between(rng, -0.1, 0.3)])
            size = between(rng, 0.006, 0.02)
            paper.fill(head.surface(ellipse(at, (size, size), n=8)), colour, None, 0.8, face)
    if chance(rng, 0.06):
        at = np.array([pick(rng, [-1.0, 1.0]) * between(rng, 0.3, 0.6), plan.mouth_y - 0.2])
        strip = ellipse(at, (between(rng, 0.1, 0.16), 0.05), between(rng, -0.6, 0.6), 12)
        paper.fill(head.surface(strip), hsv(rng.random(), 0.3, 1.0), None, 1.0, face)
    if chance(rng, 0.12):
        at = np.array([between(rng, -0.5, 0.5), plan.mouth_y + between(rng, -0.25, 0.15)])
        radii = between(rng, 0.08, 0.4), between(rng, 0.06, 0.25)
        colour = mix(style.skin, grey(255) if chance(rng, 0.7) else style.skin_shade, 0.8)
        spot = head.surface(ellipse(at, radii))
        paper.soft(spot, colour, head.length_px(0.1), between(rng, 0.2, 0.6), face)
