"""A tool for the language model: `set_expression`, to change its own face while it speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipecat.adapters.llm.schemas.function_schema import FunctionSchema

from pipecat_vasa.steering.settings import (
    NUMBERS,
    VasaFeelFrame,
    VasaUpdateSettingsFrame,
    delta_from_mapping,
    known_feeling,
)
from vasa_avatar.datatypes import EMOTIONS
from vasa_avatar.profiles import EmotionSettings

if TYPE_CHECKING:
    from pipecat.services.llm_service import FunctionCallParams

    from pipecat_vasa.face_service import FaceService

_NUMBERS = ("emotion_strength", "gaze_pitch_deg", "gaze_yaw_deg", "head_distance")
_TAKEN = ("emotion", *_NUMBERS)


def set_expression_tool(service: FaceService) -> FunctionSchema:
    """The tool's schema with its handler; give it to ToolsSchema and it is registered by itself."""

    async def set_expression(params: FunctionCallParams) -> None:
        try:
            frames = _frames_for(dict(params.arguments), service.emotions)
        except ValueError as problem:
            await params.result_callback({"status": "error", "message": str(problem)})
            return
        for frame in frames:
            await service.queue_frame(frame)
        await params.result_callback({"status": "ok"})

    properties: dict[str, Any] = {
        "emotion": {
            "type": "string",
            "enum": list(dict.fromkeys((*service.emotions.labels, *EMOTIONS))),
            "description": "What your face shows; it passes, and your own mood comes back.",
        }
    }
    for name in _NUMBERS:
        spec = NUMBERS[name]
        properties[name] = {
            "type": "number",
            "minimum": spec.low,
            "maximum": spec.high,
            "description": f"{spec.what}; {spec.range}",
        }
    return FunctionSchema(
        name="set_expression",
        description=(
            "Change the expression, gaze or distance of your face on screen. Use it when your "
            "mood changes; say nothing about it."
        ),
        properties=properties,
        required=["emotion"],
        handler=set_expression,
    )


def _frames_for(
    arguments: dict[str, Any], emotions: EmotionSettings
) -> list[VasaFeelFrame | VasaUpdateSettingsFrame]:
    unknown = sorted(set(arguments) - set(_TAKEN))
    if unknown:
        raise ValueError(f"unknown argument {', '.join(unknown)}; expected {', '.join(_TAKEN)}")
    label, strength = arguments.pop("emotion", None), arguments.pop("emotion_strength", 1.0)
    frames: list[VasaFeelFrame | VasaUpdateSettingsFrame] = []
    if label is not None:
        known_feeling(label, strength, emotions)
        frames.append(VasaFeelFrame(str(label), float(strength)))
    if arguments:
        delta = delta_from_mapping(arguments, emotions)
        frames.append(VasaUpdateSettingsFrame(delta=delta))
    return frames
