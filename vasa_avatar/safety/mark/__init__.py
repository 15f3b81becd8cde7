"""The imperceptible mark: 48 bits in every picture that leaves the program, and their reader."""

from vasa_avatar.safety.mark.marked_renderer import MarkedRenderer
from vasa_avatar.safety.mark.pattern import add_mark, mark_pattern, mark_tile
from vasa_avatar.safety.mark.payload import FILM, LIVE, NO_LABEL, MarkPayload, issuer_number
from vasa_avatar.safety.mark.reader import MarkReading, mean_luma, mean_of, read_mark
from vasa_avatar.safety.mark.waves import Square

__all__ = [
    "FILM",
    "LIVE",
    "NO_LABEL",
    "MarkPayload",
    "MarkReading",
    "MarkedRenderer",
    "Square",
    "add_mark",
    "issuer_number",
    "mark_pattern",
    "mark_tile",
    "mean_luma",
    "mean_of",
    "read_mark",
]
