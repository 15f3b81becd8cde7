"""RTVI client messages: `avatar.set` changes settings, `avatar.get` tells them and the figures.

`{"t": "avatar.set", "d": {"emotion": "happy", "head_distance": 0.9}}` is answered with the settings
that hold then; a wrong key or value with an error, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipecat.processors.frameworks.rtvi import RTVIClientMessageFrame

from pipecat_vasa.playing.meter import VasaMetricsData
from pipecat_vasa.steering.settings import VasaVideoSettings, delta_from_mapping

SET, GET = "avatar.set", "avatar.get"


def wanted_change(message: RTVIClientMessageFrame) -> VasaVideoSettings | None:
    """What an `avatar.set` changes; None for any other message.

    Raises:
        ValueError: it is not an object of settings, or one of them cannot be.
    """
    if message.type != SET:
        return None
    if not isinstance(message.data, Mapping):
        came = type(message.data).__name__
        raise ValueError(f"{SET} came with {came}; expected an object of settings")
    try:
        return delta_from_mapping(message.data)
    except ValueError as problem:
        raise ValueError(f"{SET}: {problem}") from None


def answer_of(
    message: RTVIClientMessageFrame, settings: VasaVideoSettings, stats: VasaMetricsData
) -> dict[str, Any]:
    """What to tell the client."""
    figures = stats.model_dump(exclude={"processor", "model"}) if message.type == GET else None
    return {"settings": settings.to_dict(), **({"stats": figures} if figures else {})}
