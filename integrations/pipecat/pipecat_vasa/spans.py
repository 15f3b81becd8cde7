"""What a face does as OpenTelemetry spans, where the pipeline is traced and the package is there.

    face.bake          a portrait becomes an avatar, or is loaded
    face.session       from the pipeline's start to its end
      face.turn        a stretch of speech, under Pipecat's turn; attribute face.interrupted
        face.first     from its first sound to its first face

Nothing that was said, heard or shown is in them, nor who is seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

try:
    from opentelemetry import trace
except ImportError:  # then nobody traces
    trace = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from opentelemetry.trace import Span
    from pipecat.utils.tracing.tracing_context import TracingContext

_NAME = "vasa_avatar"


@contextmanager
def bake_span() -> Iterator[None]:
    """The time that an avatar takes to be there."""
    if trace is None:
        yield
        return
    with trace.get_tracer(_NAME).start_as_current_span("face.bake", record_exception=False):
        yield


class FaceSpans:
    """The spans of one service; every call costs nothing where nothing is traced."""

    def __init__(self, is_wanted: bool, context: TracingContext | None) -> None:
        """Nothing has begun.

        Args:
            is_wanted: the pipeline is traced.
            context: which of Pipecat's spans is under way.
        """
        self._is_on = is_wanted and trace is not None
        self._context = context
        self._session: Span | None = None
        self._turn: Span | None = None
        self._first: Span | None = None

    def begin_session(self, fps: int, size_px: int, is_drawn: bool) -> None:
        """The face is there."""
        if self._is_on and self._session is None:
            parent = self._context.get_conversation_context() if self._context else None
            figures = {"face.fps": fps, "face.size_px": size_px, "face.is_drawn_here": is_drawn}
            self._session = self._begin("face.session", parent, figures)

    def sound_came(self) -> None:
        """The first sound of a stretch of speech; more of it changes nothing."""
        if self._is_on and self._turn is None:
            parent = self._context.get_turn_context() if self._context else None
            if parent is None and self._session is not None:
                parent = trace.set_span_in_context(self._session)
            self._turn = self._begin("face.turn", parent)
            self._first = self._begin("face.first", trace.set_span_in_context(self._turn))

    def first_face(self) -> None:
        """The first face of the stretch goes out."""
        if self._first is not None:
            self._first.end()
            self._first = None

    def turn_over(self, is_interrupted: bool) -> None:
        """The stretch has ended."""
        self.first_face()
        if self._turn is not None:
            self._turn.set_attribute("face.interrupted", is_interrupted)
            self._turn.end()
            self._turn = None

    def end_session(self, figures: dict[str, float]) -> None:
        """The face leaves; `figures` of the session become attributes."""
        self.turn_over(is_interrupted=self._turn is not None)
        if self._session is not None:
            self._session.set_attributes(figures)
            self._session.end()
            self._session = None

    def _begin(self, name: str, parent: Any, attributes: dict[str, Any] | None = None) -> Span:
        return trace.get_tracer(_NAME).start_span(name, context=parent, attributes=attributes)
