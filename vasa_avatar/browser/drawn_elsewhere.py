"""The renderer of a stream whose viewer draws: it has a size, and no pictures."""

from __future__ import annotations

from vasa_avatar.datatypes import U8, FaceMotion


class DrawnElsewhere:
    """A Renderer that is never asked to draw; saves a stream what drawing needs."""

    def __init__(self, size_px: int = 512) -> None:
        """Stand for frames of this edge."""
        self.size_px = size_px

    def render(self, motion: FaceMotion, out: U8 | None = None) -> U8:
        """Refuse.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("the viewer of this stream draws it; there are no pictures here")
