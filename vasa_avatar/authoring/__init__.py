"""Making characters: from a picture, from other programs' cards, and back to cards."""

from vasa_avatar.authoring.card import Card
from vasa_avatar.authoring.card_fields import id_of, profile_data
from vasa_avatar.authoring.card_file import card_of, read_card
from vasa_avatar.authoring.checking import faults_in
from vasa_avatar.authoring.exporting import export_card
from vasa_avatar.authoring.folder import free_folder, own_characters, write_character, write_schema
from vasa_avatar.authoring.importing import (
    Imported,
    character_data,
    import_card,
    kept_files,
    without_faults,
)
from vasa_avatar.authoring.new_profile import new_character, starting_data
from vasa_avatar.authoring.yaml_text import profile_dict, profile_text

__all__ = [
    "Card",
    "Imported",
    "card_of",
    "character_data",
    "export_card",
    "faults_in",
    "free_folder",
    "id_of",
    "import_card",
    "kept_files",
    "new_character",
    "own_characters",
    "profile_data",
    "profile_dict",
    "profile_text",
    "read_card",
    "starting_data",
    "without_faults",
    "write_character",
    "write_schema",
]
