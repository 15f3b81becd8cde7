"""A page that draws faces with the module of web/vasa-face, and the files that it asks for."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from local_site import MISSING, Answer, local_site

from vasa_avatar.datatypes import U8, FaceMotion

MODULE = Path(__file__).parents[2] / "web" / "vasa-face"
_TYPES = {".js": "text/javascript", ".html": "text/html", ".vface": "application/octet-stream"}
_PAGE = b"<!doctype html><meta charset=utf-8><title>faces</title><body>"


def row_of(motion: FaceMotion) -> list[float]:
    """One frame's motion as the module's row of 61 numbers."""
    head = motion.head
    parts = (motion.expression, head.rotation_rad, head.translation, motion.gaze_rad)
    return [*(float(value) for part in parts for value in part), motion.breath]


def file_server(files: Mapping[str, bytes]) -> AbstractContextManager[str]:
    """The module, a bare page at / and `files` by their paths; see `local_site`."""

    def answer(asked: str) -> Answer:
        path = asked.split("?")[0]
        source = MODULE / path.removeprefix("/vasa-face/")
        if path == "/":
            return 200, {"Content-Type": "text/html"}, _PAGE
        if path.startswith("/vasa-face/") and source.is_file():
            body: bytes | None = source.read_bytes()
        else:
            body = files.get(path)
        kind = _TYPES.get(Path(path).suffix, "text/plain")
        return MISSING if body is None else (200, {"Content-Type": kind}, body)

    return local_site(answer)


_BEGIN = """async ([path, size, background]) => {
  const module = await import("/vasa-face/index.js");
  const face = await module.readFaceFile(await (await fetch(path)).arrayBuffer());
  window.canvas?.remove();
  window.canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  document.body.append(canvas);
  window.drawing = await module.FaceDrawing.make(canvas, face, { background });
}"""
_DRAW = """async ([row, earlier]) => {
  window.atS = (window.atS ?? 0) + 10;  // long enough for what hangs to come to rest
  if (earlier) drawing.draw(Float32Array.from(earlier), atS);
  drawing.draw(Float32Array.from(row), earlier && atS);
  const { gl } = drawing;
  const pixels = new Uint8Array(4 * canvas.width * canvas.height);
  gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  let text = "";
  for (let i = 0; i < pixels.length; i += 32768) {
    text += String.fromCharCode(...pixels.subarray(i, i + 32768));
  }
  return btoa(text);
}"""


class BrowserRenderer:
    """Draws like MeshRenderer, in a page of Chromium."""

    def __init__(self, page: Any, path: str, size_px: int, background: str = "plate") -> None:
        self._page, self._size_px = page, size_px
        page.evaluate(_BEGIN, [path, size_px, background])

    def render_rgba(self, motion: FaceMotion) -> U8:
        """(size, size, 4), premultiplied."""
        trail = motion.trail
        earlier = None if trail is None else row_of(replace(motion, head=trail))
        data = base64.b64decode(self._page.evaluate(_DRAW, [row_of(motion), earlier]))
        picture = np.frombuffer(data, np.uint8).reshape(self._size_px, self._size_px, 4)
        return np.ascontiguousarray(picture[::-1])

    def render(self, motion: FaceMotion) -> U8:
        """(size, size, 3)."""
        return np.ascontiguousarray(self.render_rgba(motion)[..., :3])
