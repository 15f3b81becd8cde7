"""The browser's pictures are the engine's: drawn in Chromium, compared with MeshRenderer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from web_rig import BrowserRenderer

from vasa_avatar.appearance import Avatar
from vasa_avatar.cli.sheet import all_tiles
from vasa_avatar.datatypes import FaceMotion, HeadPose
from vasa_avatar.render import MeshRenderer
from vasa_avatar.safety import LIVE, MarkPayload, add_mark, mean_luma, read_mark

pytestmark = pytest.mark.browser
SIZE_PX = 256
TILES = ("rest", "viseme ah", "mouthSmile", "eyeBlink", "yaw -15", "yaw +15", "tongueOut",
         "gaze down", "distance 1.5")  # fmt: skip
MOTIONS = {tile.label: tile.motion for tile in all_tiles()}


@pytest.mark.parametrize("name", ["iris", "leo", "greta", "mika"])
def test_pictures_are_those_of_the_engine(page: Any, avatars: dict[str, Avatar], name: str) -> None:
    browser = BrowserRenderer(page, f"/{name}.vface", SIZE_PX)
    engine = MeshRenderer(avatars[name], SIZE_PX)
    apart = {}
    for label in TILES:
        drawn, expected = browser.render(MOTIONS[label]), engine.render(MOTIONS[label])
        apart[label] = float(np.abs(drawn.astype(int) - expected).mean())
    assert np.mean(list(apart.values())) <= 2.0, apart
    assert max(apart.values()) <= 4.0, apart


def test_breath_moves_what_the_engines_moves(page: Any, avatars: dict[str, Avatar]) -> None:
    browser = BrowserRenderer(page, "/leo.vface", SIZE_PX)
    engine = MeshRenderer(avatars["leo"], SIZE_PX)
    changes = [
        renderer.render(FaceMotion(breath=1.0)).astype(int) - renderer.render(FaceMotion())
        for renderer in (browser, engine)
    ]
    assert np.corrcoef(*(change.ravel() for change in changes))[0, 1] > 0.8


def test_what_hangs_is_where_the_head_was(page: Any, avatars: dict[str, Avatar]) -> None:
    browser = BrowserRenderer(page, "/lina.vface", SIZE_PX)
    engine = MeshRenderer(avatars["lina"], SIZE_PX)
    turned = MOTIONS["yaw +15"]
    changes = [
        renderer.render(replace(turned, trail=HeadPose())).astype(int) - renderer.render(turned)
        for renderer in (browser, engine)
    ]
    assert np.abs(changes[1]).mean() > 1.0, "it is seen"
    assert np.corrcoef(*(change.ravel() for change in changes))[0, 1] > 0.9


@pytest.mark.parametrize("name", ["leo", "mika"])
def test_every_picture_carries_the_mark(page: Any, name: str) -> None:
    for size_px in (256, 512):
        browser = BrowserRenderer(page, f"/{name}.vface", size_px)
        reading = read_mark(mean_luma([browser.render(MOTIONS["rest"])]))
        assert reading is not None
        assert reading.payload == MarkPayload(flags=LIVE)


@pytest.mark.parametrize("name", ["leo", "mika"])
def test_the_mark_is_the_engines_to_the_level(
    page: Any, avatars: dict[str, Avatar], name: str
) -> None:
    marked, plain = (
        BrowserRenderer(page, f"/{name}{which}.vface", 512).render(MOTIONS["rest"]).astype(int)
        for which in ("", "_plain")
    )
    expected = plain.astype(np.uint8)
    add_mark(expected, MarkPayload(flags=LIVE), avatars[name].is_drawn)
    assert np.mean(marked == expected) > 0.995


@pytest.mark.parametrize("label", ["rest", "yaw +15", "jawOpen"])
def test_nothing_lies_beside_the_silhouette(
    page: Any, avatars: dict[str, Avatar], label: str
) -> None:
    """Without the plate, what is not the person is transparent to the last pixel."""
    browser = BrowserRenderer(page, "/iris.vface", SIZE_PX, background="none")
    picture = browser.render_rgba(MOTIONS[label])
    assert (picture[..., :3] <= picture[..., 3:]).all(), "premultiplied"
    on_black, on_white = (
        MeshRenderer(on_plate(avatars["iris"], grey), SIZE_PX).render(MOTIONS[label])
        for grey in (0, 255)
    )
    is_person = (on_white.astype(int) - on_black < 252).any(2)
    near = cv2.dilate(is_person.astype(np.uint8), np.ones((5, 5)))
    assert picture[near == 0].max(initial=0) <= 3, "no stray pixel"
    inside = cv2.erode((on_white == on_black).all(2).astype(np.uint8), np.ones((5, 5)))
    assert inside.sum() > 10_000
    assert picture[inside == 1, 3].min() >= 252, "no hole"


def on_plate(avatar: Avatar, grey: int) -> Avatar:
    """The same person before an even background."""
    plate = np.full_like(avatar.assets.plate_rgb, grey)
    return replace(avatar, assets=replace(avatar.assets, plate_rgb=plate))


def test_a_lost_context_comes_back(page: Any) -> None:
    browser = BrowserRenderer(page, "/iris.vface", SIZE_PX)
    before = browser.render(MOTIONS["rest"])
    told = page.evaluate(
        """async () => {
          const told = [];
          const loss = drawing.gl.getExtension("WEBGL_lose_context");
          const lost = new Promise((done) => drawing.addEventListener("lost", done));
          loss.loseContext();
          await lost;
          await new Promise((done) => setTimeout(done, 50));
          told.push(drawing.draw(drawing.last));
          const back = new Promise((done) => drawing.addEventListener("restored", done));
          loss.restoreContext();
          await back;
          told.push(drawing.draw(drawing.last));
          return told;
        }"""
    )
    assert told == [False, True]
    assert np.array_equal(browser.render(MOTIONS["rest"]), before)


def test_the_element_fits_its_box_and_tells(page: Any) -> None:
    told = page.evaluate(
        """async () => {
          await import("/vasa-face/element.js");
          const face = document.createElement("vasa-face");
          face.style.width = "200px";
          const ready = new Promise((done) => face.addEventListener("ready", done, { once: true }));
          face.setAttribute("src", "/flat.vface");
          document.body.append(face);
          await ready;
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          const canvas = face.shadowRoot.querySelector("canvas");
          const sizes = [canvas.width, Math.round(canvas.getBoundingClientRect().width)];
          const failed = new Promise((done) => {
            face.addEventListener("error", (e) => done(e.detail.message), { once: true });
          });
          face.setAttribute("src", "/nobody.vface");
          const sign = face.shadowRoot.querySelector("span");
          const labels = [sign.textContent, sign.hidden];
          face.setAttribute("label", "");
          labels.push(sign.textContent, sign.hidden);
          const told = [...sizes, await failed, face.show(new Float32Array(61)), ...labels];
          face.remove();
          return told;
        }"""
    )
    assert told[:2] == [200, 200]
    assert "/nobody.vface cannot be had: 404" in told[2]
    assert told[3:] == [False, "AI", False, "", True]


def test_without_webgl_it_says_so(page: Any) -> None:
    told = page.evaluate(
        """async () => {
          const module = await import("/vasa-face/index.js");
          const face = await module.readFaceFile(await (await fetch("/flat.vface")).arrayBuffer());
          const canvas = document.createElement("canvas");
          canvas.getContext("2d"); // such a canvas never gets another context
          const told = (problem) => [problem.name, problem.message];
          return module.FaceDrawing.make(canvas, face).catch(told);
        }"""
    )
    assert told[0] == "NoWebGL"
    assert "no WebGL2" in told[1]
