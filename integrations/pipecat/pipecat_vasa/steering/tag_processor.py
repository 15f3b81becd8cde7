"""Between the language model and the TTS: takes emotion tags out of the text and tells the avatar
where they stood, so that the face changes when those words are heard, not when they are written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pipecat.frames.frames import (
    AggregatedTextFrame,
    EndFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    SystemFrame,
    TTSSpeakFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from vasa_avatar import CharacterProfile
from vasa_avatar.motion import Parsed, Tag, TagParser, strip_tags
from vasa_avatar.profiles import EmotionSettings

REPLY_KEY = "vasa_reply"


@dataclass
class VasaEmotionTagsFrame(SystemFrame):
    """Emotions found in text that will be spoken.

    Parameters:
        tags: With their places, counted in letters from the beginning of the reply or utterance.
        reply: The number of the reply; None for a TTSSpeakFrame.
        utterance: The clean text of a TTSSpeakFrame.
    """

    tags: tuple[Tag, ...] = ()
    reply: int | None = None
    utterance: str | None = field(default=None)


class EmotionTagProcessor(FrameProcessor):
    """Strips emotion tags from LLMTextFrames and TTSSpeakFrames; put it right before the TTS.

    Tags may be split over any number of streamed tokens. Unknown tags and other brackets stay.
    """

    def __init__(self, profile: CharacterProfile | None = None, **kwargs: Any) -> None:
        """Start without a reply.

        Args:
            profile: whose labels are read, such as `engine.profile`; without it the common ones.
            **kwargs: for FrameProcessor.
        """
        super().__init__(**kwargs)
        self._emotions = EmotionSettings() if profile is None else profile.emotions
        self._parser = TagParser(self._emotions)
        self._reply = 0
        self._held: LLMTextFrame | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Handle text, pass everything else."""
        await super().process_frame(frame, direction)
        if direction is FrameDirection.UPSTREAM:
            await self.push_frame(frame, direction)
        elif isinstance(frame, LLMTextFrame):
            await self._handle_text(frame)
        elif isinstance(frame, TTSSpeakFrame):
            await self._handle_utterance(frame)
        elif isinstance(frame, AggregatedTextFrame):
            await self._handle_aggregated(frame)
        else:
            await self._handle_turn(frame)
            await self.push_frame(frame, direction)

    async def _handle_turn(self, frame: Frame) -> None:
        if isinstance(frame, LLMFullResponseStartFrame):
            self._reply += 1
            self._parser.reset()
            frame.metadata[REPLY_KEY] = self._reply
        elif isinstance(frame, LLMFullResponseEndFrame | EndFrame):
            await self._push_parsed(self._parser.flush(), self._held)
            self._held = None
        elif isinstance(frame, InterruptionFrame):
            self._parser.reset()
            self._held = None

    async def _handle_text(self, frame: LLMTextFrame) -> None:
        parsed = self._parser.push(frame.text)
        self._held = frame
        await self._push_parsed(parsed, frame)

    async def _push_parsed(self, parsed: Parsed, template: LLMTextFrame | None) -> None:
        if parsed.tags:
            await self.push_frame(VasaEmotionTagsFrame(parsed.tags, reply=self._reply))
        if not parsed.text or template is None:
            return
        if parsed.text == template.text:
            await self.push_frame(template)
            return
        clean = type(template)(parsed.text)
        clean.skip_tts = template.skip_tts
        clean.append_to_context = template.append_to_context
        clean.includes_inter_frame_spaces = template.includes_inter_frame_spaces
        clean.metadata.update(template.metadata)
        await self.push_frame(clean)

    async def _handle_utterance(self, frame: TTSSpeakFrame) -> None:
        text, tags = strip_tags(frame.text, self._emotions)
        frame.text = text
        if tags:
            await self.push_frame(VasaEmotionTagsFrame(tags, utterance=text))
        await self.push_frame(frame)

    async def _handle_aggregated(self, frame: AggregatedTextFrame) -> None:
        """Text that was cut into sentences before it came here."""
        parsed = self._parser.push(frame.text)
        rest = self._parser.flush_piece()
        if parsed.tags:
            await self.push_frame(VasaEmotionTagsFrame(parsed.tags, reply=self._reply))
        frame.text = parsed.text + rest.text
        if frame.text.strip():
            await self.push_frame(frame)
