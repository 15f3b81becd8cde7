"""Spans of a traced pipeline: which, under what, how long, and that nobody is in them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pipecat.frames.frames import InterruptionFrame
from pipecat.utils.tracing.tracing_context import TracingContext
from pipecat_rig import running, staircase
from pipecat_vasa import VasaEngine, spans
from pipecat_vasa.spans import FaceSpans
from virtual_time import run_virtual


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What is exported meanwhile; the process's own provider stays as it is."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", lambda name: provider.get_tracer(name))
    yield exporter
    provider.shutdown()


def by_name(exporter: InMemorySpanExporter) -> dict[str, list[ReadableSpan]]:
    found: dict[str, list[ReadableSpan]] = {}
    for span in exporter.get_finished_spans():
        found.setdefault(span.name, []).append(span)
    return found


def test_a_turn_to_its_end_and_one_that_is_cut(
    exported: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = TracingContext()
    provider_span = trace.get_tracer("pipecat").start_span("turn")
    context.set_turn_context(provider_span.get_span_context())
    monkeypatch.setattr(spans.FaceSpans, "__init__", _traced(context))

    async def go() -> None:
        async with running() as rig:
            await rig.until(lambda: len(rig.record.seen) > 3)
            await rig.speak(staircase(0.5))
            await rig.until(lambda: rig.bot_stops() == 1)
            await rig.speak(staircase(3.0))
            await rig.until(lambda: rig.bot_starts() == 2)
            await asyncio.sleep(0.3)
            await rig.send(InterruptionFrame())
            await rig.until(lambda: rig.bot_stops() == 2)

    run_virtual(go())
    found = by_name(exported)
    assert set(found) == {"face.session", "face.turn", "face.first"}
    (session,) = found["face.session"]
    whole, cut = found["face.turn"]
    assert [turn.attributes["face.interrupted"] for turn in (whole, cut)] == [False, True]
    for turn, first in zip(found["face.turn"], found["face.first"], strict=True):
        assert turn.parent is not None and first.parent is not None
        assert turn.parent.span_id == provider_span.get_span_context().span_id
        assert first.parent.span_id == turn.context.span_id
        assert first.end_time <= turn.end_time
    assert session.attributes["face.frames_shown"] > 3


def test_nothing_personal_is_in_them(
    exported: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans.FaceSpans, "__init__", _traced(None))
    VasaEngine.load("iris", size_px=128).close()

    async def go() -> None:
        async with running() as rig:
            await rig.speak(staircase(0.3))
            await rig.until(lambda: rig.bot_stops() == 1)

    run_virtual(go())
    found = by_name(exported)
    assert set(found) == {"face.bake", "face.session", "face.turn", "face.first"}
    allowed = {"face.fps", "face.size_px", "face.is_drawn_here", "face.interrupted",
               "face.frames_shown", "face.frames_dropped"}  # fmt: skip
    for span in exported.get_finished_spans():
        assert set(span.attributes or {}) <= allowed and not span.events
        assert all(isinstance(value, bool | int | float) for value in span.attributes.values())


def test_a_pipeline_that_is_not_traced_makes_none(exported: InMemorySpanExporter) -> None:
    async def go() -> None:
        async with running() as rig:
            await rig.speak(staircase(0.3))
            await rig.until(lambda: rig.bot_stops() == 1)

    run_virtual(go())
    assert not exported.get_finished_spans()


def test_without_the_package_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "trace", None)
    face = FaceSpans(True, None)
    face.begin_session(25, 512, True)
    face.sound_came()
    face.first_face()
    face.turn_over(False)
    face.end_session({})
    with spans.bake_span():
        pass


def _traced(context: TracingContext | None) -> Any:
    """A constructor that traces, as in a pipeline with `enable_tracing`."""
    begin = FaceSpans.__init__

    def traced(self: FaceSpans, is_wanted: bool, _: TracingContext | None) -> None:
        begin(self, True, context)

    return traced
