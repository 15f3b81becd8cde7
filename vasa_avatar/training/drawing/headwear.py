"""Draws what sits on a head: hats, hoods, animal ears, bows, flowers, bands, headphones, horns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.head import Head
from vasa_avatar.training.drawing.outlined import draw_outlined
from vasa_avatar.training.drawing.paper import Colour, Paper, Part, Points, curve, ellipse
from vasa_avatar.training.drawing.style import Style, grey, hsv, mix


class _Hatter:
    """Draws one figure's headwear with one pair of colours."""

    def __init__(
        self, paper: Paper, head: Head, style: Style, volume: float, rng: np.random.Generator
    ) -> None:
        self.paper, self.head, self.style, self.volume, self.rng = paper, head, style, volume, rng
        self.colour = hsv(rng.random(), between(rng, 0, 0.9), between(rng, 0.15, 1.0))
        self.second = hsv(rng.random(), between(rng, 0, 0.9), between(rng, 0.3, 1.0))

    def area(self, outline: Points, colour: Colour, part: Part = Part.COVER) -> None:
        """Fill and outline."""
        draw_outlined(self.paper, self.head, self.style, outline, colour, part)

    def flat(self, points: list[tuple[float, float]] | Points) -> Points:
        """Plan points that do not turn, to pixels."""
        return self.head.flat(np.asarray(points, np.float32))

    def hat(self) -> None:
        """Brim and crown."""
        top = self.head.plan.top_y * self.volume
        brim_y = top * between(self.rng, 0.45, 0.75)
        wide = between(self.rng, 1.25, 2.1)
        tall = between(self.rng, 0.4, 1.4)
        crown = curve(
            np.array(
                [
                    [-1.12, brim_y],
                    [-1.0, top - tall * 0.6],
                    [0, top - tall],
                    [1.0, top - tall * 0.6],
                    [1.12, brim_y],
                ]
            ),
            24,
        )
        if chance(self.rng, 0.2):
            crown = np.array(
                [[-1.1, brim_y], [between(self.rng, -0.5, 0.5), top - tall * 1.6], [1.1, brim_y]],
                np.float32,
            )
        self.area(self.flat(crown), self.colour)
        self.area(
            self.flat(ellipse(np.array([0, brim_y]), (wide, between(self.rng, 0.14, 0.34)))),
            self.colour * 0.92,
        )
        band = np.array(
            [
                [-1.1, brim_y - 0.02],
                [-1.05, brim_y - 0.22],
                [1.05, brim_y - 0.22],
                [1.1, brim_y - 0.02],
            ]
        )
        self.area(self.flat(band), self.second)

    def cap(self) -> None:
        """A cap with a peak, or a beret."""
        top = self.head.plan.top_y * self.volume
        low = top * between(self.rng, 0.5, 0.7)
        side = between(self.rng, -0.4, 0.4)
        dome = curve(
            np.array(
                [
                    [-1.15, low],
                    [-1.1 + side, top * 0.95],
                    [side, top * 1.15],
                    [1.1 + side, top * 0.95],
                    [1.15, low],
                ]
            ),
            24,
        )
        self.area(self.flat(dome), self.colour)
        if chance(self.rng, 0.6):
            angles = np.linspace(-1.0, 1.0, 14)
            back = self.head.shell(angles, np.full(14, low), self.volume + 0.05)
            front = self.head.shell(angles, low + 0.25 * np.cos(angles), self.volume + 0.35)
            self.area(np.concatenate([back, front[::-1]]), mix(self.colour, self.second, 0.4))

    def hood(self) -> None:
        """A ring of cloth around the face."""
        outer = ellipse(np.array([0, -0.15]), (1.45, -self.head.plan.top_y * 1.2 + 0.15), n=40)
        inner = ellipse(np.array([0, -0.02]), (1.12, -self.head.plan.top_y * 0.82), n=40)
        ring = np.concatenate([outer, outer[:1], inner[:1], inner[::-1]])
        self.paper.fill(self.flat(ring), self.colour, Part.COVER)
        for line in (outer, inner):
            closed = self.flat(np.concatenate([line, line[:1]]))
            self.paper.stroke(
                closed, self.head.length_px(self.style.line), self.style.line_colour(self.colour)
            )

    def ears(self) -> None:
        """Of a cat, a rabbit, a bear."""
        top = self.head.plan.top_y * self.volume
        form = pick(self.rng, ["cat", "rabbit", "bear"], [0.6, 0.2, 0.2])
        colour = self.style.hair if chance(self.rng, 0.6) else self.colour
        for side in (-1, 1):
            if form == "cat":
                tri = np.array(
                    [
                        [0.95, top * 0.55],
                        [between(self.rng, 0.75, 1.1), top * 1.4],
                        [0.25, top * 0.97],
                    ]
                )
                inner = tri.mean(0) + (tri - tri.mean(0)) * 0.6
            elif form == "rabbit":
                tri = ellipse(np.array([0.45, top - 0.6]), (0.18, 0.75), -0.15)
                inner = ellipse(np.array([0.45, top - 0.6]), (0.09, 0.6), -0.15)
            else:
                tri = ellipse(np.array([0.75, top * 0.95]), (0.33, 0.33))
                inner = ellipse(np.array([0.75, top * 0.95]), (0.18, 0.18))
            self.area(self.flat(tri * [side, 1]), colour)
            self.area(self.flat(inner * [side, 1]), mix(self.style.skin, self.second, 0.4))

    def bows(self) -> None:
        """Ribbons, flowers or pins at the side."""
        top = self.head.plan.top_y
        sides = [-1, 1] if chance(self.rng, 0.4) else [int(self.rng.choice([-1, 1]))]
        form = pick(self.rng, ["bow", "flower", "pin", "star"])
        for side in sides:
            at = np.array([side * between(self.rng, 0.5, 1.0), top * between(self.rng, 0.3, 1.0)])
            size = between(self.rng, 0.12, 0.42)
            if form == "bow":
                for wing in (-1, 1):
                    loop = at + np.array([[0, 0], [wing, -0.6], [wing * 1.1, 0.5]]) * size
                    self.area(self.flat(loop), self.colour)
                self.area(self.flat(ellipse(at, (size * 0.25, size * 0.25), n=10)), self.second)
            elif form == "flower":
                for k in range(5):
                    petal = at + size * 0.6 * np.array([np.cos(k * 1.257), np.sin(k * 1.257)])
                    self.area(
                        self.flat(ellipse(petal, (size * 0.45, size * 0.45), n=12)), self.colour
                    )
                self.area(self.flat(ellipse(at, (size * 0.3, size * 0.3), n=10)), self.second)
            elif form == "pin":
                for k in range(int(self.rng.integers(1, 4))):
                    bar = at + np.array([[-0.3, k * 0.1], [0.3, k * 0.1 - 0.06]])
                    self.paper.stroke(
                        self.flat(bar), self.head.length_px(0.06), self.colour, Part.COVER
                    )
            else:
                spokes = np.linspace(0, 2 * np.pi, 10, endpoint=False)
                radius = np.where(np.arange(10) % 2, 0.45, 1.0) * size
                self.area(
                    self.flat(
                        at + np.stack([np.sin(spokes), -np.cos(spokes)], -1) * radius[:, None]
                    ),
                    self.colour,
                )

    def band(self) -> None:
        """Over the crown, or across the forehead."""
        angles = np.linspace(-1.6, 1.6, 24)
        y = self.head.plan.top_y * between(self.rng, 0.5, 0.98)
        drop = 0.5 * (angles / 1.6) ** 2
        thick = between(self.rng, 0.06, 0.24)
        upper = self.head.shell(angles, y + drop, self.volume + 0.05)
        lower = self.head.shell(angles, y + drop + thick, self.volume + 0.05)
        self.area(np.concatenate([upper, lower[::-1]]), self.colour)
        if chance(self.rng, 0.3):
            for k in range(2, 22, 2):
                at = (upper[k] + lower[k]) / 2
                self.paper.fill(
                    ellipse(at, (self.head.length_px(thick * 0.4),) * 2, n=8),
                    self.second,
                    Part.COVER,
                )

    def headphones(self) -> None:
        """A bow and two shells."""
        top = self.head.plan.top_y * self.volume
        arch = curve(
            np.array(
                [[-1.2, 0.1], [-1.0, top * 0.75], [0, top * 1.06], [1.0, top * 0.75], [1.2, 0.1]]
            ),
            30,
        )
        self.paper.stroke(self.flat(arch), self.head.length_px(0.1), self.colour, Part.COVER)
        for side in (-1, 1):
            self.area(self.flat(ellipse(np.array([side * 1.15, 0.1]), (0.17, 0.34))), self.second)

    def horns(self) -> None:
        """Horns, feelers or a halo."""
        top = self.head.plan.top_y * self.volume
        if chance(self.rng, 0.3):
            ring = ellipse(np.array([0, top - 0.35]), (0.7, 0.18))
            self.paper.stroke(
                self.flat(np.concatenate([ring, ring[:1]])),
                self.head.length_px(0.07),
                self.colour,
                Part.COVER,
            )
            return
        out = between(self.rng, -0.4, 0.5)
        for side in (-1, 1):
            spine = curve(
                np.array([[0.55, top * 0.9], [0.8 + out, top * 1.2], [0.75 + out, top * 1.5]])
                * [side, 1],
                12,
            )
            self.paper.stroke(
                self.flat(spine),
                self.head.length_px(0.24) * np.linspace(1, 0.05, 12),
                self.colour,
                Part.COVER,
            )


def draw_headwear(
    paper: Paper, head: Head, style: Style, volume: float, rng: np.random.Generator
) -> None:
    """Perhaps one or two things on the head."""
    if not chance(rng, 0.45):
        return
    hatter = _Hatter(paper, head, style, volume, rng)
    things: list[Callable[[], None]] = [
        hatter.hat, hatter.cap, hatter.hood, hatter.ears,
        hatter.bows, hatter.band, hatter.headphones, hatter.horns,
    ]  # fmt: skip
    pick(rng, things, [0.14, 0.12, 0.06, 0.14, 0.3, 0.12, 0.05, 0.07])()
    if chance(rng, 0.15):
        hatter.bows()


def draw_glasses(paper: Paper, head: Head, style: Style, rng: np.random.Generator) -> None:
    """Perhaps frames around the eyes; the lenses are nearly clear."""
    if not chance(rng, 0.08):
        return
    plan = head.plan
    colour = pick(rng, [style.ink, hsv(rng.random(), 0.8, 0.5), grey(between(rng, 30, 190))])
    wide, tall = (
        plan.eye_half_width * between(rng, 1.15, 1.5),
        plan.eye_height * between(rng, 0.55, 0.85),
    )
    drop, power = between(rng, -0.02, 0.12), pick(rng, [2.0, 3.5, 6.0])
    width = head.length_px(between(rng, 0.012, 0.05))
    is_rimless_above = chance(rng, 0.2)
    phase = np.linspace(0, 2 * np.pi, 41)
    for side in (-1, 1):
        c, s = np.cos(phase), np.sin(phase)
        x = np.sign(c) * np.abs(c) ** (2 / power) * wide
        y = np.sign(s) * np.abs(s) ** (2 / power) * tall
        rim = head.surface(np.stack([side * plan.eye_x + x, plan.eye_y + drop + y], -1), 0.08)
        if chance(rng, 0.3):
            paper.fill(rim, grey(255), None, between(rng, 0.05, 0.3))
        paper.stroke(rim[:21] if is_rimless_above else rim, width, colour, Part.LENS)
        arm = head.surface(
            np.array([[side * (plan.eye_x + wide), plan.eye_y + drop], [side * 0.99, plan.eye_y]]),
            0.03,
        )
        paper.stroke(arm, width, colour, Part.LENS)
    bridge = head.surface(
        curve(
            np.array([[-plan.eye_x + wide, 0.02], [0, -0.02], [plan.eye_x - wide, 0.02]])
            + [0, plan.eye_y + drop],
            8,
        ),
        0.08,
    )
    paper.stroke(bridge, width, colour, Part.LENS)
