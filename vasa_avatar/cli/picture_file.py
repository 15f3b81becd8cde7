"""A picture goes into a file whose ending says its kind."""

from __future__ import annotations

from pathlib import Path

from vasa_avatar.datatypes import U8

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


def check_picture_name(label: str, path: Path) -> None:
    """Whether the ending is one that can be written.

    Raises:
        UsageError: it is not.
    """
    from vasa_avatar.cli.app import UsageError

    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{label} is {path.name}; expected a name ending in .png, .jpg or .webp")


def save_picture(picture_rgb: U8, path: Path) -> None:
    """Write a picture, whole or not at all.

    Raises:
        OSError: it cannot be written; an older file is left as it was.
    """
    import cv2

    from vasa_avatar.output_file import whole_file

    ending = path.suffix.lower()
    _, encoded = cv2.imencode(ending, cv2.cvtColor(picture_rgb, cv2.COLOR_RGB2BGR))
    with whole_file(path) as part:
        part.write_bytes(encoded.tobytes())
