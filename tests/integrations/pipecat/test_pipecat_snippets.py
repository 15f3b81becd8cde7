"""Code in documents and docstrings runs as it stands: that of the Pipecat service."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pipecat_vasa
import pytest
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport
from snippets import Snippet, python_snippets, run_snippet

SNIPPETS = python_snippets("pipecat_vasa")
PIPELINES = [snippet for snippet in SNIPPETS if "Pipeline(" in snippet.text]
OTHERS = [snippet for snippet in SNIPPETS if snippet not in PIPELINES]


def names_at_hand(engine: pipecat_vasa.VasaEngine) -> dict[str, Any]:
    """What a reader's bot has already; every service is one that passes frames on."""
    params = TransportParams(**pipecat_vasa.avatar_transport_params(engine))
    connection = SmallWebRTCConnection(ice_servers=[])
    services = {name: FrameProcessor() for name in ("stt", "user", "llm", "tts", "assistant")}
    return {
        **{name: getattr(pipecat_vasa, name) for name in pipecat_vasa.__all__},
        **services,
        "Pipeline": Pipeline,
        "TransportParams": TransportParams,
        "SmallWebRTCTransport": SmallWebRTCTransport,
        "connection": connection,
        "transport": SmallWebRTCTransport(connection, params),
        "context": SimpleNamespace(user=FrameProcessor, assistant=FrameProcessor),
    }


@pytest.mark.parametrize("snippet", PIPELINES, ids=str)
def test_a_pipeline_is_built(snippet: Snippet) -> None:
    built: list[list[FrameProcessor]] = []

    class Seen(Pipeline):
        def __init__(self, processors: list[FrameProcessor]) -> None:
            super().__init__(processors)
            built.append(processors)

    async def go() -> None:
        engine = pipecat_vasa.VasaEngine.load("iris")
        try:
            names = names_at_hand(engine) | {"Pipeline": Seen}
            assert run_snippet(snippet, names) is None
            names["engine"].close()
        finally:
            engine.close()

    asyncio.run(go())
    (processors,) = built
    faces = pipecat_vasa.VasaVideoService | pipecat_vasa.VasaMotionService
    places = [isinstance(one, faces) for one in processors]
    assert places.count(True) == 1
    assert len(processors) >= 7


@pytest.mark.parametrize("snippet", OTHERS, ids=str)
def test_what_builds_no_pipeline_runs(snippet: Snippet) -> None:
    assert run_snippet(snippet, {}) is None


def test_there_are_some() -> None:
    assert len(PIPELINES) >= 3
