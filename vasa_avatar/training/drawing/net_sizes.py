"""What the nets see and tell, in pixels: pictures' edges, and steps of their maps."""

from __future__ import annotations

FINDER_PX = 192
FINDER_STRIDE = 8
POINTS_PX = 128
PART_PX = 64
