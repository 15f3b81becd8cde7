"""How a picture is drawn: its colours, its lines and its shading."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.paper import Colour

KINDS = ("anime", "chibi", "cartoon", "doll", "sober")
_KIND_WEIGHTS = (0.56, 0.14, 0.12, 0.08, 0.10)


@dataclass(frozen=True, slots=True, eq=False)
class Style:
    """What all parts of one figure share."""

    kind: str
    """of face, see head.draw_proportions"""
    shading: str
    """none, cel or soft"""
    ink: Colour
    """of lines"""
    ink_follows: float
    """0: one ink for everything; 1: each line is a darker shade of what it bounds"""
    line: float
    """width of outlines, in units of the face plan"""
    line_alpha: float
    broken: float
    """share of outlines that are left out"""
    skin: Colour
    skin_shade: Colour
    hair: Colour
    hair_shade: Colour
    hair_light: Colour
    iris: Colour
    iris_second: Colour
    """of the other eye where they differ, else the same"""
    white: Colour
    light_from: float
    """-1 from the viewer's left, 1 from the right"""

    def line_colour(self, base: Colour) -> Colour:
        """The ink for the edge of an area."""
        dark = base * np.float32(0.42)
        return (self.ink * (1 - self.ink_follows) + dark * self.ink_follows).astype(np.float32)


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """A colour from hue, saturation and value in 0..1."""
    return (
        np.array(
            colorsys.hsv_to_rgb(hue % 1, np.clip(saturation, 0, 1), np.clip(value, 0, 1)),
            np.float32,
        )
        * 255
    )


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Between two colours."""
    return (first * (1 - share) + second * share).astype(np.float32)


def grey(value: float) -> Colour:
    """A grey, 0..255."""
    return np.full(3, value, np.float32)


def draw_style(rng: np.random.Generator) -> Style:
    """Sample a style."""
    kind = pick(rng, KINDS, _KIND_WEIGHTS)
    manner = pick(rng, ["colour", "line", "pale"], [0.72, 0.08, 0.2])
    skin = grey(between(rng, 235, 255)) if manner == "line" else draw_skin(rng, kind)
    hair = _draw_hair(rng, manner)
    iris = _draw_iris(rng, manner)
    other = _draw_iris(rng, manner) if chance(rng, 0.04) else iris
    if manner == "pale":
        skin, hair = (
            mix(skin, grey(255), between(rng, 0.2, 0.6)),
            mix(hair, grey(250), between(rng, 0.3, 0.7)),
        )
    ink = pick(
        rng,
        [grey(15), np.array([60, 30, 25], np.float32), hsv(rng.random(), 0.6, 0.25)],
        [0.5, 0.35, 0.15],
    )
    thin = kind in ("anime", "doll", "sober")
    line = between(rng, 0.008, 0.03) if thin else between(rng, 0.012, 0.06)
    shading = pick(rng, ["none", "cel", "soft"], [0.2, 0.4, 0.4])
    shade_hue = pick(
        rng,
        [
            np.array([235, 160, 150], np.float32),
            np.array([170, 140, 190], np.float32),
            np.array([200, 150, 120], np.float32),
        ],
    )
    return Style(
        kind=kind,
        shading="none" if manner == "line" and chance(rng, 0.7) else shading,
        ink=ink,
        ink_follows=pick(rng, [0.0, between(rng, 0.3, 1.0)], [0.4, 0.6]),
        line=0.0 if (kind in ("cartoon", "doll") and chance(rng, 0.45)) else line,
        line_alpha=between(rng, 0.35, 1.0) if manner == "pale" else between(rng, 0.6, 1.0),
        broken=between(rng, 0.0, 0.35) if chance(rng, 0.4) else 0.0,
        skin=skin,
        skin_shade=mix(skin * shade_hue / 255, skin * 0.8, between(rng, 0, 0.6)),
        hair=hair,
        hair_shade=hair
        * pick(
            rng,
            [np.array([0.75, 0.65, 0.75]), np.array([0.6, 0.6, 0.8]), np.array([0.8, 0.7, 0.6])],
        ).astype(np.float32),
        hair_light=mix(hair, grey(255), between(rng, 0.25, 0.8)),
        iris=iris,
        iris_second=other,
        white=_draw_white(rng, skin),
        light_from=pick(rng, [-1.0, 1.0]),
    )


def draw_skin(rng: np.random.Generator, kind: str) -> Colour:
    """Mostly pale to tan, some dark, a few of no human colour."""
    tone = pick(rng, ["pale", "peach", "tan", "brown", "odd"], [0.62, 0.22, 0.07, 0.06, 0.03])
    if tone == "pale":
        return hsv(between(rng, 0.02, 0.11), between(rng, 0.02, 0.16), between(rng, 0.94, 1.0))
    if tone == "peach":
        return hsv(between(rng, 0.03, 0.1), between(rng, 0.15, 0.35), between(rng, 0.88, 1.0))
    if tone == "tan":
        return hsv(between(rng, 0.04, 0.09), between(rng, 0.3, 0.55), between(rng, 0.65, 0.9))
    if tone == "brown":
        return hsv(between(rng, 0.03, 0.08), between(rng, 0.4, 0.65), between(rng, 0.28, 0.6))
    return hsv(rng.random(), between(rng, 0.1, 0.6), between(rng, 0.5, 1.0))


def _draw_white(rng: np.random.Generator, skin: Colour) -> Colour:
    """White, nearly the skin's colour, or in a cool shade."""
    tone = pick(rng, ["white", "skin", "shade"], [0.5, 0.25, 0.25])
    if tone == "white":
        return mix(grey(255), skin, 0.05)
    if tone == "skin":
        return mix(grey(255), skin, between(rng, 0.1, 0.9))
    return hsv(between(rng, 0.55, 0.85), between(rng, 0.0, 0.2), between(rng, 0.62, 0.97))


def _draw_hair(rng: np.random.Generator, manner: str) -> Colour:
    if manner == "line":
        return grey(pick(rng, [between(rng, 225, 255), between(rng, 20, 60)], [0.75, 0.25]))
    tone = pick(rng, ["any", "dark", "blond", "white", "red"], [0.36, 0.24, 0.2, 0.1, 0.1])
    if tone == "dark":
        return hsv(between(rng, 0.0, 0.12), between(rng, 0.1, 0.6), between(rng, 0.08, 0.4))
    if tone == "blond":
        return hsv(between(rng, 0.09, 0.16), between(rng, 0.2, 0.75), between(rng, 0.8, 1.0))
    if tone == "white":
        return hsv(rng.random(), between(rng, 0, 0.12), between(rng, 0.75, 1.0))
    if tone == "red":
        return hsv(between(rng, -0.03, 0.07), between(rng, 0.5, 0.9), between(rng, 0.4, 0.95))
    return hsv(rng.random(), between(rng, 0.15, 0.85), between(rng, 0.3, 1.0))


def _draw_iris(rng: np.random.Generator, manner: str) -> Colour:
    if manner == "line":
        return grey(between(rng, 20, 200))
    return hsv(rng.random(), between(rng, 0.2, 0.95), between(rng, 0.2, 0.9))
