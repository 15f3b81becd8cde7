"""What words do to a face: timed words in, acts out, planned ahead of the sound."""

from __future__ import annotations

from vasa_avatar.motion.performance.acts import Act, ActKind
from vasa_avatar.motion.performance.planner import Planner
from vasa_avatar.motion.performance.rules import LANGUAGES, language_of, load_rules
from vasa_avatar.motion.performance.tags import (
    Parsed,
    Tag,
    TagParser,
    TagPlacer,
    count_letters,
    strip_tags,
    tag_word,
)

__all__ = [
    "LANGUAGES",
    "Act",
    "Parsed",
    "Tag",
    "TagParser",
    "TagPlacer",
    "count_letters",
    "strip_tags",
    "tag_word",
    "ActKind",
    "Planner",
    "language_of",
    "load_rules",
]
