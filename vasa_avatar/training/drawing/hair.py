"""Draws hair: what hangs behind the head, the crown, the fringe's locks and the sides."""

from __future__ import annotations

import numpy as np

from vasa_avatar.training.drawing.dice import between, chance
from vasa_avatar.training.drawing.hair_look import HairLook, Lock
from vasa_avatar.training.drawing.head import Head
from vasa_avatar.training.drawing.outlined import draw_outlined
from vasa_avatar.training.drawing.paper import (
    Colour,
    Gradient,
    Mask,
    Paper,
    Part,
    Points,
    curve,
    ellipse,
)
from vasa_avatar.training.drawing.style import Style, mix


def draw_hair_behind(
    paper: Paper, head: Head, style: Style, look: HairLook, rng: np.random.Generator
) -> None:
    """What lies behind face and neck."""
    if look.behind == "bald":
        return
    top = head.plan.top_y * look.volume
    shade = mix(style.hair_shade, style.hair, between(rng, 0.0, 0.6))
    if look.behind in ("tails", "tail", "buns"):
        _draw_tails(paper, head, style, look, rng)
    if look.behind == "curls":
        for _ in range(26):
            phase = between(rng, -0.2, np.pi + 0.2)
            at = np.array([np.cos(phase) * 1.1 * look.volume, -np.sin(phase) * -top * 0.9 + 0.1])
            blob = head.flat(ellipse(at, (between(rng, 0.2, 0.4), between(rng, 0.2, 0.4)), n=16))
            _area(paper, head, style, blob, shade, Part.HAIR_BEHIND)
    outline = _behind_outline(look, top, rng)
    if outline is not None:
        shape = head.flat(outline)
        _area(paper, head, style, shape, shade, Part.HAIR_BEHIND)
        inside = paper.mask(shape)
        for _ in range(look.strands if inside is not None else 0):
            x = between(rng, -1, 1)
            line = np.array(
                [
                    [x, 0.3],
                    [x * 1.1 + between(rng, -0.1, 0.1), look.length * 0.6],
                    [x * 1.1, look.length],
                ]
            )
            paper.stroke(
                head.flat(curve(line, 10)),
                head.length_px(style.line * 0.6),
                style.line_colour(shade),
                None,
                0.5 * style.line_alpha,
                inside,
            )


def _behind_outline(look: HairLook, top: float, rng: np.random.Generator) -> Points | None:
    """Half an outline, mirrored with small differences; units of the plan."""
    wide = look.volume
    if look.behind in ("bald", "curls"):
        return None
    arch = [
        (np.sin(a) * wide, 0.1 + (top - 0.1) * np.cos(a)) for a in np.linspace(0.0, np.pi / 2, 9)
    ]
    sides = []
    for side in (-1, 1):
        half = [(x, y) for x, y in arch]
        if look.behind == "spikes":
            half = [
                (x * (1.25 if k % 2 else 0.98), y * (1.2 if k % 2 else 0.98))
                for k, (x, y) in enumerate(half)
            ]
        if look.behind == "bob":
            flare = between(rng, 0.85, 1.25)
            half += [
                (wide * flare, look.length * 0.6),
                (wide * flare * 0.9, look.length),
                (0.0, look.length * 0.9),
            ]
        elif look.behind == "long":
            flare = between(rng, 0.9, 1.6)
            low = [
                (wide * (1 + (flare - 1) * t) + np.sin(t * 9) * look.wave, look.length * t)
                for t in (0.3, 0.5, 0.7, 0.85, 1.0)
            ]
            half += [
                *low,
                (wide * 0.5, look.length + between(rng, -0.3, 0.3)),
                (0.0, look.length * 0.9),
            ]
        else:
            half += [(wide * 0.9, 0.5), (0.5, 0.8), (0.0, 0.8)]
        sides.append(np.array([(side * x, y) for x, y in half]))
    return np.concatenate([sides[0], sides[1][::-1]]).astype(np.float32)


def _draw_tails(
    paper: Paper, head: Head, style: Style, look: HairLook, rng: np.random.Generator
) -> None:
    sides = [-1, 1] if look.behind != "tail" else [int(rng.choice([-1, 1]))]
    height = between(rng, -0.9, 0.3)
    for side in sides:
        root = np.array([side * 1.0, height])
        if look.behind == "buns":
            root = np.array([side * 0.8, head.plan.top_y * 0.9])
            size = between(rng, 0.25, 0.45)
            _area(
                paper,
                head,
                style,
                head.flat(ellipse(root, (size, size), n=20)),
                style.hair,
                Part.HAIR_BEHIND,
            )
            continue
        out, length = between(rng, 0.2, 1.0), between(rng, 0.8, 3.5)
        spine = curve(
            np.array(
                [
                    root,
                    root + [side * out, length * 0.3],
                    root + [side * out * 1.1, length * 0.65],
                    root + [side * out * between(rng, 0.3, 1.4), length],
                ]
            ),
            24,
        )
        width = (
            between(rng, 0.18, 0.42) * np.sin(np.linspace(0.35, np.pi, 24))
            + np.sin(np.linspace(0, 12, 24)) * look.wave * 0.4
        )
        normal = np.gradient(spine, axis=0)[:, ::-1] * [-1, 1]
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
        shape = np.concatenate(
            [spine + normal * width[:, None], (spine - normal * width[:, None])[::-1]]
        )
        _area(paper, head, style, head.flat(shape), style.hair, Part.HAIR_BEHIND)
        for k in (-0.4, 0.1, 0.5):
            paper.stroke(
                head.flat(spine + normal * width[:, None] * k),
                head.length_px(style.line * 0.6),
                style.line_colour(style.hair),
                None,
                0.6 * style.line_alpha,
            )


def draw_crown(paper: Paper, head: Head, style: Style, look: HairLook) -> None:
    """The scalp's hair above the hairline, before the forehead."""
    if look.behind == "bald":
        return
    angles = np.linspace(-1.62, 1.62, 30)
    dip = (
        look.hairline_y * np.clip(1 - np.abs(angles / 1.62) ** 4, 0, 1)
        + 0.12 * np.abs(angles / 1.62) ** 4
    )
    low = head.shell(angles, dip, look.volume)
    arch = np.linspace(np.pi / 2, -np.pi / 2, 24)
    wide = 1.02 * look.volume
    cap = head.flat(
        np.stack(
            [np.sin(arch) * wide, 0.1 + (head.plan.top_y * look.volume - 0.1) * np.cos(arch)], -1
        )
    )
    _area(paper, head, style, np.concatenate([low, cap]), style.hair, Part.HAIR_BEFORE)


def lock_outline(head: Head, lock: Lock, volume: float) -> tuple[Points, Points]:
    """(14, 2) pixels each: a lock's two edges from root to tip."""
    t = np.linspace(0, 1, 14)
    angle = (
        lock.root_angle
        + (lock.tip_angle - lock.root_angle) * t**1.25
        + lock.bend * np.sin(np.pi * t)
    )
    y = lock.root_y + (lock.tip_y - lock.root_y) * t
    profile = np.sin(np.pi * np.clip(0.18 + 0.82 * t, 0, 1)) ** 0.7
    if lock.is_blunt:
        profile = np.interp(t, [0, 0.4, 1], [0.5, 1.0, 0.92])
    half = lock.width / 2 * profile
    grow = volume + 0.02
    return head.shell(angle - half, y, grow), head.shell(angle + half, y, grow)


def draw_fringe(
    paper: Paper,
    head: Head,
    style: Style,
    look: HairLook,
    face: Mask | None,
    rng: np.random.Generator,
) -> None:
    """The locks over forehead, brows and eyes, with their shadow on the face."""
    edges = [lock_outline(head, lock, look.volume) for lock in look.locks]
    if style.shading != "none" and face is not None:
        drop = np.array([-style.light_from * 0.04, 0.09], np.float32) * head.turn.scale_px
        for first, second in edges:
            paper.fill(
                np.concatenate([first, second[::-1]]) + drop, style.skin_shade, None, 0.75, face
            )
    tip = (
        mix(style.hair, style.skin, between(rng, 0, 0.35))
        if style.shading == "soft"
        else style.hair
    )
    for first, second in edges:
        shape = np.concatenate([first, second[::-1]])
        colour: Colour | Gradient = style.hair
        if style.shading != "none":
            colour = Gradient(first[0], (first[-1] + second[-1]) / 2, style.hair, tip)
        paper.fill(shape, colour, Part.HAIR_BEFORE)
        if style.shading == "cel" and chance(rng, 0.6):
            inner = first + (second - first) * between(rng, 0.5, 0.75)
            paper.fill(np.concatenate([inner, second[::-1]]), style.hair_shade, None, 0.8)
        _lock_lines(paper, head, style, first, second, rng)
    for wisp in look.wisps:
        first, second = lock_outline(head, wisp, look.volume)
        paper.fill(np.concatenate([first, second[::-1]]), style.hair, Part.HAIR_BEFORE)
        _lock_lines(paper, head, style, first, second, rng)
    if look.ring > 0 and look.behind != "bald":
        _draw_ring(paper, head, style, look, rng)
    if look.stray:
        _draw_stray(paper, head, style, look, rng)


def _lock_lines(
    paper: Paper, head: Head, style: Style, first: Points, second: Points, rng: np.random.Generator
) -> None:
    colour = style.line_colour(style.hair)
    width = head.length_px(max(style.line, 0.008))
    alpha = style.line_alpha if style.line > 0 else 0.45
    widths = width * np.linspace(0.3, 1.0, 10)
    paper.stroke(first[4:], widths, colour, None, alpha)
    paper.stroke(second[4:], widths, colour, None, alpha)
    if np.linalg.norm(first[-1] - second[-1]) > width:
        paper.stroke(np.stack([first[-1], second[-1]]), width, colour, None, alpha)
    if chance(rng, 0.5):
        share = between(rng, 0.25, 0.75)
        paper.stroke(
            (first + (second - first) * share)[3:12], width * 0.5, colour, None, alpha * 0.7
        )


def _draw_ring(
    paper: Paper, head: Head, style: Style, look: HairLook, rng: np.random.Generator
) -> None:
    """The band of light around the crown, with teeth."""
    angles = np.linspace(-1.1, 1.1, 21)
    y = head.plan.top_y * between(rng, 0.55, 0.75)
    jag = np.where(np.arange(21) % 2, between(rng, 0.03, 0.12), 0.0)
    upper = head.shell(angles, y + 0.12 * angles**2 - jag, look.volume + 0.02)
    lower = head.shell(angles, y + 0.12 * angles**2 + 0.08 + jag, look.volume + 0.02)
    paper.fill(np.concatenate([upper, lower[::-1]]), style.hair_light, None, look.ring * 0.8)


def _draw_stray(
    paper: Paper, head: Head, style: Style, look: HairLook, rng: np.random.Generator
) -> None:
    """A strand that stands up."""
    top = head.plan.top_y * look.volume
    side = between(rng, -1, 1)
    line = curve(
        np.array([[0, top], [side * 0.25, top - 0.35], [side * 0.7, top - between(rng, 0.1, 0.4)]]),
        14,
    )
    path = head.flat(line)
    paper.stroke(
        path,
        head.length_px(0.16) * np.linspace(1, 0.05, 14) + head.length_px(style.line * 2),
        style.line_colour(style.hair),
        None,
    )
    paper.stroke(
        path, head.length_px(0.16) * np.linspace(1, 0.02, 14), style.hair, Part.HAIR_BEFORE
    )


def draw_sides(
    paper: Paper, head: Head, style: Style, look: HairLook, rng: np.random.Generator
) -> None:
    """Locks before the ears; under a turned head the far one lies on the cheek's edge."""
    if look.side_length == 0:
        return
    t = np.linspace(0, 1, 16)
    inward = between(rng, 0.72, 1.0)
    for side in (-1, 1):
        angle = side * (1.3 + 0.15 * np.sin(t * 2.5))
        y = -0.7 + (look.side_length + 0.7) * t
        hang = np.clip(y, None, 0.1)
        spine = head.shell(angle * inward, hang, look.volume)
        below = np.clip(y - 0.1, 0, None)[:, None] * (
            head.flat(np.array([0.0, 1.0])) - head.flat(np.zeros(2))
        )
        sway = np.sin(t * 7) * look.wave * head.turn.scale_px
        spine = spine + below + np.stack([sway, np.zeros(16)], -1)
        width = head.length_px(look.side_width) * np.interp(
            t, [0, 0.3, 0.75, 1], [0.7, 1, 0.7, 0.02]
        )
        across = np.array([1.0, 0.0])
        first, second = spine - width[:, None] * across * 0.5, spine + width[:, None] * across * 0.5
        shape = np.concatenate([first, second[::-1]]).astype(np.float32)
        paper.fill(shape, style.hair, Part.HAIR_BEFORE)
        _lock_lines(
            paper, head, style, first[2:].astype(np.float32), second[2:].astype(np.float32), rng
        )


def _area(
    paper: Paper, head: Head, style: Style, shape: Points, colour: Colour, part: Part
) -> None:
    shades = None
    if style.shading == "soft":
        top, bottom = shape[np.argmin(shape[:, 1])], shape[np.argmax(shape[:, 1])]
        shades = Gradient(
            top, bottom, mix(colour, style.hair_light, 0.25), mix(colour, style.hair_shade, 0.5)
        )
    draw_outlined(paper, head, style, shape, colour, part, shades)
