"""Draws the eyes: white, iris, pupil, lights, lashes; or the arcs of shut ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.training.drawing.dice import between
from vasa_avatar.training.drawing.eye_look import EyeLook, opening
from vasa_avatar.training.drawing.head import Head
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
from vasa_avatar.training.drawing.style import Style, grey, mix

_CONTOUR_U = np.array([1.0, 0.52, 0.0, -0.52, -1.0, -0.52, 0.0, 0.52])


@dataclass(frozen=True, slots=True, eq=False)
class DrawnEye:
    """One eye as it was drawn."""

    points_px: Points
    """(9, 2) in the order of drawn_layout"""
    is_closed: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Maps the eye's own axes (outward, down; units of the plan) to the picture."""

    head: Head
    side: int
    """-1 the character's right eye (viewer's left), 1 the left"""

    def px(self, points: Points) -> Points:
        plan = self.head.plan
        x = self.side * (plan.eye_x + points[..., 0])
        return self.head.surface(np.stack([x, plan.eye_y + points[..., 1]], -1))


def draw_eye(
    paper: Paper, head: Head, style: Style, look: EyeLook, side: int, rng: np.random.Generator
) -> DrawnEye:
    """Draw one eye; side -1 is the character's right."""
    place = _Place(head, side)
    which = 0 if side < 0 else 1
    ink = mix(style.ink, style.line_colour(style.hair), 0.5 * style.ink_follows)
    closed = look.closed[which]
    if closed is not None:
        return _draw_closed(paper, place, style, look, closed, ink)
    height, width = head.plan.eye_height, head.plan.eye_half_width
    openness = look.open_share[which]
    if look.form == "dot":
        return _draw_dot(paper, place, look, ink)
    upper = opening(look, height, width, openness, np.linspace(1, -1, 25), True)
    lower = opening(look, height, width, openness, np.linspace(-1, 1, 25), False)
    edge = place.px(np.concatenate([upper, lower]))
    aperture = paper.mask(edge)
    iris = style.iris if side < 0 else style.iris_second
    centre = _iris_centre(look, height, width)
    if aperture is not None:
        paper.lay(aperture, style.white, Part.WHITE)
        _draw_iris(paper, place, look, iris, ink, centre, aperture, side)
        _shade_white(paper, place, look, style, upper, aperture)
    _draw_lines(paper, place, style, look, ink, openness, rng)
    contour = _contour(look, height, width, openness)
    return DrawnEye(place.px(np.concatenate([contour, centre[None]])), False)


def _contour(look: EyeLook, height: float, width: float, openness: float) -> Points:
    upper = opening(look, height, width, openness, _CONTOUR_U[:5], True)
    lower = opening(look, height, width, openness, _CONTOUR_U[5:], False)
    return np.concatenate([upper, lower])


def _iris_centre(look: EyeLook, height: float, width: float) -> Points:
    middle = height * (0.5 - look.upper_share)
    room = 1 - 0.5 * look.iris_width
    x = float(np.clip(look.gaze[0], -room, room)) * width
    y = middle + (look.iris_drop + float(np.clip(look.gaze[1], -0.3, 0.3))) * height
    return np.array([x, y], np.float32)


def _draw_iris(
    paper: Paper, place: _Place, look: EyeLook, iris: Colour, ink: Colour, centre: Points,
    aperture: Mask, side: int,
) -> None:  # fmt: skip
    plan = place.head.plan
    rx, ry = look.iris_width * plan.eye_half_width, look.iris_height * plan.eye_height / 2
    if look.form == "ring":
        rx = ry = max(0.25, look.iris_width) * plan.eye_half_width * 0.6
        iris = ink
    disc = place.px(ellipse(centre, (rx, ry)))
    top = place.px(centre - np.array([0, ry], np.float32))
    bottom = place.px(centre + np.array([0, ry], np.float32))
    dark, light = mix(iris, ink, 0.25 + 0.6 * look.shadow), mix(iris, grey(255), look.glow * 0.6)
    body = paper.mask(disc)
    if body is None:
        return
    paper.lay(
        body,
        Gradient(top, bottom, dark, light) if look.form != "ring" else ink,
        Part.IRIS,
        1.0,
        aperture,
    )
    if look.form != "ring":
        edge = np.concatenate([disc, disc[:1]])
        paper.stroke(
            edge,
            place.head.length_px(0.012 + 0.02 * look.rim),
            mix(iris, ink, 0.5 + 0.4 * look.rim),
            Part.IRIS,
            look.rim,
            aperture,
        )
        if look.glow > 0.45:
            crescent = place.px(
                ellipse(centre + np.array([0, ry * 0.5], np.float32), (rx * 0.62, ry * 0.34))
            )
            paper.fill(crescent, mix(iris, grey(255), look.glow * 0.8), None, 0.55, aperture)
        _draw_pupil(paper, place, look, ink, centre, (rx, ry), aperture)
    for light_spot in look.lights:
        at = centre + np.array([light_spot.x * rx * side, light_spot.y * ry], np.float32)
        spot = place.px(ellipse(at, (light_spot.width * rx, light_spot.height * rx), n=14))
        paper.fill(spot, grey(255), Part.IRIS, light_spot.alpha, aperture)


def _draw_pupil(
    paper: Paper, place: _Place, look: EyeLook, ink: Colour, centre: Points,
    radii: tuple[float, float], aperture: Mask,
) -> None:  # fmt: skip
    if look.pupil == 0:
        return
    rx, ry = radii[0] * look.pupil, radii[1] * look.pupil
    if look.pupil_form == "slit":
        rx *= 0.35
    if look.pupil_form == "cross":
        for dx, dy in ((rx, ry), (rx, -ry)):
            ends = centre + np.array([[-dx, -dy], [dx, dy]], np.float32) * 0.7
            paper.stroke(place.px(ends), place.head.length_px(0.02), ink, None, 0.9, aperture)
        return
    paper.fill(place.px(ellipse(centre, (rx, ry))), ink, None, 0.9, aperture)


def _shade_white(
    paper: Paper, place: _Place, look: EyeLook, style: Style, upper: Points, aperture: Mask
) -> None:
    """The upper lid's shadow on white and iris."""
    if look.shadow < 0.15 or look.form == "ring":
        return
    depth = look.shadow_depth * place.head.plan.eye_height
    band = np.concatenate([upper, upper[::-1] + np.array([0, depth], np.float32)])
    shade = mix(style.skin_shade, np.array([90, 80, 130], np.float32), 0.6)
    paper.fill(place.px(band), shade, None, look.shadow * 0.7, aperture)


def _draw_lines(
    paper: Paper, place: _Place, style: Style, look: EyeLook, ink: Colour, openness: float,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    head = place.head
    height, width = head.plan.eye_height, head.plan.eye_half_width
    along = np.linspace(1.0, -1.0, 26)
    lid = opening(look, height, width, openness, along, True)
    thickness = look.lash * (0.25 + 0.75 * np.clip(1.12 - np.abs(along - 0.25) ** 2 * 0.75, 0, 1))
    if look.form == "ring":
        lower = opening(look, height, width, openness, -along, False)
        outline = place.px(np.concatenate([lid, lower, lid[:1]]))
        paper.stroke(outline, head.length_px(max(look.lash * 0.5, 0.012)), ink, Part.LASH)
        return
    raised = lid - np.stack([np.zeros(26), thickness * 0.42], -1).astype(np.float32)
    _draw_lower_line(paper, place, look, ink, openness)
    if look.flick > 0:
        tip = lid[0] + np.array([1.0, -0.5 + look.tilt_rad], np.float32) * look.flick * width
        start = lid[2]
        path = curve(np.stack([start, lid[0], tip]), 10)
        paper.stroke(
            place.px(path), head.length_px(look.lash) * np.linspace(0.9, 0.08, 10), ink, Part.LASH
        )
    paper.stroke(place.px(raised), thickness * head.turn.scale_px, ink, Part.LASH)
    for k in range(look.spikes):
        root = raised[1 + 3 * k]
        tip = root + np.array([0.10 + 0.02 * k, -0.08 - 0.03 * k], np.float32) * between(
            rng, 0.5, 1.0
        )
        paper.stroke(
            place.px(np.stack([root, (root + tip) / 2, tip])),
            head.length_px(look.lash) * np.array([0.5, 0.35, 0.05]),
            ink,
            Part.LASH,
        )
    if look.crease > 0:
        fold = lid[3:22] - np.array([0, look.crease + look.lash * 0.5], np.float32)
        paper.stroke(
            place.px(fold),
            head.length_px(max(style.line * 0.7, 0.008)) * np.sin(np.linspace(0.2, 3.0, 19)),
            style.line_colour(style.skin),
            None,
            0.8 * style.line_alpha,
        )


def _draw_lower_line(
    paper: Paper, place: _Place, look: EyeLook, ink: Colour, openness: float
) -> None:
    if look.lower_line == 0:
        return
    head = place.head
    reach = 1 - 2 * look.lower_line
    along = np.linspace(1.0, reach, 16)
    line = opening(look, head.plan.eye_height, head.plan.eye_half_width, openness, along, False)
    widths = head.length_px(look.lower_width) * np.linspace(1.4, 0.5, 16)
    paper.stroke(place.px(line), widths, ink, Part.LASH, 0.85)


def _draw_dot(paper: Paper, place: _Place, look: EyeLook, ink: Colour) -> DrawnEye:
    """One dark ellipse, perhaps with a light: it is iris and opening at once."""
    plan = place.head.plan
    width = min(plan.eye_half_width, 0.16) * (0.5 + look.iris_width * 0.5)
    height = width * (0.9 + look.glow)
    shape = ellipse(np.zeros(2, np.float32), (width, height))
    paper.fill(place.px(shape), ink, Part.IRIS)
    for light in look.lights[:2]:
        spot = ellipse(
            np.array([light.x * width * place.side, light.y * height], np.float32),
            (light.width * width, light.width * width),
            n=12,
        )
        paper.fill(place.px(spot), grey(255), Part.IRIS, light.alpha)
    phase = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    contour = np.stack([np.cos(phase) * width, -np.sin(phase) * height], 1)
    return DrawnEye(place.px(np.concatenate([contour, [[0, 0]]]).astype(np.float32)), False)


def _draw_closed(
    paper: Paper, place: _Place, style: Style, look: EyeLook, how: str, ink: Colour
) -> DrawnEye:
    """An arc in the lash's weight; its two edges coincide."""
    head = place.head
    plan = head.plan
    along = np.linspace(1, -1, 21)
    sag = {"down": 0.32, "up": -0.5, "flat": 0.03, "cross": 0.0}[how] * plan.eye_height
    sag = float(np.clip(sag, -0.24, 0.2))
    middle = 0.12 * plan.eye_height
    arc = np.stack([along * plan.eye_half_width, middle + sag * (1 - along**2) - sag * 0.4], -1)
    thickness = head.length_px(max(look.lash * 0.8, 0.015)) * (
        0.35 + 0.65 * np.sqrt(np.clip(1.02 - along**2, 0, 1))
    )
    if how == "cross":
        size = plan.eye_half_width * 0.7
        arc = np.array([[-size, -size * 0.6], [size * 0.6, 0], [-size, size * 0.6]]) * [-1, 1]
        paper.stroke(place.px(arc), head.length_px(max(look.lash * 0.7, 0.02)), ink, Part.LASH)
        corners = np.array([arc[0], arc[0], arc[0], arc[1], arc[1], arc[1], arc[2], arc[2], arc[1]])
        corners = np.array(
            [
                [size, 0],
                [size * 0.5, -size * 0.5],
                [0, -size * 0.3],
                [-size * 0.3, -size * 0.15],
                [-size * 0.6, 0],
                [-size * 0.3, size * 0.15],
                [0, size * 0.3],
                [size * 0.5, size * 0.5],
                [0, 0],
            ]
        )
        return DrawnEye(place.px(corners.astype(np.float32)), True)
    paper.stroke(place.px(arc.astype(np.float32)), thickness, ink, Part.LASH)
    if look.spikes and how == "down":
        for k in range(look.spikes):
            root = arc[1 + 4 * k]
            tip = root + np.array([0.03, 0.07])
            paper.stroke(
                place.px(np.stack([root, tip]).astype(np.float32)),
                head.length_px(0.012),
                ink,
                Part.LASH,
            )
    order = [0, 5, 10, 15, 20, 15, 10, 5, 10]
    return DrawnEye(place.px(arc[order].astype(np.float32)), True)
