"""Portrait to Avatar, once, in seconds; avatars to and from files."""

from vasa_avatar.appearance.avatar import BAKE_VERSION, Avatar, load_avatar
from vasa_avatar.appearance.build import build_avatar

__all__ = ["BAKE_VERSION", "Avatar", "build_avatar", "load_avatar"]
