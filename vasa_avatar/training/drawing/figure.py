"""One figure on the paper: a head with all its parts over a body, and its exact points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vasa_avatar.datatypes import U8
from vasa_avatar.geometry import drawn_layout as names
from vasa_avatar.training.drawing.body import draw_body, draw_body_look, draw_hand, draw_wrap
from vasa_avatar.training.drawing.brows import draw_brow, draw_brow_look
from vasa_avatar.training.drawing.dice import between, chance
from vasa_avatar.training.drawing.eye_look import draw_eye_look
from vasa_avatar.training.drawing.eyes import DrawnEye, draw_eye
from vasa_avatar.training.drawing.face import draw_blush, draw_gloom, draw_nose, draw_skin
from vasa_avatar.training.drawing.hair import draw_crown, draw_fringe, draw_hair_behind, draw_sides
from vasa_avatar.training.drawing.hair_look import HairLook, draw_hair_look
from vasa_avatar.training.drawing.head import Head, draw_proportions, draw_turn
from vasa_avatar.training.drawing.headwear import draw_glasses, draw_headwear
from vasa_avatar.training.drawing.mouth import draw_mouth, draw_mouth_look
from vasa_avatar.training.drawing.paper import Paper, Part, Points
from vasa_avatar.training.drawing.rarities import draw_flush, draw_marks, rare_mouth, rare_style
from vasa_avatar.training.drawing.style import Style, draw_style

EDGE_INWARD = 0.04
"""how far inside the outline it is looked whether something covers it, share of the way in"""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnFace:
    """What is known of one face in a picture."""

    points_px: Points
    """(40, 2) see drawn_layout"""
    is_seen: U8
    """(40,) 1 where nothing lies over a point"""
    eye_closed: tuple[bool, bool]
    """of the right and the left eye"""
    mouth_open: bool
    box_px: Points
    """(5,) centre x, y, width, height and roll in radians of the face from brows' height to chin"""
    shown: float
    """share of the inner points that are on the paper and not under another figure"""
    scale_px: float
    """half the face's width"""


def draw_figure(
    paper: Paper, rng: np.random.Generator, x_px: float, y_px: float, scale_px: float, owner: int,
    calm: bool = False, is_hard: bool = False,
) -> Figure:  # fmt: skip
    """Sample a figure and draw it with its head at a place.

    Args:
        paper: drawn on.
        rng: decides everything else.
        x_px: of the point between the eyes.
        y_px: likewise.
        scale_px: half the face's width.
        owner: number of the figure on the paper, from 1.
        calm: the head is held straight.
        is_hard: its mouth is more often small, faint or broken.
    """
    style, rare = draw_style(rng), None if calm else rng.spawn(1)[0]
    if rare is not None:
        style = rare_style(style, rare)
    plan = draw_proportions(rng, style.kind)
    turn = draw_turn(rng, x_px, y_px, scale_px)
    if calm:
        turn = replace(
            turn, yaw_rad=0.1 * turn.yaw_rad, pitch_rad=0.0, roll_rad=0.1 * turn.roll_rad
        )
    head = Head(plan, turn)
    hair = draw_hair_look(rng, plan, style.kind)
    body = draw_body_look(rng, style.kind, plan.chin_y)
    paper.owner = owner
    draw_hair_behind(paper, head, style, hair, rng)
    draw_body(paper, head, style, body, rng)
    figure = _draw_face(paper, head, style, hair, rng, rare, is_hard)
    draw_wrap(paper, head, style, body, rng)
    draw_hand(paper, head, style, body, rng)
    return figure


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A figure on the paper; what is seen of it is known once all are drawn."""

    owner: int
    head: Head
    eyes: tuple[DrawnEye, DrawnEye]
    brows: tuple[Points, Points]
    nose: Points
    mouth: Points
    mouth_open: bool
    outline: Points


def _draw_face(
    paper: Paper, head: Head, style: Style, hair: HairLook, rng: np.random.Generator,
    rare: np.random.Generator | None, is_hard: bool,
) -> Figure:  # fmt: skip
    """Everything before the hair behind; `rare` rolls for what few artists draw."""
    eye_look = draw_eye_look(rng, head.plan, style.kind)
    brow_look = draw_brow_look(rng, style)
    mouth_look = draw_mouth_look(rng, style)
    if rare is not None:
        mouth_look = rare_mouth(mouth_look, style, rare, is_hard)
    through = between(rng, 0.3, 1.0) if chance(rng, 0.3) else 0.0
    eyes_through = chance(rng, 0.2)
    face = draw_skin(paper, head, style, rng)
    if face is not None:
        draw_blush(paper, head, style, face, rng)
        draw_gloom(paper, head, style, face, rng)
        if rare is not None and is_hard:
            draw_flush(paper, head, style, face, rare)
    nose = draw_nose(paper, head, style, rng)
    mouth = draw_mouth(paper, head, style, mouth_look)
    if rare is not None and face is not None:
        draw_marks(paper, head, style, face, rare)
    eyes = (
        draw_eye(paper, head, style, eye_look, -1, rng),
        draw_eye(paper, head, style, eye_look, 1, rng),
    )
    brows = draw_brow(paper, head, brow_look, -1), draw_brow(paper, head, brow_look, 1)
    draw_crown(paper, head, style, hair)
    draw_sides(paper, head, style, hair, rng)
    under = paper.rgb.copy(), paper.labels.copy()
    draw_fringe(paper, head, style, hair, face, rng)
    if eyes_through:
        _show_through(paper, under, between(rng, 0.3, 0.95), paper.owner)
    if through > 0:
        for side in (-1, 1):
            draw_brow(paper, head, brow_look, side, through)
    draw_glasses(paper, head, style, rng)
    draw_headwear(paper, head, style, hair.volume, rng)
    outline = _outline(head)
    return Figure(paper.owner, head, eyes, brows, nose, mouth.points_px, mouth.is_open, outline)


def _show_through(paper: Paper, under: tuple[U8, U8], alpha: float, owner: int) -> None:
    """Eyes that shine through the fringe, as many artists draw them."""
    rgb, labels = under
    shown = np.isin(labels, (Part.WHITE, Part.IRIS, Part.LASH)) & (paper.owners == owner)
    shown &= paper.labels == Part.HAIR_BEFORE
    if not shown.any():
        return
    now = paper.rgb[shown].astype(np.float32)
    paper.rgb[shown] = (now + (rgb[shown] - now) * np.float32(alpha)).astype(np.uint8)
    if alpha > 0.4:
        paper.labels[shown] = labels[shown]


def _outline(head: Head) -> Points:
    chin = head.plan.chin_y
    heights = np.array([0.0, 0.45, 0.8]) * chin
    right, left = head.edge(heights, -1), head.edge(heights, 1)
    tip = head.project(np.array([[0.0, chin, head.plan.depth * 0.92]]))
    return np.concatenate([right, tip, left[::-1]])


def known_face(paper: Paper, figure: Figure) -> DrawnFace:
    """What the finished paper shows of a figure's face."""
    right, left = figure.eyes
    every = np.concatenate(
        [
            right.points_px, left.points_px, *figure.brows, figure.nose[None], figure.mouth,
            figure.outline,
        ]
    ).astype(np.float32)  # fmt: skip
    probes = every.copy()
    middle = every[:33].mean(0)
    probes[names.OUTLINE] += EDGE_INWARD * (middle - probes[names.OUTLINE])
    labels, owners = paper.part_at(probes)
    seen = (owners == figure.owner) & ~np.isin(labels, (Part.HAIR_BEFORE, Part.COVER))
    return DrawnFace(
        points_px=every,
        is_seen=seen.astype(np.uint8),
        eye_closed=(right.is_closed, left.is_closed),
        mouth_open=figure.mouth_open,
        box_px=_box(figure.head, every),
        shown=float((owners[:33] == figure.owner).mean()),
        scale_px=figure.head.turn.scale_px,
    )


def _box(head: Head, points: Points) -> Points:
    """The face from brows to chin, upright in its own roll."""
    c, s = np.cos(head.turn.roll_rad), np.sin(head.turn.roll_rad)
    used = points[[*range(0, 24), *range(33, 40)]]
    local = used @ np.array([[c, -s], [s, c]])
    low, high = local.min(0), local.max(0)
    centre = (low + high) / 2 @ np.array([[c, s], [-s, c]])
    return np.array([*centre, *(high - low), head.turn.roll_rad], np.float32)
