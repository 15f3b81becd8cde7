"""A recording of the whole page, with all that stands around the face: its mark is still read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from browser_rig import ThreadedServer
from test_page import wait_for_state, wait_until

from vasa_avatar.datatypes import U8
from vasa_avatar.safety import LIVE, verify_file

pytestmark = [pytest.mark.realtime, pytest.mark.browser, pytest.mark.slow]
N_PICTURES = 12
SHELF = """() => { // something that is no calm page
  const shelf = document.createElement("div");
  shelf.style.cssText = "position:fixed;inset:0;z-index:-1;background:repeating-linear-gradient("
    + "31deg,#345,#345 5px,#dca 5px,#dca 13px,#789 13px,#789 17px)";
  document.body.append(shelf);
  document.body.style.background = "transparent";
}"""


def recorded(page: Any, path: Path, bits_per_s: int) -> None:
    """Pictures of the page as a film of six a second."""
    shots = [page.screenshot() for _ in range(N_PICTURES)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=6, options={"preset": "veryfast"})
        stream.height, stream.width = (n // 2 * 2 for n in decoded(shots[0]).shape[:2])
        stream.pix_fmt, stream.bit_rate = "yuv420p", bits_per_s
        for shot in shots:
            picture = np.ascontiguousarray(decoded(shot)[: stream.height, : stream.width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())


def decoded(png: bytes) -> U8:
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize(
    ("width", "height", "density", "is_busy"),
    [(1280, 800, 1.0, False), (1100, 620, 1.5, True)],
)
def test_a_recorded_page_still_tells_that_its_face_is_synthetic(
    browser: Any, real_server: ThreadedServer, tmp_path: Path,
    width: int, height: int, density: float, is_busy: bool,
) -> None:  # fmt: skip
    size = {"width": width, "height": height}
    context = browser.new_context(viewport=size, device_scale_factor=density)
    page = context.new_page()
    page.goto(f"{real_server.url}?character=iris")
    wait_for_state(page, "idle")
    wait_until(page, "vasa.conversation.face.shown > 5")
    if is_busy:
        page.evaluate(SHELF)
    box = page.locator("#frame").bounding_box()
    film = tmp_path / "screen.mp4"
    recorded(page, film, 1_500_000)
    context.close()
    found = verify_file(film)
    assert found.marks, (box, found)
    for span in found.marks:
        reading = span.reading
        assert reading.payload.flags & LIVE
        assert reading.scale == pytest.approx(density * box["width"] / 512, rel=0.01)
        if reading.square is not None:
            assert reading.square.left_px == pytest.approx(density * box["x"], abs=12)
            assert reading.square.top_px == pytest.approx(density * box["y"], abs=12)
