"""Portrait picture to canvas: the square frame around the head, with a margin beyond its border.

The margin holds real pixels where the picture has them and mirrored ones elsewhere; it is what
comes into view when head or body move inwards from the border. Coordinates are design pixels (the
frame is 512 of them); the canvas has `texels_per_px` texels for each.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.datatypes import F32, U8, Floats
from vasa_avatar.render.assets import DESIGN_PX

MARGIN_PX = 64
"""design pixels beyond each side of the frame"""
MIN_DENSITY, MAX_DENSITY = 1.5, 2.0
"""texels per design pixel: a small picture gains nothing from being enlarged further; the largest
frame, 1024 px, has two pixels for each of the design's"""
FRAME_PX = int(DESIGN_PX * MAX_DENSITY)
"""more pixels than this across the frame would only be averaged again"""
HEAD_ABOVE_MIDDLE = 0.06
"""how far the face's middle sits above the frame's, over its side: hair takes less room than
shoulders do (by eye, on the shipped portraits)"""


@dataclass(frozen=True, slots=True)
class Square:
    """A square part of a picture, in its pixels."""

    x_px: int
    y_px: int
    side_px: int

    @property
    def corner_px(self) -> tuple[int, int]:
        """x, y of the top left corner."""
        return self.x_px, self.y_px


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """The picture that the avatar is cut from."""

    rgb: F32
    """(C, C, 3) 0..255"""
    texels_per_px: float
    frame: Square
    """where the frame lies in the source picture"""

    def to_design(self, source_xy: Floats) -> F32:
        """Source pixels to design pixels."""
        scale = DESIGN_PX / self.frame.side_px
        moved: F32 = ((source_xy - np.asarray(self.frame.corner_px)) * scale).astype(np.float32)
        return moved

    def to_texels(self, design_xy: Floats) -> F32:
        """Design pixels to canvas texels, texel centres at whole numbers."""
        return ((design_xy + MARGIN_PX) * self.texels_per_px - 0.5).astype(np.float32)

    def to_design_of_texels(self, texels: Floats) -> F32:
        """Canvas texels to design pixels, the inverse of `to_texels`."""
        return ((texels + 0.5) / self.texels_per_px - MARGIN_PX).astype(np.float32)

    def resample(self, source: F32 | U8, is_mirrored: bool = True) -> F32:
        """Bring another picture of the source's size (a matte, say) onto the canvas.

        Args:
            source: (H, W) or (H, W, n), 0..255.
            is_mirrored: what lies beyond the picture is mirrored, else its border is repeated.
        """
        border = cv2.BORDER_REFLECT_101 if is_mirrored else cv2.BORDER_REPLICATE
        return _cut(source, self.frame, len(self.rgb), border)


def _cut(source: F32 | U8, frame: Square, out_px: int, border: int) -> F32:
    """(out_px, out_px) or (out_px, out_px, n): the frame and its margin."""
    margin = int(round(frame.side_px * MARGIN_PX / DESIGN_PX))
    x0, y0 = frame.x_px - margin, frame.y_px - margin
    x1, y1 = frame.x_px + frame.side_px + margin, frame.y_px + frame.side_px + margin
    height, width = source.shape[:2]
    pads = [max(0, -y0), max(0, y1 - height), max(0, -x0), max(0, x1 - width)]
    padded = cv2.copyMakeBorder(source, pads[0], pads[1], pads[2], pads[3], border)
    part = padded[y0 + pads[0] : y1 + pads[0], x0 + pads[2] : x1 + pads[2]]
    mode = cv2.INTER_AREA if part.shape[0] > out_px else cv2.INTER_CUBIC
    resized = cv2.resize(part.astype(np.float32), (out_px, out_px), interpolation=mode)
    clipped: F32 = np.clip(resized, 0.0, 255.0)
    return clipped


def square_crop(
    size_wh: tuple[int, int], face_low_px: Floats, face_high_px: Floats, side_px: int | None = None
) -> Square:
    """The frame: the whole picture when square, else a square at the head.

    Args:
        size_wh: picture width and height.
        face_low_px: (2,) left and top of the landmarks.
        face_high_px: (2,) right and bottom.
        side_px: of the frame; the picture's shorter side when None.
    """
    width, height = size_wh
    side = min(width, height) if side_px is None else side_px
    centre_x = 0.5 * (face_low_px[0] + face_high_px[0])
    centre_y = 0.5 * (face_low_px[1] + face_high_px[1]) + HEAD_ABOVE_MIDDLE * side
    x = int(np.clip(round(centre_x - side / 2), 0, width - side))
    y = int(np.clip(round(centre_y - side / 2), 0, height - side))
    return Square(x, y, side)


def make_canvas(image_rgb: U8, frame: Square) -> Canvas:
    """Cut the frame and its margin out of a portrait.

    Args:
        image_rgb: (H, W, 3).
        frame: in its pixels.
    """
    density = float(np.clip(frame.side_px / DESIGN_PX, MIN_DENSITY, MAX_DENSITY))
    out_px = int(round((DESIGN_PX + 2 * MARGIN_PX) * density))
    rgb = _cut(image_rgb, frame, out_px, cv2.BORDER_REFLECT_101)
    return Canvas(rgb, out_px / (DESIGN_PX + 2 * MARGIN_PX), frame)


def frame_part(picture: F32, canvas: Canvas) -> F32:
    """The frame's area of a canvas picture."""
    first = int(round(MARGIN_PX * canvas.texels_per_px))
    side = int(round(DESIGN_PX * canvas.texels_per_px))
    return picture[first : first + side, first : first + side]
