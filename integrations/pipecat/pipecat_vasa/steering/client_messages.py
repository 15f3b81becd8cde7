"""RTVI client messages: `avatar.set` changes settings, `avatar.get` tells them and the figures,
`avatar.feel` brings a feeling that passes.

`{"t": "avatar.set", "d": {"emotion": "happy", "head_distance": 0.9}}` is answered with the settings
that hold then; a wrong key or value with an error, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipecat.processors.frameworks.rtvi import RTVIClientMessageFrame

from pipecat_vasa.playing.meter import VasaMetricsData
from pipecat_vasa.steering.settings import (
    VasaVideoSettings,
    delta_from_mapping,
    known_feeling,
)
from vasa_avatar.datatypes import Feeling
from vasa_avatar.profiles import EmotionSettings

SET, GET, FEEL = "avatar.set", "avatar.get", "avatar.feel"


def wanted_feeling(message: RTVIClientMessageFrame, emotions: EmotionSettings) -> Feeling:
    """What an `avatar.feel` asks for: `{"label": "joy", "strength": 0.8}`.

    Raises:
        ValueError: it is not such an object, or the character does not know the label.
    """
    data = message.data
    if not isinstance(data, Mapping) or not set(data) <= {"label", "strength"}:
        raise ValueError(f"{FEEL} came with {data!r:.80}; expected a label and perhaps a strength")
    try:
        return known_feeling(data.get("label"), data.get("strength", 1.0), emotions)
    except ValueError as problem:
        raise ValueError(f"{FEEL}: {problem}") from None


def wanted_change(
    message: RTVIClientMessageFrame, emotions: EmotionSettings
) -> VasaVideoSettings | None:
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
        return delta_from_mapping(message.data, emotions)
    except ValueError as problem:
        raise ValueError(f"{SET}: {problem}") from None


def answer_of(
    message: RTVIClientMessageFrame, settings: VasaVideoSettings, stats: VasaMetricsData
) -> dict[str, Any]:
    """What to tell the client."""
    figures = stats.model_dump(exclude={"processor", "model"}) if message.type == GET else None
    return {"settings": settings.to_dict(), **({"stats": figures} if figures else {})}
