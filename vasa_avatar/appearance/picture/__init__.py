"""Pixels only, no faces: files, canvas, sampling, filters, filling."""

from vasa_avatar.appearance.picture import texture
from vasa_avatar.appearance.picture.canvas import (
    MARGIN_PX,
    Canvas,
    Square,
    frame_part,
    make_canvas,
    square_crop,
)
from vasa_avatar.appearance.picture.continuation import mean_of_known, membrane, soft_fill
from vasa_avatar.appearance.picture.edge_filter import guided_filter
from vasa_avatar.appearance.picture.image_file import Picture, load_picture
from vasa_avatar.appearance.picture.patch_fill import fill_with_patches
from vasa_avatar.appearance.picture.tone import in_tone, tone_curve

__all__ = [
    "MARGIN_PX",
    "Canvas",
    "Picture",
    "Square",
    "fill_with_patches",
    "frame_part",
    "guided_filter",
    "in_tone",
    "load_picture",
    "make_canvas",
    "mean_of_known",
    "membrane",
    "soft_fill",
    "square_crop",
    "texture",
    "tone_curve",
]
