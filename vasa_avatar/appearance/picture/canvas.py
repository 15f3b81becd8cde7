"""Portrait picture to canvas: the square frame around the head, with a margin beyond its border.

The margin holds real pixels where the picture has them and mirrored ones elsewhere; it is what
comes into view when head or body move inwards from the border. Coordinates are design pixels (the
frame is 512 of them); the canvas has `texels_per_px` texels for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32, U8
from vasa_avatar.render.assets import DESIGN_PX

MARGIN_PX = 64
"""design pixels beyond each side of the frame"""
MIN_DENSITY, MAX_DENSITY = 1.5, 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """The picture that the avatar is cut from."""

    rgb: F32
    """(C, C, 3) 0..255"""
    texels_per_px: float
    crop_origin_px: tuple[int, int]
    """x, y of the frame's corner in the source picture"""
    crop_side_px: int
    """edge of the frame in source pixels"""

    def to_design(self, source_xy: NDArray[Any]) -> F32:
        """Source pixels to design pixels."""
        scale = DESIGN_PX / self.crop_side_px
        moved: F32 = ((source_xy - np.asarray(self.crop_origin_px)) * scale).astype(np.float32)
        return moved

    def to_texels(self, design_xy: NDArray[Any]) -> F32:
        """Design pixels to canvas texels, texel centres at whole numbers."""
        return ((design_xy + MARGIN_PX) * self.texels_per_px - 0.5).astype(np.float32)

    def resample(self, source: NDArray[Any], is_mirrored: bool = True) -> F32:
        """Bring another picture of the source's size (a matte, say) onto the canvas.

        Args:
            source: (H, W) or (H, W, n), 0..255.
            is_mirrored: what lies beyond the picture is mirrored, else its border is repeated.
        """
        border = cv2.BORDER_REFLECT_101 if is_mirrored else cv2.BORDER_REPLICATE
        return _cut(source, self.crop_origin_px, self.crop_side_px, len(self.rgb), border)


def _cut(source: NDArray[Any], origin: tuple[int, int], side: int, out_px: int, border: int) -> F32:
    margin = int(round(side * MARGIN_PX / DESIGN_PX))
    x0, y0 = origin[0] - margin, origin[1] - margin
    x1, y1 = origin[0] + side + margin, origin[1] + side + margin
    height, width = source.shape[:2]
    pads = [max(0, -y0), max(0, y1 - height), max(0, -x0), max(0, x1 - width)]
    padded = cv2.copyMakeBorder(source, pads[0], pads[1], pads[2], pads[3], border)
    part = padded[y0 + pads[0] : y1 + pads[0], x0 + pads[2] : x1 + pads[2]]
    mode = cv2.INTER_AREA if part.shape[0] > out_px else cv2.INTER_CUBIC
    resized = cv2.resize(part.astype(np.float32), (out_px, out_px), interpolation=mode)
    clipped: F32 = np.clip(resized, 0.0, 255.0)
    return clipped


def square_crop(size_wh: tuple[int, int], face_box: tuple[float, float, float, float]) -> Any:
    """The frame's corner and side: the whole picture when square, else a square at the head.

    Args:
        size_wh: picture width and height.
        face_box: left, top, right, bottom of the landmarks in pixels.

    Returns:
        ((x, y), side)
    """
    width, height = size_wh
    side = min(width, height)
    centre_x = 0.5 * (face_box[0] + face_box[2])
    # Hair above and shoulders below: the face's middle sits a little above the frame's.
    centre_y = 0.5 * (face_box[1] + face_box[3]) + 0.06 * side
    x = int(np.clip(round(centre_x - side / 2), 0, width - side))
    y = int(np.clip(round(centre_y - side / 2), 0, height - side))
    return (x, y), side


def make_canvas(image_rgb: U8, landmarks_px: NDArray[Any]) -> Canvas:
    """Cut the frame and its margin out of a portrait.

    Args:
        image_rgb: (H, W, 3).
        landmarks_px: (478, >=2) in the picture's pixels.
    """
    low, high = landmarks_px[:, :2].min(0), landmarks_px[:, :2].max(0)
    size_wh = (image_rgb.shape[1], image_rgb.shape[0])
    origin, side = square_crop(size_wh, (low[0], low[1], high[0], high[1]))
    density = float(np.clip(side / DESIGN_PX, MIN_DENSITY, MAX_DENSITY))
    out_px = int(round((DESIGN_PX + 2 * MARGIN_PX) * density))
    rgb = _cut(image_rgb, origin, side, out_px, cv2.BORDER_REFLECT_101)
    return Canvas(rgb, out_px / (DESIGN_PX + 2 * MARGIN_PX), origin, side)


def frame_part(picture: NDArray[Any], canvas: Canvas) -> NDArray[Any]:
    """The frame's area of a canvas picture."""
    first = int(round(MARGIN_PX * canvas.texels_per_px))
    side = int(round(DESIGN_PX * canvas.texels_per_px))
    return picture[first : first + side, first : first + side]
