"""Portrait to Avatar, once, in seconds; avatars to and from files."""

from vasa_avatar.appearance.avatar import BAKE_VERSION, Avatar, load_avatar
from vasa_avatar.appearance.avatar_cache import avatar_of, cached_avatar
from vasa_avatar.appearance.build import build_avatar
from vasa_avatar.appearance.character import Character, load_character
from vasa_avatar.appearance.crop import cropped
from vasa_avatar.appearance.inspection import PortraitReport, inspect_portrait

__all__ = [
    "BAKE_VERSION",
    "Avatar",
    "Character",
    "PortraitReport",
    "avatar_of",
    "build_avatar",
    "cached_avatar",
    "cropped",
    "inspect_portrait",
    "load_avatar",
    "load_character",
]
