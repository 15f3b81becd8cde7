"""The face drawn in a browser: an avatar as a file, motion as bytes, and the module that draws."""

from vasa_avatar.browser.drawn_elsewhere import DrawnElsewhere
from vasa_avatar.browser.face_module import face_module_files
from vasa_avatar.browser.page import FilmSound, film_page
from vasa_avatar.browser.vface import FaceFileParts, read_parts, vface_bytes
from vasa_avatar.browser.wire_motion import MOTION_BYTES, pack_motion, unpack_motion
from vasa_avatar.folders import face_module_folder

__all__ = [
    "MOTION_BYTES",
    "DrawnElsewhere",
    "FaceFileParts",
    "FilmSound",
    "face_module_files",
    "face_module_folder",
    "film_page",
    "pack_motion",
    "read_parts",
    "unpack_motion",
    "vface_bytes",
]
