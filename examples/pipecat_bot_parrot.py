"""The parrot of pipecat_bot.py: says what is typed, repeats what is spoken."""

from __future__ import annotations

from collections import deque

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.processors.frameworks.rtvi.frames import RTVISendTextFrame

KEPT_BEFORE_SPEECH_S = 0.6  # the detector needs that long to be sure that somebody speaks
LONGEST_ECHO_S = 30.0


class Parrot(FrameProcessor):
    """Says what is typed, and repeats what is spoken in the speaker's own voice."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: deque[InputAudioRawFrame] = deque()
        self._kept_s = 0.0
        self._is_listening = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take text and sound, pass the rest."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self._keep(frame)
            return
        await self.push_frame(frame, direction)
        if isinstance(frame, RTVISendTextFrame):
            await self.push_frame(TTSSpeakFrame(frame.text))
        elif isinstance(frame, VADUserStartedSpeakingFrame):
            self._is_listening = True
            await self.broadcast_frame(UserStartedSpeakingFrame)
            await self.broadcast_interruption()
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and self._is_listening:
            self._is_listening = False
            await self.broadcast_frame(UserStoppedSpeakingFrame)
            await self._repeat()

    def _keep(self, frame: InputAudioRawFrame) -> None:
        limit_s = LONGEST_ECHO_S if self._is_listening else KEPT_BEFORE_SPEECH_S
        self._pieces.append(frame)
        self._kept_s += frame.num_frames / frame.sample_rate
        while self._kept_s > limit_s:
            oldest = self._pieces.popleft()
            self._kept_s -= oldest.num_frames / oldest.sample_rate

    async def _repeat(self) -> None:
        heard, self._pieces, self._kept_s = list(self._pieces), deque(), 0.0
        context = f"echo-{id(heard)}"
        await self.push_frame(TTSStartedFrame(context_id=context))
        for piece in heard:
            await self.push_frame(
                TTSAudioRawFrame(
                    piece.audio, piece.sample_rate, piece.num_channels, context_id=context
                )
            )
        await self.push_frame(TTSStoppedFrame(context_id=context))
