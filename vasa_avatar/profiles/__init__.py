"""Characters: who they are, how they sound, feel and move, where their picture comes from."""

from vasa_avatar.profiles.feelings import EmotionSettings, LabelFeeling
from vasa_avatar.profiles.label_table import common_labels
from vasa_avatar.profiles.library import (
    PROFILE_FILE,
    list_profiles,
    load_profile,
    locate_profile,
    parse_profile,
    profile_folders,
)
from vasa_avatar.profiles.messages import Message, greeting_of, persona_messages
from vasa_avatar.profiles.notice import notice_of
from vasa_avatar.profiles.persona import Exchange, Persona
from vasa_avatar.profiles.profile import (
    ID_PATTERN,
    CharacterProfile,
    CropSettings,
    Framing,
    Gains,
)
from vasa_avatar.profiles.schema import (
    EDITOR_LINE,
    SCHEMA_NAME,
    profile_keys,
    profile_schema,
    schema_text,
)
from vasa_avatar.profiles.source import Disclosure, PictureSource
from vasa_avatar.profiles.temper import EyeContactShares, TemperSettings
from vasa_avatar.profiles.voice import OFFLINE_SERVICE, Voice
from vasa_avatar.profiles.yaml_file import read_mapping

__all__ = [
    "EDITOR_LINE",
    "ID_PATTERN",
    "OFFLINE_SERVICE",
    "PROFILE_FILE",
    "SCHEMA_NAME",
    "CharacterProfile",
    "CropSettings",
    "Disclosure",
    "EmotionSettings",
    "Exchange",
    "EyeContactShares",
    "Framing",
    "Gains",
    "LabelFeeling",
    "Message",
    "Persona",
    "PictureSource",
    "TemperSettings",
    "Voice",
    "common_labels",
    "greeting_of",
    "list_profiles",
    "load_profile",
    "locate_profile",
    "notice_of",
    "parse_profile",
    "persona_messages",
    "profile_folders",
    "profile_keys",
    "profile_schema",
    "read_mapping",
    "schema_text",
]
