"""The plugin's logger, where LiveKit looks for it. No speech and no faces are logged."""

import logging

logger = logging.getLogger("livekit.plugins.vasa")
