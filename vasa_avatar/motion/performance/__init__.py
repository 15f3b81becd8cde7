"""What words do to a face: timed words in, acts out, planned ahead of the sound."""

from __future__ import annotations

from vasa_avatar.motion.performance.acts import Act, ActKind
from vasa_avatar.motion.performance.planner import Planner
from vasa_avatar.motion.performance.rules import LANGUAGES, language_of, load_rules

__all__ = [
    "LANGUAGES",
    "Act",
    "ActKind",
    "Planner",
    "language_of",
    "load_rules",
]
