"""A film as a page, opened from the disk: it draws, plays its sound, and seeks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flat_avatar import flat_avatar
from sounds import speech_like

from vasa_avatar.browser import FilmSound, film_page
from vasa_avatar.datatypes import ARKIT_INDEX, FaceMotion, K

pytestmark = pytest.mark.browser
BRIGHTNESS = """async () => {
  const { drawing } = await film;
  drawing.draw(drawing.last);
  const pixel = new Uint8Array(4);
  drawing.gl.readPixels(9, 9, 1, 1, drawing.gl.RGBA, drawing.gl.UNSIGNED_BYTE, pixel);
  return pixel[0];
}"""
GO_TO = """async (second) => {
  const { sound } = await film;
  sound.currentTime = second;
  for (let i = 0; i < 50 && Math.abs(sound.currentTime - second) > 0.01; i += 1) {
    await new Promise((done) => setTimeout(done, 20));
  }
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


def half_bright(n_frames: int) -> list[FaceMotion]:
    """Dark, then white from the middle on."""
    motions = []
    for i in range(n_frames):
        expression = np.zeros(K, np.float32)
        expression[ARKIT_INDEX["tongueOut"]] = float(i >= n_frames // 2)
        motions.append(FaceMotion(expression))
    return motions


@pytest.mark.parametrize("has_sound", [True, False], ids=["sound", "silence"])
def test_it_shows_what_belongs_to_its_place(page: Any, tmp_path: Path, has_sound: bool) -> None:
    sound = FilmSound(speech_like(2.0, 24_000), 24_000) if has_sound else None
    path = tmp_path / "film.html"
    path.write_text(
        film_page(flat_avatar(), half_bright(50), 25, sound, mark=None), encoding="utf-8"
    )
    film = page.context.browser.new_page()
    problems: list[str] = []
    film.on("pageerror", lambda error: problems.append(str(error)))
    film.goto(path.as_uri())
    assert film.evaluate("async () => Boolean(await film)")
    assert film.evaluate(BRIGHTNESS) == 0
    film.evaluate(GO_TO, 1.5)
    assert film.evaluate(BRIGHTNESS) == 255
    film.evaluate(GO_TO, 0.5)
    assert film.evaluate(BRIGHTNESS) == 0
    film.get_by_role("button", name="Play").click()
    film.get_by_role("button", name="Pause").wait_for()
    film.wait_for_function("document.getElementById('film-place').value > 300")
    film.get_by_role("button", name="Pause").click()
    assert film.locator("#film-problem").text_content() == ""
    film.close()
    assert problems == []
