"""Whatever a command prints can be printed, on a console of any encoding."""

from __future__ import annotations

import codecs
import sys

_HANDLER = "vasa_avatar.console"
_PLAIN = {"…": "...", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "→": "->"}
_ESCAPED_BYTES = range(0xDC80, 0xDD00)
"""how Python holds the bytes of a file's name that are no text (PEP 383)"""


def use_any_console() -> None:
    """Signs that the encoding lacks are written in a plainer way, instead of ending in an error."""
    codecs.register_error(_HANDLER, _plainer)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_HANDLER)


def _plainer(problem: UnicodeError) -> tuple[str | bytes, int]:
    """What stands for the sign at the problem's start: the name's own byte, or plain ASCII."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    sign = problem.object[problem.start]
    if ord(sign) in _ESCAPED_BYTES:
        return bytes([ord(sign) - 0xDC00]), problem.start + 1
    plain = _PLAIN.get(sign) or sign.encode("ascii", "backslashreplace").decode("ascii")
    return plain, problem.start + 1
