"""One portrait and a voice become a live talking face, on a CPU.

The heavy parts load on first use, so that `import vasa_avatar` stays fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vasa_avatar.privacy import forbid_telemetry

if TYPE_CHECKING:
    from vasa_avatar.appearance import (
        Avatar,
        Character,
        build_avatar,
        load_avatar,
        load_character,
    )
    from vasa_avatar.audio.hibari_voice import HibariVoice
    from vasa_avatar.control_settings import ControlSettings
    from vasa_avatar.datatypes import AvatarFrame, Controls, Emotion, FaceMotion, Feeling
    from vasa_avatar.errors import VasaError
    from vasa_avatar.motion import Attention
    from vasa_avatar.performance_style import PerformanceStyle
    from vasa_avatar.profiles import CharacterProfile, persona_messages
    from vasa_avatar.session import AvatarStream, LiveStream, character_stream

__version__ = "0.1.0"
__all__ = [
    "Attention",
    "Avatar",
    "AvatarFrame",
    "AvatarStream",
    "Character",
    "CharacterProfile",
    "ControlSettings",
    "Controls",
    "Emotion",
    "FaceMotion",
    "Feeling",
    "HibariVoice",
    "LiveStream",
    "PerformanceStyle",
    "VasaError",
    "build_avatar",
    "character_stream",
    "load_avatar",
    "load_character",
    "persona_messages",
]

_HOMES = {
    "Attention": "vasa_avatar.motion",
    "Avatar": "vasa_avatar.appearance",
    "AvatarFrame": "vasa_avatar.datatypes",
    "AvatarStream": "vasa_avatar.session",
    "Character": "vasa_avatar.appearance",
    "CharacterProfile": "vasa_avatar.profiles",
    "ControlSettings": "vasa_avatar.control_settings",
    "Controls": "vasa_avatar.datatypes",
    "Emotion": "vasa_avatar.datatypes",
    "FaceMotion": "vasa_avatar.datatypes",
    "Feeling": "vasa_avatar.datatypes",
    "HibariVoice": "vasa_avatar.audio.hibari_voice",
    "LiveStream": "vasa_avatar.session",
    "PerformanceStyle": "vasa_avatar.performance_style",
    "VasaError": "vasa_avatar.errors",
    "build_avatar": "vasa_avatar.appearance",
    "character_stream": "vasa_avatar.session",
    "load_avatar": "vasa_avatar.appearance",
    "load_character": "vasa_avatar.appearance",
    "persona_messages": "vasa_avatar.profiles",
}


forbid_telemetry()


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
