"""Draws what is below a head: neck, trunk, arms, legs, clothes, and hands near the face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.head import Head
from vasa_avatar.training.drawing.outlined import draw_outlined
from vasa_avatar.training.drawing.paper import Colour, Gradient, Paper, Part, Points, curve, ellipse
from vasa_avatar.training.drawing.style import Style, hsv, mix


@dataclass(frozen=True, slots=True, eq=False)
class BodyLook:
    """A trunk; units of the plan."""

    neck_width: float
    neck_length: float
    shoulder: float
    trunk: float
    """length"""
    has_legs: bool
    cloth: Colour
    second: Colour
    lean: float


def draw_body_look(rng: np.random.Generator, kind: str, chin_y: float) -> BodyLook:
    """Sample a body."""
    small = kind == "chibi"
    return BodyLook(
        neck_width=between(rng, 0.14, 0.3) if small else between(rng, 0.26, 0.5),
        neck_length=chin_y + (between(rng, 0.0, 0.2) if small else between(rng, 0.15, 0.6)),
        shoulder=between(rng, 0.4, 0.9) if small else between(rng, 1.1, 2.1),
        trunk=between(rng, 0.8, 1.4) if small else between(rng, 2.5, 4.0),
        has_legs=small or chance(rng, 0.4),
        cloth=hsv(rng.random(), between(rng, 0, 0.9), between(rng, 0.1, 1.0)),
        second=hsv(rng.random(), between(rng, 0, 0.9), between(rng, 0.2, 1.0)),
        lean=float(rng.normal(0, 0.25)),
    )


class _Frame:
    """A body hangs straight down from its head, whatever the head's roll."""

    def __init__(self, head: Head) -> None:
        self.origin = head.flat(np.zeros(2))
        roll = head.turn.roll_rad * 0.35
        self.scale = head.turn.scale_px
        self.c, self.s = float(np.cos(roll)), float(np.sin(roll))
        chin = head.project(np.array([0, head.plan.chin_y, head.plan.depth * 0.3]))
        local = (chin - self.origin) / self.scale
        self.shift = np.array([local[0] * self.c + local[1] * self.s, 0.0])

    def px(self, points: Points | list[list[float]]) -> Points:
        x, y = np.moveaxis(np.asarray(points, np.float64) + self.shift * 0.8, -1, 0)
        spot = np.stack([x * self.c - y * self.s, x * self.s + y * self.c], -1)
        return (self.origin + spot * self.scale).astype(np.float32)


def draw_body(
    paper: Paper, head: Head, style: Style, look: BodyLook, rng: np.random.Generator
) -> None:
    """Legs, trunk, arms, neck and clothes; the head comes over it later."""
    frame = _Frame(head)
    top, low = look.neck_length, look.neck_length + look.trunk
    shoulder, lean = look.shoulder, look.lean
    limb = shoulder * 0.32

    def area(points: Points, colour: Colour) -> None:
        _area(paper, head, style, frame.px(points), colour)

    if look.has_legs:
        for side in (-1, 1):
            foot = [
                lean * 2 + side * between(rng, 0.1, 1.0) * shoulder,
                low + look.trunk * between(rng, 0.7, 1.3),
            ]
            spine = curve(
                np.array(
                    [
                        [lean + side * shoulder * 0.35, low - 0.2],
                        [(lean + foot[0]) / 2 + side * 0.2, low + look.trunk * 0.5],
                        foot,
                    ]
                ),
                16,
            )
            area(_limb(spine, limb * 1.1), style.skin if chance(rng, 0.6) else look.second)
    waist = shoulder * between(rng, 0.5, 0.85)
    hip = shoulder * between(rng, 0.6, 1.2)
    half = np.array([[0.2, top - 0.12], [shoulder * 0.85, top + 0.12], [shoulder, top + 0.45]])
    low_half = np.array([[waist, top + look.trunk * 0.55], [hip, low]])
    bent = np.array([[lean * 0.5, 0.0], [lean, 0.0]])
    left = np.concatenate([half * [-1, 1], low_half * [-1, 1] + bent])
    right = np.concatenate([half, low_half + bent])
    trunk = np.concatenate([left, right[::-1]])
    area(curve(trunk, 44), look.cloth)
    for side in (-1, 1):
        if chance(rng, 0.75):
            elbow = [
                side * shoulder * between(rng, 0.9, 1.5),
                top + look.trunk * between(rng, 0.3, 0.6),
            ]
            hand = [
                elbow[0] + side * between(rng, -1.3, 0.6),
                top + look.trunk * between(rng, 0.1, 1.0),
            ]
            spine = curve(np.array([[side * shoulder * 0.88, top + 0.3], elbow, hand]), 16)
            area(_limb(spine, limb), look.cloth if chance(rng, 0.6) else style.skin)
    side_line = np.array([[1.0, 0.2], [0.9, top - 0.1], [1.6, top + 0.08]]) * [look.neck_width, 1]
    cut = np.array([[0.0, top + between(rng, 0.1, 0.7)]])
    neck = np.concatenate([side_line * [-1, 1], cut, side_line[::-1]])
    area(neck, style.skin)
    if style.shading != "none":
        band = np.array(
            [
                [-look.neck_width, 0.2],
                [-look.neck_width * 0.9, top - 0.12],
                [0, top - 0.02],
                [look.neck_width * 0.9, top - 0.12],
                [look.neck_width, 0.2],
            ]
        )
        paper.fill(frame.px(band), style.skin_shade, None, 0.9)
    _draw_clothes(paper, head, style, look, frame, rng)


def _draw_clothes(
    paper: Paper, head: Head, style: Style, look: BodyLook, frame: _Frame, rng: np.random.Generator
) -> None:
    """Collars, ribbons, buttons, stripes and folds."""
    top = look.neck_length
    wide = look.neck_width
    if chance(rng, 0.5):
        for side in (-1, 1):
            flap = np.array(
                [
                    [side * wide * 0.9, top - 0.1],
                    [side * wide * 2.4, top + between(rng, 0.2, 0.5)],
                    [side * 0.1, top + between(rng, 0.3, 0.7)],
                ]
            )
            _area(paper, head, style, frame.px(flap), look.second)
    if chance(rng, 0.3):
        choker = np.array(
            [[-wide, top - 0.25], [wide, top - 0.25], [wide, top - 0.13], [-wide, top - 0.13]]
        )
        _area(paper, head, style, frame.px(choker), look.second)
    if chance(rng, 0.4):
        at, size = np.array([0.0, top + 0.35]), between(rng, 0.15, 0.4)
        for wing in (-1, 1):
            _area(
                paper,
                head,
                style,
                frame.px(at + np.array([[0, 0], [wing, -0.5], [wing, 0.5]]) * size),
                mix(look.second, style.ink, 0.2),
            )
    if chance(rng, 0.25):
        _draw_frill(paper, head, style, look, frame, rng)
    for _ in range(int(rng.integers(0, 5))):
        x = between(rng, -0.7, 0.7) * look.shoulder
        y = top + between(rng, 0.4, 1.0) * look.trunk
        line = curve(
            np.array(
                [
                    [x, y - 0.5],
                    [x + between(rng, -0.2, 0.2), y],
                    [x + between(rng, -0.3, 0.3), y + 0.5],
                ]
            ),
            10,
        )
        paper.stroke(
            frame.px(line),
            head.length_px(max(style.line, 0.01)),
            style.line_colour(look.cloth),
            None,
            style.line_alpha * 0.8,
        )
    if chance(rng, 0.35):
        for k in range(int(rng.integers(2, 6))):
            dot = ellipse(np.array([0.02, top + 0.5 + 0.4 * k]), (0.06, 0.06), n=10)
            paper.fill(frame.px(dot), look.second, Part.BODY)


def _draw_frill(
    paper: Paper, head: Head, style: Style, look: BodyLook, frame: _Frame, rng: np.random.Generator
) -> None:
    """A row of small bows of cloth across the chest, or lace."""
    y = look.neck_length + between(rng, 0.0, 0.8)
    count, wide = int(rng.integers(4, 12)), between(rng, 0.5, 1.0) * look.shoulder
    size = wide / count
    for k in range(count):
        at = np.array([(2 * (k + 0.5) / count - 1) * wide, y + between(rng, -0.05, 0.05)])
        _area(
            paper,
            head,
            style,
            frame.px(ellipse(at, (size * 1.2, size * between(rng, 0.8, 1.8)), n=12)),
            look.second,
        )


def draw_wrap(
    paper: Paper, head: Head, style: Style, look: BodyLook, rng: np.random.Generator
) -> None:
    """Rarely a scarf or collar up to the chin, or a mask over the mouth."""
    if chance(rng, 0.04):
        plan = head.plan
        y = np.linspace(plan.chin_y * 0.8, plan.chin_y + 0.5, 5)
        shape = curve(
            np.array(
                [[-0.9, y[0]], [0, y[2]], [0.9, y[0]], [1.0, y[4]], [0, y[4] + 0.2], [-1.0, y[4]]]
            ),
            30,
        )
        _area(paper, head, style, _Frame(head).px(shape), look.second, Part.COVER)
    elif chance(rng, 0.015):
        plan = head.plan
        top = (plan.nose_y + plan.mouth_y) / 2
        x = np.linspace(-0.75, 0.75, 12)
        upper = head.surface(np.stack([x, np.full(12, top) + 0.1 * (x / 0.75) ** 2], -1), 0.03)
        lower = head.surface(np.stack([x, plan.chin_y * 0.97 - 0.3 * (x / 0.75) ** 2], -1), 0.03)
        _area(paper, head, style, np.concatenate([upper, lower[::-1]]), look.second, Part.COVER)


def draw_hand(
    paper: Paper, head: Head, style: Style, look: BodyLook, rng: np.random.Generator
) -> None:
    """Perhaps a hand beside the face, at the chin or over the mouth."""
    if not chance(rng, 0.13):
        return
    frame = _Frame(head)
    side = int(rng.choice([-1, 1]))
    spot = pick(rng, ["cheek", "chin", "mouth", "wave"], [0.3, 0.25, 0.15, 0.3])
    plan = head.plan
    palm = {
        "cheek": [side * 0.95, plan.mouth_y],
        "chin": [side * 0.25, plan.chin_y + 0.12],
        "mouth": [side * 0.1, plan.mouth_y + 0.15],
        "wave": [side * 1.6, plan.mouth_y],
    }[spot]
    size = between(rng, 0.2, 0.34)
    elbow = [side * look.shoulder * 1.2, look.neck_length + 1.2]
    arm = curve(
        np.array(
            [
                elbow,
                [(elbow[0] + palm[0]) / 2 + side * 0.2, (elbow[1] + palm[1]) / 2 + 0.3],
                [palm[0], palm[1] + size * 0.6],
            ]
        ),
        14,
    )
    sleeve = look.cloth if chance(rng, 0.5) else style.skin
    _area(paper, head, style, frame.px(_limb(arm, 0.24)), sleeve, Part.COVER)
    turn = float(rng.normal(0, 0.5))
    for k in range(int(rng.integers(3, 6))):
        angle = -np.pi / 2 + turn + (k - 1.8) * 0.28
        reach = size * between(rng, 0.9, 1.9)
        way = np.array([np.cos(angle), np.sin(angle)])
        finger = np.stack(
            [np.array(palm) + way * size * 0.3, np.array(palm) + way * (size * 0.5 + reach)]
        )
        outline = _limb(curve(finger, 8), size * 0.3)
        _area(paper, head, style, frame.px(outline), style.skin, Part.COVER)
    _area(
        paper,
        head,
        style,
        frame.px(ellipse(np.array(palm), (size * 0.75, size * 0.7), n=18)),
        style.skin,
        Part.COVER,
    )


def _limb(spine: Points, width: float) -> Points:
    """A tapered tube around a line."""
    t = np.linspace(0, 1, len(spine))
    half = width * (0.5 - 0.15 * t) * np.interp(t, [0, 0.94, 1], [1, 1, 0.7])
    along = np.gradient(spine, axis=0)
    normal = np.stack([-along[:, 1], along[:, 0]], -1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    tube: Points = np.concatenate(
        [spine + normal * half[:, None], (spine - normal * half[:, None])[::-1]]
    )
    return tube


def _area(
    paper: Paper, head: Head, style: Style, outline: Points, colour: Colour, part: Part = Part.BODY
) -> None:
    shades = None
    if style.shading == "soft":
        low, high = outline[np.argmin(outline[:, 0])], outline[np.argmax(outline[:, 0])]
        dark = colour * np.float32(0.78)
        shades = (
            Gradient(low, high, colour, dark)
            if style.light_from < 0
            else Gradient(low, high, dark, colour)
        )
    draw_outlined(paper, head, style, outline, colour, part, shades)
