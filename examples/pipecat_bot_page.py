"""The page of pipecat_bot.py, beside Pipecat's own: the file, and the portrait it shows first."""

from __future__ import annotations

import io
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, RedirectResponse, Response
from PIL import Image
from pipecat_vasa import VasaEngine

PAGE = Path(__file__).with_name("pipecat_bot_page.html")


def add_page(app: FastAPI, engine: VasaEngine) -> None:
    """Serve the page at /face and lead there from /."""
    size = (engine.size_px, engine.size_px)
    jpeg = io.BytesIO()
    Image.frombytes("RGB", size, engine.still_rgb).save(jpeg, "JPEG", quality=85)

    @app.get("/face")
    async def face() -> Response:
        return FileResponse(PAGE)

    @app.get("/portrait.jpg")
    async def portrait() -> Response:
        return Response(jpeg.getvalue(), media_type="image/jpeg")

    @app.get("/")
    async def root() -> Response:
        return RedirectResponse("/face")
