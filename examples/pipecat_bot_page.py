"""The page of pipecat_bot.py, beside Pipecat's own: the file, and what it shows."""

from __future__ import annotations

import html
import io
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from PIL import Image
from pipecat_vasa import VasaEngine

from vasa_avatar.browser import face_module_folder

PAGE = Path(__file__).with_name("pipecat_bot_page.html")


def add_page(app: FastAPI, engine: VasaEngine, draw: str = "server", notice: str = "") -> None:
    """Serve the page at /face and lead there from /.

    Args:
        app: of Pipecat's runner.
        engine: whose face it is.
        draw: who draws the face, server or browser.
        notice: what people are told before they connect.
    """
    told = {"draw": draw, "notice": notice, **_label_of(engine)}
    data = " ".join(f'data-{name}="{html.escape(text)}"' for name, text in told.items())
    markup = PAGE.read_text(encoding="utf-8").replace("<html ", f"<html {data} ", 1)
    size = (engine.size_px, engine.size_px)
    jpeg = io.BytesIO()
    Image.frombytes("RGB", size, engine.still_rgb).save(jpeg, "JPEG", quality=85)

    @app.get("/face")
    async def face() -> Response:
        return HTMLResponse(markup)

    @app.get("/face.vface")
    def face_file() -> Response:
        return Response(engine.face_file, media_type="application/octet-stream")

    app.mount("/vasa-face", StaticFiles(directory=face_module_folder()))

    @app.get("/portrait.jpg")
    async def portrait() -> Response:
        return Response(jpeg.getvalue(), media_type="image/jpeg")

    @app.get("/")
    async def root() -> Response:
        return RedirectResponse("/face")


def _label_of(engine: VasaEngine) -> dict[str, str]:
    """Words and corner of the label over the face; no words where the profile has none shown."""
    if engine.profile is None:
        return {"label": "AI", "place": "top right"}
    disclosure = engine.profile.disclosure
    return {"label": disclosure.label if disclosure.shown else "", "place": disclosure.place}
