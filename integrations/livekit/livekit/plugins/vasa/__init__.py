"""A talking face for LiveKit agents, computed in the agent's own process: AvatarSession."""

from __future__ import annotations

import importlib.util

import vasa_avatar  # noqa: F401  # before LiveKit's own networks: their runtime sends nothing then

if importlib.util.find_spec("livekit") is None or not importlib.util.find_spec("livekit.agents"):
    raise ModuleNotFoundError(
        'livekit.plugins.vasa needs livekit-agents: pip install "vasa-avatar[livekit]"',
        name="livekit.agents",
    )

from livekit.agents import Plugin
from livekit.plugins.vasa.avatar import AvatarSession
from livekit.plugins.vasa.hibari_tts import HibariTTS
from livekit.plugins.vasa.log import logger
from livekit.plugins.vasa.persona import Persona, persona_of
from livekit.plugins.vasa.version import __version__

from vasa_avatar.session import tune_interpreter

__all__ = [
    "AvatarSession",
    "HibariTTS",
    "Persona",
    "VasaPlugin",
    "__version__",
    "persona_of",
    "tune_interpreter",
]


class VasaPlugin(Plugin):
    """How LiveKit's worker knows of this package."""

    def __init__(self) -> None:
        super().__init__(__name__, __version__, __package__ or __name__, logger)


Plugin.register_plugin(VasaPlugin())
