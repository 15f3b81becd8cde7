"""Draws the brows: thin lines, tapered strokes or blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.head import Head
from vasa_avatar.training.drawing.paper import Colour, Paper, Part, Points, curve
from vasa_avatar.training.drawing.style import Style, mix


@dataclass(frozen=True, slots=True, eq=False)
class BrowLook:
    """Shared by both brows; units of the plan."""

    width: float
    """half the brow's length, relative to the eye's"""
    thickness: float
    arch: float
    slope: float
    """positive: inner ends up (sad); negative: down (angry)"""
    lift: tuple[float, float]
    colour: Colour
    alpha: float
    is_shown: bool
    form: str


def draw_brow_look(rng: np.random.Generator, style: Style) -> BrowLook:
    """Sample brows."""
    lift = float(rng.normal(0, 0.05))
    base = mix(style.hair * 0.6, style.ink, between(rng, 0, 0.8))
    return BrowLook(
        width=between(rng, 0.7, 1.25),
        thickness=pick(rng, [between(rng, 0.012, 0.03), between(rng, 0.03, 0.09)], [0.65, 0.35]),
        arch=between(rng, 0.0, 0.12),
        slope=float(rng.normal(0.0, 0.22)),
        lift=(lift, lift if chance(rng, 0.85) else lift - between(rng, 0.03, 0.15)),
        colour=base.astype(np.float32),
        alpha=between(rng, 0.5, 1.0),
        is_shown=chance(rng, 0.93),
        form=pick(rng, ["taper", "even", "bean"], [0.6, 0.3, 0.1]),
    )


def draw_brow(paper: Paper, head: Head, look: BrowLook, side: int, through: float = 1.0) -> Points:
    """Draw one brow and give its (3, 2) points: outer end, middle, inner end."""
    plan = head.plan
    half = plan.eye_half_width * look.width
    middle = plan.brow_y + plan.eye_y + look.lift[0 if side < 0 else 1]
    along = np.linspace(1, -1, 15)
    x = side * (plan.eye_x + along * half)
    y = middle + look.slope * half * along - look.arch * (1 - along**2)
    line = head.surface(np.stack([x, y], -1))
    if look.is_shown and through > 0:
        share = {
            "taper": np.interp(along, [-1, -0.6, 1], [0.7, 1.0, 0.15]),
            "even": np.ones(15),
            "bean": 0.3 + 1.6 * np.sqrt(np.clip(1.03 - along**2, 0, 1)),
        }[look.form]
        width = head.length_px(look.thickness) * share
        paper.stroke(
            curve(line, 20),
            np.interp(np.linspace(0, 14, 20), np.arange(15), width),
            look.colour,
            Part.BROW,
            look.alpha * through,
        )
    return line[[0, 7, 14]]
