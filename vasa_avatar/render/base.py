"""The seam between motion and pictures: one FaceMotion in, one RGB frame out."""

from __future__ import annotations

from typing import Protocol

from vasa_avatar.datatypes import U8, FaceMotion


class Renderer(Protocol):
    """Draws an avatar. Stateless: the same motion gives the same picture, in any order."""

    @property
    def size_px(self) -> int:
        """Edge length of the square frame."""
        ...

    def render(self, motion: FaceMotion, out: U8 | None = None) -> U8:
        """Draw one frame.

        Args:
            motion: what the face does.
            out: (size_px, size_px, 3) uint8 RGB to draw into; a new array when None.

        Returns:
            (size_px, size_px, 3) uint8 RGB.
        """
        ...
