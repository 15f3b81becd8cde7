"""A tool for the language model: `set_expression`, to change its own face while it speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipecat.adapters.llm.schemas.function_schema import FunctionSchema

from pipecat_vasa.steering.settings import (
    NUMBERS,
    VasaUpdateSettingsFrame,
    VasaVideoSettings,
    delta_from_mapping,
)
from vasa_avatar.datatypes import EMOTIONS

if TYPE_CHECKING:
    from pipecat.services.llm_service import FunctionCallParams

    from pipecat_vasa.video import VasaVideoService

_NUMBERS = ("emotion_strength", "gaze_pitch_deg", "gaze_yaw_deg", "head_distance")
_TAKEN = ("emotion", *_NUMBERS)


def set_expression_tool(service: VasaVideoService) -> FunctionSchema:
    """The tool's schema with its handler; give it to ToolsSchema and it is registered by itself."""

    async def set_expression(params: FunctionCallParams) -> None:
        try:
            delta = _delta(dict(params.arguments))
        except ValueError as problem:
            await params.result_callback({"status": "error", "message": str(problem)})
            return
        await service.queue_frame(VasaUpdateSettingsFrame(delta=delta))
        await params.result_callback({"status": "ok"})

    properties: dict[str, Any] = {
        "emotion": {
            "type": "string",
            "enum": list(EMOTIONS),
            "description": "The emotion your face shows from now on.",
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


def _delta(arguments: dict[str, Any]) -> VasaVideoSettings:
    unknown = sorted(set(arguments) - set(_TAKEN))
    if unknown:
        raise ValueError(f"unknown argument {', '.join(unknown)}; expected {', '.join(_TAKEN)}")
    return delta_from_mapping(arguments)
