"""Pictures in ISO containers (HEIC of telephones, AVIF): read where their decoder is there."""

from __future__ import annotations

import importlib
from typing import BinaryIO

from PIL import features

from vasa_avatar.errors import PortraitError

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_DECODERS = ("pi_heif", "pillow_heif")
"""the first only reads, the second also writes; either will do"""


def prepare(file: BinaryIO, name: str) -> None:
    """Let Pillow read a HEIC or AVIF file; other files are left as they are.

    Args:
        file: at its beginning, and there again afterwards.
        name: of the picture, for the message.

    Raises:
        PortraitError: `not_an_image`, its decoder is not there; the message says what to install.
    """
    brands = _brands(file)
    if brands & _AVIF_BRANDS:
        if "avif" not in features.get_supported():
            raise PortraitError(
                "not_an_image",
                f"{name} is an AVIF picture, which this Pillow cannot read; install a newer one: "
                f'pip install "pillow>=11.3"; or save the picture as JPEG',
            )
    elif brands & _HEIC_BRANDS and not _register_heic():
        raise PortraitError(
            "not_an_image",
            f"{name} is a HEIC picture, which needs a decoder: "
            f'pip install "vasa-avatar[heic]"; or save the picture as JPEG',
        )


def _brands(file: BinaryIO) -> set[bytes]:
    """What an ISO container says that it holds (ISO/IEC 14496-12, file type box)."""
    head = file.read(64)
    file.seek(0)
    if head[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12], *(head[i : i + 4] for i in range(16, end, 4))}


def _register_heic() -> bool:
    for decoder in _DECODERS:
        try:
            importlib.import_module(decoder).register_heif_opener()
        except ImportError:
            continue
        return True
    return False
