"""The server's page as a visitor has it, in Chromium without a graphics card: JSON on stdout.

    python tests/bench/bench_browser_page.py                  # first pictures, one minute of memory
    python tests/bench/bench_browser_page.py --minutes 30 --rounds 0

First picture: milliseconds from the page's opening, with an empty cache, until the face is drawn
(the drawing waited for), the server on the same machine. Memory: the character talks without a
pause; every half minute, after a forced collection, the script's heap, what WebGL holds, and the
memory of all of Chromium's processes. Slopes are straight lines through all but the first fifth.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench_server import serving  # noqa: E402
from chromium import GL_FLAGS, launch  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from process_use import resident_mb_of_children  # noqa: E402

Row = dict[str, Any]
SAMPLE_EVERY_S = 30.0
TEXT = "The quick brown fox jumps over the lazy dog, and every picture arrives in time. "
SIZE = {"width": 480, "height": 480}

# Notes when the first face was drawn, and how many objects of WebGL are alive.
WATCH = """(() => {
  const alive = { n: 0 };
  window.glObjects = alive;
  for (const kind of ["Buffer", "Texture", "Program", "Shader", "VertexArray", "Framebuffer"]) {
    for (const [verb, step] of [["create", 1], ["delete", -1]]) {
      const own = WebGL2RenderingContext.prototype[verb + kind];
      WebGL2RenderingContext.prototype[verb + kind] = function (...args) {
        alive.n += step;
        return own.apply(this, args);
      };
    }
  }
  const fence = WebGL2RenderingContext.prototype.fenceSync;
  const release = WebGL2RenderingContext.prototype.deleteSync;
  WebGL2RenderingContext.prototype.fenceSync = function (...args) {
    alive.n += 1;
    return fence.apply(this, args);
  };
  WebGL2RenderingContext.prototype.deleteSync = function (...args) {
    alive.n -= 1;
    return release.apply(this, args);
  };
  const look = () => {
    const drawing = window.vasa?.conversation.motion.drawing;
    if (!drawing || drawing.drawn === 0) return requestAnimationFrame(look);
    drawing.gl.readPixels(0, 0, 1, 1, drawing.gl.RGBA, drawing.gl.UNSIGNED_BYTE, new Uint8Array(4));
    window.firstMs = performance.now();
  };
  requestAnimationFrame(look);
})()"""
TALK = """(text) => {
  vasa.conversation.wake();
  window.talking = setInterval(() => {
    if (vasa.conversation.state === "idle") vasa.conversation.say(text).catch(() => {});
  }, 200);
}"""
FIGURES = """() => ({ shown: vasa.conversation.face.shown, skew: vasa.conversation.face.skew(),
  scriptMs: vasa.conversation.face.scriptMs, glObjects: glObjects.n })"""


def first_ms(page: Any, patience_s: float = 60.0) -> float:
    """When the face was first drawn; asked again and again, as the page's policy allows no eval."""
    end_s = time.monotonic() + patience_s
    while (found := page.evaluate("window.firstMs ?? null")) is None:
        if time.monotonic() > end_s:
            raise TimeoutError("no face was drawn")
        page.wait_for_timeout(100)
    return float(found)


def first_pictures(browser: Any, url: str, rounds: int) -> Row:
    """Milliseconds, each in a browser context of its own."""
    found = []
    for _ in range(rounds):
        context = browser.new_context(viewport=SIZE)
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(url, wait_until="commit")
        found.append(first_ms(page))
        context.close()
    return {"median_ms": round(statistics.median(found)), "worst_ms": round(max(found))}


def slope_per_min(minutes: list[float], values: list[float]) -> float:
    """Of a straight line through all but the first fifth."""
    begin = len(values) // 5
    if len(values) - begin < 3:
        return 0.0
    return round(float(np.polyfit(minutes[begin:], values[begin:], 1)[0]), 3)


def memory(browser: Any, url: str, minutes: float) -> Row:
    """While the character talks."""
    page = browser.new_page(viewport=SIZE)
    page.add_init_script(WATCH)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(url)
    first_ms(page)
    page.evaluate(TALK, TEXT * 4)
    tools = page.context.new_cdp_session(page)
    began_s = time.monotonic()
    at_min: list[float] = []
    heap_mb: list[float] = []
    gl_objects: list[float] = []
    all_mb: list[float] = []
    figures: Row = {}
    while time.monotonic() - began_s < 60 * minutes:
        page.wait_for_timeout(1000 * SAMPLE_EVERY_S)
        tools.send("HeapProfiler.collectGarbage")
        at_min.append((time.monotonic() - began_s) / 60)
        heap_mb.append(tools.send("Runtime.getHeapUsage")["usedSize"] / 1e6)
        figures = page.evaluate(FIGURES)
        gl_objects.append(figures["glObjects"])
        all_mb.append(resident_mb_of_children(os.getpid()))
        print(
            f"{at_min[-1]:.1f} min: heap {heap_mb[-1]:.2f} MB, {gl_objects[-1]:.0f} objects of "
            f"WebGL, {all_mb[-1]:.0f} MB in all, {figures['shown']} pictures",
            file=sys.stderr,
        )
    page.close()
    return {
        "minutes": round(at_min[-1], 1),
        "pictures": figures["shown"],
        "script_ms": round(figures["scriptMs"], 2),
        "heap_mb_first_last": [round(heap_mb[0], 2), round(heap_mb[-1], 2)],
        "heap_kb_per_min": slope_per_min(at_min, [1000 * value for value in heap_mb]),
        "gl_objects_first_last": [gl_objects[0], gl_objects[-1]],
        "all_mb_first_last": [round(all_mb[0]), round(all_mb[-1])],
        "all_mb_per_min": slope_per_min(at_min, all_mb),
        "problems": problems[:5],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="openings with an empty cache")
    parser.add_argument("--minutes", type=float, default=1.0)
    options = parser.parse_args()
    result: Row = {"load_average": round(os.getloadavg()[0], 2)}
    with serving(2) as (address, _), sync_playwright() as playwright:
        url = address.replace("ws://", "http://").removesuffix("ws")
        browser = launch(playwright, *GL_FLAGS)
        if options.rounds:
            result["first_picture"] = first_pictures(browser, url, options.rounds)
        if options.minutes:
            result["memory"] = memory(browser, url, options.minutes)
        browser.close()
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
