"""A whole picture with none, one or several figures, and what is known of their faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.datatypes import U8
from vasa_avatar.training.drawing.body import draw_body, draw_body_look
from vasa_avatar.training.drawing.clutter import draw_clutter
from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.figure import DrawnFace, Figure, draw_figure, known_face
from vasa_avatar.training.drawing.finish import finish_picture
from vasa_avatar.training.drawing.ground import draw_ground
from vasa_avatar.training.drawing.hair import draw_hair_behind
from vasa_avatar.training.drawing.hair_look import draw_hair_look
from vasa_avatar.training.drawing.head import Head, draw_proportions, draw_turn
from vasa_avatar.training.drawing.paper import Paper
from vasa_avatar.training.drawing.style import draw_style, grey

SIDE_PX = 384


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPicture:
    """A picture of the artist's."""

    rgb: U8
    """(H, W, 3)"""
    labels: U8
    """(H, W) what lies where, see paper.Part"""
    faces: tuple[DrawnFace, ...]
    """largest first"""


def draw_picture(
    seed: int, side_px: int = SIDE_PX, with_faces: bool = True, is_hard: bool = False
) -> DrawnPicture:
    """Draw the picture of this seed: the same every time.

    Args:
        seed: decides everything.
        side_px: of the square picture.
        with_faces: False draws grounds, things and headless bodies only.
        is_hard: mouths are more often small, faint or broken.
    """
    rng = np.random.default_rng([20261128, seed, int(with_faces)])
    paper = Paper(side_px, side_px, grey(255))
    draw_ground(paper, rng)
    busy = pick(rng, [0, int(rng.integers(1, 8)), int(rng.integers(8, 40))], [0.35, 0.35, 0.3])
    draw_clutter(paper, rng, busy)
    figures: list[Figure] = []
    if with_faces:
        for owner, (x, y, scale) in enumerate(_places(rng, side_px), start=1):
            figures.append(draw_figure(paper, rng, x, y, scale, owner, is_hard=is_hard))
            if chance(rng, 0.1):
                draw_clutter(paper, rng, int(rng.integers(1, 5)))
    else:
        for _ in range(int(rng.integers(0, 3))):
            _draw_headless(paper, rng, side_px)
        draw_clutter(paper, rng, int(rng.integers(2, 30)))
    picture = finish_picture(paper.finish(), rng)
    labels = paper.labels[::2, ::2]
    faces = [known_face(paper, figure) for figure in figures]
    faces.sort(key=lambda face: -float(face.box_px[2] * face.box_px[3]))
    return DrawnPicture(picture, labels, tuple(faces))


def _places(rng: np.random.Generator, side: int) -> list[tuple[float, float, float]]:
    """Where heads go: one close, one figure, or several."""
    form = pick(rng, ["portrait", "half", "whole", "two", "crowd"], [0.34, 0.3, 0.16, 0.14, 0.06])
    if form == "portrait":
        scale = between(rng, 0.16, 0.36) * side
        return [(side * between(rng, 0.36, 0.64), side * between(rng, 0.36, 0.6), scale)]
    if form == "half":
        scale = between(rng, 0.08, 0.17) * side
        return [(side * between(rng, 0.25, 0.75), side * between(rng, 0.2, 0.55), scale)]
    if form == "whole":
        scale = between(rng, 0.045, 0.09) * side
        return [(side * between(rng, 0.15, 0.85), side * between(rng, 0.12, 0.5), scale)]
    if form == "two":
        scale = between(rng, 0.07, 0.15) * side
        return [
            (side * between(rng, 0.15, 0.4), side * between(rng, 0.2, 0.6), scale),
            (
                side * between(rng, 0.6, 0.85),
                side * between(rng, 0.2, 0.6),
                scale * between(rng, 0.7, 1.4),
            ),
        ]
    return [
        (
            side * between(rng, 0.05, 0.95),
            side * between(rng, 0.1, 0.9),
            between(rng, 0.035, 0.1) * side,
        )
        for _ in range(int(rng.integers(3, 6)))
    ]


def _draw_headless(paper: Paper, rng: np.random.Generator, side: int) -> None:
    """A body or hair without a face: seen from behind, or cut off."""
    style = draw_style(rng)
    plan = draw_proportions(rng, style.kind)
    turn = draw_turn(
        rng, between(rng, 0, side), between(rng, -0.1, 0.7) * side, between(rng, 0.05, 0.25) * side
    )
    head = Head(plan, turn)
    hair = draw_hair_look(rng, plan, style.kind)
    draw_body(paper, head, style, draw_body_look(rng, style.kind, plan.chin_y), rng)
    if chance(rng, 0.7):
        draw_hair_behind(paper, head, style, hair, rng)
