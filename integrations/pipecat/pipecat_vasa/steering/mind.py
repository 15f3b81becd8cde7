"""What the face is asked to do next: settings, the feeling of what is being said, and reactions to
the user. No clock in here: times are arguments, in seconds.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import replace

import numpy as np
from pipecat.frames.frames import InputAudioRawFrame

from pipecat_vasa.playing.frame_renderer import UNCHANGED, HeardSound, Mood
from pipecat_vasa.steering.settings import VasaVideoSettings, controls_of
from vasa_avatar.datatypes import Controls, Feeling
from vasa_avatar.motion import Attention
from vasa_avatar.profiles import EmotionSettings

THINKING_AT_MOST_S = 12.0
FEELING_LASTS_S = 3.0
"""after the last word, or as long as a feeling that came without words"""
_NOD_EVERY_S = (2.2, 5.0)
_MOST_HEARD = 50
"""pieces of the user's sound, a second or so: a face that is not drawn hears nothing"""


class Mind:
    """Collects wishes between two frames and gives them as one Mood."""

    def __init__(
        self,
        settings: VasaVideoSettings,
        seed: int,
        emotions: EmotionSettings = EmotionSettings(),  # noqa: B008  (frozen)
    ) -> None:
        self._settings, self._emotions = settings, emotions
        self._feeling: Feeling | None = None
        self._is_feeling_new = False
        self._attention = Attention.IDLE
        self._told_attention: Attention | None = None
        self._told_controls: Controls | None = None
        self._nod = 0.0
        self._thinking_until_s = 0.0
        self._feeling_until_s: float | None = None
        self._next_nod_s = 0.0
        self._heard: deque[HeardSound] = deque(maxlen=_MOST_HEARD)
        self._hears = False
        """the user's sound comes through: the face itself knows when to nod"""
        self._random = random.Random(seed)
        self._is_dirty = True

    def session_opened(self) -> None:
        """A new session has been told nothing."""
        self._told_controls = self._told_attention = None
        self._is_feeling_new = self._feeling is not None
        self._is_dirty = True

    def settings_changed(self) -> None:
        """The settings have new values."""
        self._is_dirty = True

    def feel(self, feeling: Feeling | None) -> None:
        """The text from here on is said with this feeling; None: in the settings' own mood."""
        if feeling is None and self._feeling is None:
            return
        self._feeling = None if feeling is None else self._scaled(feeling)
        self._is_feeling_new = True
        self._feeling_until_s = None

    def feel_awhile(self, feeling: Feeling) -> None:
        """A feeling that comes without words and passes by itself."""
        hold_s = FEELING_LASTS_S if feeling.hold_s is None else feeling.hold_s
        self.feel(replace(feeling, hold_s=hold_s))

    def _scaled(self, feeling: Feeling) -> Feeling:
        return self._emotions.scaled(feeling, float(self._settings.emotion_strength or 0.0))

    def user_started(self, now_s: float) -> None:
        """The user speaks: look and listen."""
        if self._settings.reactions:
            self._attention = Attention.LISTENING
            self._next_nod_s = now_s + self._random.uniform(*_NOD_EVERY_S)

    def user_goes_on(self, now_s: float) -> None:
        """The user is still speaking: a nod now and then, unless the face hears for itself."""
        if self._hears:
            return
        if self._attention is Attention.LISTENING and now_s >= self._next_nod_s:
            self._next_nod_s = now_s + self._random.uniform(*_NOD_EVERY_S)
            self.nod(self._random.uniform(0.3, 0.6))

    def hear(self, sound: HeardSound) -> None:
        """What the user says, as it comes; only while the face listens."""
        if self._settings.reactions and self._attention is Attention.LISTENING:
            self._hears = True
            self._heard.append(sound)

    def user_stopped(self, now_s: float) -> None:
        """The user has finished: understood, and thinking of an answer."""
        if self._settings.reactions:
            self.nod(0.5)
            self._attention = Attention.THINKING
            self._thinking_until_s = now_s + THINKING_AT_MOST_S

    def nod(self, strength: float) -> None:
        """Nod with the next frame."""
        if self._settings.reactions:
            self._nod = strength

    def speech_begins(self) -> None:
        """The character speaks: nothing to think about any more."""
        if self._attention is Attention.THINKING:
            self._attention = Attention.IDLE
        self._feeling_until_s = None

    def speech_ended(self, now_s: float) -> None:
        """The last word has been said; its emotion stays for a moment."""
        if self._feeling is not None and self._feeling.hold_s is None:
            self._feeling_until_s = now_s + FEELING_LASTS_S

    def interrupted(self, now_s: float) -> None:
        """The user cut in: what was felt about the old words goes."""
        self.speech_ended(now_s - FEELING_LASTS_S)

    def next_mood(self, now_s: float) -> Mood:
        """What has changed since the last call."""
        self._let_pass(now_s)
        controls = None
        if self._is_dirty:
            wanted = controls_of(self._settings, self._emotions)
            if wanted != self._told_controls:
                controls = self._told_controls = wanted
            self._is_dirty = False
        attention = None
        if self._attention is not self._told_attention:
            attention = self._told_attention = self._attention
        nod, self._nod = self._nod, 0.0
        heard = tuple(self._heard)
        self._heard.clear()
        is_new, self._is_feeling_new = self._is_feeling_new, False
        return Mood(controls, attention, nod, heard, self._feeling if is_new else UNCHANGED)

    def _let_pass(self, now_s: float) -> None:
        if self._attention is Attention.THINKING and now_s >= self._thinking_until_s:
            self._attention = Attention.IDLE
        if self._feeling_until_s is not None and now_s >= self._feeling_until_s:
            self.feel(None)


def heard_sound(frame: InputAudioRawFrame) -> HeardSound:
    """The sound of a user's frame, its first channel."""
    channels = max(1, frame.num_channels)
    samples = np.frombuffer(frame.audio, "<i2", len(frame.audio) // 2)
    return HeardSound(np.ascontiguousarray(samples[::channels], np.int16), frame.sample_rate)
