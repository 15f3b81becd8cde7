"""Screens that Chromium draws with a marked face somewhere among other things, as pictures."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from chromium import FLAGS, find_chromium

from vasa_avatar.datatypes import F32, U8
from vasa_avatar.safety import mean_luma

_TEXT = "Words stand here, as on any page, and the face is a part of what is seen. " * 60
_GROUNDS = (
    "#fff", "#14171c", "linear-gradient(120deg,#fde,#357)",
    "repeating-linear-gradient(31deg,#345,#345 5px,#dca 5px,#dca 13px,#789 13px,#789 17px)",
)  # fmt: skip
_PAGE = """([ground, text, left, top, side, url]) => {
  document.body.innerHTML = "";
  document.body.style.cssText = `margin:0;background:${ground};color:#888;font:15px sans-serif`;
  const words = document.createElement("p");
  words.textContent = text;
  const face = new Image(side, side);
  face.style.cssText = `position:fixed;left:${left}px;top:${top}px`;
  face.src = url;
  document.body.append(words, face);
  return face.decode();
}"""
_SIZE_WH = (1280, 800)
_SIDES_PX = (300, 760)
_SHOTS = 4
"""of one window: pictures at equal distances"""
_QUALITY = 70


def screens(film: list[U8], window: int, seed: int) -> Iterator[F32]:
    """(800, 1280) mean brightness of a screen over each window of a film, its shots as JPEGs."""
    from playwright.sync_api import sync_playwright

    chance = np.random.default_rng(seed)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        page = browser.new_page(viewport={"width": _SIZE_WH[0], "height": _SIZE_WH[1]})
        for first in range(0, len(film) - window + 1, window):
            side = int(chance.integers(*_SIDES_PX))
            left, top = (int(chance.integers(0, edge - side + 1)) for edge in _SIZE_WH)
            ground = str(chance.choice(_GROUNDS))
            shown = film[first : first + window : window // _SHOTS]
            place = [ground, _TEXT, left, top, side]
            yield mean_luma([_shot(page, [*place, _as_url(frame)]) for frame in shown])
        browser.close()


def _as_url(frame_rgb: U8) -> str:
    _, png = cv2.imencode(".png", frame_rgb[..., ::-1])
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode()


def _shot(page: Any, place: list[Any]) -> U8:
    page.evaluate(_PAGE, place)
    jpeg = page.screenshot(type="jpeg", quality=_QUALITY)
    drawn = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(drawn[..., ::-1])
