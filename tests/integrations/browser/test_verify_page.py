"""The verifying page in a real browser: by keyboard, by drop, told in words, nothing sent away."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser_rig import ThreadedServer
from fake_source import FakeSource
from marked_film import write_film
from test_page import script, wait_until

pytestmark = [pytest.mark.realtime, pytest.mark.browser, pytest.mark.slow]
TOKEN = "correct-horse-battery"

DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  for (const type of ["dragover", "drop"]) {
    document.getElementById("drop").dispatchEvent(
      new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""
SHOWN = "!document.getElementById('result').hidden"


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadedServer]:
    with ThreadedServer(FakeSource(), token=TOKEN) as running:
        yield running


@pytest.fixture
def page(browser: Any, server: ThreadedServer) -> Iterator[Any]:
    context = browser.new_context()
    opened = context.new_page()
    problems: list[str] = []
    asked: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("websocket", lambda socket: asked.append(socket.url))
    opened.goto(server.url)
    opened.locator("#verify").click()
    # A page that shows its parts may still lack its script: what is dropped then is lost.
    wait_until(opened, "document.getElementById('drop') && document.readyState === 'complete'")
    yield opened
    context.close()
    assert problems == []
    assert {urlsplit(url).netloc for url in asked} == {f"127.0.0.1:{server.server.port}"}
    assert any("verify-ws" in url for url in asked)


def told(page: Any) -> dict[str, str]:
    """The findings by their names."""
    names = page.locator("#findings dt").all_inner_texts()
    return dict(zip(names, page.locator("#findings dd").all_inner_texts(), strict=True))


def test_a_film_chosen_by_keyboard_is_told_in_words(page: Any, tmp_path: Path) -> None:
    film = write_film(tmp_path / "mine.mp4", is_marked=True)
    page.on("filechooser", lambda chooser: chooser.set_files(str(film)))  # long before it is asked
    assert page.evaluate(script("find_nameless.js")) == []
    assert "token" not in page.url
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "file"
    page.keyboard.press("Enter")
    wait_until(page, SHOWN)
    assert page.evaluate("document.activeElement.id") == "verdict"
    assert page.locator("#verdict").inner_text() == "mine.mp4: It says that it is synthetic"
    found = told(page)
    assert "issuer c0ffee" in found["Mark"]
    assert "From 0.0 to" in found["Mark"]
    assert found["Note"].startswith("The file's comment says")
    assert page.get_by_role("heading", name="mine.mp4: It says that it is synthetic").is_visible()


def test_a_dropped_film_without_a_mark_has_none(page: Any, tmp_path: Path) -> None:
    film = write_film(tmp_path / "other.mp4", is_marked=False, seconds=0.4)
    content = base64.b64encode(film.read_bytes()).decode()
    page.evaluate(DROP, ["<b>other</b>.mp4", content])
    wait_until(page, SHOWN)
    assert page.locator("#verdict").inner_text().startswith("<b>other</b>.mp4: ")
    assert told(page)["Mark"] == "None in 1 stretches of 2 s."


def test_what_is_no_film_is_said_to_a_screen_reader(page: Any) -> None:
    page.evaluate(DROP, ["text.mp4", base64.b64encode(b"no film at all").decode()])
    state = page.get_by_role("status")
    wait_until(page, "document.getElementById('state').textContent.startsWith('Not verified')")
    assert "text.mp4 cannot be decoded" in state.inner_text()
    assert page.locator("#result").is_hidden()
