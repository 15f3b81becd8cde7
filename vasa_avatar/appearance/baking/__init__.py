"""The layers of a picture to a calibrated mesh."""

from vasa_avatar.appearance.baking.bake import FaceOnCanvas, bake_assets
from vasa_avatar.appearance.baking.calibrate import calibrated, with_small_turns
from vasa_avatar.appearance.baking.closed_mouth import MOUTH_OPENERS, close_mouth
from vasa_avatar.appearance.baking.drawn_dots import room_for_dots, with_dots
from vasa_avatar.appearance.baking.drawn_opening import lids_on_edges
from vasa_avatar.appearance.baking.drawn_parts import DrawnParts, parts_on
from vasa_avatar.appearance.baking.expression import WIDE_PER_OPENING, fit_moves
from vasa_avatar.appearance.baking.face_model import FaceModel, load_face_model
from vasa_avatar.appearance.baking.head import HeadFit, fit_head

__all__ = [
    "MOUTH_OPENERS",
    "WIDE_PER_OPENING",
    "DrawnParts",
    "FaceModel",
    "FaceOnCanvas",
    "HeadFit",
    "bake_assets",
    "calibrated",
    "close_mouth",
    "fit_head",
    "fit_moves",
    "lids_on_edges",
    "load_face_model",
    "parts_on",
    "room_for_dots",
    "with_dots",
    "with_small_turns",
]
