"""A part of the picture as the whole frame: an avatar to the same one, seen closer."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from vasa_avatar.appearance.avatar import Avatar
from vasa_avatar.datatypes import Crop
from vasa_avatar.render.assets import DESIGN_PX


def cropped(avatar: Avatar, crop: Crop) -> Avatar:
    """The avatar framed by a crop; the same one where the crop is the whole picture."""
    if crop.zoom == 1.0:
        return avatar
    assets = avatar.assets
    left, top = crop.corner
    zoom = np.float32(crop.zoom)
    corner_px = np.array([left, top], np.float32) * np.float32(DESIGN_PX)
    edge = len(assets.plate_rgb)
    plate = cv2.warpAffine(
        assets.plate_rgb,
        np.array([[1 / zoom, 0, left * edge], [0, 1 / zoom, top * edge]]),
        (edge, edge),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    framed = replace(
        assets,
        plate_rgb=np.asarray(plate, np.uint8),
        texels_per_px=assets.texels_per_px / float(zoom),
        pivot_px=(assets.pivot_px - corner_px) * zoom,
        face_width_px=assets.face_width_px * float(zoom),
        breath_px=assets.breath_px * zoom,
    )
    return replace(avatar, assets=framed)
