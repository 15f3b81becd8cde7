"""A flat drawing becomes an avatar too, and stays flat."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from vasa_avatar.appearance import Avatar, build_avatar
from vasa_avatar.datatypes import ARKIT_INDEX, U8, FaceMotion, K
from vasa_avatar.nets import ModelStore
from vasa_avatar.render import MeshRenderer

S = 4
"""drawn larger, so that edges are smooth"""
HAIR, SKIN, SHADE = (88, 52, 40), (244, 208, 180), (226, 180, 152)


def drawn_face() -> U8:
    """(640, 640, 3) a woman of ellipses and polygons."""
    picture = Image.new("RGB", (640 * S, 640 * S), (178, 208, 230))
    pen = ImageDraw.Draw(picture)

    def disc(x: float, y: float, rx: float, ry: float, colour: tuple[int, int, int]) -> None:
        pen.ellipse([(x - rx) * S, (y - ry) * S, (x + rx) * S, (y + ry) * S], fill=colour)

    def area(*points: tuple[float, float], colour: tuple[int, int, int]) -> None:
        pen.polygon([(x * S, y * S) for x, y in points], fill=colour)

    def arc(box: tuple[float, ...], ends: tuple[int, int], colour: str, width: int) -> None:
        pen.arc([v * S for v in box], *ends, fill=colour, width=width * S)

    disc(320, 290, 190, 210, HAIR)
    area((150, 300), (490, 300), (520, 560), (120, 560), colour=HAIR)
    area((270, 430), (370, 430), (390, 560), (250, 560), colour=SHADE)
    area((120, 640), (160, 560), (260, 530), (380, 530), (480, 560), (520, 640),
         colour=(70, 90, 160))  # fmt: skip
    disc(320, 310, 140, 175, SKIN)
    disc(178, 320, 20, 34, SKIN)
    disc(462, 320, 20, 34, SKIN)
    area((180, 260), (200, 150), (320, 110), (440, 150), (460, 260), (400, 190), (330, 200),
         (260, 180), colour=HAIR)  # fmt: skip
    for x in (258, 382):
        disc(x, 300, 34, 20, (255, 255, 255))
        disc(x, 300, 18, 19, (70, 120, 90))
        disc(x, 300, 9, 10, (20, 20, 20))
        arc((x - 36, 278, x + 36, 324), (190, 350), "#281919", 6)
        arc((x - 44, 246, x + 44, 296), (205, 335), "#46281e", 8)
    pen.line([(322 * S, 310 * S), (334 * S, 360 * S), (312 * S, 368 * S)], fill=SHADE, width=4 * S)
    area((275, 412), (300, 404), (320, 409), (340, 404), (365, 412), (340, 430), (320, 434),
         (300, 430), colour=(205, 95, 95))  # fmt: skip
    mouth = [(275, 412), (300, 415), (320, 416), (340, 415), (365, 412)]
    pen.line([(x * S, y * S) for x, y in mouth], fill=(140, 50, 60), width=3 * S)
    return np.asarray(picture.resize((640, 640), Image.Resampling.LANCZOS))


@pytest.fixture(scope="module")
def drawing(store: ModelStore) -> Avatar:
    return build_avatar(drawn_face(), store=store)


def moved(**units: float) -> FaceMotion:
    expression = np.zeros(K, np.float32)
    for name, value in units.items():
        for side in ("", "Left", "Right"):
            if name + side in ARKIT_INDEX:
                expression[ARKIT_INDEX[name + side]] = value
    return FaceMotion(expression)


def test_a_flat_drawing_gets_no_folds(drawing: Avatar) -> None:
    assert not drawing.assets.shading.any()


def test_a_drawing_opens_its_mouth_and_shuts_its_eyes(drawing: Avatar) -> None:
    renderer = MeshRenderer(drawing, 512)
    rest = renderer.render(moved()).astype(int)
    mouth = np.s_[315:375, 215:297]
    wide = renderer.render(moved(jawOpen=0.8)).astype(int)
    inside = (wide[mouth].max(-1) < 170).sum()
    assert inside > 1.5 * max(1, (rest[mouth].max(-1) < 170).sum())
    assert wide[mouth].min(-1).max() < 235, "no teeth in a drawing that has none"
    eyes = np.s_[222:256, 178:332]
    white = (rest[eyes].min(-1) > 235).sum()
    shut = (renderer.render(moved(eyeBlink=1.0))[eyes].min(-1) > 235).sum()
    assert white > 200 and shut < 0.15 * white


def test_a_drawing_shuts_its_eyes_without_wrinkles(drawing: Avatar) -> None:
    renderer = MeshRenderer(drawing, 512)
    shut = renderer.render(moved(eyeBlink=1.0))
    rest_px, shut_px = (renderer.vertices_px(moved(eyeBlink=amount)) for amount in (0.0, 1.0))
    for eye in drawing.assets.eyes:
        middle = eye.upper[3:6]
        left, right = (int(edge(rest_px[middle, 0])) for edge in (np.min, np.max))
        top, bottom = int(rest_px[middle, 1].max()) + 2, int(shut_px[middle, 1].min()) - 6
        assert bottom - top >= 3
        assert np.ptp(shut[top:bottom, left:right].mean(2)) < 14.0
