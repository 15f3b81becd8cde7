"""What a figure's eyes are like: the opening, iris, lights, lashes, and how far they are open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.head import Proportions
from vasa_avatar.training.drawing.paper import Points


@dataclass(frozen=True, slots=True)
class Light:
    """A highlight on the iris; places and sizes relative to the iris' radii."""

    x: float
    y: float
    width: float
    height: float
    alpha: float


@dataclass(frozen=True, slots=True)
class EyeLook:
    """Shared by both eyes of a figure; lengths are relative to the opening unless said."""

    form: str
    """open: white, iris and lid; dot: one dark shape; ring: an outlined white with a small pupil"""
    upper_power: float
    """2 is an ellipse, more is flatter with steeper sides"""
    lower_power: float
    upper_share: float
    """how much of the height lies above the corners' line"""
    skew: float
    """where the upper lid is highest: -1 inner, 1 outer corner"""
    tilt_rad: float
    """positive lifts the outer corner"""
    iris_width: float
    """of the opening's width"""
    iris_height: float
    """of the opening's height"""
    iris_drop: float
    """how far the iris' centre lies below the opening's"""
    gaze: tuple[float, float]
    """of the half width and the height"""
    pupil: float
    pupil_form: str
    rim: float
    glow: float
    """how much lighter the iris becomes below"""
    lights: tuple[Light, ...]
    shadow: float
    """darkness that the upper lid throws"""
    shadow_depth: float
    """how far down, over the opening's height"""
    lash: float
    """thickness in units of the plan"""
    flick: float
    spikes: int
    lower_line: float
    """share of the lower edge that has a line"""
    lower_width: float
    crease: float
    open_share: tuple[float, float]
    """of the right and the left eye"""
    closed: tuple[str | None, str | None]
    """down, up, flat or cross where an eye is shut"""


def draw_eye_look(rng: np.random.Generator, plan: Proportions, kind: str) -> EyeLook:
    """Sample eyes that suit the kind of face."""
    form = "open"
    if kind == "cartoon":
        form = pick(rng, ["open", "dot", "ring"], [0.35, 0.3, 0.35])
    elif kind == "chibi" and chance(rng, 0.15):
        form = "dot"
    thick = {"anime": (0.025, 0.09), "chibi": (0.03, 0.11), "sober": (0.012, 0.045)}.get(
        kind, (0.012, 0.06)
    )
    wide = kind in ("sober",)
    closed = _draw_closed(rng)
    gaze_spread = pick(rng, [0.0, 0.12, 0.3], [0.4, 0.35, 0.25])
    boxy = kind in ("anime", "chibi")
    return EyeLook(
        form=form,
        upper_power=between(rng, 2.0, 4.2 if boxy else 3.0),
        lower_power=between(rng, 1.8, 4.0 if boxy else 2.8),
        upper_share=between(rng, 0.45, 0.72) if kind != "cartoon" else between(rng, 0.45, 0.55),
        skew=between(rng, -0.25, 0.3),
        tilt_rad=float(rng.normal(0.05, 0.12)),
        iris_width=between(rng, 0.42, 0.66) if wide else _iris_width(rng, plan, kind),
        iris_height=between(rng, 0.95, 1.35) if wide else between(rng, 0.78, 1.1),
        iris_drop=between(rng, -0.06, 0.08),
        gaze=(float(rng.normal(0, gaze_spread)), float(rng.normal(0, gaze_spread * 0.35))),
        pupil=between(rng, 0.25, 0.62) if chance(rng, 0.88) else 0.0,
        pupil_form=pick(rng, ["round", "slit", "cross"], [0.88, 0.08, 0.04]),
        rim=between(rng, 0.2, 1.0),
        glow=between(rng, 0.0, 1.0),
        lights=_draw_lights(rng),
        shadow=between(rng, 0.0, 0.9),
        shadow_depth=between(rng, 0.12, 0.3) if chance(rng, 0.6) else between(rng, 0.3, 0.75),
        lash=between(rng, *thick),
        flick=between(rng, 0, 0.45) if chance(rng, 0.7) else 0.0,
        spikes=int(rng.integers(1, 5)) if chance(rng, 0.4) else 0,
        lower_line=pick(rng, [0.0, between(rng, 0.2, 0.7), 1.0], [0.25, 0.5, 0.25]),
        lower_width=between(rng, 0.006, 0.02),
        crease=between(rng, 0.05, 0.16) if chance(rng, 0.5) else 0.0,
        open_share=_draw_openness(rng),
        closed=closed,
    )


def _iris_width(rng: np.random.Generator, plan: Proportions, kind: str) -> float:
    """Tall eyes have narrow openings, so that the iris nearly fills them."""
    aspect = plan.eye_height / (2 * plan.eye_half_width)
    if kind == "cartoon":
        return between(rng, 0.25, 0.8)
    return float(np.clip(between(rng, 0.76, 1.02) * min(1.0, aspect + 0.15), 0.42, 0.95))


def _draw_closed(rng: np.random.Generator) -> tuple[str | None, str | None]:
    if chance(rng, 0.88):
        return None, None
    how = pick(rng, ["down", "up", "flat", "cross"], [0.45, 0.38, 0.12, 0.05])
    if chance(rng, 0.3):
        return (how, None) if chance(rng, 0.5) else (None, how)
    return how, how


def _draw_openness(rng: np.random.Generator) -> tuple[float, float]:
    share = 1.0 if chance(rng, 0.75) else between(rng, 0.3, 0.95)
    return share, share if chance(rng, 0.9) else between(rng, 0.4, 1.0)


def _draw_lights(rng: np.random.Generator) -> tuple[Light, ...]:
    """The main light above to one side, perhaps a second and sparkles below."""
    if chance(rng, 0.1):
        return ()
    side = pick(rng, [-1.0, 1.0])
    size = between(rng, 0.16, 0.42)
    main = Light(
        side * between(rng, 0.15, 0.55),
        -between(rng, 0.25, 0.65),
        size,
        size * between(rng, 0.7, 1.5),
        between(rng, 0.75, 1.0),
    )
    lights = [main]
    if chance(rng, 0.55):
        small = size * between(rng, 0.25, 0.7)
        lights.append(
            Light(
                -side * between(rng, 0.1, 0.5),
                between(rng, 0.2, 0.6),
                small,
                small * between(rng, 0.6, 1.3),
                between(rng, 0.5, 1.0),
            )
        )
    for _ in range(int(rng.integers(0, 4)) if chance(rng, 0.3) else 0):
        lights.append(Light(between(rng, -0.6, 0.6), between(rng, -0.6, 0.7), 0.1, 0.1, 0.9))
    return tuple(lights)


def opening(
    look: EyeLook, height: float, width: float, openness: float, u: Points, upper: bool
) -> Points:
    """(N, 2) a lid's line in units of the plan around the eye's middle; u: -1 inner, 1 outer."""
    shifted = np.clip(u, -1, 1)
    if upper:
        peak = look.skew
        warped = np.where(
            shifted < peak, (shifted - peak) / (1 + peak), (shifted - peak) / (1 - peak)
        )
        rise = (
            height * look.upper_share * openness
            + height * (1 - look.upper_share) * (openness - 1) * 0.2
        )
        v = -rise * (1 - np.abs(warped) ** look.upper_power)
    else:
        v = height * (1 - look.upper_share) * (1 - np.abs(shifted) ** look.lower_power)
    c, s = np.cos(look.tilt_rad), np.sin(look.tilt_rad)
    x = shifted * width
    return np.stack([x * c + v * s, v * c - x * s], -1).astype(np.float32)
