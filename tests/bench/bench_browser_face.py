"""The face drawn in Chromium against the engine's own pictures, as JSON on standard output.

    python tests/bench/bench_browser_face.py [--portraits P.png …] [--motions 40] [--look S.png]

Grey levels are means of the absolute difference over a picture, against MeshRenderer, over the
motions of `vasa-avatar sheet`. Beside them: the file's size, script time and garbage of a frame (a
face that talks, posed and given to WebGL; what the graphics then do is not script), and the time to
read a file and draw it first. `--look` writes browser and engine side by side at twice the density.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

_TESTS = Path(__file__).parents[1]
for _folder in ("", "web"):
    sys.path.insert(0, str(_TESTS / _folder))

from chromium import GL_FLAGS, launch  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from web_rig import BrowserRenderer, file_server, row_of  # noqa: E402

from vasa_avatar.appearance import Avatar, cached_avatar, load_avatar  # noqa: E402
from vasa_avatar.browser import vface_bytes  # noqa: E402
from vasa_avatar.cli.faces import bake_with_progress  # noqa: E402
from vasa_avatar.cli.sheet import all_tiles  # noqa: E402
from vasa_avatar.datatypes import FaceMotion  # noqa: E402
from vasa_avatar.render import MeshRenderer  # noqa: E402

Row = dict[str, Any]
SIZE_PX, LOOK_PX = 512, 1024
FRAMES = 400
SHIPPED = Path(__file__).parents[2] / "character_profiles"

# Draws frames as fast as it can; milliseconds of script for each, with nothing read back.
RUN = """async (rows) => {
  const frames = rows.map((row) => Float32Array.from(row));
  const times = [];
  for (let i = 0; i < 30; i += 1) drawing.draw(frames[i % frames.length]);
  for (const row of frames) {
    const began = performance.now();
    drawing.draw(row);
    times.push(performance.now() - began);
    if (times.length % 8 === 0) await new Promise(requestAnimationFrame);
  }
  times.sort((a, b) => a - b);
  return [times[times.length >> 1], times[Math.floor(times.length * 0.95)]];
}"""
POSE_ONLY = """async (rows) => {
  const frames = rows.map((row) => Float32Array.from(row));
  window.kept = frames;
  const step = (row) => {
    drawing.pose.pose(row);
    drawing.order.sort(drawing.pose.depth);
    drawing.writeCorners();
    drawing.writeIndices();
    drawing.shading.update(drawing.pose.coefficients);
  };
  for (let round = 0; round < 3; round += 1) frames.forEach(step);
  window.step = step;
}"""
FIRST = """async (path) => {
  const began = performance.now();
  const module = await import("/vasa-face/index.js");
  const face = await module.readFaceFile(await (await fetch(path)).arrayBuffer());
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 512;
  const drawing = await module.FaceDrawing.make(canvas, face);
  drawing.draw(new Float32Array(module.ROW));
  drawing.gl.finish();
  const took = performance.now() - began;
  drawing.close();
  return took;
}"""


def talking_rows() -> list[list[float]]:
    """Motion of a face that talks, from the sheet's tiles, mixed."""
    tiles = [tile.motion for tile in all_tiles()]
    rows = np.array([row_of(motion) for motion in tiles])
    chance = np.random.default_rng(4)
    found = []
    for _ in range(FRAMES):
        a, b = rows[chance.integers(len(rows), size=2)]
        found.append((0.6 * a + 0.4 * b).tolist())
    return found


def compared(page: Any, path: str, avatar: Avatar, motions: list[tuple[str, FaceMotion]]) -> Row:
    """Grey levels for one face."""
    browser, engine = BrowserRenderer(page, path, SIZE_PX), MeshRenderer(avatar, SIZE_PX)
    apart = {}
    for label, motion in motions:
        drawn, expected = browser.render(motion), engine.render(motion)
        apart[label] = float(np.abs(drawn.astype(int) - expected).mean())
    worst = max(apart, key=apart.__getitem__)
    mean = statistics.mean(apart.values())
    return {"mean": round(mean, 2), "worst": round(apart[worst], 2), "worst_at": worst}


def side_by_side(
    page: Any, path: str, avatar: Avatar, motions: list[tuple[str, FaceMotion]]
) -> Any:
    """Browser left, engine right, one row a motion, at twice the density."""
    browser, engine = BrowserRenderer(page, path, LOOK_PX), MeshRenderer(avatar, LOOK_PX)
    rows = [np.hstack([browser.render(m), engine.render(m)]) for _, m in motions]
    return np.vstack(rows)


def costs(page: Any, path: str) -> Row:
    """Script and garbage of a frame."""
    BrowserRenderer(page, path, SIZE_PX)
    rows = talking_rows()
    middle, high = page.evaluate(RUN, rows)
    page.evaluate(POSE_ONLY, rows[:100])
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    before = session.send("Runtime.getHeapUsage")["usedSize"]
    page.evaluate("() => { for (let i = 0; i < 2000; i += 1) step(kept[i % kept.length]); }")
    grown = session.send("Runtime.getHeapUsage")["usedSize"] - before
    return {
        "script_ms_p50": round(middle, 2),
        "script_ms_p95": round(high, 2),
        "garbage_bytes_per_frame": round(grown / 2000, 1),
    }


def faces_of(portraits: list[str]) -> dict[str, Avatar]:
    """The shipped characters and whoever is named."""
    found = {path.parent.name: load_avatar(path) for path in sorted(SHIPPED.glob("*/avatar.npz"))}
    for portrait in portraits:
        path = Path(portrait)
        is_baked = path.suffix == ".npz"
        found[path.stem] = (
            load_avatar(path) if is_baked else cached_avatar(path, bake_with_progress)
        )
    return found


def main() -> None:
    """Compare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--portraits", nargs="*", default=[])
    parser.add_argument("--motions", type=int, default=40)
    parser.add_argument("--look", metavar="S.png")
    options = parser.parse_args()
    tiles = all_tiles()
    chosen = np.linspace(0, len(tiles) - 1, options.motions).round().astype(int)
    motions = [(tiles[i].label, tiles[i].motion) for i in chosen]
    avatars = faces_of(options.portraits)
    files = {f"/{name}.vface": vface_bytes(avatar) for name, avatar in avatars.items()}
    result: Row = {"faces": {}}
    with file_server(files) as url, sync_playwright() as playwright:
        browser = launch(playwright, *GL_FLAGS)
        page = browser.new_page()
        page.goto(url)
        for name, avatar in avatars.items():
            path = f"/{name}.vface"
            row = compared(page, path, avatar, motions)
            result["faces"][name] = {"file_kb": len(files[path]) // 1000, **row}
            print(name, result["faces"][name], file=sys.stderr, flush=True)
            if options.look:
                shown = [m for m in motions if m[0] in ("rest", "viseme ah", "yaw +15", "eyeBlink")]
                picture = side_by_side(page, path, avatar, shown)[..., ::-1]
                place = Path(options.look)
                cv2.imwrite(str(place.with_stem(f"{place.stem}_{name}")), picture)
        result["frame"] = costs(page, "/iris.vface")
        result["first_picture_ms"] = round(page.evaluate(FIRST, "/iris.vface"))
        browser.close()
    rows = result["faces"].values()
    result["mean"] = round(statistics.mean(row["mean"] for row in rows), 2)
    result["worst"] = max(row["worst"] for row in rows)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
