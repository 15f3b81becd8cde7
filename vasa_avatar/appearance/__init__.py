"""Portrait to Avatar, once, in seconds; avatars to and from files."""

from vasa_avatar.appearance.avatar import BAKE_VERSION, Avatar, load_avatar
from vasa_avatar.appearance.avatar_cache import avatar_of, cached_avatar
from vasa_avatar.appearance.build import build_avatar
from vasa_avatar.appearance.character import Character, load_character

__all__ = [
    "BAKE_VERSION",
    "Avatar",
    "Character",
    "avatar_of",
    "build_avatar",
    "cached_avatar",
    "load_avatar",
    "load_character",
]
