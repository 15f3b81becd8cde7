"""Draws things around figures, some of which could be mistaken for eyes or skin."""

from __future__ import annotations

import cv2
import numpy as np

from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.paper import Colour, Paper, Part, Points, curve, ellipse
from vasa_avatar.training.drawing.style import grey, hsv, mix


def draw_clutter(paper: Paper, rng: np.random.Generator, count: int) -> None:
    """Scatter things: dots, rings, stars, scribbles, words, petals, boxes, single eyes, cloth."""
    w, h = paper.width_px, paper.height_px
    things = [_blob, _ring, _star, _scribble, _words, _box, _eyeball, _cloth, _jewels]
    for _ in range(count):
        at = np.array([between(rng, 0, w), between(rng, 0, h)], np.float32)
        size = between(rng, 0.015, 0.12) * w
        colour = hsv(rng.random(), between(rng, 0, 0.9), between(rng, 0.05, 1))
        thing = pick(rng, things, [0.2, 0.08, 0.1, 0.14, 0.08, 0.1, 0.06, 0.14, 0.1])
        thing(paper, rng, at, size, colour)


def _blob(paper: Paper, rng: np.random.Generator, at: Points, size: float, colour: Colour) -> None:
    phase = np.linspace(0, 2 * np.pi, 9)[:-1]
    ring = at + np.stack([np.cos(phase), np.sin(phase)], -1) * size * rng.uniform(0.5, 1.2, (8, 1))
    shape = curve(np.concatenate([ring, ring[:1]]), 24)
    paper.fill(shape, colour, Part.BODY)
    if chance(rng, 0.5):
        paper.stroke(shape, between(rng, 0.5, 3), colour * np.float32(0.3))


def _ring(paper: Paper, rng: np.random.Generator, at: Points, size: float, colour: Colour) -> None:
    loop = ellipse(at, (size, size * between(rng, 0.4, 1)), rng.random() * 3)
    paper.stroke(
        np.concatenate([loop, loop[:1]]), size * between(rng, 0.05, 0.3), colour, Part.BODY
    )


def _star(paper: Paper, rng: np.random.Generator, at: Points, size: float, colour: Colour) -> None:
    n = int(rng.integers(4, 9))
    phase = np.linspace(0, 2 * np.pi, 2 * n, endpoint=False) + rng.random()
    radius = np.where(np.arange(2 * n) % 2, between(rng, 0.2, 0.7), 1.0) * size
    paper.fill(
        at + np.stack([np.cos(phase), np.sin(phase)], -1) * radius[:, None], colour, Part.BODY
    )


def _scribble(
    paper: Paper, rng: np.random.Generator, at: Points, size: float, colour: Colour
) -> None:
    points = at + rng.normal(0, size, (int(rng.integers(3, 8)), 2))
    paper.stroke(curve(points, 40), between(rng, 0.4, 3), colour * np.float32(0.5), Part.BODY)


def _words(paper: Paper, rng: np.random.Generator, at: Points, size: float, colour: Colour) -> None:
    letters = "".join(chr(int(c)) for c in rng.integers(33, 123, int(rng.integers(2, 9))))
    place = (int(at[0] * 2 - size * 2), int(at[1] * 2))
    ink = tuple(float(c) for c in colour * 0.5)
    cv2.putText(
        paper.rgb,
        letters,
        place,
        int(rng.integers(0, 8)),
        size / 14,
        ink,
        int(rng.integers(1, 4)),
        cv2.LINE_AA,
    )


def _box(paper: Paper, rng: np.random.Generator, at: Points, size: float, colour: Colour) -> None:
    shape = ellipse(at, (size, size * between(rng, 0.3, 1.5)), rng.random() * 3, n=4)
    paper.fill(shape, colour, Part.BODY)
    paper.stroke(np.concatenate([shape, shape[:1]]), between(rng, 0.3, 2), colour * np.float32(0.3))


def _eyeball(
    paper: Paper, rng: np.random.Generator, at: Points, size: float, colour: Colour
) -> None:
    """A lone disc in a disc, as buttons, wheels and gems are: no face."""
    size *= 0.6
    paper.fill(ellipse(at, (size, size)), mix(colour, grey(255), 0.7), Part.BODY)
    paper.fill(ellipse(at, (size * 0.6, size * 0.6)), colour, Part.BODY)
    paper.fill(ellipse(at - size * 0.2, (size * 0.15, size * 0.15)), grey(255), Part.BODY)


def _cloth(paper: Paper, rng: np.random.Generator, at: Points, size: float, colour: Colour) -> None:
    """A piece of cloth or skin with folds and a shaded side."""
    size *= 2.2
    points = at + rng.normal(0, size, (6, 2))
    hull = cv2.convexHull(points.astype(np.float32))[:, 0]
    shape = curve(np.concatenate([hull, hull[:1]]), 30)
    if chance(rng, 0.4):
        colour = hsv(between(rng, 0.02, 0.1), between(rng, 0.05, 0.4), between(rng, 0.7, 1.0))
    paper.fill(shape, colour, Part.BODY)
    cover = paper.mask(shape)
    paper.fill(shape + size * 0.4, colour * np.float32(0.75), None, 0.8, cover)
    for _ in range(int(rng.integers(1, 6))):
        line = at + rng.normal(0, size * 0.7, (3, 2))
        paper.stroke(
            curve(line, 12),
            between(rng, 0.5, 2) * np.sin(np.linspace(0.1, 3, 12)),
            colour * np.float32(0.4),
            None,
            0.9,
            cover,
        )
    paper.stroke(shape, between(rng, 0.3, 2.0), colour * np.float32(0.3))


def _jewels(
    paper: Paper, rng: np.random.Generator, at: Points, size: float, colour: Colour
) -> None:
    """Pairs and rows of dots, beads and buttons."""
    step = np.array([np.cos(a := rng.random() * 6), np.sin(a)]) * size * 0.5
    for k in range(int(rng.integers(2, 7))):
        spot = at + step * k
        paper.fill(ellipse(spot, (size * 0.16, size * 0.16), n=12), colour, Part.BODY)
        paper.fill(
            ellipse(spot - size * 0.04, (size * 0.05, size * 0.05), n=8), grey(255), Part.BODY
        )
