"""Sound and controls to face motion; motion files."""

from __future__ import annotations

from vasa_avatar.motion.dynamics import Attention, DynamicsModel, HumanDynamics
from vasa_avatar.motion.feeling import feeling_motion
from vasa_avatar.motion.generator import MotionGenerator
from vasa_avatar.motion.motion_file import load_motion, resample_motion, save_motion
from vasa_avatar.motion.performance import (
    Parsed,
    Tag,
    TagParser,
    TagPlacer,
    count_letters,
    strip_tags,
    tag_word,
)
from vasa_avatar.motion.speech import SpeechModel, load_speech_model
from vasa_avatar.motion.trail import Trail

__all__ = [
    "Attention",
    "DynamicsModel",
    "HumanDynamics",
    "MotionGenerator",
    "Parsed",
    "SpeechModel",
    "Tag",
    "TagParser",
    "TagPlacer",
    "Trail",
    "count_letters",
    "feeling_motion",
    "strip_tags",
    "tag_word",
    "load_motion",
    "load_speech_model",
    "resample_motion",
    "save_motion",
]
