"""Which renderer draws: the processor's, or a graphics card's where `VASA_DEVICE` is cuda."""

from __future__ import annotations

from typing import Any

from vasa_avatar.nets.device import chosen_device
from vasa_avatar.render.base import Renderer
from vasa_avatar.render.mesh import MeshRenderer


def make_renderer(avatar: Any, size_px: int = 512) -> Renderer:
    """Draws an avatar (anything with `.assets`) as frames of that edge.

    Raises:
        ModelStoreError: `VASA_DEVICE` is none that is known.
        RenderError: a card is wanted and cannot be had.
    """
    if chosen_device() != "cuda":
        return MeshRenderer(avatar, size_px)
    from vasa_avatar.render.gl import GlRenderer

    return GlRenderer(avatar, size_px)
