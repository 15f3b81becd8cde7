"""RTVI client messages: `avatar.set` changes settings, `avatar.get` tells them and the figures.

`{"t": "avatar.set", "d": {"emotion": "happy", "head_distance": 0.9}}` is answered with the settings
that hold then; a wrong key or value with an error, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipecat.processors.frameworks.rtvi import RTVIClientMessageFrame

from pipecat_vasa.playing.meter import VasaMetricsData
from pipecat_vasa.steering.settings import VasaVideoSettings, delta_from_mapping


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell the client, and what to change first."""

    data: dict[str, Any] | None = None
    error: str | None = None
    delta: VasaVideoSettings | None = None

    def with_settings(self, settings: VasaVideoSettings) -> Answer:
        """The same, telling these settings."""
        return replace(self, data={"settings": settings.to_dict()})


def answer_client(
    message: RTVIClientMessageFrame, settings: VasaVideoSettings, stats: VasaMetricsData
) -> Answer | None:
    """The answer to a client's message, or None when it is not for the avatar."""
    if message.type == "avatar.get":
        figures = stats.model_dump(exclude={"processor", "model"})
        return Answer({"settings": settings.to_dict(), "stats": figures})
    if message.type != "avatar.set":
        return None
    if not isinstance(message.data, Mapping):
        came = type(message.data).__name__
        return Answer(error=f"avatar.set came with {came}; expected an object of settings")
    try:
        return Answer(delta=delta_from_mapping(message.data))
    except ValueError as problem:
        return Answer(error=f"avatar.set: {problem}")
