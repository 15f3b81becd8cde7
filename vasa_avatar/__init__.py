"""One portrait and a voice become a live talking face, on a CPU.

The heavy parts load on first use, so that `import vasa_avatar` stays fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vasa_avatar.appearance import Avatar, build_avatar, load_avatar
    from vasa_avatar.datatypes import AvatarFrame, Controls, Emotion, FaceMotion
    from vasa_avatar.profiles import CharacterProfile
    from vasa_avatar.session import AvatarSession

__version__ = "0.1.0"
__all__ = [
    "Avatar",
    "AvatarFrame",
    "AvatarSession",
    "CharacterProfile",
    "Controls",
    "Emotion",
    "FaceMotion",
    "build_avatar",
    "load_avatar",
]

_HOMES = {
    "Avatar": "vasa_avatar.appearance",
    "build_avatar": "vasa_avatar.appearance",
    "load_avatar": "vasa_avatar.appearance",
    "AvatarSession": "vasa_avatar.session",
    "AvatarFrame": "vasa_avatar.datatypes",
    "Controls": "vasa_avatar.datatypes",
    "Emotion": "vasa_avatar.datatypes",
    "FaceMotion": "vasa_avatar.datatypes",
    "CharacterProfile": "vasa_avatar.profiles",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
