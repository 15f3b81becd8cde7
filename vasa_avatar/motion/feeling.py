"""A feeling that comes and goes over the character's own mood: its strengths frame by frame.

Each comes with its own onset from where the face is, holds, and decays; one that comes while
another is there takes over from it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from vasa_avatar.datatypes import EMOTIONS, F32, FaceMotion, Feeling, HeadPose, TimedWord
from vasa_avatar.motion.emotion import emotion_face, emotion_gaze_rad, emotion_head_rad
from vasa_avatar.motion.spring import ease

_AFTER_WORDS_S = 1.0
"""how long a feeling that came with words stays after the last one"""


def strengths_of(feeling: Feeling) -> F32:
    """(8,) strengths in the order of EMOTIONS; sums above 1 are scaled down."""
    strengths = np.zeros(len(EMOTIONS), np.float32)
    for emotion in feeling.emotions:
        strengths[EMOTIONS.index(emotion.name)] = emotion.strength
    return strengths / np.float32(max(1.0, float(strengths.sum())))


def feeling_motion(feeling: Feeling) -> FaceMotion:
    """A feeling, all there, on a face that does nothing else."""
    strengths = strengths_of(feeling)
    head = HeadPose(emotion_head_rad(strengths))
    return FaceMotion(emotion_face(strengths), head, emotion_gaze_rad(strengths))


class FeelingTrack:
    """The feeling that is there now, over the mood; moves by one frame a step."""

    def __init__(self, fps: int) -> None:
        self._dt_s = 1.0 / fps
        self._share = 0.0
        """how far the own mood has given way, 0..1"""
        self._strengths = np.zeros(len(EMOTIONS), np.float32)
        self._from_share, self._from = 0.0, self._strengths
        self._to_share, self._to = 0.0, self._strengths
        self._age_s = self._length_s = 0.0
        self._hold_s: float | None = None
        self._decay_s = 1.0

    def feel(self, feeling: Feeling | None) -> None:
        """Begin a feeling; None lets the present one go, as fast as it decays."""
        if feeling is None:
            if self._to_share > 0.0:
                self._head_for(0.0, np.zeros(len(EMOTIONS), np.float32), self._decay_s)
            return
        self._hold_s, self._decay_s = feeling.hold_s, feeling.decay_s
        self._head_for(1.0, strengths_of(feeling), feeling.onset_s)

    def step(self) -> None:
        """Go on by one frame."""
        self._age_s += self._dt_s
        if self._to_share == self._share == 0.0:
            return
        if self._to_share > 0.0 and self._hold_s is not None:
            if self._age_s > self._length_s + self._hold_s:
                self.feel(None)
        way = np.float32(ease(self._age_s / max(self._length_s, 1e-3)))
        self._share = float(self._from_share + way * (self._to_share - self._from_share))
        self._strengths = self._from + way * (self._to - self._from)

    def over(self, own: F32) -> F32:
        """(8,) strengths of the character's own mood with the feeling over it."""
        if self._share == 0.0:
            return own
        mixed: F32 = own * np.float32(1.0 - self._share) + self._strengths
        return mixed

    def _head_for(self, share: float, strengths: F32, length_s: float) -> None:
        self._from_share, self._from = self._share, self._strengths
        self._to_share, self._to = share, strengths
        self._age_s, self._length_s = 0.0, length_s


class WordFeelings:
    """Feelings that come with words: each begins when its word is due."""

    def __init__(self, track: FeelingTrack, fps: int) -> None:
        self._track = track
        self._dt_s = 1.0 / fps
        self._waiting: deque[tuple[float, Feeling]] = deque()
        self._quiet_s: float | None = None
        """since the last word of what is still felt; None: nothing is, or somebody speaks"""

    def begin(self) -> None:
        """A new utterance: its words count from 0 s."""
        self._waiting.clear()

    def push(self, words: Sequence[TimedWord]) -> None:
        """Take words of the utterance, in their order."""
        self._waiting.extend(
            (word.start_s - word.feeling.onset_s / 2, word.feeling)
            for word in words
            if word.feeling is not None
        )

    def speak(self, time_s: float) -> None:
        """A frame for an instant of the utterance comes next."""
        while self._waiting and self._waiting[0][0] <= time_s:
            self._track.feel(self._waiting.popleft()[1])
            self._quiet_s = 0.0
        if self._quiet_s is not None:
            self._quiet_s = 0.0

    def rest(self) -> None:
        """A frame without speech comes next."""
        if self._quiet_s is None:
            return
        self._quiet_s += self._dt_s
        if self._quiet_s > _AFTER_WORDS_S:
            self._quiet_s = None
            self._track.feel(None)
