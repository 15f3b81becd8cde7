"""The face drawn in a browser: an avatar as a file, motion as bytes, and the module that draws."""

from vasa_avatar.browser.vface import FaceFileParts, read_parts, vface_bytes
from vasa_avatar.browser.wire_motion import MOTION_BYTES, pack_motion, unpack_motion

__all__ = [
    "MOTION_BYTES",
    "FaceFileParts",
    "pack_motion",
    "read_parts",
    "unpack_motion",
    "vface_bytes",
]
