"""Characters: who they are, how they sound and behave, where their picture comes from."""

from vasa_avatar.profiles.library import list_profiles, load_profile, profile_folders
from vasa_avatar.profiles.profile import CharacterProfile, Manner, PictureSource, Voice

__all__ = [
    "CharacterProfile",
    "Manner",
    "PictureSource",
    "Voice",
    "list_profiles",
    "load_profile",
    "profile_folders",
]
