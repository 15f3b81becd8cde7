"""Pixels only, no faces: files, canvas, sampling, filters, filling."""

from vasa_avatar.appearance.picture import texture
from vasa_avatar.appearance.picture.canvas import (
    FRAME_PX,
    MARGIN_PX,
    Canvas,
    Square,
    frame_part,
    make_canvas,
    square_crop,
)
from vasa_avatar.appearance.picture.continuation import mean_of_known, membrane, soft_fill
from vasa_avatar.appearance.picture.edge_filter import guided_filter
from vasa_avatar.appearance.picture.image_file import load_picture, open_picture
from vasa_avatar.appearance.picture.large_picture import LargePicture
from vasa_avatar.appearance.picture.masks import grown, touching
from vasa_avatar.appearance.picture.patch_fill import fill_with_patches
from vasa_avatar.appearance.picture.pixels import Picture
from vasa_avatar.appearance.picture.tone import in_tone, tone_curve

__all__ = [
    "FRAME_PX",
    "MARGIN_PX",
    "Canvas",
    "LargePicture",
    "Picture",
    "Square",
    "fill_with_patches",
    "frame_part",
    "grown",
    "guided_filter",
    "in_tone",
    "load_picture",
    "make_canvas",
    "mean_of_known",
    "membrane",
    "open_picture",
    "soft_fill",
    "square_crop",
    "texture",
    "tone_curve",
    "touching",
]
