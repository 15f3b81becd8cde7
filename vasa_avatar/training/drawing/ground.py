"""Draws what lies behind figures: empty, washed and busy grounds, a landscape."""

from __future__ import annotations

import cv2
import numpy as np

from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.paper import Colour, Paper, curve, ellipse
from vasa_avatar.training.drawing.style import grey, hsv


def draw_ground(paper: Paper, rng: np.random.Generator) -> None:
    """Fill the paper: plain, a gradient, clouds of colour, stripes, a room or a landscape."""
    form = pick(
        rng,
        ["plain", "white", "gradient", "clouds", "stripes", "land", "noise"],
        [0.16, 0.22, 0.14, 0.2, 0.08, 0.14, 0.06],
    )
    first = hsv(rng.random(), between(rng, 0, 0.8), between(rng, 0.05, 1) ** 0.6)
    second = hsv(rng.random(), between(rng, 0, 0.8), between(rng, 0.05, 1) ** 0.6)
    height, width = paper.rgb.shape[:2]
    if form == "white":
        paper.rgb[:] = pick(rng, [255, 255, 0, int(rng.integers(200, 256))])
    elif form == "gradient":
        share = (
            np.linspace(0, 1, height)[:, None, None]
            if chance(rng, 0.7)
            else np.linspace(0, 1, width)[None, :, None]
        )
        paper.rgb[:] = np.broadcast_to(first * (1 - share) + second * share, paper.rgb.shape)
    elif form == "clouds":
        _clouds(paper, rng, (2, 3, 5, 9))
    elif form == "noise":
        _clouds(paper, rng, (8, 16, 40, 90))
    else:
        paper.rgb[:] = first
        if form == "stripes":
            _stripes(paper, rng, second)
        elif form == "land":
            _landscape(paper, rng)


def _clouds(paper: Paper, rng: np.random.Generator, cells: tuple[int, ...]) -> None:
    height, width = paper.rgb.shape[:2]
    total = np.zeros((height // 4, width // 4, 3), np.float32)
    for k, count in enumerate(cells):
        noise = rng.random((count + 1, count + 1, 3), np.float32)
        if chance(rng, 0.7):
            noise = noise.mean(-1, keepdims=True) * rng.random(3, np.float32) + 0.3 * noise
        total += (
            cv2.resize(noise, (width // 4, height // 4), interpolation=cv2.INTER_CUBIC) * 0.6**k
        )
    low, high = float(total.min()), float(total.max())
    total = (total - low) / max(high - low, 1e-6) * 255
    paper.rgb[:] = cv2.resize(
        np.clip(total, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR
    )


def _stripes(paper: Paper, rng: np.random.Generator, colour: Colour) -> None:
    angle, step = rng.random() * np.pi, between(rng, 0.05, 0.25) * paper.width_px
    way, across = (
        np.array([np.cos(angle), np.sin(angle)]),
        np.array([-np.sin(angle), np.cos(angle)]),
    )
    middle = np.array([paper.width_px, paper.height_px]) / 2
    for k in range(-14, 15):
        line = middle + across * step * k + np.array([[-1], [1]]) * way * 2 * paper.width_px
        paper.stroke(line, step * 0.5, colour)


def _landscape(paper: Paper, rng: np.random.Generator) -> None:
    """Hills, trunks, houses and leaves, from far to near."""
    w, h = paper.width_px, paper.height_px
    for k in range(int(rng.integers(1, 4))):
        y = h * (0.35 + 0.2 * k)
        x = np.linspace(-0.1 * w, 1.1 * w, 12)
        hill = np.stack([x, y + rng.normal(0, h * 0.06, 12)], -1)
        base = np.array([[1.1 * w, h * 1.1], [-0.1 * w, h * 1.1]])
        paper.fill(
            np.concatenate([curve(hill, 40), base]),
            hsv(rng.random(), between(rng, 0.1, 0.7), between(rng, 0.2, 0.9)),
        )
    _trunks(paper, rng)
    for _ in range(int(rng.integers(0, 5))):
        _house(paper, rng)
    leaf = hsv(between(rng, 0.2, 0.4), between(rng, 0.3, 0.9), between(rng, 0.2, 0.8))
    for _ in range(int(rng.integers(0, 60))):
        at = np.array([between(rng, 0, w), between(rng, 0, h)])
        size = between(rng, 2, 12), between(rng, 1, 6)
        paper.fill(ellipse(at, size, rng.random() * 3, n=8), _shade_of(leaf, rng))


def _trunks(paper: Paper, rng: np.random.Generator) -> None:
    colour = hsv(between(rng, 0.02, 0.12), 0.5, between(rng, 0.1, 0.6))
    low = paper.height_px
    for _ in range(int(rng.integers(0, 6))):
        x = between(rng, 0, paper.width_px)
        line = np.array([[x, -10.0], [x + between(rng, -20, 20), low / 2], [x, low + 10]])
        width = between(rng, 3, 0.1 * paper.width_px)
        paper.stroke(curve(line, 12), width, _shade_of(colour, rng))


def _house(paper: Paper, rng: np.random.Generator) -> None:
    """A box with some windows, down to the lower edge."""
    left, top = between(rng, 0, paper.width_px), between(rng, 0.1, 0.6) * paper.height_px
    wide = between(rng, 0.05, 0.3) * paper.width_px
    square = np.array([[0.0, 0.0], [1, 0], [1, 1], [0, 1]])
    paper.fill(square * [wide, paper.height_px - top] + [left, top], grey(between(rng, 60, 230)))
    for i in range(int(rng.integers(0, 9))):
        corner = [left + wide * (0.1 + 0.3 * (i % 3)), top + wide * (0.2 + 0.35 * (i // 3))]
        paper.fill(square * wide * 0.2 + corner, grey(between(rng, 20, 255)))


def _shade_of(colour: Colour, rng: np.random.Generator) -> Colour:
    """Lighter or darker."""
    return np.clip(colour * np.float32(between(rng, 0.6, 1.35)), 0, 255)
