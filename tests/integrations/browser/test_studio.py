"""The studio in a real browser: from a dropped picture to a saved character and a card."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_rig import ThreadedServer
from test_page import script, wait_for_movement, wait_until
from vasa_server.studio.desk import Studio
from vasa_server.studio.draft_source import DraftSource

from vasa_avatar.authoring import export_card, read_card
from vasa_avatar.profiles import load_profile

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.realtime, pytest.mark.browser, pytest.mark.slow]
CHARACTERS = Path(__file__).resolve().parents[3] / "character_profiles"

# Moves a slider and tells after how many ms the picture has left what it was before, by far.
SHOWN_AFTER = """async ([path, value]) => {
  const face = document.getElementById("now");
  const small = new OffscreenCanvas(32, 32).getContext("2d", { willReadFrequently: true });
  const look = () => {
    small.drawImage(face, 0, 0, 32, 32);
    return small.getImageData(0, 0, 32, 32).data;
  };
  const far = (a, b) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
  const tick = () => new Promise(requestAnimationFrame);
  await new Promise((resolve) => setTimeout(resolve, 1000)); // what was changed before has settled
  let living = 0;
  const start = look();
  for (let i = 0; i < 30; i += 1) { await tick(); living = Math.max(living, far(look(), start)); }
  const before = look();
  const input = document.querySelector(`[data-path="${path}"]`);
  input.value = value;
  const sinceMs = performance.now();
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
  while (far(look(), before) < living + 0.4 && performance.now() - sinceMs < 3000) await tick();
  return performance.now() - sinceMs;
}"""


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[ThreadedServer]:
    source = DraftSource()
    with ThreadedServer(source, Studio(source, tmp_path / "own")) as running:
        yield running


@pytest.fixture
def page(browser: Any, studio: ThreadedServer) -> Iterator[Any]:
    context = browser.new_context(accept_downloads=True)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(f"{studio.url}studio")
    wait_until(opened, "window.studio && studio.now.voice !== null")
    yield opened
    context.close()
    assert problems == []


def drop(page: Any, path: Path) -> None:
    page.locator("#file").set_input_files(str(path))


def comes_alive(page: Any) -> None:
    wait_until(page, "studio.now.character !== null && studio.now.face.shown > 5", 60.0)


def test_a_portrait_becomes_a_character_that_talks_and_is_saved(page: Any, tmp_path: Path) -> None:
    drop(page, CHARACTERS / "sami" / "portrait.png")
    page.get_by_text("sharp enough").wait_for(timeout=60_000)
    assert page.locator("#marks .found").count() > 100, "what was found is drawn on the picture"
    assert page.locator("#marks .point").count() == 15, "and may be dragged"
    assert page.locator("#save").is_disabled(), "nobody has said who this is"
    page.get_by_label("Nobody who exists").check()
    wait_until(page, "studio.marks.spokenMs > 0", 60.0)
    took_s = page.evaluate("(studio.marks.spokenMs - studio.marks.droppedMs) / 1000")
    log.info("from the drop to the first word: %.1f s", took_s)
    wait_for_movement(page, "now")

    page.evaluate("studio.now.interrupt()")
    page.wait_for_timeout(1500)
    waits = [
        round(page.evaluate(SHOWN_AFTER, [path, value]))
        for path, value in (
            ("framing.head_distance", "1.4"), ("framing.head_yaw_deg", "20"),
            ("emotions.baseline.happy", "1"), ("framing.head_roll_deg", "-15"),
        )
    ]  # fmt: skip
    log.info("controls were seen after ms: %s", waits)

    page.locator('[data-path="name"]').fill("Sam the Coach")
    page.locator('[data-path="name"]').blur()
    page.locator("#groups summary", has_text="Temper").click()
    page.locator('[data-path="temper.liveliness"]').fill("1.5")
    wait_until(page, "studio.data.temper.liveliness === 1.5")
    page.get_by_role("button", name="Undo").click()
    assert page.evaluate("studio.data.temper.liveliness") is None
    page.get_by_role("button", name="Redo").click()
    assert page.evaluate("studio.data.temper.liveliness") == 1.5

    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved in").wait_for()
    saved = load_profile(tmp_path / "own" / "sam_the_coach")
    assert saved.name == "Sam the Coach" and saved.temper.liveliness == 1.5
    assert saved.framing.head_distance == 1.4 and saved.emotions.baseline["happy"] == 1.0
    assert saved.source.synthetic and saved.avatar is not None and saved.avatar.is_file()

    with page.expect_download() as download:
        page.locator("#export").select_option(".png")
    card = tmp_path / "card.png"
    download.value.save_as(card)
    assert read_card(card).data["name"] == "Sam the Coach"


def test_a_card_is_met_and_its_feelings_are_tried_beside_each_other(
    page: Any, tmp_path: Path
) -> None:
    export_card(load_profile("leo"), tmp_path / "leo.png")
    drop(page, tmp_path / "leo.png")
    comes_alive(page)
    assert page.locator('[data-path="name"]').input_value() == "Leo"
    assert page.get_by_label("Nobody who exists").is_checked(), "the card says so"
    page.get_by_role("button", name="Compare").click()
    wait_until(page, "studio.then && studio.then.character !== null && studio.then.face.shown > 3")
    page.get_by_role("button", name="thrilled", exact=True).click()
    assert page.locator("#chips button[aria-pressed=true]").inner_text() == "thrilled"
    page.get_by_label("What should the character say?").fill("[teasing] Well, hello.")
    page.keyboard.press("Enter")
    wait_until(page, "studio.now.state === 'speaking'")
    page.locator("#own-labels summary").first.click()
    page.get_by_label("New label").fill("stormy")
    page.get_by_role("button", name="Add label").click()
    page.get_by_label("stormy: angry").fill("0.6")
    wait_until(page, "studio.data.emotions.labels.stormy.mix.angry === 0.6")
    page.get_by_role("button", name="stormy", exact=True).click()
    wait_until(page, "document.getElementById('faults').hidden")


def test_what_is_wrong_is_said(page: Any, tmp_path: Path) -> None:
    import cv2
    import numpy as np

    grey = tmp_path / "grey.png"
    cv2.imwrite(str(grey), np.full((600, 600, 3), 128, np.uint8))
    drop(page, grey)
    page.locator("#findings .refusal", has_text="no face was found").wait_for(timeout=60_000)
    assert page.locator("#marks .point").count() == 15
    chin = page.get_by_label("chin", exact=True)
    chin.focus()
    before = float(chin.get_attribute("cy"))
    page.keyboard.press("ArrowDown")
    assert float(chin.get_attribute("cy")) > before, "points are moved with the keyboard, too"
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({"name": "x"}))
    drop(page, bad)
    page.get_by_text("no character card").wait_for()


def test_it_can_be_used_by_keyboard_by_ear_and_on_a_phone(
    browser: Any, studio: ThreadedServer
) -> None:
    opened = browser.new_page(viewport={"width": 360, "height": 740})
    opened.goto(f"{studio.url}studio")
    wait_until(opened, "window.studio && studio.now.voice !== null")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert opened.evaluate(overflow) <= 0
    assert opened.evaluate(script("find_nameless.js")) == []
    opened.keyboard.press("Tab")
    reached = []
    for _ in range(12):
        reached.append(opened.evaluate("document.activeElement.id"))
        opened.keyboard.press("Tab")
    assert "characters" in reached and "file" in reached
    opened.close()


def test_a_server_without_a_studio_has_no_such_page(tone_server: ThreadedServer) -> None:
    import urllib.error
    import urllib.request

    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{tone_server.url}studio")
