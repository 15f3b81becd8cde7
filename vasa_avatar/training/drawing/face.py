"""Draws what a face is made of besides eyes, brows, mouth and hair: skin, ears, blush, nose."""

from __future__ import annotations

import numpy as np

from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.head import Head
from vasa_avatar.training.drawing.outlined import draw_outlined
from vasa_avatar.training.drawing.paper import Mask, Paper, Part, Points, curve, ellipse
from vasa_avatar.training.drawing.style import Style, grey, mix


def draw_skin(paper: Paper, head: Head, style: Style, rng: np.random.Generator) -> Mask | None:
    """Fill and outline the face; gives its mask, where shadows may fall."""
    for side in (-1, 1):
        _draw_ear(paper, head, style, side, rng)
    left, right = head.silhouette()
    outline = np.concatenate([left, right[::-1]])
    mask = paper.mask(outline)
    if mask is None:
        return None
    paper.lay(mask, style.skin, Part.SKIN)
    _shade(paper, head, style, outline, mask, rng)
    width = head.length_px(style.line)
    colour = style.line_colour(style.skin)
    for edge in (left[14:], right[14:]):
        for piece in _pieces(edge, style.broken, rng):
            paper.stroke(piece, width, colour, None, style.line_alpha)
    return mask


def _pieces(line: Points, broken: float, rng: np.random.Generator) -> list[Points]:
    """The line, or what is left of it where the artist lifted the pen."""
    if broken <= 0 or not chance(rng, 0.7):
        return [line]
    gap = max(2, int(len(line) * broken))
    start = int(rng.integers(2, max(3, len(line) - gap)))
    return [piece for piece in (line[:start], line[start + gap :]) if len(piece) > 2]


def _shade(
    paper: Paper, head: Head, style: Style, outline: Points, mask: Mask, rng: np.random.Generator
) -> None:
    """A shaded side, warm cheeks and a light forehead, as the style has it."""
    if style.shading == "none":
        return
    size = head.turn.scale_px
    away = np.array([-style.light_from, -0.25], np.float32) * size * between(rng, 0.12, 0.5)
    moved = outline - away
    shade = paper.mask(moved)
    if shade is None:
        return
    if style.shading == "soft":
        rim = np.concatenate([outline, outline[:1]])
        line = paper.mask(outline)
        if line is not None:
            paper.soft(moved, mix(style.skin, grey(255), 0.35), size * 0.25, 0.35, mask)
        paper.stroke(rim, size * 0.12, style.skin_shade, None, 0.3, mask)
        cheeks = mix(style.skin, np.array([240, 120, 110], np.float32), 0.4)
        for side in (-1, 1):
            spot = head.surface(
                ellipse(np.array([side * 0.55, head.plan.mouth_y * 0.65], np.float32), (0.35, 0.25))
            )
            paper.soft(spot, cheeks, size * 0.2, between(rng, 0, 0.6), mask)
    elif chance(rng, 0.6):
        whole = Mask(mask.left, mask.top, mask.cover.copy())
        rows = slice(shade.top - mask.top, shade.top - mask.top + shade.cover.shape[0])
        columns = slice(shade.left - mask.left, shade.left - mask.left + shade.cover.shape[1])
        inside = np.zeros_like(whole.cover)
        top, left = max(rows.start, 0), max(columns.start, 0)
        part = shade.cover[top - rows.start :, left - columns.start :]
        part = part[: inside.shape[0] - top, : inside.shape[1] - left]
        inside[top : top + part.shape[0], left : left + part.shape[1]] = part
        whole.cover[inside > 127] = 0
        paper.lay(whole, style.skin_shade, None, between(rng, 0.5, 1.0))


def _draw_ear(paper: Paper, head: Head, style: Style, side: int, rng: np.random.Generator) -> None:
    """Ears stick out where the head does not hide them."""
    yaw = head.turn.yaw_rad * side
    if yaw > 0.35:
        return
    centre = np.array([side * 1.02, 0.12, -0.05])
    phase = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    tall = between(rng, 0.22, 0.34)
    ring = centre + np.stack(
        [np.cos(phase) * 0.13, np.sin(phase) * tall, -np.cos(phase) * side * 0.12], -1
    )
    if chance(rng, 0.05):
        ring[np.argmin(ring[:, 1])] += [side * 0.5, -0.25, -0.2]
    edge = head.project(ring)
    draw_outlined(paper, head, style, edge, style.skin, Part.SKIN)
    inner = head.project(centre + (ring - centre) * 0.55)
    paper.stroke(
        inner[3:15],
        head.length_px(style.line * 0.6),
        style.line_colour(style.skin),
        None,
        0.6 * style.line_alpha,
    )


def draw_gloom(
    paper: Paper, head: Head, style: Style, face: Mask, rng: np.random.Generator
) -> None:
    """Perhaps a shadow of hat or hair over the upper face, or coloured light from one side."""
    if style.shading == "none" or not chance(rng, 0.15):
        return
    y = between(rng, -0.3, head.plan.nose_y)
    x = np.linspace(-1.0, 1.0, 9)
    low = head.surface(np.stack([x, y + rng.normal(0, 0.08, 9)], -1))
    top = head.flat(np.array([[1.3, -1.6], [-1.3, -1.6]]))
    colour = mix(style.skin_shade, np.array([60, 40, 110], np.float32), between(rng, 0.0, 0.5))
    paper.fill(np.concatenate([low, top]), colour, None, between(rng, 0.3, 0.8), face)


def draw_blush(
    paper: Paper, head: Head, style: Style, face: Mask, rng: np.random.Generator
) -> None:
    """Cheeks: a soft spot, a flat oval, or slanted strokes."""
    if not chance(rng, 0.5):
        return
    how = pick(rng, ["soft", "oval", "strokes"], [0.6, 0.2, 0.2])
    colour = mix(style.skin, np.array([250, 110, 110], np.float32), between(rng, 0.3, 0.7))
    plan = head.plan
    y = plan.eye_height * 0.5 + between(rng, 0.08, 0.2)
    x = plan.eye_x + between(rng, 0.0, 0.18)
    for side in (-1, 1):
        centre = np.array([side * min(x, 0.75), y], np.float32)
        if how == "strokes":
            for k in range(-1, int(rng.integers(1, 4))):
                dash = centre + np.array([[k * 0.07 + 0.03, -0.05], [k * 0.07 - 0.03, 0.05]])
                paper.stroke(
                    head.surface(dash), head.length_px(0.018), colour * 0.85, None, 0.9, face
                )
            continue
        spot = head.surface(ellipse(centre, (between(rng, 0.12, 0.22), between(rng, 0.06, 0.13))))
        if how == "soft":
            paper.soft(spot, colour, head.length_px(0.08), 0.8, face)
        else:
            paper.fill(spot, colour, None, 0.8, face)


def draw_nose(paper: Paper, head: Head, style: Style, rng: np.random.Generator) -> Points:
    """A dot, a tick, a shade, a bridge, a ball or nothing; gives its tip (2,)."""
    plan = head.plan
    tip3 = np.array([0.0, plan.nose_y, plan.depth + 0.06])
    tip = head.project(tip3)
    turned = np.sign(head.turn.yaw_rad) or 1.0
    weights = {
        "sober": [0.05, 0.05, 0.2, 0.15, 0.35, 0.2],
        "cartoon": [0.15, 0.1, 0.2, 0.05, 0.1, 0.4],
        "doll": [0.1, 0.1, 0.1, 0.2, 0.1, 0.4],
    }.get(style.kind, [0.18, 0.28, 0.24, 0.2, 0.08, 0.02])
    form = pick(rng, ["none", "dot", "tick", "shade", "bridge", "ball"], weights)
    colour = mix(style.line_colour(style.skin), style.skin, between(rng, 0, 0.5))
    width = head.length_px(max(style.line * 0.8, 0.012))
    u = head.turn.scale_px

    def at(x: float, y: float, lift: float = 0.03) -> Points:
        return head.surface(np.array([x, plan.nose_y + y]), lift)

    if form == "dot":
        paper.fill(ellipse(tip, (0.018 * u, 0.014 * u), n=10), colour)
    elif form == "tick":
        line = np.stack(
            [at(0.02 * turned, -0.07), at(0.045 * turned, 0.0, 0.06), at(-0.01 * turned, 0.015)]
        )
        paper.stroke(line, width * np.array([0.5, 1.0, 0.5]), colour, None, style.line_alpha)
    elif form == "shade":
        shape = np.stack([at(0, -0.1), at(-0.05 * style.light_from, 0.02), at(0.02, 0.03)])
        paper.fill(shape, style.skin_shade, None, 0.8)
    elif form == "bridge":
        line = np.stack(
            [
                at(0.1 * turned, plan.eye_y - plan.nose_y + 0.05),
                at(0.05 * turned, -0.12, 0.08),
                at(0.08 * turned, -0.01, 0.12),
                at(0.0, 0.02, 0.05),
            ]
        )
        paper.stroke(
            curve(line, 14), width * np.linspace(0.3, 1.0, 14), colour, None, 0.8 * style.line_alpha
        )
        for side in (-1, 1):
            paper.fill(ellipse(at(0.05 * side, 0.02), (0.02 * u, 0.01 * u), n=8), colour, None, 0.7)
    elif form == "ball":
        size = between(rng, 0.05, 0.16)
        ball = ellipse(at(0, 0, 0.1), (size * u, size * u * 0.85), n=20)
        if style.line > 0 and chance(rng, 0.6):
            paper.stroke(ball[2:14], width, colour, None, style.line_alpha)
        else:
            paper.soft(
                ball,
                mix(style.skin_shade, np.array([235, 110, 100], np.float32), 0.3),
                size * u * 0.4,
                0.8,
            )
            paper.fill(
                ellipse(at(0.03, -0.04, 0.1), (size * u * 0.25, size * u * 0.2), n=10),
                grey(255),
                None,
                0.4,
            )
    return tip
