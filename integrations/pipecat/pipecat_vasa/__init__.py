"""A talking face for Pipecat: VasaVideoService, offline voices, and what steers them."""

from __future__ import annotations

import importlib.util

import vasa_avatar  # noqa: F401  # before Pipecat's own networks: their runtime sends nothing then

if importlib.util.find_spec("pipecat") is None:
    raise ModuleNotFoundError(
        'pipecat_vasa needs the package pipecat: pip install "vasa-avatar[pipecat]"', name="pipecat"
    )

from pipecat_vasa.engine import VasaEngine
from pipecat_vasa.motion import VasaMotionService
from pipecat_vasa.playing.meter import VasaMetricsData
from pipecat_vasa.playing.transport_check import avatar_transport_params
from pipecat_vasa.steering.settings import (
    VasaFeelFrame,
    VasaUpdateSettingsFrame,
    VasaVideoSettings,
)
from pipecat_vasa.steering.tag_processor import EmotionTagProcessor
from pipecat_vasa.steering.tools import set_expression_tool
from pipecat_vasa.video import VasaVideoService
from pipecat_vasa.voices.hibari_tts import HibariTTSService, HibariTTSSettings
from pipecat_vasa.voices.pyttsx3_tts import Pyttsx3TTSService, Pyttsx3TTSSettings
from vasa_avatar.session import tune_interpreter

__all__ = [
    "EmotionTagProcessor",
    "HibariTTSService",
    "HibariTTSSettings",
    "Pyttsx3TTSService",
    "Pyttsx3TTSSettings",
    "VasaEngine",
    "VasaFeelFrame",
    "VasaMetricsData",
    "VasaMotionService",
    "VasaUpdateSettingsFrame",
    "VasaVideoService",
    "VasaVideoSettings",
    "avatar_transport_params",
    "set_expression_tool",
    "tune_interpreter",
]
