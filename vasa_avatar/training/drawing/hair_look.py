"""How a figure's hair is cut: the fringe's locks, the sides and what hangs behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.head import Proportions


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock of the fringe; angles around the head in radians, heights of the plan."""

    root_angle: float
    root_y: float
    tip_angle: float
    tip_y: float
    width: float
    """radians at the widest"""
    bend: float
    is_blunt: bool


@dataclass(frozen=True, slots=True)
class HairLook:
    """A cut."""

    behind: str
    """bald, cap, bob, long, tails, tail, spikes, curls or buns"""
    length: float
    """how far it hangs down, in heights of the plan"""
    volume: float
    hairline_y: float
    locks: tuple[Lock, ...]
    side_length: float
    side_width: float
    wave: float
    ring: float
    """how strong the band of light is"""
    strands: int
    stray: bool
    wisps: tuple[Lock, ...]
    """single thin strands anywhere before the face"""


def draw_hair_look(rng: np.random.Generator, plan: Proportions, kind: str) -> HairLook:
    """Sample a cut."""
    behind = pick(
        rng,
        ["bald", "cap", "bob", "long", "tails", "tail", "spikes", "curls", "buns"],
        [0.03, 0.12, 0.2, 0.28, 0.12, 0.08, 0.08, 0.05, 0.04],
    )
    if kind == "cartoon" and chance(rng, 0.2):
        behind = "bald"
    fringe = pick(
        rng,
        ["locks", "blunt", "parted", "swept", "none", "veil"],
        [0.46, 0.14, 0.14, 0.14, 0.08, 0.04],
    )
    if behind == "bald":
        fringe = "none"
    has_sides = fringe != "none" and chance(rng, 0.72)
    return HairLook(
        behind=behind,
        length=plan.chin_y + between(rng, -0.3, 0.4) if behind == "bob" else between(rng, 1.2, 4.5),
        volume=between(rng, 1.06, 1.28),
        hairline_y=plan.top_y * between(rng, 0.5, 0.68),
        locks=_draw_locks(rng, plan, fringe),
        side_length=between(rng, 0.2, 2.2) if has_sides else 0.0,
        side_width=between(rng, 0.1, 0.42) if chance(rng, 0.7) else between(rng, 0.4, 0.7),
        wave=between(rng, 0, 0.12) if chance(rng, 0.5) else 0.0,
        ring=between(rng, 0.2, 0.9) if chance(rng, 0.5) else 0.0,
        strands=int(rng.integers(0, 14)),
        stray=chance(rng, 0.3),
        wisps=_draw_wisps(rng, plan) if fringe != "none" and chance(rng, 0.5) else (),
    )


def _draw_locks(rng: np.random.Generator, plan: Proportions, fringe: str) -> tuple[Lock, ...]:
    if fringe == "none":
        return ()
    top = plan.top_y
    if fringe == "veil":
        return _veil(rng, plan)
    fewest, most = {"locks": (4, 11), "blunt": (5, 14), "parted": (4, 8), "swept": (4, 9)}[fringe]
    count = int(rng.integers(fewest, most))
    parting = between(rng, -0.6, 0.6) if fringe in ("parted", "swept") else between(rng, -0.3, 0.3)
    reach = between(rng, -0.3, 0.1) * plan.eye_height + between(rng, -0.25, 0.12)
    sweep = 0.0 if fringe == "blunt" else between(rng, -0.35, 0.35)
    if fringe == "swept":
        sweep = pick(rng, [-1, 1]) * between(rng, 0.4, 0.9)
    locks = []
    for place in rng.permutation(np.linspace(-1.15, 1.15, count)):
        tip = place + sweep + float(rng.normal(0, 0.08))
        low = reach + float(rng.normal(0, 0.02 if fringe == "blunt" else 0.13))
        low += 0.25 * max(0.0, abs(place) - 0.6)
        if fringe == "parted":
            away = abs(place - parting)
            tip = place + np.sign(place - parting) * 0.35
            low = top * 0.45 + (reach + 0.2 - top * 0.45) * min(1.0, away * 1.2)
        locks.append(
            Lock(
                root_angle=parting * 0.5 + (place - parting * 0.5) * 0.45,
                root_y=top * between(rng, 0.86, 1.0),
                tip_angle=float(tip),
                tip_y=float(low),
                width=2.3 / count * between(rng, 0.8, 1.7),
                bend=float(rng.normal(0, 0.12)),
                is_blunt=fringe == "blunt" and chance(rng, 0.85),
            )
        )
    return tuple(locks)


def _draw_wisps(rng: np.random.Generator, plan: Proportions) -> tuple[Lock, ...]:
    """Strands of a few hairs between the eyes, over them and along the cheeks."""
    wisps = []
    for _ in range(int(rng.integers(1, 9))):
        root = between(rng, -0.7, 0.7)
        low = (
            between(rng, -0.5, 0.35) if abs(root) < 0.45 else between(rng, -0.2, plan.chin_y * 1.2)
        )
        tip = root * 1.5 + float(rng.normal(0, 0.25))
        width = between(rng, 0.02, 0.09)
        wisps.append(
            Lock(
                root,
                plan.top_y * between(rng, 0.6, 0.95),
                tip,
                low,
                width,
                float(rng.normal(0, 0.2)),
                False,
            )
        )
    return tuple(wisps)


def _veil(rng: np.random.Generator, plan: Proportions) -> tuple[Lock, ...]:
    """A fringe that hides one eye."""
    side = pick(rng, [-1.0, 1.0])
    top = plan.top_y
    locks = [
        Lock(
            -side * 0.2, top * 0.95, side * (0.3 + 0.3 * k), between(rng, 0.3, 0.6), 0.6, 0.1, False
        )
        for k in range(3)
    ]
    locks += [
        Lock(-side * 0.3, top * 0.95, -side * (0.5 + 0.25 * k), -0.2 + 0.15 * k, 0.35, 0.0, False)
        for k in range(3)
    ]
    return tuple(locks)
