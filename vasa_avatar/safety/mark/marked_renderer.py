"""A renderer whose every picture carries the mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vasa_avatar.datatypes import U8, FaceMotion
from vasa_avatar.safety.mark.pattern import add_mark
from vasa_avatar.safety.mark.payload import MarkPayload

if TYPE_CHECKING:
    from vasa_avatar.render.base import Renderer


class MarkedRenderer:
    """Draws what another renderer draws, and marks it."""

    def __init__(self, renderer: Renderer, payload: MarkPayload, is_drawn: bool = False) -> None:
        self._renderer = renderer
        self._payload = payload
        self._is_drawn = is_drawn

    @property
    def size_px(self) -> int:
        """Edge of the square frame."""
        return self._renderer.size_px

    def render(self, motion: FaceMotion, out: U8 | None = None) -> U8:
        """Draw one frame; see `Renderer.render`."""
        frame_rgb = self._renderer.render(motion, out)
        add_mark(frame_rgb, self._payload, self._is_drawn)
        return frame_rgb
