"""Colours of a drawn mouth's inside: its own, told from a tongue; else of a darker skin."""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.baking.drawn_mouth import _palette
from vasa_avatar.appearance.baking.drawn_parts import DrawnParts, PartOnCanvas
from vasa_avatar.datatypes import F32

SKIN, RED = np.array([252, 245, 240], np.float32), np.array([190, 80, 85], np.float32)
SIDE = 60


def mouth(is_open: bool, is_read: bool = True) -> DrawnParts:
    """A mouth whose lower two thirds are a tongue as light as skin, taken for inside by the net."""
    phase = np.linspace(-np.pi, np.pi, 8, endpoint=False)
    points = (SIDE / 2 + 12.0 * np.stack([np.cos(phase), np.sin(phase)], -1)).astype(np.float32)
    ys, xs = np.mgrid[:SIDE, :SIDE]
    shown = (np.hypot(xs - SIDE / 2, ys - SIDE / 2) < 12).astype(np.float32)
    rgb = np.tile(SKIN, (SIDE, SIDE, 1))
    rgb[(shown > 0) & (ys < SIDE / 2 - 2)] = RED
    none = np.zeros((SIDE, SIDE), np.float32)
    classes = dict.fromkeys(("line", "teeth", "tongue", "cover"), none)
    classes |= {"inside": shown if is_read else none, "other": 1.0 - shown}
    part = PartOnCanvas((0, 0), rgb, classes, points, points, float(is_open))
    return DrawnParts(part, part, part, SKIN)


def inside_of(parts: DrawnParts) -> F32:
    return _palette(parts, None)[0]


def test_the_inside_is_what_differs_most_from_skin() -> None:
    np.testing.assert_allclose(inside_of(mouth(True)), RED)


def test_an_open_mouth_that_the_net_left_out_has_its_colour_too() -> None:
    np.testing.assert_allclose(inside_of(mouth(True, is_read=False)), RED)


def test_a_shut_mouth_s_inside_is_a_dark_red() -> None:
    inside = inside_of(mouth(False))
    assert inside.mean() < 0.5 * SKIN.mean() and inside[0] > 1.5 * inside[1]
